"""Parameters: decoding of Stripe's form encoding, and declared types. What is not declared is an error, never ignored.

A type is a function (value, name) -> value that raises Stripe's 400 with `param`. Values come from a form (strings) or, when
the core is driven in-process, as JSON values already.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from infra.local.twin.core.errors import invalid
from infra.local.twin.core.values import Obj

Check = Callable[[Any, str], Any]
KEY = re.compile(r"\[([^\]]*)\]")


def decode(form: str) -> Obj:
    """`a[b][0]=c` as nested maps; an empty index takes the next number."""
    tree: Obj = {}
    for name, value in parse_qsl(form, keep_blank_values=True):
        head, _, rest = name.partition("[")
        _plant(tree, [head, *KEY.findall("[" + rest if rest else "")], value, name)
    return tree


def _plant(tree: Obj, keys: list[str], value: str, name: str) -> None:
    node = tree
    for key in keys[:-1]:
        node = node.setdefault(key or str(len(node)), {})
        if not isinstance(node, dict):
            raise invalid(f"Invalid request: {name} is given twice in different shapes", name)
    node[keys[-1] or str(len(node))] = value


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
        raise invalid(f"Invalid string: {value[:20]}...; must be at most 5000 characters", name, "parameter_invalid_string")
    return value


def _empty(name: str) -> Exception:
    return invalid(f"You passed an empty string for '{name}'. We assume empty values are an attempt to unset a parameter; however "
                   f"'{name}' cannot be unset. You should remove '{name}' from your request or supply a non-empty value.",
                   name, "parameter_invalid_empty")


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


def one_of(*allowed: str) -> Check:
    """One of these words."""

    def check(value: Any, name: str) -> Any:
        if value not in allowed:
            raise invalid(f"Invalid {name}: must be one of {' or '.join([', '.join(allowed[:-1]), allowed[-1]])}", name)
        return value

    return check


def either(*checks: Check) -> Check:
    """The first of these types that takes the value; the last one's complaint when none does."""

    def check(value: Any, name: str) -> Any:
        for one in checks[:-1]:
            try:
                return one(value, name)
            except Exception:  # noqa: S112 - the next type may take it, and the last one's complaint is the one to show
                continue
        return checks[-1](value, name)

    return check


def clear(check: Check) -> Check:
    """The empty string unsets (None); anything else as `check` says."""
    return lambda value, name: None if value in ("", None) else check(value, name)


def listed(check: Check, most: int = 100) -> Check:
    """A list; from a form its keys are numbers."""

    def items(value: Any, name: str) -> list[Any]:
        if isinstance(value, dict) and all(k.isdigit() for k in value):
            value = [value[k] for k in sorted(value, key=int)]
        if not isinstance(value, list):
            raise invalid("Invalid array", name)
        if len(value) > most:
            raise invalid(f"Array cannot contain more than {most} elements", name)
        return [check(one, f"{name}[{i}]") for i, one in enumerate(value)]

    return items


def shape(**fields: Check | Required) -> Check:
    """A map of exactly these parameters."""

    def check(value: Any, name: str) -> Obj:
        if not isinstance(value, dict):
            raise invalid("Invalid object", name)
        return typed(value, fields, name)

    return check


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
        if isinstance(declared, Required):
            if key not in given:
                name = _name(inside, key)
                raise invalid(f"Missing required param: {name}.", name, "parameter_missing")
            declared = declared.check
        if key in given:
            result[key] = declared(given[key], _name(inside, key))
    return result


def _name(inside: str, key: str) -> str:
    return f"{inside}[{key}]" if inside else key


def pick(params: Obj, keys: Iterable[str]) -> Obj:
    """Those of `keys` that were given."""
    return {k: params[k] for k in keys if k in params}


def merge_metadata(current: Obj, given: Obj | None) -> Obj:
    """Stripe's rule: keys are merged, an empty value removes its key."""
    if not given:
        return dict(current)
    if given == {"": ""}:
        return {}
    merged = {**current, **given}
    return {k: v for k, v in merged.items() if v != ""}
