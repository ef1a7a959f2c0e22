"""Entitlements: features, the products that carry them, and what a customer may use through subscriptions that run.

What a customer may use is looked at whenever one of their subscriptions changes. A feature that a product gets or loses
reaches those who have it already with that next change: Stripe publishes no rule, this one is ours.
"""

from infra.local.twin.core import customers
from infra.local.twin.core.call import Call
from infra.local.twin.core.errors import invalid, missing
from infra.local.twin.core.events import emit
from infra.local.twin.core.pages import PAGING, listing, paged
from infra.local.twin.core.params import Check, Required, flag, merge_metadata, metadata, need, text
from infra.local.twin.core.values import Obj
from infra.local.twin.core.world import World, fields

FEATURE: dict[str, Check | Required] = {"lookup_key": need(text), "name": need(text), "metadata": metadata}
FEATURE_UPDATE: dict[str, Check | Required] = {"active": flag, "name": text, "metadata": metadata}
FEATURES: dict[str, Check | Required] = {**PAGING, "archived": flag, "lookup_key": text}
ATTACH: dict[str, Check | Required] = {"entitlement_feature": need(text)}
ATTACHED: dict[str, Check | Required] = dict(PAGING)
ACTIVE: dict[str, Check | Required] = {**PAGING, "customer": need(text)}
SHOWN = 10
"""Entitlements that a summary shows; more are told by `has_more`."""
RUNNING = ("active", "past_due", "trialing")


def create(world: World, call: Call) -> Obj:
    """A feature; its lookup key is the merchant's own name for it."""
    if any(f["lookup_key"] == call.p["lookup_key"] for f in world.table("entitlements.feature").values()):
        raise invalid("A feature with this lookup key already exists.", "lookup_key", "resource_already_exists")
    return world.add(
        fields(
            id=world.ids.new("feat"),
            object="entitlements.feature",
            active=True,
            livemode=world.livemode,
            lookup_key=call.p["lookup_key"],
            metadata=merge_metadata({}, call.p.get("metadata")),
            name=call.p["name"],
        )
    )


def update(world: World, call: Call) -> Obj:
    """Changes its name and metadata, or archives it."""
    obj = world.get("entitlements.feature", call.id)
    world.touch(obj)
    obj["active"] = call.p.get("active", obj["active"])
    obj["name"] = call.p.get("name", obj["name"])
    obj["metadata"] = merge_metadata(obj["metadata"], call.p.get("metadata"))
    return obj


def retrieve(world: World, call: Call) -> Obj:
    """One feature."""
    return world.get("entitlements.feature", call.id)


def list_(world: World, call: Call) -> Obj:
    """Features, newest first; archived ones only where they are asked for."""
    rows = [f for f in world.table("entitlements.feature").values() if f["active"] != call.p.get("archived", False)]
    if "lookup_key" in call.p:
        rows = [f for f in rows if f["lookup_key"] == call.p["lookup_key"]]
    return paged(rows, call.p, call.path)


def attach(world: World, call: Call) -> Obj:
    """A product gets a feature."""
    world.get("product", call.id)
    obj = world.get("entitlements.feature", call.p["entitlement_feature"], "entitlement_feature")
    if not obj["active"]:
        raise invalid("An archived feature cannot be attached to a product.", "entitlement_feature")
    if any(r["entitlement_feature"]["id"] == obj["id"] for r in _of(world, call.id)):
        raise invalid("This feature is already attached to the product.", "entitlement_feature")
    row = fields(id=world.ids.new("prodft"), object="product_feature", entitlement_feature=obj, livemode=world.livemode)
    return world.add(row | {"_product": call.id})


def attached(world: World, call: Call) -> Obj:
    """The features of a product."""
    world.get("product", call.id)
    return paged(_of(world, call.id), call.p, call.path)


def one_attached(world: World, call: Call) -> Obj:
    """One of them."""
    return world.get("product_feature", call.ids[1])


def detach(world: World, call: Call) -> Obj:
    """The product loses it."""
    row = world.get("product_feature", call.ids[1])
    del world.table("product_feature")[row["id"]]
    return {"id": row["id"], "object": "product_feature", "deleted": True}


def active(world: World, call: Call) -> Obj:
    """What a customer may use."""
    customers.alive(world, call.p["customer"], "customer")
    return paged(_held(world, call.p["customer"]), call.p, call.path)


def one_active(world: World, call: Call) -> Obj:
    """One entitlement that is still active."""
    row = world.get("entitlements.active_entitlement", call.id)
    if row["_customer"] is None:
        raise missing("active entitlement", call.id)
    return row


def follow(world: World, sub: Obj) -> None:
    """A subscription has changed: give and take what its customer may use, and tell of it where that differs."""
    wanted = {feature["id"]: feature for feature in _due(world, sub["customer"])}
    held = {row["feature"]: row for row in _held(world, sub["customer"])}
    if wanted.keys() == held.keys():
        return
    for one in held.keys() - wanted.keys():
        world.touch(held[one])
        held[one]["_customer"] = None
    for one in [one for one in wanted if one not in held]:
        row = fields(
            id=world.ids.new("ent"),
            object="entitlements.active_entitlement",
            feature=one,
            livemode=world.livemode,
            lookup_key=wanted[one]["lookup_key"],
        )
        world.add(row | {"_customer": sub["customer"]})
    emit(world, "entitlements.active_entitlement_summary.updated", _summary(world, sub["customer"]))


def _summary(world: World, customer: str) -> Obj:
    rows = _held(world, customer)[::-1]
    url = f"/v1/customer/{customer}/entitlements"
    return {
        "object": "entitlements.active_entitlement_summary",
        "customer": customer,
        "entitlements": listing(rows[:SHOWN], url, len(rows) > SHOWN),
        "livemode": world.livemode,
    }


def _due(world: World, customer: str) -> list[Obj]:
    running = [s for s in world.find("subscription", "customer", customer) if s["status"] in RUNNING]
    products = dict.fromkeys(item["price"]["product"] for sub in running for item in sub["items"]["data"])
    return [row["entitlement_feature"] for product in products for row in _of(world, product)]


def _of(world: World, product: str) -> list[Obj]:
    return list(world.find("product_feature", "_product", product))


def _held(world: World, customer: str) -> list[Obj]:
    return list(world.find("entitlements.active_entitlement", "_customer", customer))
