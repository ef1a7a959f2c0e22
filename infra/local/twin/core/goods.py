"""Making a product: alone, or together with its first price."""

from infra.local.twin.core.errors import invalid
from infra.local.twin.core.events import emit
from infra.local.twin.core.params import merge_metadata
from infra.local.twin.core.values import Obj
from infra.local.twin.core.world import World, fields


def make(world: World, p: Obj) -> Obj:
    """Keeps a new product."""
    if p.get("id") in world.table("product"):
        raise invalid(f"Product already exists: {p['id']}", "id", "resource_already_exists")
    obj = fields(
        id=p.get("id") or world.ids.new("prod"),
        object="product",
        active=p.get("active", True),
        created=world.now,
        default_price=None,
        description=p.get("description"),
        images=p.get("images") or [],
        livemode=world.livemode,
        marketing_features=p.get("marketing_features") or [],
        metadata=merge_metadata({}, p.get("metadata")),
        name=p["name"],
        package_dimensions=None,
        shippable=p.get("shippable"),
        statement_descriptor=p.get("statement_descriptor"),
        tax_code=p.get("tax_code"),
        type=p.get("type", "service"),
        unit_label=p.get("unit_label"),
        updated=world.now,
        url=p.get("url"),
    )
    emit(world, "product.created", world.add(obj))
    return obj
