"""Subscription schedules: phases that follow each other, with the items that each has. Also resumptions that were planned."""

from infra.local.twin.core import billing, items, pausing, proration, settlement
from infra.local.twin.core.errors import invalid
from infra.local.twin.core.events import editing, emit
from infra.local.twin.core.params import merge_metadata
from infra.local.twin.core.values import Obj
from infra.local.twin.core.world import World, fields

WEEK = 7 * 86400


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
    start, end = items.full_period(sub, sub["items"]["data"][0])
    now = [row(i["price"]["id"], i.get("quantity")) for i in sub["items"]["data"]]
    old = next(i for i in sub["items"]["data"] if i["id"] == change["id"])
    then = [row(change["price"], change.get("quantity", old.get("quantity")))]
    schedule = make(world, sub["customer"], sub, [phase(sub["currency"], start, end, now),
                                                  phase(sub["currency"], end, end + (end - start), then)])  # fmt: skip
    emit(world, "subscription_schedule.created", schedule)
    with editing(world, sub, "customer.subscription.updated"):
        sub["schedule"] = schedule["id"]
    return schedule


def make(world: World, customer: str, sub: Obj | None, phases: list[Obj], end_behavior: str = "release") -> Obj:
    """Keeps a schedule and notes when its phases begin and end."""
    settings = {
        "application_fee_percent": None, "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
        "billing_cycle_anchor": "automatic", "billing_thresholds": None, "default_payment_method": None, "description": None,
        "collection_method": sub["collection_method"] if sub else "charge_automatically", "on_behalf_of": None,
        "transfer_data": None, "invoice_settings": {"account_tax_ids": None, "custom_fields": None, "days_until_due": None,
                                                    "description": None, "footer": None, "issuer": {"type": "self"}},
    }  # fmt: skip
    mode = dict(sub["billing_mode"]) if sub else {"flexible": {"proration_discounts": "included"}, "type": "flexible"}
    schedule = fields(
        id=world.ids.new("sub_sched"), object="subscription_schedule", application=None, billing_mode=mode, canceled_at=None,
        completed_at=None, created=world.now, current_phase=None, customer=customer, customer_account=None,
        default_settings=settings, end_behavior=end_behavior, livemode=world.livemode, metadata={}, pause_schedules=[],
        phases=phases, released_at=None, released_subscription=None, status="active" if sub else "not_started",
        subscription=sub["id"] if sub else None, test_clock=sub["test_clock"] if sub else None,
    )  # fmt: skip
    watch(world, schedule)
    return world.add(schedule)


def watch(world: World, schedule: Obj) -> None:
    """Shows the phase that runs now, and comes back at each boundary and a week before the end."""
    running = [p for p in schedule["phases"] if p["start_date"] <= world.now < p["end_date"]]
    begun = schedule["subscription"] is not None and running
    schedule["current_phase"] = {k: running[0][k] for k in ("end_date", "start_date")} if begun else None
    for one in schedule["phases"]:
        for moment in (one["start_date"], one["end_date"]):
            if moment > world.now:
                world.at(moment, "phase", schedule["id"])
    last = schedule["phases"][-1]["end_date"]
    world.at(max(world.now, last - WEEK), "expiring", schedule["id"])


def row(price: str, quantity: int | None) -> Obj:
    """An item of a phase."""
    return {"billing_thresholds": None, "discounts": [], "metadata": {}, "plan": price, "price": price, "quantity": quantity,
            "tax_rates": []}  # fmt: skip


def phase(currency: str, start: int, end: int, rows: list[Obj], behavior: str = "none") -> Obj:
    """A phase."""
    return fields(
        add_invoice_items=[], application_fee_percent=None, billing_cycle_anchor=None, billing_thresholds=None,
        collection_method=None, currency=currency, default_payment_method=None, default_tax_rates=[], description=None,
        discounts=[], end_date=end, invoice_settings=None, items=rows, metadata={}, on_behalf_of=None,
        proration_behavior=behavior, start_date=start, transfer_data=None, trial_end=None,
    )  # fmt: skip


def turn(world: World, schedule: Obj) -> None:
    """A boundary: the next phase's items take the place of the old ones, or the schedule ends."""
    if schedule["status"] not in ("active", "not_started"):
        return
    sub = world.table("subscription").get(schedule["subscription"] or "")
    beginning = next((p for p in schedule["phases"] if p["start_date"] == world.now), None)
    if beginning and sub:
        _apply(world, sub, beginning)
        with editing(world, schedule, "subscription_schedule.updated"):
            schedule["current_phase"] = {k: beginning[k] for k in ("end_date", "start_date")}
    elif beginning:
        _begin(world, schedule, beginning)
    elif schedule["phases"][-1]["end_date"] == world.now and sub:
        _finish(world, schedule, sub)


