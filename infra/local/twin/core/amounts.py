"""What a quantity of a price costs, in minor units."""

from decimal import ROUND_HALF_UP, Decimal

from infra.local.twin.core.values import Obj


def cost(price: Obj, quantity: int) -> int:
    """The amount for `quantity`; fractions of a minor unit are rounded once, at the end."""
    return int(exact(price, quantity).quantize(Decimal(1), ROUND_HALF_UP))


def exact(price: Obj, quantity: int) -> Decimal:
    """The amount before rounding."""
    transform = price["transform_quantity"]
    if transform:
        whole, rest = divmod(quantity, transform["divide_by"])
        quantity = whole + (1 if rest and transform["round"] == "up" else 0)
    if price["billing_scheme"] == "per_unit":
        return Decimal(price["unit_amount_decimal"]) * quantity
    return (
        _volume(price["_tiers"], quantity) if price["tiers_mode"] == "volume" else _graduated(price["_tiers"], quantity)
    )


def _volume(tiers: list[Obj], quantity: int) -> Decimal:
    tier = next(t for t in tiers if t["up_to"] is None or quantity <= t["up_to"])
    return _part(tier, quantity)


def _graduated(tiers: list[Obj], quantity: int) -> Decimal:
    total, below = Decimal(0), 0
    for tier in tiers:
        top = quantity if tier["up_to"] is None else min(quantity, tier["up_to"])
        if top > below or (quantity == 0 and below == 0):
            total += _part(tier, top - below)
        below = top
        if below >= quantity:
            break
    return total


def _part(tier: Obj, quantity: int) -> Decimal:
    return Decimal(tier["unit_amount_decimal"] or 0) * quantity + Decimal(tier["flat_amount_decimal"] or 0)
