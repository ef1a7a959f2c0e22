"""Discounts: a coupon in force on a customer, a subscription or an item; and what they take off an invoice."""

from decimal import ROUND_HALF_UP, Decimal

from infra.local.twin.core.amounts import cost
from infra.local.twin.core.dates import add_months
from infra.local.twin.core.errors import invalid
from infra.local.twin.core.events import emit
from infra.local.twin.core.params import clear, listed, shape, text
from infra.local.twin.core.values import Obj
from infra.local.twin.core.world import World, fields

GIVEN = clear(listed(shape(coupon=text, promotion_code=text, discount=text), 20))
"""How requests name discounts: a list of coupons, promotion codes or discounts kept; the empty string clears."""


def make(world: World, given: list[Obj] | None, customer: Obj, sub: str | None, item: str | None = None) -> list[str]:
    """The ids of the discounts that a request asks for; new ones are redeemed now."""
    return [_one(world, one, f"discounts[{at}]", customer, sub, item) for at, one in enumerate(given or [])]


def _one(world: World, given: Obj, param: str, customer: Obj, sub: str | None, item: str | None) -> str:
    if len(given) != 1:
        raise invalid("Give exactly one of `coupon`, `promotion_code` and `discount`.", param)
    if "discount" in given:
        return str(world.get("discount", given["discount"], f"{param}[discount]")["id"])
    code = (
        world.get("promotion_code", given["promotion_code"], f"{param}[promotion_code]")
        if "promotion_code" in given
        else None
    )
    coupon = world.get("coupon", code["promotion"]["coupon"] if code else given["coupon"], f"{param}[coupon]")
    _check(world, coupon, code, customer, param)
    if code is not None:
        _check_restrictions(
            world, code, customer, world.table("subscription").get(sub or ""), f"{param}[promotion_code]"
        )
    return str(redeem(world, coupon, code, customer["id"], sub, item)["id"])


def _check(world: World, coupon: Obj, code: Obj | None, customer: Obj, param: str) -> None:
    refresh(world, coupon)
    if not coupon["valid"]:
        raise invalid(f"Coupon {coupon['id']} is expired and cannot be applied.", f"{param}[coupon]", "coupon_expired")
    if code is None:
        return
    full = code["max_redemptions"] is not None and code["times_redeemed"] >= code["max_redemptions"]
    late = code["expires_at"] is not None and code["expires_at"] <= world.now
    if full or late or not code["active"] or code["customer"] not in (None, customer["id"]):
        raise invalid(
            "This promotion code cannot be redeemed because it is expired, used up, inactive or for another customer.",
            f"{param}[promotion_code]",
            "promotion_code_invalid" if not late else "promotion_code_expired",
        )


def _check_restrictions(world: World, code: Obj, customer: Obj, sub: Obj | None, param: str) -> None:
    rules = code["restrictions"]
    if rules["first_time_transaction"] and _has_paid(world, customer):
        raise invalid(
            "This promotion code cannot be redeemed because the associated customer has prior transactions.",
            param,
            "promotion_code_invalid",
        )
    least = rules["minimum_amount"]
    if least is None or sub is None:
        return
    worth = sum(cost(i["price"], i["quantity"]) for i in sub["items"]["data"] if "quantity" in i)
    if sub["currency"] != rules["minimum_amount_currency"] or worth < least:
        raise invalid(
            f"This promotion code cannot be redeemed because the amount is below its minimum of {least} "
            f"{rules['minimum_amount_currency']}.",
            param,
            "promotion_code_invalid",
        )


def _has_paid(world: World, customer: Obj) -> bool:
    """Whether there is a payment that succeeded or an invoice that is paid (a trial's, of nothing, is not a transaction)."""
    paid = any(c["paid"] for c in world.find("charge", "customer", customer["id"]))
    return paid or any(i["status"] == "paid" and i["total"] for i in world.find("invoice", "customer", customer["id"]))


def refresh(world: World, coupon: Obj) -> None:
    """`valid` as of now."""
    used_up = coupon["max_redemptions"] is not None and coupon["times_redeemed"] >= coupon["max_redemptions"]
    coupon["valid"] = not used_up and (coupon["redeem_by"] is None or coupon["redeem_by"] > world.now)


