"""Parameters: declared types. What is not declared is an error, never ignored.

A type is a function (value, name) -> value that raises Stripe's 400 with `param`. Values come from a form (strings) or, when
the core is driven in-process, as JSON values already.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from infra.local.twin.core.errors import StripeError, invalid
from infra.local.twin.core.values import Obj

Check = Callable[[Any, str], Any]


@dataclass(frozen=True)
class Required:
    """A parameter that must be given."""

    check: Check


def need(check: Check) -> Required:
    """Marks a parameter of a shape as required."""
    return Required(check)


def text(value: Any, name: str) -> str:
    """A string that is not empty: an empty one means *unset*, which only `clear` allows."""
    if not isinstance(value, str):
        raise invalid(f"Invalid string: {value}", name, "parameter_invalid_string")
    if value == "":
        raise _empty(name)
    if len(value) > 5000:
        raise invalid(
            f"Invalid string: {value[:20]}...; must be at most 5000 characters", name, "parameter_invalid_string"
        )
    return value


def _empty(name: str) -> Exception:
    return invalid(
        f"You passed an empty string for '{name}'. We assume empty values are an attempt to unset a parameter; however "
        f"'{name}' cannot be unset. You should remove '{name}' from your request or supply a non-empty value.",
        name,
        "parameter_invalid_empty",
    )


def whole(value: Any, name: str) -> int:
    """An integer, possibly negative."""
    if value == "":
        raise _empty(name)
    if isinstance(value, bool) or not re.fullmatch(r"-?\d{1,18}", str(value)):
        raise invalid(f"Invalid integer: {value}", name, "parameter_invalid_integer")
    return int(value)


def count(value: Any, name: str) -> int:
    """An integer of at least nought."""
    number = whole(value, name)
    if number < 0:
        raise invalid("This value must be greater than or equal to 0.", name, "parameter_invalid_integer")
    return number


def number(value: Any, name: str) -> float:
    """A number, such as a percentage."""
    try:
        return float(value)
    except (TypeError, ValueError):
        raise invalid(f"Invalid decimal: {value}", name) from None


def decimal(value: Any, name: str) -> str:
    """A decimal number of at most twelve places, kept as its digits."""
    if not re.fullmatch(r"-?\d+(\.\d{1,12})?", str(value)):
        raise invalid(f"Invalid decimal: {value}; must contain at maximum twelve decimal places.", name)
    return str(value)


def flag(value: Any, name: str) -> bool:
    """true or false."""
    known = {"true": True, "false": False, True: True, False: False}
    if value not in known:
        raise invalid(f"Invalid boolean: {value}", name, "parameter_invalid_boolean")
    return known[value]


def when(value: Any, name: str) -> int:
    """A time in UTC seconds."""
    if isinstance(value, bool) or not re.fullmatch(r"\d{1,11}", str(value)):
        raise invalid(f"Invalid timestamp: {value}. Must be an integer Unix Timestamp in the valid range.", name)
    return int(value)


@dataclass(frozen=True)
class Words:
    """One of these words."""

    allowed: tuple[str, ...]

    def __call__(self, value: Any, name: str) -> Any:
        """The word, or Stripe's 400."""
        if value not in self.allowed:
            raise invalid(f"Invalid {name}: must be one of {', '.join(self.allowed)}", name)
        return value


def one_of(*allowed: str) -> Words:
    """One of these words."""
    return Words(allowed)


@dataclass(frozen=True)
class Either:
    """The first of these types that takes the value; the last one's complaint when none does."""

    checks: tuple[Check, ...]

    def __call__(self, value: Any, name: str) -> Any:
        """The value in the first type that takes it."""
        for one in self.checks[:-1]:
            try:
                return one(value, name)
            except StripeError:
                continue  # the next type may take it, and the last one's complaint is the one to show
        return self.checks[-1](value, name)


def either(*checks: Check) -> Either:
    """One of several types."""
    return Either(checks)


