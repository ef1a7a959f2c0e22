"""How the fields of Stripe's plain dicts are read: each needed or optional, each of the one type that Stripe sends."""

import re
from decimal import Decimal
from typing import Any

from chalicelib.core.model import Kind
from chalicelib.errors import UnknownShape

Raw = dict[str, Any]
_DECIMAL = re.compile(r"-?[0-9]{1,16}(\.[0-9]{1,12})?")
_LARGEST = 10**16


class Cut(UnknownShape):
    """The object is not whole: a list inside is cut (`has_more`), or something comes only when it is asked for (`expand`)."""


def need(raw: Raw, name: str, kind: type) -> Any:
    """The field, which must be there and of this type. Raises UnknownShape."""
    value = raw.get(name)
    if value is None or not _is(value, kind):
        raise unknown(raw, name)
    return value


def optional(raw: Raw, name: str, kind: type) -> Any:
    """The field, or None where it is null or absent. Raises UnknownShape for another type."""
    value = raw.get(name)
    if value is not None and not _is(value, kind):
        raise unknown(raw, name)
    return value


def inner(raw: Raw, name: str) -> Raw:
    """The map in a field; empty where there is none."""
    found: Raw = optional(raw, name, dict) or {}
    return found


def rows(raw: Raw, name: str) -> list[Raw]:
    """The objects in a list, which must be there."""
    found: list[Raw] = need(raw, name, list)
    if not all(isinstance(each, dict) for each in found):
        raise unknown(raw, name)
    return found


def owner(raw: Raw) -> str:
    """The id of the customer, who must be there."""
    found = reference(raw.get("customer"))
    if found is None:
        raise unknown(raw, "customer")
    return found


def reference(value: object) -> str | None:
    """The id in a field that holds an id, or the object itself where it was expanded."""
    if isinstance(value, dict):
        value = value.get("id")
    return value if isinstance(value, str) and value else None


def needed_reference(raw: Raw, name: str) -> str:
    """The id in a field, which must be there."""
    found = reference(raw.get(name))
    if found is None:
        raise unknown(raw, name)
    return found


def decimal(raw: Raw, name: str) -> str | None:
    """A decimal number as its digits, without trailing noughts; Stripe writes some as numbers and some as strings."""
    value = raw.get(name)
    if value is None:
        return None
    whole = type(value) in (int, float) and abs(value) < _LARGEST
    if not whole and not (isinstance(value, str) and _DECIMAL.fullmatch(value)):
        raise unknown(raw, name)
    return format(Decimal(str(value)).normalize(), "f")


def unknown(raw: Raw, name: str) -> UnknownShape:
    """The error that names the object and its field."""
    return UnknownShape(f"A Stripe {_word(raw)} has no usable field {name}.", name)


def cut(raw: Raw, name: str) -> Cut:
    """The error of an object that is not whole."""
    return Cut(f"The {name} of a Stripe {_word(raw)} are not whole: read them from Stripe.", name)


_WORDS = {*Kind, "event", "subscription_item"}


def _word(raw: Raw) -> str:
    """Messages go back to the sender: whatever stands where Stripe has its word for the object is not repeated."""
    said = raw.get("object")
    return said if isinstance(said, str) and said in _WORDS else "object"


def _is(value: object, kind: type) -> bool:
    """Booleans are no integers here, and no amount or time of Stripe's is beyond 2**53."""
    if kind is int:
        return type(value) is int and abs(value) <= 2**53
    return isinstance(value, kind)
