"""Subscription schedules over the API."""

from infra.local.twin.core import customers, items, schedules, sub_update, subscriptions
from infra.local.twin.core.call import Call
from infra.local.twin.core.dates import boundary
from infra.local.twin.core.errors import invalid
from infra.local.twin.core.events import editing, emit
from infra.local.twin.core.pages import CREATED, paged
from infra.local.twin.core.params import (
    Check,
    Required,
    count,
    either,
    flag,
    listed,
    merge_metadata,
    metadata,
    need,
    one_of,
    shape,
    text,
    undone,
    when,
)
from infra.local.twin.core.values import Obj
from infra.local.twin.core.world import World

PHASE = shape(
    items=need(listed(shape(price=need(text), quantity=count), 20)),
    duration=shape(interval=need(one_of("day", "week", "month", "year")), interval_count=count),
    end_date=when,
    proration_behavior=items.PRORATION,
    metadata=metadata,
)
OLDER_PHASE = shape(**PHASE.fields, iterations=count)
"""Stripe's CLI still counts a phase's length in `iterations` of its price's interval."""
LATER_PHASE = shape(**PHASE.fields, start_date=either(one_of("now"), when))
END = undone(one_of("cancel", "none", "release", "renew"), "schedules that end so", "cancel", "release")
CREATE: dict[str, Check | Required] = {
    "customer": text,
    "from_subscription": text,
    "start_date": either(one_of("now"), when),
    "phases": listed(PHASE, 10),
    "end_behavior": END,
    "metadata": metadata,
}
UPDATE: dict[str, Check | Required] = {
    "phases": listed(LATER_PHASE, 10),
    "end_behavior": END,
    "metadata": metadata,
    "proration_behavior": undone(items.PRORATION, "invoices for a schedule's change", "create_prorations", "none"),
}
CANCEL: dict[str, Check | Required] = {"invoice_now": flag, "prorate": flag}
LIST: dict[str, Check | Required] = {**CREATED, "customer": text, "scheduled": flag}


def create(world: World, call: Call) -> Obj:
    """A schedule of a subscription that runs, or of one that it makes, now or later."""
    p = call.p
    if "from_subscription" in p and len(p) > 1:
        other = next(k for k in p if k != "from_subscription")
        raise invalid(f"You cannot set `{other}` together with `from_subscription`.", other)
    schedule = _from(world, p["from_subscription"]) if "from_subscription" in p else _new(world, p)
    schedule["end_behavior"] = p.get("end_behavior", "release")
    schedule["metadata"] = merge_metadata({}, p.get("metadata"))
    emit(world, "subscription_schedule.created", schedule)
    return schedule


def _from(world: World, wanted: str) -> Obj:
    sub = world.get("subscription", wanted, "from_subscription")
    if sub["schedule"]:
        raise invalid("The subscription already has a schedule.", "from_subscription")
    start, stop = items.full_period(sub, sub["items"]["data"][0])
    rows = [schedules.row(i["price"]["id"], i.get("quantity")) for i in sub["items"]["data"]]
    schedule = schedules.make(world, sub["customer"], sub, [schedules.phase(sub["currency"], start, stop, rows)])
    with editing(world, sub, "customer.subscription.updated"):
        sub["schedule"] = schedule["id"]
    return schedule


def _new(world: World, p: Obj) -> Obj:
    if "customer" not in p or not p.get("phases"):
        missing = "phases" if "customer" in p else "customer"
        raise invalid(f"Missing required param: {missing}.", missing, "parameter_missing")
    customer = customers.alive(world, p["customer"], "customer")
    at = p.get("start_date", "now")
    begin = world.now if at == "now" else at
    if begin < world.now:
        raise invalid("The twin does not start schedules in the past.", "start_date")
    schedule = schedules.make(world, customer["id"], None, _phases(world, p["phases"], begin))
    if begin == world.now:
        start(world, schedule, schedule["phases"][0])
    return schedule