@dataclass(frozen=True)
class Clear:
    """The empty string unsets (None)."""

    inner: Check

    def __call__(self, value: Any, name: str) -> Any:
        """None, or the value as the inner type has it."""
        return None if value in ("", None) else self.inner(value, name)


def clear(check: Check) -> Clear:
    """The empty string unsets (None); anything else as `check` says."""
    return Clear(check)


@dataclass(frozen=True)
class Listed:
    """A list; from a form its keys are numbers."""

    inner: Check
    most: int

    def __call__(self, value: Any, name: str) -> list[Any]:
        """The list, or Stripe's 400."""
        if isinstance(value, dict) and all(k.isdigit() for k in value):
            value = [value[k] for k in sorted(value, key=int)]
        if not isinstance(value, list):
            raise invalid("Invalid array", name)
        if len(value) > self.most:
            raise invalid(f"Array cannot contain more than {self.most} elements", name)
        return [self.inner(one, f"{name}[{i}]") for i, one in enumerate(value)]


def listed(check: Check, most: int = 100) -> Listed:
    """A list of at most so many."""
    return Listed(check, most)


@dataclass(frozen=True)
class Shape:
    """A map of exactly these parameters."""

    fields: "dict[str, Check | Required]"

    def __call__(self, value: Any, name: str) -> Obj:
        """The typed map, or Stripe's 400."""
        if not isinstance(value, dict):
            raise invalid("Invalid object", name)
        return typed(value, self.fields, name)


def shape(**fields: Check | Required) -> Shape:
    """A map of exactly these parameters."""
    return Shape(fields)


@dataclass(frozen=True)
class Undone:
    """Of what Stripe takes, the twin does only some values."""

    inner: Check
    what: str
    done: tuple[Any, ...]

    def __call__(self, value: Any, name: str) -> Any:
        """The value, or a 400 that says what the twin does not do."""
        given = self.inner(value, name)
        if given not in self.done:
            raise invalid(f"The twin does not do {self.what}.", name)
        return given


def undone(check: Check, what: str, *done: Any) -> Undone:
    """A parameter that Stripe knows: the twin takes these values, and refuses every other rather than ignore it."""
    return Undone(check, what, done)


def metadata(value: Any, name: str) -> Obj:
    """Up to 50 keys; an empty value removes its key, and an empty string instead of the map removes all of them."""
    if value == "":
        return {"": ""}
    if not isinstance(value, dict) or any(isinstance(v, dict | list) for v in value.values()):
        raise invalid("Invalid object", name)
    if len(value) > 50 or any(len(k) > 40 or len(str(v)) > 500 for k, v in value.items()):
        raise invalid("Metadata takes at most 50 keys of 40 characters, with values of 500", name)
    return {k: "" if v is None else str(v) for k, v in value.items()}


RANGE = either(when, shape(gt=when, gte=when, lt=when, lte=when))
"""A time filter of a list: one second, or bounds."""


def typed(given: Obj, fields: "dict[str, Check | Required]", inside: str = "") -> Obj:
    """`given` with each value in its declared type; Stripe's 400 for what is unknown, missing or of another type."""
    unknown = [k for k in given if k not in fields]
    if unknown:
        name = _name(inside, unknown[0])
        raise invalid(f"Received unknown parameter: {name}", name, "parameter_unknown")
    result: Obj = {}
    for key, declared in fields.items():
        if isinstance(declared, Required) and key not in given:
            name = _name(inside, key)
            raise invalid(f"Missing required param: {name}.", name, "parameter_missing")
        if key in given:
            check = declared.check if isinstance(declared, Required) else declared
            result[key] = check(given[key], _name(inside, key))
    return result


def _name(inside: str, key: str) -> str:
    return f"{inside}[{key}]" if inside else key


def merge_metadata(current: Obj, given: Obj | None) -> Obj:
    """Stripe's rule: keys are merged, an empty value removes its key."""
    if not given:
        return dict(current)
    if given == {"": ""}:
        return {}
    merged = {**current, **given}
    return {k: v for k, v in merged.items() if v != ""}
