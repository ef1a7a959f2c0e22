"""What a customer does in the portal. Each act checks that the configuration allows it and that the subscription is his."""

from infra.local.twin.core import (
    items,
    pausing,
    portal_rules,
    schedules,
    settlement,
    setup_intents,
    sub_fields,
    sub_update,
)
from infra.local.twin.core.amounts import cost
from infra.local.twin.core.call import Call
from infra.local.twin.core.cards import Decline
from infra.local.twin.core.customers import update as update_customer
from infra.local.twin.core.dates import boundary
from infra.local.twin.core.errors import StripeError, declined, invalid
from infra.local.twin.core.events import editing
from infra.local.twin.core.values import Obj
from infra.local.twin.core.world import World

LENGTH = {"day": 1, "week": 7, "month": 30, "year": 365}


def feature(world: World, session: Obj, name: str) -> Obj:
    """The configuration's feature, refused when it is off."""
    found: Obj = world.get("billing_portal.configuration", session["configuration"])["features"][name]
    if not found["enabled"]:
        raise invalid(f"{name} is not enabled in the portal's configuration.")
    return found


def own(world: World, session: Obj, wanted: str) -> Obj:
    """A subscription of the session's customer."""
    sub = world.get("subscription", wanted)
    if sub["customer"] != session["customer"]:
        raise StripeError(404, "invalid_request_error", f"No such subscription: '{wanted}'")
    return sub


def give_card(world: World, session: Obj, card: Obj) -> Obj | None:
    """Checks a new card and makes it the customer's default. Returns the setup intent if the bank asks first."""
    feature(world, session, "payment_method_update")
    intent = setup_intents.new(world, session["customer"])
    answer = setup_intents.confirm(world, intent, card)
    if isinstance(answer, Decline):
        raise declined({"message": answer.message, "code": answer.code, "decline_code": answer.decline_code})
    if answer == "action":
        return intent
    set_default(world, session, card["id"])
    return None


def set_default(world: World, session: Obj, card: str) -> None:
    """The card of later payments; a subscription's own default card is left as it is, as at Stripe."""
    feature(world, session, "payment_method_update")
    customer = world.get("customer", session["customer"])
    if world.get("payment_method", card)["customer"] != customer["id"]:
        raise invalid("This card is not the customer's.")
    with editing(world, customer, "customer.updated"):
        customer["invoice_settings"] = {**customer["invoice_settings"], "default_payment_method": card}


def change_plan(
    world: World, session: Obj, wanted: str, price: str, quantity: int | None, given: list[Obj] | None = None
) -> None:
    """Another plan or quantity: now, or at the end of the period when the configuration says so for such a change."""
    rules = feature(world, session, "subscription_update")
    sub = own(world, session, wanted)
    reason = portal_rules.why_no_update(sub)
    if reason:
        raise invalid(reason)
    item = sub["items"]["data"][0]
    _check_change(world, session, rules, item, price, quantity)
    new = world.get("price", price)
    change: Obj = {"id": item["id"], "price": price}
    if quantity is not None and new["recurring"]["usage_type"] == "licensed":
        change["quantity"] = quantity
    if _later(rules, item, new, quantity):
        schedules.at_period_end(world, sub, change)
        return
    p: Obj = {"items": [change], "proration_behavior": rules["proration_behavior"]}
    if rules["billing_cycle_anchor"] == "now":
        p["billing_cycle_anchor"] = {"type": "now"}
    if sub["status"] == "trialing" and rules["trial_update_behavior"] == "end_trial":
        p["trial_end"] = "now"
    if given:
        p["discounts"] = given
    sub_update.change(world, sub, p)


def _check_change(world: World, session: Obj, rules: Obj, item: Obj, price: str, quantity: int | None) -> None:
    row = portal_rules.offered(world.get("billing_portal.configuration", session["configuration"])).get(price)
    if price != item["price"]["id"] and (row is None or "price" not in rules["default_allowed_updates"]):
        raise invalid("This plan is not offered.", "price")
    if quantity is None or quantity == item.get("quantity"):
        return
    adjust = (row or {}).get("adjustable_quantity", {"enabled": False})
    if "quantity" not in rules["default_allowed_updates"] or not adjust["enabled"]:
        raise invalid("The quantity cannot be changed.", "quantity")
    if quantity < (adjust["minimum"] or 1) or (adjust["maximum"] and quantity > adjust["maximum"]):
        raise invalid("This quantity is not offered.", "quantity")


