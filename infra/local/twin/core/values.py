"""Plain JSON values: copies of them, and the difference between two of them as Stripe tells it."""

from typing import Any

Obj = dict[str, Any]
"""One object of Stripe's, as JSON has it. Keys that begin with `_` are the twin's own notes and never leave it."""


def public(value: Any) -> Any:
    """A deep copy without the twin's own notes: what may be sent, and what later changes must not reach."""
    if isinstance(value, dict):
        return {k: public(v) for k, v in value.items() if k[0:1] != "_"}
    if isinstance(value, list):
        return [public(v) for v in value]
    return value


def private_copy(value: Any) -> Any:
    """A deep copy with the notes; prices, which items share with the catalogue, stay shared."""
    if isinstance(value, dict):
        return value if value.get("object") == "price" else {k: private_copy(v) for k, v in value.items()}
    return [private_copy(v) for v in value] if isinstance(value, list) else value


def previous(before: Obj, after: Obj) -> Obj:
    """`previous_attributes`: the old value of each key that changed; keys that appeared are null, lists come whole."""
    changed: Obj = {}
    for key in before.keys() | after.keys():
        old, new = before.get(key), after.get(key)
        if old == new:
            continue
        changed[key] = _older(old, new)
    return {key: changed[key] for key in sorted(changed)}


def _older(old: Any, new: Any) -> Any:
    if isinstance(old, dict) and isinstance(new, dict) and old.get("object") in (None, "list"):
        return previous(old, new)
    return old


def half_up(numerator: int, denominator: int) -> int:
    """numerator / denominator, to the nearest integer, halves away from zero: how Stripe rounds money."""
    sign = -1 if (numerator < 0) != (denominator < 0) else 1
    top, bottom = abs(numerator), abs(denominator)
    return sign * ((2 * top + bottom) // (2 * bottom))
