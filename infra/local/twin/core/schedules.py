"""Plans for later: a change at the end of the period, collection that resumes, subscriptions that resume."""

from infra.local.twin.core import items, pausing, proration
from infra.local.twin.core.events import editing, emit
from infra.local.twin.core.values import Obj
from infra.local.twin.core.world import World, fields


def resume_collection(world: World, sub: Obj) -> None:
    """`pause_collection.resumes_at` has come."""
    if (sub["pause_collection"] or {}).get("resumes_at") == world.now:
        with editing(world, sub, "customer.subscription.updated"):
            sub["pause_collection"] = None


def resume(world: World, sub: Obj) -> None:
    """A pause of limited length is over."""
    if sub["status"] == "paused" and sub.get("_resume_at") == world.now:
        pausing.resume_now(world, sub, {})


def at_period_end(world: World, sub: Obj, change: Obj) -> Obj:
    """A schedule of two phases: as it is until the period ends, then changed for one period; after that it lets go."""
    now, end = items.full_period(sub, sub["items"]["data"][0])
    schedule = _made(world, sub)
    schedule["phases"] = [
        phase(sub, now, end),
        {**phase(sub, end, end + (end - now)), "items": [_changed(world, sub, change)]},
    ]
    schedule["current_phase"] = {"end_date": end, "start_date": now}
    schedule["_changes"] = {str(end): [change]}
    emit(world, "subscription_schedule.created", world.add(schedule))
    with editing(world, sub, "customer.subscription.updated"):
        sub["schedule"] = schedule["id"]
    world.at(end, "phase", schedule["id"])
    return schedule


def _made(world: World, sub: Obj) -> Obj:
    settings = {
        "application_fee_percent": None,
        "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
        "billing_cycle_anchor": "automatic",
        "billing_thresholds": None,
        "collection_method": sub["collection_method"],
        "default_payment_method": None,
        "description": None,
        "on_behalf_of": None,
        "transfer_data": None,
        "invoice_settings": {
            "account_tax_ids": None,
            "custom_fields": None,
            "days_until_due": None,
            "description": None,
            "footer": None,
            "issuer": {"type": "self"},
        },
    }
    return fields(
        id=world.ids.new("sub_sched"),
        object="subscription_schedule",
        application=None,
        billing_mode=dict(sub["billing_mode"]),
        canceled_at=None,
        completed_at=None,
        created=world.now,
        current_phase=None,
        customer=sub["customer"],
        customer_account=None,
        default_settings=settings,
        end_behavior="release",
        livemode=world.livemode,
        metadata={},
        pause_schedules=[],
        phases=[],
        released_at=None,
        released_subscription=None,
        status="active",
        subscription=sub["id"],
        test_clock=sub["test_clock"],
    )


def phase(sub: Obj, start: int, end: int) -> Obj:
    """A phase with the subscription's items as they are."""
    rows = [_item(i["price"]["id"], i["quantity"]) for i in sub["items"]["data"]]
    return fields(
        add_invoice_items=[],
        application_fee_percent=None,
        billing_cycle_anchor=None,
        billing_thresholds=None,
        collection_method=None,
        currency=sub["currency"],
        default_payment_method=None,
        default_tax_rates=[],
        description=None,
        discounts=[],
        end_date=end,
        invoice_settings=None,
        items=rows,
        metadata={},
        on_behalf_of=None,
        proration_behavior="none",
        start_date=start,
        transfer_data=None,
        trial_end=None,
    )


def _item(price: str, quantity: int | None) -> Obj:
    return {
        "billing_thresholds": None,
        "discounts": [],
        "metadata": {},
        "plan": price,
        "price": price,
        "quantity": quantity,
        "tax_rates": [],
    }


def _changed(world: World, sub: Obj, change: Obj) -> Obj:
    item = next(i for i in sub["items"]["data"] if i["id"] == change["id"])
    return _item(world.get("price", change["price"])["id"], change.get("quantity", item["quantity"]))


def turn(world: World, schedule: Obj) -> None:
    """The next phase begins: its items take the place of the old ones, without proration; the last phase lets go at once."""
    changes = schedule["_changes"].get(str(world.now))
    sub = world.table("subscription").get(schedule["subscription"] or "")
    if (
        schedule["status"] != "active"
        or changes is None
        or sub is None
        or sub["status"] in ("canceled", "incomplete_expired")
    ):
        return
    with editing(world, sub, "customer.subscription.updated"):
        customer = world.get("customer", sub["customer"])
        proration.apply(proration.Move(world, sub, customer, "none", world.now), changes)
        for item in sub["items"]["data"]:
            item["current_period_end"] = min(item["current_period_end"], world.now)
        sub["schedule"] = None
    release(world, schedule)


def release(world: World, schedule: Obj) -> None:
    """The subscription goes on without its schedule."""
    with editing(world, schedule, "subscription_schedule.updated"):
        schedule.update(
            status="released",
            released_at=world.now,
            released_subscription=schedule["subscription"],
            subscription=None,
            current_phase=None,
        )
    emit(world, "subscription_schedule.released", schedule)


def release_of(world: World, sub: Obj) -> None:
    """Drops what was planned for a subscription, as a cancellation in the portal does."""
    if sub["schedule"]:
        schedule = world.get("subscription_schedule", sub["schedule"])
        with editing(world, sub, "customer.subscription.updated"):
            sub["schedule"] = None
        release(world, schedule)