def _later(rules: Obj, item: Obj, new: Obj, quantity: int | None) -> bool:
    old = item["price"]
    for condition in rules["schedule_at_period_end"]["conditions"]:
        if condition["type"] == "decreasing_item_amount":
            if _daily(new, quantity or item.get("quantity") or 1) < _daily(old, item.get("quantity") or 1):
                return True
        elif _days(new) < _days(old):
            return True
    return False


def _days(price: Obj) -> int:
    return LENGTH[price["recurring"]["interval"]] * int(price["recurring"]["interval_count"])


def _daily(price: Obj, quantity: int) -> float:
    return cost(price, quantity) / _days(price)


def cancel(world: World, session: Obj, wanted: str, feedback: str | None, comment: str | None) -> None:
    """At the end of the period, or at once. flexible gets `cancel_at` alone, classic `cancel_at_period_end` too."""
    rules = feature(world, session, "subscription_cancel")
    sub = own(world, session, wanted)
    settlement.must_live(sub)
    details = {
        "feedback": feedback if feedback in rules["cancellation_reason"]["options"] else None,
        "comment": comment or None,
    }
    if sub["schedule"]:
        raise invalid("This subscription cannot be canceled because an update is scheduled.")
    if rules["mode"] == "immediately":
        sub_update.cancel_now(
            world, sub, {"prorate": rules["proration_behavior"] != "none", "cancellation_details": details}
        )
        return
    with editing(world, sub, "customer.subscription.updated"):
        sub["cancellation_details"] = {**sub["cancellation_details"], **details}
        sub_fields.plan_cancel(world, sub, items.period_end(sub), sub["billing_mode"]["type"] == "classic")


def keep(world: World, session: Obj, wanted: str) -> None:
    """Takes a planned cancellation back."""
    sub = own(world, session, wanted)
    settlement.must_live(sub)
    with editing(world, sub, "customer.subscription.updated"):
        sub_fields.plan_cancel(world, sub, None, False)


def accept_offer(world: World, session: Obj, wanted: str) -> None:
    """The retention coupon of the flow instead of the cancellation."""
    sub = own(world, session, wanted)
    retention = ((session["flow"] or {}).get("subscription_cancel") or {}).get("retention")
    if not retention:
        raise invalid("No offer was made.")
    sub_update.change(
        world,
        sub,
        {"discounts": [*({"discount": d} for d in sub["discounts"]), {"coupon": retention["coupon_offer"]["coupon"]}]},
    )


def pause(world: World, session: Obj, wanted: str, choice: int | None) -> None:
    """Pauses; with interval options it resumes by itself after the chosen one."""
    rules = feature(world, session, "subscription_pause")
    sub = own(world, session, wanted)
    pausing.pause_now(world, sub)
    options = rules["duration"]["interval_options"]
    if rules["duration"]["type"] == "interval_options" and options:
        option = options[choice or 0]
        sub["_resume_at"] = boundary(world.now, option["interval"], option.get("interval_count", 1), world.now)
        world.at(sub["_resume_at"], "resume", sub["id"])


def resume(world: World, session: Obj, wanted: str) -> None:
    """Ends a pause."""
    sub = own(world, session, wanted)
    if sub["status"] != "paused":
        raise invalid("This subscription is not paused.")
    pausing.resume_now(world, sub, {})


def set_details(world: World, session: Obj, given: Obj) -> None:
    """Name, e-mail, phone, address: those that the configuration lets him change."""
    rules = feature(world, session, "customer_update")
    allowed = {k: v for k, v in given.items() if k in rules["allowed_updates"]}
    update_customer(world, Call("", (session["customer"],), allowed))