def redeem(world: World, coupon: Obj, code: Obj | None, customer: str, sub: str | None, item: str | None = None) -> Obj:
    """A discount that starts now and ends as its coupon says."""
    coupon["times_redeemed"] += 1
    if code:
        code["times_redeemed"] += 1
    refresh(world, coupon)
    months = coupon["duration_in_months"]
    discount = world.add(
        fields(
            id=world.ids.new("di"),
            object="discount",
            checkout_session=None,
            customer=customer,
            customer_account=None,
            end=add_months(world.now, months) if months else None,
            invoice=None,
            invoice_item=None,
            promotion_code=code["id"] if code else None,
            source={"coupon": coupon["id"], "type": "coupon"},
            start=world.now,
            subscription=sub,
            subscription_item=item,
        )
        | {"_used": False}
    )
    emit(world, "customer.discount.created", discount)
    return discount


def drop(world: World, gone: list[str]) -> None:
    """These discounts were taken off."""
    for one in gone:
        emit(world, "customer.discount.deleted", world.get("discount", one))


def in_force(world: World, wanted: str, now: int) -> bool:
    """Whether a discount still takes something off: once = for one invoice, repeating = until its end."""
    discount = world.get("discount", wanted)
    coupon = world.get("coupon", discount["source"]["coupon"])
    if coupon["duration"] == "once":
        return not discount["_used"]
    return discount["end"] is None or discount["end"] > now


def apply(world: World, rows: list[Obj], wanted: list[str], currency: str) -> list[Obj]:
    """Takes the discounts off the lines, in order, and returns each one's sum."""
    for row in rows:
        row["discount_amounts"], row["pretax_credit_amounts"] = [], []
    totals = []
    for one in wanted:
        if not in_force(world, one, world.now):
            continue
        coupon = world.get("coupon", world.get("discount", one)["source"]["coupon"])
        amount = _take(rows, coupon, one, currency)
        totals.append({"amount": amount, "discount": one})
    return totals


def _take(rows: list[Obj], coupon: Obj, discount: str, currency: str) -> int:
    only = coupon["_applies_to"]
    fit = [r for r in rows if r["discountable"] and (not only or _product(r) in only)]
    left = [(row, row["amount"] - sum(d["amount"] for d in row["discount_amounts"])) for row in fit]
    if coupon["percent_off"] is not None:
        parts = [_share(rest, coupon["percent_off"]) for _, rest in left]
    else:
        parts = _spread([rest for _, rest in left], _amount_off(coupon, currency))
    for (row, _), part in zip(left, parts, strict=True):
        if part:
            row["discount_amounts"].append({"amount": part, "discount": discount})
            row["pretax_credit_amounts"].append({"amount": part, "discount": discount, "type": "discount"})
    return sum(parts)


def _product(row: Obj) -> str | None:
    return row["pricing"]["price_details"]["product"] if row["pricing"] else None


def _share(amount: int, percent: float) -> int:
    return int((Decimal(amount) * Decimal(str(percent)) / 100).quantize(Decimal(1), ROUND_HALF_UP))


def _amount_off(coupon: Obj, currency: str) -> int:
    if coupon["currency"] == currency:
        return int(coupon["amount_off"])
    return int((coupon["_currency_options"].get(currency) or {}).get("amount_off", 0))


def _spread(amounts: list[int], off: int) -> list[int]:
    """An amount over the lines in proportion, the last minor units to the largest remainders; never below nought."""
    total = sum(a for a in amounts if a > 0)
    off = min(off, total)
    if total <= 0:
        return [0] * len(amounts)
    exact = [max(0, a) * off for a in amounts]
    parts = [e // total for e in exact]
    for at in sorted(range(len(parts)), key=lambda i: -(exact[i] % total))[: off - sum(parts)]:
        parts[at] += 1
    return parts


def mark_used(world: World, invoice: Obj) -> None:
    """A coupon of one use is spent once its invoice is finalized."""
    for total in invoice["total_discount_amounts"]:
        world.get("discount", total["discount"])["_used"] = True
