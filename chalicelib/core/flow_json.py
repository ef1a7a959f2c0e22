"""A visit to the portal as JSON, read and written.

A flow is written as Stripe's `flow_data`, with the members of its own type beside the type:
`{"type": "subscription_cancel", "subscription": "sub_...", "retention": {...}, "after_completion": {...}}`.
"""

from collections.abc import Mapping
from typing import Any

from chalicelib.core.flows import AFTER, MEMBERS, After, Change, Flow, Visit
from chalicelib.core.locales import LOCALES
from chalicelib.core.members import Invalid, choice, identifier, mapping, needed, one, path, text, whole

VISIT = frozenset({"customer", "flow", "return_url", "locale", "after_expiration"})
"""What describes a visit in a request."""

LARGEST_QUANTITY = 999_999
LONGEST_MESSAGE = 500
LAST_SECOND = 2**33


def parse_visit(body: Mapping[str, Any]) -> Visit:
    """A request's own description of a visit. Raises Invalid, naming the path of what is wrong."""
    customer = needed(identifier(body, "customer", prefix="cus_"), "customer")
    flow = Flow() if body.get("flow") is None else parse_flow(body["flow"], "flow")
    locale = None if body.get("locale") is None else choice(body, "locale", "", LOCALES | {"auto"})
    return Visit(customer, flow, text(body, "return_url"), locale, _login_until(body.get("after_expiration")))


def parse_flow(value: Any, at: str) -> Flow:
    """A flow as the API writes it. Raises Invalid."""
    if not isinstance(value, dict):
        raise Invalid(f"{at} must be an object with a type.", at)
    kind = choice(value, "type", at, MEMBERS)
    held = mapping(value, at, MEMBERS[kind] | {"type", "after_completion"})
    subscription = identifier(held, "subscription", at, prefix="sub_")
    if "subscription" in MEMBERS[kind]:
        needed(subscription, "subscription", at)
    confirms = kind == "subscription_update_confirm"
    return Flow(
        kind,
        subscription,
        _retention(held.get("retention"), path(at, "retention")),
        _change(held, at) if confirms else None,
        _after(held.get("after_completion"), path(at, "after_completion")),
    )


def flow_body(flow: Flow) -> dict[str, Any] | None:
    """A flow as the API writes it: what `parse_flow` reads, or None for the portal's home."""
    if flow.type is None:
        return None
    coupon = flow.retention_coupon
    body = {
        "type": flow.type,
        "subscription": flow.subscription,
        "retention": {"type": "coupon_offer", "coupon_offer": {"coupon": coupon}} if coupon else None,
        **(_change_body(flow.change) if flow.change else {}),
        "after_completion": _after_body(flow.after) if flow.after else None,
    }
    return _given(body)


def visit_body(visit: Visit) -> dict[str, Any]:
    """A visit as a request describes it: what `parse_visit` reads."""
    until = visit.login_until
    return _given(
        {
            "customer": visit.customer,
            "flow": flow_body(visit.flow),
            "return_url": visit.return_url,
            "locale": visit.locale,
            "after_expiration": {"type": "customer_login", "customer_login": {"expires_at": until}} if until else None,
        }
    )


def _retention(value: Any, at: str) -> str | None:
    if value is None:
        return None
    held = mapping(value, at, ("type", "coupon_offer"))
    choice(held, "type", at, ("coupon_offer",))
    inner = path(at, "coupon_offer")
    offer = mapping(held.get("coupon_offer"), inner, ("coupon",))
    return str(needed(text(offer, "coupon", inner, longest=255), "coupon", inner))


def _change(held: Mapping[str, Any], at: str) -> Change:
    inner = path(at, "items")
    item = mapping(one(held.get("items"), inner), f"{inner}[0]", ("id", "price", "quantity"))
    price = text(item, "price", f"{inner}[0]", longest=255)
    quantity = whole(item, "quantity", f"{inner}[0]", 1, LARGEST_QUANTITY)
    if price is None and quantity is None:
        raise Invalid("The item needs a price or a quantity to change to.", f"{inner}[0]")
    ident = identifier(item, "id", f"{inner}[0]", prefix="si_")
    return Change(ident, price, quantity, *_discount(held.get("discounts"), path(at, "discounts")))


def _discount(value: Any, at: str) -> tuple[str | None, str | None]:
    if value is None:
        return None, None
    held = mapping(one(value, at), f"{at}[0]", ("coupon", "promotion_code"))
    coupon = text(held, "coupon", f"{at}[0]", longest=255)
    code = identifier(held, "promotion_code", f"{at}[0]", prefix="promo_")
    if (coupon is None) == (code is None):
        raise Invalid("A discount is either a coupon or a promotion_code.", f"{at}[0]")
    return coupon, code


def _after(value: Any, at: str) -> After | None:
    if value is None:
        return None
    held = mapping(value, at, ("type", "redirect", "hosted_confirmation"))
    kind = choice(held, "type", at, AFTER)
    for other in ("redirect", "hosted_confirmation"):
        if other != kind and held.get(other) is not None:
            raise Invalid(f"{other} does not belong to the type {kind}.", path(at, other))
    if kind == "redirect":
        inner = path(at, "redirect")
        url = text(mapping(held.get("redirect"), inner, ("return_url",)), "return_url", inner)
        return After(kind, return_url=str(needed(url, "return_url", inner)))
    if kind == "hosted_confirmation" and held.get(kind) is not None:
        inner = path(at, kind)
        words = mapping(held[kind], inner, ("custom_message",))
        return After(kind, message=text(words, "custom_message", inner, longest=LONGEST_MESSAGE))
    return After(kind)


def _login_until(value: Any) -> int | None:
    """Only an end can be chosen: that an expired session can be had anew by a login always holds."""
    if value is None:
        return None
    held = mapping(value, "after_expiration", ("type", "customer_login"))
    choice(held, "type", "after_expiration", ("customer_login",))
    if held.get("customer_login") is None:
        return None
    at = "after_expiration.customer_login"
    return whole(mapping(held["customer_login"], at, ("expires_at",)), "expires_at", at, 1, LAST_SECOND)


def _change_body(change: Change) -> dict[str, Any]:
    discount = _given({"coupon": change.coupon, "promotion_code": change.promotion_code})
    item = _given({"id": change.item, "price": change.price, "quantity": change.quantity})
    return {"items": [item], "discounts": [discount] if discount else None}


def _after_body(after: After) -> dict[str, Any]:
    redirect = {"return_url": after.return_url} if after.return_url else None
    words = {"custom_message": after.message} if after.message else None
    return _given({"type": after.type, "redirect": redirect, "hosted_confirmation": words})


def _given(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if value is not None}
