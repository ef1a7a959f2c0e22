"""expand[]: ids replaced by their objects, and the fields that come only when asked for."""

from collections.abc import Callable
from typing import Any

from infra.local.twin.core.errors import invalid
from infra.local.twin.core.values import Obj, public
from infra.local.twin.core.world import World

KINDS: dict[str, str] = {
    "charge": "charge",
    "configuration": "billing_portal.configuration",
    "coupon": "coupon",
    "credit_note": "credit_note",
    "customer": "customer",
    "customer_balance_transaction": "customer_balance_transaction",
    "default_payment_method": "payment_method",
    "default_price": "price",
    "discount": "discount",
    "discounts": "discount",
    "feature": "entitlements.feature",
    "invoice": "invoice",
    "latest_charge": "charge",
    "latest_invoice": "invoice",
    "payment_intent": "payment_intent",
    "payment_method": "payment_method",
    "pending_setup_intent": "setup_intent",
    "plan": "plan",
    "price": "price",
    "product": "product",
    "promotion_code": "promotion_code",
    "refund": "refund",
    "refunds": "refund",
    "schedule": "subscription_schedule",
    "setup_intent": "setup_intent",
    "subscription": "subscription",
    "test_clock": "test_helpers.test_clock",
}
NEVER = {
    "default_source",
    "latest_revision",
    "application",
    "on_behalf_of",
    "balance_transaction",
    "review",
    "invoice_item",
    "account_tax_ids",
    "source",
    "tax_code",
    "transfer",
    "application_fee",
    "latest_attempt",
    "mandate",
}
"""Expandable at Stripe and always null here."""

LEFT_OUT = {"applies_to"}
"""Not null but absent when there is nothing to show."""

Include = Callable[[World, Obj], Any]
INCLUDED: dict[tuple[str, str], Include] = {}
"""(object, field) -> what makes the field that is left out unless expanded. Filled in routes.py."""


def expanded(world: World, obj: Obj, paths: list[str]) -> Obj:
    """A copy of `obj`, fit to send, with these dotted paths expanded. Stripe takes at most four levels."""
    result: Obj = public(obj)
    for path in paths:
        parts = path.split(".")
        if len([p for p in parts if p != "data"]) > 4:
            raise invalid(f"You cannot expand more than 4 levels of a property: {path}", "expand")
        _walk(world, result, parts, path)
    return result


def _walk(world: World, node: Any, parts: list[str], path: str) -> None:
    if isinstance(node, list):
        for one in node:
            _walk(world, one, parts, path)
        return
    if not parts or not isinstance(node, dict):
        return
    name, rest = parts[0], parts[1:]
    include = INCLUDED.get((str(node.get("object")), name))
    if include and (name not in node or node[name] is None):
        value = public(include(world, _original(world, node)))
        if value is None and name in LEFT_OUT:
            return
        node[name] = value
        _walk(world, node[name], rest, path)
        return
    if name not in node:
        if node.get("deleted"):
            return
        raise _cannot(path)
    node[name] = _opened(world, name, node[name], path, not rest)
    _walk(world, node[name], rest, path)


def _original(world: World, node: Obj) -> Obj:
    return world.table(node["object"]).get(node.get("id", ""), node)


def _opened(world: World, name: str, value: Any, path: str, final: bool) -> Any:
    if isinstance(value, str):
        if name not in KINDS:
            raise _cannot(path)
        found = world.table(KINDS[name]).get(value)
        return public(found) if found else value
    if isinstance(value, list) and name in KINDS:
        return [_opened(world, name, one, path, final) for one in value]
    if final and name not in KINDS and name not in NEVER and not isinstance(value, dict):
        raise _cannot(path)
    return value


def _cannot(path: str) -> Exception:
    return invalid(
        f"This property cannot be expanded ({path}). You may want to try expanding another property.", "expand"
    )
