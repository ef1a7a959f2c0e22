"""Prices: per unit, fractional, tiered, metered; and the old `plan` that subscription items still show."""

from decimal import Decimal

from infra.local.twin.core import goods
from infra.local.twin.core.call import Call
from infra.local.twin.core.errors import invalid
from infra.local.twin.core.events import editing, emit
from infra.local.twin.core.pages import CREATED, paged
from infra.local.twin.core.params import (
    Check,
    Required,
    clear,
    count,
    decimal,
    either,
    flag,
    listed,
    merge_metadata,
    metadata,
    need,
    one_of,
    shape,
    text,
    whole,
)
from infra.local.twin.core.values import Obj
from infra.local.twin.core.world import World, fields

TAX = one_of("exclusive", "inclusive", "unspecified")
EVERY: dict[str, Check | Required] = {
    "interval": need(one_of("day", "week", "month", "year")),
    "interval_count": count,
}
RECURRING: dict[str, Check | Required] = {
    **EVERY,
    "usage_type": one_of("licensed", "metered"),
    "meter": text,
    "trial_period_days": count,
}
TIER = shape(
    up_to=need(either(one_of("inf", "inf"), count)),
    unit_amount=whole,
    unit_amount_decimal=decimal,
    flat_amount=whole,
    flat_amount_decimal=decimal,
)
DATA: dict[str, Check | Required] = {
    "currency": need(text),
    "unit_amount": whole,
    "unit_amount_decimal": decimal,
    "recurring": shape(**EVERY),
    "tax_behavior": TAX,
    "metadata": metadata,
}
INLINE: dict[str, Check | Required] = {**{k: v for k, v in DATA.items() if k != "metadata"}, "product": need(text)}
CREATE: dict[str, Check | Required] = {
    **DATA,
    "recurring": shape(**RECURRING),
    "product": text,
    "nickname": text,
    "lookup_key": text,
    "transfer_lookup_key": flag,
    "active": flag,
    "billing_scheme": one_of("per_unit", "tiered"),
    "tiers": listed(TIER),
    "tiers_mode": one_of("graduated", "volume"),
    "transform_quantity": shape(divide_by=need(count), round=need(one_of("down", "up"))),
    "product_data": shape(
        name=need(text),
        id=text,
        active=flag,
        metadata=metadata,
        statement_descriptor=text,
        unit_label=text,
        tax_code=text,
    ),
}
UPDATE: dict[str, Check | Required] = {
    "active": flag,
    "nickname": clear(text),
    "lookup_key": text,
    "transfer_lookup_key": flag,
    "metadata": metadata,
    "tax_behavior": TAX,
}
LIST: dict[str, Check | Required] = {
    **CREATED,
    "active": flag,
    "product": text,
    "currency": text,
    "type": one_of("one_time", "recurring"),
    "lookup_keys": listed(text, 10),
    "recurring": shape(
        interval=one_of("day", "week", "month", "year"), usage_type=one_of("licensed", "metered"), meter=text
    ),
}


def create(world: World, call: Call) -> Obj:
    """A price of a product that exists, or of a new one."""
    p = dict(call.p)
    if ("product" in p) == ("product_data" in p):
        raise invalid("You must specify either `product` or `product_data` when creating a price.", "product")
    if "product_data" in p:
        p["product"] = goods.make(world, p["product_data"])["id"]
    return make(world, p)


def make(world: World, p: Obj) -> Obj:
    """Keeps a new price."""
    world.get("product", p["product"], "product")
    _check(p)
    _take_key(world, p)
    tiers = _tiers(p.get("tiers"))
    exact = p.get("unit_amount_decimal", str(p["unit_amount"]) if "unit_amount" in p else None)
    obj = fields(
        id=world.ids.new("price"),
        object="price",
        active=p.get("active", True),
        billing_scheme=p.get("billing_scheme", "per_unit"),
        created=world.now,
        currency=p["currency"].lower(),
        custom_unit_amount=None,
        livemode=world.livemode,
        lookup_key=p.get("lookup_key"),
        metadata=merge_metadata({}, p.get("metadata")),
        nickname=p.get("nickname"),
        product=p["product"],
        recurring=_recurring(world, p.get("recurring")),
        tax_behavior=p.get("tax_behavior", "unspecified"),
        tiers_mode=p.get("tiers_mode"),
        transform_quantity=p.get("transform_quantity"),
        type="recurring" if "recurring" in p else "one_time",
        unit_amount=int(exact) if exact is not None and Decimal(exact) == int(Decimal(exact)) else None,
        unit_amount_decimal=exact,
    )
    obj["_tiers"] = tiers
    emit(world, "price.created", world.add(obj))
    return obj


