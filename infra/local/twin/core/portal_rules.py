"""The portal's rules: what a configuration may hold, and what a flow may ask for."""

from infra.local.twin.core.errors import invalid
from infra.local.twin.core.values import Obj
from infra.local.twin.core.world import World

FEATURE_OF = {
    "customer_update": "customer_update",
    "payment_method_update": "payment_method_update",
    "subscription_cancel": "subscription_cancel",
    "subscription_pause": "subscription_pause",
    "subscription_update": "subscription_update",
    "subscription_update_confirm": "subscription_update",
}


def check_features(world: World, features: Obj) -> None:
    """The rules of Stripe that a configuration can break."""
    cancel = features.get("subscription_cancel", {})
    behavior = cancel.get("proration_behavior", "none")
    at = "features[subscription_cancel][proration_behavior]"
    if behavior == "always_invoice" or (behavior != "none" and cancel.get("mode", "at_period_end") != "immediately"):
        raise invalid("Proration needs `mode=immediately`, and `always_invoice` is not supported.", at)
    update = features.get("subscription_update", {})
    if update.get("enabled") and not (update.get("products") and update.get("default_allowed_updates")):
        raise invalid(
            "`products` and `default_allowed_updates` are required when subscription updates are enabled.",
            "features[subscription_update][products]",
            "parameter_missing",
        )
    for at_, row in enumerate(update.get("products") or []):
        _check_product(world, row, f"features[subscription_update][products][{at_}]")
    if features.get("customer_update", {}).get("enabled") and not features["customer_update"].get("allowed_updates"):
        raise invalid(
            "Missing required param: features[customer_update][allowed_updates].",
            "features[customer_update][allowed_updates]",
            "parameter_missing",
        )


def _check_product(world: World, row: Obj, param: str) -> None:
    world.get("product", row["product"], f"{param}[product]")
    seen = set()
    for at, one in enumerate(row["prices"]):
        price = world.get("price", one, f"{param}[prices][{at}]")
        if price["product"] != row["product"] or price["recurring"] is None:
            raise invalid("The price must be recurring and of the product.", f"{param}[prices][{at}]")
        interval = (price["recurring"]["interval"], price["recurring"]["interval_count"], price["currency"])
        if interval in seen:
            raise invalid(
                "Two prices of one product must not have the same recurring interval.", f"{param}[prices][{at}]"
            )
        seen.add(interval)
    row["adjustable_quantity"] = {"enabled": False, "maximum": None, "minimum": 1, **row.get("adjustable_quantity", {})}


def after_expiration(p: Obj) -> Obj | None:
    """`after_expiration` as the session shows it."""
    given = p.get("after_expiration")
    if given is None:
        return None
    return {"customer_login": {"expires_at": given.get("customer_login", {}).get("expires_at")}, "type": given["type"]}


def flow(world: World, given: Obj, customer: Obj, config: Obj) -> Obj:
    """`flow_data`, checked: the feature is on, the subscription is the customer's, and the change is one that it may have."""
    kind = given["type"]
    if not config["features"][FEATURE_OF[kind]]["enabled"]:
        raise invalid(
            f"You cannot use flow type `{kind}` because the feature is disabled in your portal configuration.",
            "flow_data[type]",
        )
    details = given.get(kind)
    for other in FEATURE_OF.keys() & given.keys() - {kind}:
        raise invalid(f"`{other}` does not belong to a flow of type `{kind}`.", f"flow_data[{other}]")
    result: Obj = {
        "after_completion": _after(given.get("after_completion")),
        "subscription_cancel": None,
        "subscription_update": None,
        "subscription_update_confirm": None,
        "type": kind,
    }
    if not kind.startswith("subscription"):
        return result
    if details is None:
        raise invalid(f"Missing required param: flow_data[{kind}].", f"flow_data[{kind}]", "parameter_missing")
    param = f"flow_data[{kind}]"
    sub = world.get("subscription", details["subscription"], f"{param}[subscription]")
    if sub["customer"] != customer["id"]:
        raise invalid("The subscription does not belong to the customer.", f"{param}[subscription]", "resource_missing")
    if sub["status"] in ("canceled", "incomplete_expired", "incomplete"):
        raise invalid(f"The subscription is {sub['status']} and cannot be changed.", f"{param}[subscription]")
    result[kind] = _details(world, kind, details, sub, config, param)
    return result


