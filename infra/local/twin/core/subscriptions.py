"""Subscriptions: made, read, listed."""

from infra.local.twin.core import billing, customers, cycles, discounts, items, payment_methods, sub_fields
from infra.local.twin.core.call import Call
from infra.local.twin.core.errors import invalid
from infra.local.twin.core.events import emit
from infra.local.twin.core.pages import PAGING, in_range, paged
from infra.local.twin.core.params import (
    RANGE,
    Check,
    Required,
    count,
    either,
    flag,
    listed,
    need,
    one_of,
    shape,
    text,
    undone,
    when,
)
from infra.local.twin.core.values import Obj
from infra.local.twin.core.world import World

DAY = 86400
CREATE: dict[str, Check | Required] = {
    **sub_fields.SHARED,
    "customer": need(text),
    "items": need(items.ITEMS),
    "currency": text,
    "trial_period_days": count,
    "trial_end": either(one_of("now", "now"), when),
    "trial_from_plan": flag,
    "billing_cycle_anchor": when,
    "backdate_start_date": undone(when, "backdating"),
    "billing_mode": shape(
        type=need(one_of("classic", "flexible")), flexible=shape(proration_discounts=one_of("included", "itemized"))
    ),
    "add_invoice_items": listed(shape(price=need(text), quantity=count), 20),
}
LIST: dict[str, Check | Required] = {
    **PAGING,
    "customer": text,
    "price": text,
    "created": RANGE,
    "current_period_start": RANGE,
    "current_period_end": RANGE,
    "test_clock": text,
    "collection_method": one_of("charge_automatically", "send_invoice"),
    "status": one_of(
        "active",
        "all",
        "canceled",
        "ended",
        "incomplete",
        "incomplete_expired",
        "past_due",
        "paused",
        "trialing",
        "unpaid",
    ),
}


def create(world: World, call: Call) -> Obj:
    """A subscription, its first invoice, and the first payment as `payment_behavior` wants it."""
    p = call.p
    customer = customers.alive(world, p["customer"], "customer")
    if not p["items"]:
        raise invalid("Missing required param: items.", "items", "parameter_missing")
    first = items.price_of(world, p["items"][0], "items[0]")
    if str(p.get("currency") or first["currency"]).lower() != first["currency"]:
        raise invalid(f"The price specified only supports `{first['currency']}`.", "currency")
    if p.get("payment_behavior") == "pending_if_incomplete":
        raise invalid("`pending_if_incomplete` is for updates only.", "payment_behavior")
    sub = sub_fields.blank(world, customer, first["currency"], p)
    _own_card(world, sub, customer, p)
    _start(world, sub, {**p, "trial_period_days": _plan_trial(p, first)} if p.get("trial_from_plan") else p)
    rows = [
        items.make(world, sub, one, f"items[{at}]", world.now, sub["billing_cycle_anchor"])
        for at, one in enumerate(p["items"])
    ]
    _check_rows(sub, rows)
    if sub["trial_end"]:
        for row in rows:
            row["current_period_end"] = sub["trial_end"]
    sub["items"] = items.listing(sub, rows)
    world.add(sub)["_unborn"] = True
    try:
        sub["discounts"] = discounts.make(world, p.get("discounts"), customer, sub["id"])
        for row, one in zip(rows, p["items"], strict=True):
            row["discounts"] = discounts.make(world, one.get("discounts"), customer, sub["id"], row["id"])
        sub_fields.apply_cancel(world, sub, p)
        billing.begin(world, sub, customer, p)
    except Exception:
        world.table("subscription").pop(sub["id"], None)
        raise
    del sub["_unborn"]
    emit(world, "customer.subscription.created", sub)
    cycles.trial_will_end(world, sub)
    return sub


def _check_rows(sub: Obj, rows: list[Obj]) -> None:
    if len({row["price"]["id"] for row in rows}) != len(rows):
        raise invalid("Subscription Items must have unique prices: the same price is given twice.", "items")
    if sub["billing_mode"]["type"] == "classic" and len(items.intervals(rows)) > 1:
        raise invalid(
            "All prices on a subscription must have the same `recurring.interval` and `recurring.interval_count`. If you meant "
            "to update an existing subscription item instead of creating a new one, make sure to include the subscription item "
            "ID in your request.",
            "items",
        )


def _own_card(world: World, sub: Obj, customer: Obj, p: Obj) -> None:
    wanted = p.get("default_payment_method")
    if wanted:
        card = payment_methods.resolve(world, wanted, "default_payment_method")
        if card["customer"] != customer["id"]:
            raise invalid(
                f"The customer does not have a payment method with the ID {wanted}. The payment method must be attached to the "
                "customer.",
                "default_payment_method",
                "resource_missing",
            )
        sub["default_payment_method"] = card["id"]


def _plan_trial(p: Obj, price: Obj) -> int | None:
    """`trial_from_plan`: the days of the first item's price."""
    if p.keys() & {"trial_end", "trial_period_days"}:
        raise invalid("`trial_from_plan` does not go with `trial_end` or `trial_period_days`.", "trial_from_plan")
    days: int | None = price["recurring"]["trial_period_days"]
    return days


def _start(world: World, sub: Obj, p: Obj) -> None:
    """Trial and anchor."""
    end = p.get("trial_end")
    if p.get("trial_period_days"):
        end = world.now + p["trial_period_days"] * DAY
    if isinstance(end, int):
        if end <= world.now:
            raise invalid("Invalid timestamp: trial_end must be in the future.", "trial_end")
        sub.update(status="trialing", trial_start=world.now, trial_end=end, billing_cycle_anchor=end)
    if "billing_cycle_anchor" in p:
        if p["billing_cycle_anchor"] <= world.now:
            raise invalid("billing_cycle_anchor must be in the future.", "billing_cycle_anchor")
        sub["billing_cycle_anchor"] = p["billing_cycle_anchor"]


def retrieve(world: World, call: Call) -> Obj:
    """One subscription, ended ones included."""
    return world.get("subscription", call.id)


def list_(world: World, call: Call) -> Obj:
    """Subscriptions, newest first; those that ended only when `status` asks for them."""
    p = call.p
    rows = list(
        world.find("subscription", "customer", p["customer"])
        if "customer" in p
        else world.table("subscription").values()
    )
    rows = [s for s in rows if _status_fits(s["status"], p.get("status"))]
    for name in ("collection_method", "test_clock"):
        if name in p:
            rows = [s for s in rows if s[name] == p[name]]
    if "price" in p:
        rows = [s for s in rows if any(i["price"]["id"] == p["price"] for i in s["items"]["data"])]
    rows = [
        s
        for s in rows
        if in_range(items.next_end(s), p.get("current_period_end"))
        and in_range(max(i["current_period_start"] for i in s["items"]["data"]), p.get("current_period_start"))
    ]
    return paged(rows, p, call.path)


def _status_fits(status: str, wanted: str | None) -> bool:
    if wanted == "all":
        return True
    if wanted == "ended":
        return status in ("canceled", "incomplete_expired")
    return status == wanted if wanted else status not in ("canceled", "incomplete_expired")
