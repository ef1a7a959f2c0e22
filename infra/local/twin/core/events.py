"""Events: what happened, with the whole object as it is now; and the list of them."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from infra.local.twin.core import webhooks
from infra.local.twin.core.values import Obj, previous, public
from infra.local.twin.core.world import API_VERSION, World

FOLLOWERS: dict[str, Callable[[World, Obj], None]] = {}
"""What else changes when something happened to an object of a kind. Filled in routes.py."""

KEEP = 30 * 86400
"""Stripe keeps events for thirty days."""


def emit(world: World, kind: str, obj: Obj, changed: Obj | None = None) -> None:
    """Records that `kind` happened to `obj` and hands the event to the endpoints that want it."""
    data: Obj = {"object": public(obj)}
    if changed is not None:
        data["previous_attributes"] = changed
    listeners = webhooks.listeners(world, kind)
    event: Obj = {
        "id": world.ids.new("evt"),
        "object": "event",
        "api_version": API_VERSION,
        "created": world.now,
        "data": data,
        "livemode": world.livemode,
        "pending_webhooks": len(listeners),
        "request": {"id": world.request.id, "idempotency_key": world.request.idempotency_key},
        "type": kind,
    }
    row = {
        "id": event["id"],
        "object": "event",
        "type": kind,
        "created": world.now,
        "_body": json.dumps(event),
        "_object": obj.get("id"),
        "_waiting": [],
        "_failed": False,
    }
    world.add(row)
    webhooks.post(world, row, listeners)
    if obj.get("object") in FOLLOWERS:
        FOLLOWERS[obj["object"]](world, obj)


@contextmanager
def editing(world: World, obj: Obj, kind: str) -> Iterator[Obj]:
    """Change `obj` inside; if anything that Stripe shows differs afterwards, `kind` is emitted with the old values."""
    world.touch(obj)
    old = public(obj)
    yield obj
    changed = previous(old, public(obj))
    if changed and not obj.get("_unborn"):  # what is still being made is told as made, and not as changed before
        emit(world, kind, obj, changed)


def full(row: Obj) -> Obj:
    """The event as the API gives it: `pending_webhooks` counts the endpoints that have not taken it yet."""
    event: Obj = json.loads(row["_body"])
    event["pending_webhooks"] = len(row["_waiting"])
    return event


def forget_old(world: World) -> None:
    """Drops events, deliveries and idempotency keys past their time, so that a long run stays small.

    What is still to be delivered stays: a clock that jumps a month must not lose what happened just before.
    """
    table, limit = world.table("event"), world.now - KEEP
    for one in list(table):
        row = table[one]
        if row["created"] >= limit:
            break
        mine = [world.deliveries[d] for d in row.get("_deliveries", ()) if d in world.deliveries]
        if any(d["state"] in ("waiting", "retrying") for d in mine):
            continue
        for delivery in mine:
            del world.deliveries[delivery["id"]]
        del table[one]
    for key in list(world.answers):
        if world.answers[key]["at"] >= world.now - 86400:
            break
        del world.answers[key]
