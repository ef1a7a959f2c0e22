"""Coupons and promotion codes."""

from infra.local.twin.core import discounts
from infra.local.twin.core.call import Call
from infra.local.twin.core.errors import invalid, missing
from infra.local.twin.core.events import editing, emit
from infra.local.twin.core.pages import CREATED, paged
from infra.local.twin.core.params import (
    Check,
    Required,
    clear,
    count,
    flag,
    listed,
    merge_metadata,
    metadata,
    need,
    number,
    one_of,
    shape,
    text,
    when,
)
from infra.local.twin.core.values import Obj
from infra.local.twin.core.world import World, fields

COUPON: dict[str, Check | Required] = {
    "id": text,
    "amount_off": count,
    "percent_off": number,
    "currency": text,
    "duration": one_of("forever", "once", "repeating"),
    "duration_in_months": count,
    "max_redemptions": count,
    "redeem_by": when,
    "name": text,
    "metadata": metadata,
    "applies_to": shape(products=listed(text)),
}
COUPON_UPDATE: dict[str, Check | Required] = {"name": clear(text), "metadata": metadata}
COUPONS: dict[str, Check | Required] = dict(CREATED)
CODE: dict[str, Check | Required] = {
    "promotion": shape(type=need(one_of("coupon", "coupon")), coupon=need(text)),
    "code": text,
    "active": flag,
    "customer": text,
    "expires_at": when,
    "max_redemptions": count,
    "metadata": metadata,
    "restrictions": shape(first_time_transaction=flag, minimum_amount=count, minimum_amount_currency=text),
}
CODE_UPDATE: dict[str, Check | Required] = {"active": flag, "metadata": metadata}
CODES: dict[str, Check | Required] = {**CREATED, "active": flag, "code": text, "coupon": text, "customer": text}


def create(world: World, call: Call) -> Obj:
    """A coupon: a percentage, or an amount in a currency."""
    p = call.p
    if ("amount_off" in p) == ("percent_off" in p):
        raise invalid(
            "You must pass exactly one of `percent_off` and `amount_off`.", "percent_off", "parameter_missing"
        )
    if "amount_off" in p and "currency" not in p:
        raise invalid("You must pass currency when passing amount_off.", "currency", "parameter_missing")
    if not 0 < p.get("percent_off", 100) <= 100:
        raise invalid("percent_off must be above 0 and at most 100.", "percent_off")
    if (p.get("duration") == "repeating") != ("duration_in_months" in p):
        raise invalid("`duration_in_months` goes with `duration=repeating`.", "duration_in_months")
    if p.get("id") in world.table("coupon"):
        raise invalid("Coupon already exists.", "id", "resource_already_exists")
    coupon = world.add(
        fields(
            id=p.get("id") or world.ids.letters(8),
            object="coupon",
            amount_off=p.get("amount_off"),
            created=world.now,
            currency=p["currency"].lower() if "currency" in p else None,
            duration=p.get("duration", "once"),
            duration_in_months=p.get("duration_in_months"),
            livemode=world.livemode,
            max_redemptions=p.get("max_redemptions"),
            metadata=merge_metadata({}, p.get("metadata")),
            name=p.get("name"),
            percent_off=p.get("percent_off"),
            redeem_by=p.get("redeem_by"),
            times_redeemed=0,
            valid=True,
        )
        | {"_applies_to": p.get("applies_to", {}).get("products"), "_currency_options": {}}
    )
    emit(world, "coupon.created", coupon)
    return coupon


def update(world: World, call: Call) -> Obj:
    """Only the name and the metadata of a coupon may change."""
    coupon = retrieve(world, call)
    with editing(world, coupon, "coupon.updated"):
        coupon["name"] = call.p.get("name", coupon["name"])
        coupon["metadata"] = merge_metadata(coupon["metadata"], call.p.get("metadata"))
    return coupon


def retrieve(world: World, call: Call) -> Obj:
    """One coupon, with `valid` as of now; one that was deleted is missing, though its discounts show it."""
    coupon = world.get("coupon", call.id)
    if coupon.get("_gone"):
        raise missing("coupon", call.id)
    discounts.refresh(world, coupon)
    return coupon


def delete(world: World, call: Call) -> Obj:
    """A deleted coupon is not redeemed any more; its discounts go on."""
    coupon = world.get("coupon", call.id)
    emit(world, "coupon.deleted", coupon)
    coupon["_gone"], coupon["valid"] = True, False
    coupon["redeem_by"] = coupon["redeem_by"] or world.now
    return {"id": coupon["id"], "object": "coupon", "deleted": True}


def list_(world: World, call: Call) -> Obj:
    """Coupons, newest first."""
    rows = [c for c in world.table("coupon").values() if not c.get("_gone")]
    for coupon in rows:
        discounts.refresh(world, coupon)
    return paged(rows, call.p, call.path)


def create_code(world: World, call: Call) -> Obj:
    """A code that customers can type."""
    p = call.p
    if "promotion" not in p and "coupon" not in p:
        raise invalid("Missing required param: promotion.", "promotion", "parameter_missing")
    coupon = world.get("coupon", p.get("coupon") or p["promotion"]["coupon"], "promotion[coupon]")
    text_ = p.get("code") or world.ids.letters(8).upper()
    if any(c["active"] and c["code"].upper() == text_.upper() for c in world.table("promotion_code").values()):
        raise invalid("An active promotion code with this code already exists.", "code", "resource_already_exists")
    if "customer" in p:
        world.get("customer", p["customer"], "customer")
    given = p.get("restrictions", {})
    if ("minimum_amount" in given) != ("minimum_amount_currency" in given):
        raise invalid(
            "`minimum_amount` and `minimum_amount_currency` go together.",
            "restrictions[minimum_amount_currency]",
            "parameter_missing",
        )
    code = world.add(
        fields(
            id=world.ids.new("promo"),
            object="promotion_code",
            active=p.get("active", True),
            code=text_,
            created=world.now,
            customer=p.get("customer"),
            customer_account=None,
            expires_at=p.get("expires_at"),
            livemode=world.livemode,
            max_redemptions=p.get("max_redemptions"),
            metadata=merge_metadata({}, p.get("metadata")),
            promotion={"coupon": coupon["id"], "type": "coupon"},
            restrictions={
                "first_time_transaction": given.get("first_time_transaction", False),
                "minimum_amount": given.get("minimum_amount"),
                "minimum_amount_currency": given["minimum_amount_currency"].lower()
                if "minimum_amount" in given
                else None,
            },
            times_redeemed=0,
        )
    )
    emit(world, "promotion_code.created", code)
    return code


def update_code(world: World, call: Call) -> Obj:
    """Switches a code on or off."""
    code = world.get("promotion_code", call.id)
    with editing(world, code, "promotion_code.updated"):
        code["active"] = call.p.get("active", code["active"])
        code["metadata"] = merge_metadata(code["metadata"], call.p.get("metadata"))
    return code


def code(world: World, call: Call) -> Obj:
    """One promotion code."""
    return world.get("promotion_code", call.id)


def codes(world: World, call: Call) -> Obj:
    """Promotion codes, newest first."""
    rows = list(world.table("promotion_code").values())
    for name in call.p.keys() & {"active", "code", "customer"}:
        rows = [c for c in rows if c[name] == call.p[name]]
    if "coupon" in call.p:
        rows = [c for c in rows if c["promotion"]["coupon"] == call.p["coupon"]]
    return paged(rows, call.p, call.path)
