"""A visit as Stripe's parameters for a portal session: their names stand here and nowhere else. Pure."""

from typing import Any

from chalicelib.core.flows import After, Flow, Visit


def session_params(visit: Visit, return_url: str, configuration: str | None) -> dict[str, Any]:
    """What `billing_portal.Session.create` takes. An expired session can always be had anew by a login."""
    until = visit.login_until
    params: dict[str, Any] = {
        "customer": visit.customer,
        "return_url": return_url,
        "configuration": configuration,
        "locale": visit.locale,
        "flow_data": _flow_data(visit.flow) if visit.flow.type else None,
        "after_expiration": _given(
            {"type": "customer_login", "customer_login": {"expires_at": until} if until else None}
        ),
    }
    return _given(params)


def _flow_data(flow: Flow) -> dict[str, Any]:
    data: dict[str, Any] = {"type": flow.type}
    if flow.subscription:
        data[str(flow.type)] = _of_subscription(flow)
    if flow.after:
        data["after_completion"] = _after_completion(flow.after)
    return data


def _of_subscription(flow: Flow) -> dict[str, Any]:
    held: dict[str, Any] = {"subscription": flow.subscription}
    if flow.retention_coupon:
        held["retention"] = {"type": "coupon_offer", "coupon_offer": {"coupon": flow.retention_coupon}}
    if flow.change:
        change = flow.change
        held["items"] = [_given({"id": change.item, "price": change.price, "quantity": change.quantity})]
        discount = _given({"coupon": change.coupon, "promotion_code": change.promotion_code})
        if discount:
            held["discounts"] = [discount]
    return held


def _after_completion(after: After) -> dict[str, Any]:
    held: dict[str, Any] = {"type": after.type}
    if after.return_url:
        held["redirect"] = {"return_url": after.return_url}
    if after.message:
        held["hosted_confirmation"] = {"custom_message": after.message}
    return held


def _given(params: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in params.items() if value is not None}
