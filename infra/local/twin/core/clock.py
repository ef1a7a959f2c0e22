"""The clock: what is due, in order; and Stripe's test clocks, which here all show the twin's one time."""

import heapq
from collections.abc import Callable

from infra.local.twin.core import cycles, events, schedules
from infra.local.twin.core.call import Call
from infra.local.twin.core.errors import invalid
from infra.local.twin.core.events import emit
from infra.local.twin.core.pages import PAGING, paged
from infra.local.twin.core.params import Check, Required, need, text, when
from infra.local.twin.core.values import Obj
from infra.local.twin.core.world import Request, World, fields

DAY = 86400
CREATE: dict[str, Check | Required] = {"frozen_time": need(when), "name": text}
ADVANCE: dict[str, Check | Required] = {"frozen_time": need(when)}
LIST: dict[str, Check | Required] = dict(PAGING)

DUE: dict[str, tuple[str, Callable[[World, Obj], None]]] = {
    "cancel": ("subscription", cycles.cancel),
    "collect": ("invoice", cycles.collect),
    "expire": ("subscription", cycles.expire),
    "finalize": ("invoice", cycles.finalize),
    "overdue": ("invoice", cycles.overdue),
    "expiring": ("subscription_schedule", schedules.expiring),
    "phase": ("subscription_schedule", schedules.turn),
    "renew": ("subscription", cycles.renew),
    "resume_collection": ("subscription", schedules.resume_collection),
    "resume": ("subscription", schedules.resume),
    "trial_will_end": ("subscription", cycles.trial_will_end),
    "upcoming": ("subscription", cycles.upcoming),
}
"""What can be due -> the kind of object, and what is done with it. Each checks that it still applies."""
FIRST = {"phase": 0, "cancel": 1}
"""Of things due in one second these come before a renewal: a changed plan renews changed, an ended one not at all."""


def run_due(world: World, most: int = 1000) -> bool:
    """Runs at most so many due things, in order of time, each at its own second. True when nothing is left that is due."""
    limit = world.wall() + world.offset
    done = 0
    while world.due and world.due[0][0] <= limit:
        if done >= most:
            return False
        moment = world.due[0][0]
        for what, who in _same_second(world, moment):
            _run(world, moment, what, who)
            done += 1
    events.forget_old(world)
    return True


def _same_second(world: World, moment: int) -> list[tuple[str, str]]:
    rows = []
    while world.due and world.due[0][0] == moment:
        _, sequence, what, who = heapq.heappop(world.due)
        rows.append((FIRST.get(what, 2), sequence, what, who))
    return [(what, who) for _, _, what, who in sorted(rows)]


def _run(world: World, moment: int, what: str, who: str) -> None:
    kept, world.request, world.moment = world.request, Request(), moment
    try:
        if what == "deliver":
            world.outbox.append(who)
            return
        kind, act = DUE[what]
        obj = world.table(kind).get(who)
        if obj is not None:
            act(world, obj)
    finally:
        world.request, world.moment = kept, None


def create(world: World, call: Call) -> Obj:
    """A test clock. There is one time in the twin: a later `frozen_time` is gone to, an earlier one is only shown."""
    at = call.p["frozen_time"]
    clock = fields(
        id=world.ids.new("clock"),
        object="test_helpers.test_clock",
        created=world.now,
        deletes_after=world.now + 30 * DAY,
        frozen_time=at,
        livemode=False,
        name=call.p.get("name"),
        status="ready",
        status_details={},
    )
    emit(world, "test_helpers.test_clock.created", world.add(clock))
    world.wanted_time = max(at, world.now)
    return clock


def advance(world: World, call: Call) -> Obj:
    """Moves the twin's time forward, by as much as this clock's. What is due has been run when the answer arrives."""
    clock = world.get("test_helpers.test_clock", call.id)
    at = call.p["frozen_time"]
    if at <= clock["frozen_time"]:
        raise invalid("frozen_time must be after the test clock's current frozen time.", "frozen_time")
    clock.update(status="advancing", status_details={"advancing": {"target_frozen_time": at}})
    emit(world, "test_helpers.test_clock.advancing", clock)
    world.wanted_time = clock["_arrives"] = world.now + at - clock["frozen_time"]
    return clock


def arrive(world: World) -> None:
    """Test clocks whose time has come are ready."""
    for clock in world.table("test_helpers.test_clock").values():
        if clock["status"] == "advancing" and clock["_arrives"] <= world.now:
            at = clock["status_details"]["advancing"]["target_frozen_time"]
            clock.update(status="ready", status_details={}, frozen_time=at)
            emit(world, "test_helpers.test_clock.ready", clock)


def retrieve(world: World, call: Call) -> Obj:
    """One test clock."""
    return world.get("test_helpers.test_clock", call.id)


def list_(world: World, call: Call) -> Obj:
    """Test clocks, newest first."""
    return paged(world.table("test_helpers.test_clock").values(), call.p, call.path)


def delete(world: World, call: Call) -> Obj:
    """Deletes a clock; unlike Stripe's, its customers stay."""
    clock = world.get("test_helpers.test_clock", call.id)
    del world.table("test_helpers.test_clock")[clock["id"]]
    emit(world, "test_helpers.test_clock.deleted", clock)
    return {"id": clock["id"], "object": "test_helpers.test_clock", "deleted": True}