def _phases(world: World, given: list[Obj], begin: int) -> list[Obj]:
    result = []
    for at, one in enumerate(given):
        if one.get("start_date", begin) not in ("now", begin):
            raise invalid("A phase starts where the one before it ends.", f"phases[{at}][start_date]")
        price = items.price_of(world, one["items"][0], f"phases[{at}][items][0]")
        length = one.get("duration") or price["recurring"]
        times = (length.get("interval_count") or 1) * one.get("iterations", 1)
        stop = one.get("end_date") or boundary(begin, length["interval"], times, begin)
        if stop <= begin:
            raise invalid("A phase must end after it starts.", f"phases[{at}][end_date]")
        rows = [
            schedules.row(items.price_of(world, i, f"phases[{at}][items][{n}]")["id"], i.get("quantity", 1))
            for n, i in enumerate(one["items"])
        ]
        made = schedules.phase(price["currency"], begin, stop, rows, one.get("proration_behavior", "create_prorations"))
        result.append({**made, "metadata": merge_metadata({}, one.get("metadata"))})
        begin = stop
    return result


def start(world: World, schedule: Obj, first: Obj) -> None:
    """The subscription of a schedule begins."""
    rows = [{"price": i["price"], "quantity": i["quantity"]} for i in first["items"]]
    sub = subscriptions.create(
        world, Call("", (), {"customer": schedule["customer"], "items": rows, "metadata": first["metadata"]})
    )
    with editing(world, sub, "customer.subscription.updated"):
        sub["schedule"] = schedule["id"]
    schedule.update(subscription=sub["id"], status="active", test_clock=sub["test_clock"])
    schedules.watch(world, schedule)


def update(world: World, call: Call) -> Obj:
    """Other phases: those that are over and the running one's start stay as they are."""
    schedule, p = world.get("subscription_schedule", call.id), call.p
    schedules.must_be_live(schedule)
    with editing(world, schedule, "subscription_schedule.updated"):
        if "phases" in p:
            running = schedule["current_phase"] or {"start_date": schedule["phases"][0]["start_date"]}
            first = p["phases"][0].get("start_date", running["start_date"])
            schedule["phases"] = _phases(world, p["phases"], world.now if first == "now" else first)
            schedules.watch(world, schedule)
            schedules.apply_running(world, schedule, p.get("proration_behavior", "create_prorations"))
        schedule["end_behavior"] = p.get("end_behavior", schedule["end_behavior"])
        schedule["metadata"] = merge_metadata(schedule["metadata"], p.get("metadata"))
    return schedule


def cancel(world: World, call: Call) -> Obj:
    """Ends the schedule and its subscription, now."""
    schedule = world.get("subscription_schedule", call.id)
    schedules.must_be_live(schedule)
    sub = world.table("subscription").get(schedule["subscription"] or "")
    if sub:
        sub_update.cancel_now(
            world, sub, {"invoice_now": call.p.get("invoice_now", True), "prorate": call.p.get("prorate", True)}
        )
    else:
        schedule.update(status="canceled", canceled_at=world.now)
        emit(world, "subscription_schedule.canceled", schedule)
    return schedule


def release(world: World, call: Call) -> Obj:
    """Lets the subscription go on alone."""
    schedule = world.get("subscription_schedule", call.id)
    schedules.must_be_live(schedule)
    if schedule["subscription"] is None:
        raise invalid("A schedule that has not started has nothing to release.", None)
    schedules.release_of(world, world.get("subscription", schedule["subscription"]))
    return schedule


def retrieve(world: World, call: Call) -> Obj:
    """One schedule."""
    return world.get("subscription_schedule", call.id)


def list_(world: World, call: Call) -> Obj:
    """Schedules, newest first."""
    rows = list(world.table("subscription_schedule").values())
    if "customer" in call.p:
        rows = [s for s in rows if s["customer"] == call.p["customer"]]
    if "scheduled" in call.p:
        rows = [s for s in rows if (s["status"] == "not_started") == call.p["scheduled"]]
    return paged(rows, call.p, call.path)
