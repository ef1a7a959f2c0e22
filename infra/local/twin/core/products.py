"""Products."""

from infra.local.twin.core import goods, prices
from infra.local.twin.core.call import Call
from infra.local.twin.core.errors import invalid
from infra.local.twin.core.events import editing, emit
from infra.local.twin.core.pages import CREATED, paged
from infra.local.twin.core.params import (
    Check,
    Required,
    clear,
    flag,
    listed,
    merge_metadata,
    metadata,
    need,
    one_of,
    shape,
    text,
)
from infra.local.twin.core.values import Obj
from infra.local.twin.core.world import World

FIELDS: dict[str, Check | Required] = {
    "active": flag,
    "description": clear(text),
    "images": clear(listed(text, 8)),
    "metadata": metadata,
    "tax_code": clear(text),
    "marketing_features": clear(listed(shape(name=need(text)))),
    "shippable": flag,
    "statement_descriptor": text,
    "unit_label": clear(text),
    "url": clear(text),
}
CREATE: dict[str, Check | Required] = {
    **FIELDS,
    "id": text,
    "name": need(text),
    "type": one_of("good", "service"),
    "default_price_data": shape(**prices.DATA),
}
UPDATE: dict[str, Check | Required] = {**FIELDS, "name": text, "default_price": clear(text)}
LIST: dict[str, Check | Required] = {
    **CREATED,
    "active": flag,
    "ids": listed(text),
    "url": text,
    "shippable": flag,
    "type": one_of("good", "service"),
}


def create(world: World, call: Call) -> Obj:
    """A product, with its default price if the data of one comes along."""
    obj = goods.make(world, call.p)
    if "default_price_data" in call.p:
        price = prices.make(world, {**call.p["default_price_data"], "product": obj["id"]})
        with editing(world, obj, "product.updated"):
            obj["default_price"] = price["id"]
    return obj


def update(world: World, call: Call) -> Obj:
    """Changes what is given."""
    obj = world.get("product", call.id)
    if (
        call.p.get("default_price")
        and world.get("price", call.p["default_price"], "default_price")["product"] != obj["id"]
    ):
        raise invalid("The default price must belong to the product.", "default_price")
    with editing(world, obj, "product.updated"):
        for name in call.p.keys() - {"metadata", "images", "marketing_features"}:
            obj[name] = call.p[name]
        for name in call.p.keys() & {"images", "marketing_features"}:
            obj[name] = call.p[name] or []
        obj["metadata"] = merge_metadata(obj["metadata"], call.p.get("metadata"))
        obj["updated"] = world.now
    return obj


def retrieve(world: World, call: Call) -> Obj:
    """One product."""
    return world.get("product", call.id)


def delete(world: World, call: Call) -> Obj:
    """Deletes a product that has no prices."""
    obj = world.get("product", call.id)
    if any(True for _ in world.find("price", "product", obj["id"])):
        raise invalid("This product cannot be deleted because it has one or more user-created prices.", None, None)
    emit(world, "product.deleted", obj)
    del world.table("product")[obj["id"]]
    return {"id": obj["id"], "object": "product", "deleted": True}


def list_(world: World, call: Call) -> Obj:
    """Products, newest first."""
    rows = list(world.table("product").values())
    for name in ("active", "url", "shippable", "type"):
        if name in call.p:
            rows = [r for r in rows if r[name] == call.p[name]]
    if "ids" in call.p:
        rows = [r for r in rows if r["id"] in call.p["ids"]]
    return paged(rows, call.p, call.path)