def _begin(world: World, schedule: Obj, first: Obj) -> None:
    from infra.local.twin.core.schedule_api import start  # noqa: PLC0415 - it makes the subscription, and schedules come first

    start(world, schedule, first)


def apply_running(world: World, schedule: Obj, behavior: str) -> None:
    """Gives the subscription the items of the phase that runs, if an update of the schedule changed them."""
    now = schedule["current_phase"]
    sub = world.table("subscription").get(schedule["subscription"] or "")
    running = next((p for p in schedule["phases"] if now and p["start_date"] == now["start_date"]), None)
    if sub is None or running is None:
        return
    have = [(i["price"]["id"], i.get("quantity")) for i in sub["items"]["data"]]
    if sorted(have, key=str) != sorted(((i["price"], i["quantity"]) for i in running["items"]), key=str):
        move = proration.Move(world, sub, world.get("customer", sub["customer"]), behavior, world.now)
        with editing(world, sub, "customer.subscription.updated"):
            proration.apply(move, changes(sub, running["items"]))
        billing.schedule(world, sub)


def _apply(world: World, sub: Obj, beginning: Obj) -> None:
    customer = world.get("customer", sub["customer"])
    at_end = [i for i in sub["items"]["data"] if i["current_period_end"] == world.now]
    with editing(world, sub, "customer.subscription.updated"):
        sub["metadata"] = merge_metadata(sub["metadata"], beginning["metadata"])
        behavior = "none" if at_end else beginning["proration_behavior"]
        proration.apply(proration.Move(world, sub, customer, behavior, world.now), changes(sub, beginning["items"]))
        for item in sub["items"]["data"] if at_end else []:
            item["current_period_end"] = min(
                item["current_period_end"], world.now
            )  # the renewal of this second bills it


def changes(sub: Obj, wanted: list[Obj]) -> list[Obj]:
    """What must be done with a subscription's items so that they are those of a phase."""
    have, result = list(sub["items"]["data"]), []
    new = []
    for one in wanted:
        same = next((i for i in have if i["price"]["id"] == one["price"]), None)
        if same:
            have.remove(same)
            result.append(
                {"id": same["id"], "quantity": one["quantity"]} if one["quantity"] is not None else {"id": same["id"]}
            )
        else:
            new.append(one)
    for one in new:
        change = {"price": one["price"]} | ({"quantity": one["quantity"]} if one["quantity"] is not None else {})
        result.append({"id": have.pop(0)["id"], **change} if have else change)
    return result + [{"id": item["id"], "deleted": True} for item in have]


def _finish(world: World, schedule: Obj, sub: Obj) -> None:
    if schedule["end_behavior"] == "cancel":
        with editing(world, schedule, "subscription_schedule.updated"):
            schedule.update(status="completed", completed_at=world.now, current_phase=None)
        sub["schedule"] = None
        settlement.end(world, sub, "cancellation_requested")
        emit(world, "subscription_schedule.completed", schedule)
        return
    release_of(world, sub)


def expiring(world: World, schedule: Obj) -> None:
    """A week before its end."""
    if schedule["status"] == "active" and schedule["phases"][-1]["end_date"] - WEEK <= world.now:
        emit(world, "subscription_schedule.expiring", schedule)


def release_of(world: World, sub: Obj) -> None:
    """The subscription goes on without its schedule."""
    if not sub["schedule"]:
        return
    schedule = world.get("subscription_schedule", sub["schedule"])
    with editing(world, sub, "customer.subscription.updated"):
        sub["schedule"] = None
    with editing(world, schedule, "subscription_schedule.updated"):
        schedule.update(status="released", released_at=world.now, released_subscription=sub["id"], subscription=None,
                        current_phase=None)  # fmt: skip
    emit(world, "subscription_schedule.released", schedule)


def end_with(world: World, sub: Obj, aborted: bool) -> None:
    """The subscription ended, and its schedule with it: aborted when nobody paid, else canceled."""
    if not sub["schedule"]:
        return
    schedule = world.get("subscription_schedule", sub["schedule"])
    if schedule["status"] == "active":
        schedule.update(status="canceled", canceled_at=world.now, current_phase=None)
        emit(world, "subscription_schedule.aborted" if aborted else "subscription_schedule.canceled", schedule)


def must_be_live(schedule: Obj) -> None:
    """Refuses to change what has ended."""
    if schedule["status"] not in ("active", "not_started"):
        raise invalid(f"You cannot change a subscription schedule that is {schedule['status']}.", None)