def _after(given: Obj | None) -> Obj:
    given = given or {"type": "portal_homepage"}
    if given["type"] == "redirect" and "redirect" not in given:
        raise invalid(
            "Missing required param: flow_data[after_completion][redirect].",
            "flow_data[after_completion][redirect]",
            "parameter_missing",
        )
    shown = (
        {"custom_message": given.get("hosted_confirmation", {}).get("custom_message")}
        if given["type"] == "hosted_confirmation"
        else None
    )
    return {
        "hosted_confirmation": shown,
        "redirect": given.get("redirect") if given["type"] == "redirect" else None,
        "type": given["type"],
    }


def _details(world: World, kind: str, details: Obj, sub: Obj, config: Obj, param: str) -> Obj:
    if kind == "subscription_cancel":
        if sub["cancel_at"]:
            raise invalid("The subscription is already set to be canceled.", f"{param}[subscription]")
        retention = details.get("retention")
        if retention:
            world.get("coupon", retention["coupon_offer"]["coupon"], f"{param}[retention][coupon_offer][coupon]")
        return {"retention": retention, "subscription": sub["id"]}
    if kind in ("subscription_update", "subscription_update_confirm"):
        reason = why_no_update(sub)
        if reason:
            raise invalid(reason, f"{param}[subscription]")
    if kind == "subscription_update_confirm":
        return _confirm(world, details, sub, config, param)
    return {"subscription": sub["id"]}


def why_no_update(sub: Obj) -> str | None:
    """Why the portal only lets a customer cancel this subscription; None when it may be changed."""
    rows = sub["items"]["data"]
    if len(rows) != 1:
        return "This subscription cannot be updated because it has several products."
    if rows[0]["price"]["recurring"]["usage_type"] == "metered":
        return "This subscription cannot be updated because it has usage-based prices."
    if sub["collection_method"] == "send_invoice":
        return "This subscription cannot be updated because its invoices are sent."
    return "This subscription cannot be updated because an update is already scheduled." if sub["schedule"] else None


def offered(config: Obj) -> dict[str, Obj]:
    """Price -> the product row of the configuration that offers it."""
    return {
        price: row for row in config["features"]["subscription_update"]["products"] or [] for price in row["prices"]
    }


def _confirm(world: World, details: Obj, sub: Obj, config: Obj, param: str) -> Obj:
    if len(details["items"]) != 1:
        raise invalid("Exactly one item can be confirmed.", f"{param}[items]")
    wanted = details["items"][0]
    if wanted["id"] not in [i["id"] for i in sub["items"]["data"]]:
        raise invalid(f"No such subscription item: '{wanted['id']}'", f"{param}[items][0][id]", "resource_missing")
    current = sub["items"]["data"][0]
    price = wanted.get("price", current["price"]["id"])
    world.get("price", price, f"{param}[items][0][price]")
    if "price" in wanted and price not in offered(config):
        raise invalid("The price is not among the products of the portal configuration.", f"{param}[items][0][price]")
    if price == current["price"]["id"] and wanted.get("quantity", current.get("quantity")) == current.get("quantity"):
        raise invalid("The update changes nothing.", f"{param}[items][0]")
    discounts = [
        {"coupon": d.get("coupon"), "promotion_code": d.get("promotion_code")} for d in details.get("discounts", [])
    ]
    return {
        "discounts": discounts or None,
        "items": [{"id": wanted["id"], "price": price, "quantity": wanted.get("quantity", current.get("quantity"))}],
        "subscription": sub["id"],
    }
