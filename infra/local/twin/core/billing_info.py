"""Addresses and billing details, in the shape that several objects share."""

from infra.local.twin.core.params import clear, shape, text
from infra.local.twin.core.values import Obj

PARTS = ("city", "country", "line1", "line2", "postal_code", "state")
ADDRESS = shape(**{part: clear(text) for part in PARTS})
DETAILS = shape(address=clear(ADDRESS), email=clear(text), name=clear(text), phone=clear(text), tax_id=clear(text))


def address(given: Obj | None) -> Obj | None:
    """A whole address of six parts, or None."""
    return {part: (given or {}).get(part) for part in PARTS} if given is not None else None


def shipping(given: Obj | None) -> Obj | None:
    """A whole shipping record, or None."""
    if given is None:
        return None
    return {"address": address(given.get("address") or {}), "name": given.get("name"), "phone": given.get("phone")}


def details(given: Obj | None) -> Obj:
    """Whole billing details; what was not given is null."""
    given = given or {}
    return {
        "address": address(given.get("address") or {}),
        "email": given.get("email"),
        "name": given.get("name"),
        "phone": given.get("phone"),
        "tax_id": given.get("tax_id"),
    }