def _check(p: Obj) -> None:
    if len(p["currency"]) != 3 or not p["currency"].isalpha():
        raise invalid(f"Invalid currency: {p['currency']}.", "currency")
    tiered = p.get("billing_scheme") == "tiered"
    if tiered and not (p.get("tiers") and p.get("tiers_mode")):
        raise invalid("You must specify `tiers` and `tiers_mode` when `billing_scheme` is `tiered`.", "tiers")
    if not tiered and "tiers" in p:
        raise invalid("`tiers` is only allowed when `billing_scheme` is `tiered`.", "tiers")
    if not tiered and ("unit_amount" in p) == ("unit_amount_decimal" in p):
        raise invalid(
            "You must specify exactly one of `unit_amount` and `unit_amount_decimal`.",
            "unit_amount",
            "parameter_missing",
        )
    if "unit_amount" in p and p["unit_amount"] < 0:
        raise invalid("This value must be greater than or equal to 0.", "unit_amount", "parameter_invalid_integer")


def _take_key(world: World, p: Obj) -> None:
    key = p.get("lookup_key")
    if key is None:
        return
    for other in world.table("price").values():
        if other["lookup_key"] == key and other["id"] != p.get("id"):
            if not p.get("transfer_lookup_key"):
                raise invalid(f"A price (`{other['id']}`) already uses that lookup key.", "lookup_key")
            with editing(world, other, "price.updated"):
                other["lookup_key"] = None


def _tiers(given: list[Obj] | None) -> list[Obj] | None:
    if given is None:
        return None
    rows = []
    for tier in given:
        unit = tier.get("unit_amount_decimal", str(tier["unit_amount"]) if "unit_amount" in tier else None)
        flat = tier.get("flat_amount_decimal", str(tier["flat_amount"]) if "flat_amount" in tier else None)
        rows.append(
            {
                "flat_amount": tier.get("flat_amount"),
                "flat_amount_decimal": flat,
                "unit_amount": tier.get("unit_amount"),
                "unit_amount_decimal": unit,
                "up_to": None if tier["up_to"] == "inf" else tier["up_to"],
            }
        )
    if rows[-1]["up_to"] is not None:
        raise invalid("The last tier must have `up_to` set to `inf`.", "tiers")
    return rows


def _recurring(world: World, given: Obj | None) -> Obj | None:
    if given is None:
        return None
    if given.get("meter"):
        world.get("billing.meter", given["meter"], "recurring[meter]")
    usage = given.get("usage_type", "licensed")
    if usage == "metered" and not given.get("meter"):
        raise invalid(
            "Metered prices must be backed by a meter: give `recurring[meter]`.",
            "recurring[meter]",
            "parameter_missing",
        )
    return {
        "interval": given["interval"],
        "interval_count": given.get("interval_count") or 1,
        "meter": given.get("meter"),
        "trial_period_days": given.get("trial_period_days"),
        "usage_type": usage,
    }


def update(world: World, call: Call) -> Obj:
    """Changes the few things of a price that may change; its amount never does."""
    obj = world.get("price", call.id)
    _take_key(world, {**call.p, "id": obj["id"]})
    with editing(world, obj, "price.updated"):
        for name in call.p.keys() - {"metadata", "transfer_lookup_key"}:
            obj[name] = call.p[name]
        obj["metadata"] = merge_metadata(obj["metadata"], call.p.get("metadata"))
    return obj


def retrieve(world: World, call: Call) -> Obj:
    """One price."""
    return world.get("price", call.id)


def list_(world: World, call: Call) -> Obj:
    """Prices, newest first."""
    rows = list(world.table("price").values())
    for name in ("active", "product", "currency", "type"):
        if name in call.p:
            rows = [r for r in rows if r[name] == call.p[name]]
    if "lookup_keys" in call.p:
        rows = [r for r in rows if r["lookup_key"] in call.p["lookup_keys"]]
    for name, value in call.p.get("recurring", {}).items():
        rows = [r for r in rows if r["recurring"] and r["recurring"][name] == value]
    return paged(rows, call.p, call.path)


def plan_of(price: Obj) -> Obj:
    """The price as an old plan, which subscription items still carry."""
    recurring = price["recurring"]
    return fields(
        id=price["id"],
        object="plan",
        active=price["active"],
        amount=price["unit_amount"],
        amount_decimal=price["unit_amount_decimal"],
        billing_scheme=price["billing_scheme"],
        created=price["created"],
        currency=price["currency"],
        interval=recurring["interval"],
        interval_count=recurring["interval_count"],
        livemode=price["livemode"],
        metadata=dict(price["metadata"]),
        meter=recurring["meter"],
        nickname=price["nickname"],
        product=price["product"],
        tiers_mode=price["tiers_mode"],
        transform_usage=price["transform_quantity"],
        trial_period_days=recurring["trial_period_days"],
        usage_type=recurring["usage_type"],
    )
