"""Subscription items over their own API: the same changes as through the subscription."""

from infra.local.twin.core import items, settlement, sub_update
from infra.local.twin.core.call import Call
from infra.local.twin.core.errors import invalid
from infra.local.twin.core.pages import PAGING, paged
from infra.local.twin.core.params import Check, Required, flag, need, one_of, text, when
from infra.local.twin.core.values import Obj
from infra.local.twin.core.world import World

BEHAVIOR: dict[str, Check | Required] = {
    "payment_behavior": one_of("allow_incomplete", "default_incomplete", "error_if_incomplete"),
    "proration_behavior": items.PRORATION,
    "proration_date": when,
}
CREATE: dict[str, Check | Required] = {**items.ITEM, **BEHAVIOR, "subscription": need(text)}
UPDATE: dict[str, Check | Required] = {**items.ITEM, **BEHAVIOR, "off_session": flag}
DELETE: dict[str, Check | Required] = {**BEHAVIOR, "clear_usage": items.KEEP_USAGE}
LIST: dict[str, Check | Required] = {**PAGING, "subscription": need(text)}


def create(world: World, call: Call) -> Obj:
    """One item more."""
    sub = world.get("subscription", call.p["subscription"], "subscription")
    _change(world, sub, {k: v for k, v in call.p.items() if k in items.ITEM}, call.p)
    return dict(sub["items"]["data"][-1])


def update(world: World, call: Call) -> Obj:
    """Another price or quantity."""
    sub, item = _find(world, call.id)
    _change(world, sub, {"id": item["id"], **{k: v for k, v in call.p.items() if k in items.ITEM}}, call.p)
    return _find(world, call.id)[1]


def delete(world: World, call: Call) -> Obj:
    """One item less."""
    sub, item = _find(world, call.id)
    _change(world, sub, {"id": item["id"], "deleted": True}, call.p)
    return {"id": item["id"], "object": "subscription_item", "deleted": True}


def _change(world: World, sub: Obj, one: Obj, p: Obj) -> None:
    settlement.must_live(sub)
    sub_update.change(
        world, sub, {"items": [one], **{k: v for k, v in p.items() if k in BEHAVIOR or k == "off_session"}}
    )


def _find(world: World, wanted: str) -> tuple[Obj, Obj]:
    for sub in world.table("subscription").values():
        for item in sub["items"]["data"]:
            if item["id"] == wanted:
                return sub, item
    raise invalid(f"Invalid subscription_item id: {wanted}", "item", "resource_missing", 404)


def retrieve(world: World, call: Call) -> Obj:
    """One item."""
    return _find(world, call.id)[1]


def list_(world: World, call: Call) -> Obj:
    """A subscription's items."""
    sub = world.get("subscription", call.p["subscription"], "subscription")
    return paged(sub["items"]["data"], call.p, call.path, newest_first=False)
