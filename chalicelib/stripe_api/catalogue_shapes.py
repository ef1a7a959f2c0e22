"""Stripe's field paths of what is sold and taken off: products, prices, coupons, discounts, and planned changes."""

from chalicelib.core.catalogue import Coupon, Price, Tier
from chalicelib.core.model import Discount, Product
from chalicelib.core.schedules import Phase, PhaseItem, Schedule
from chalicelib.stripe_api.fields import (
    Raw,
    cut,
    decimal,
    inner,
    need,
    needed_reference,
    optional,
    owner,
    reference,
    rows,
)


def product(raw: Raw) -> Product:
    """A product of the catalogue."""
    return Product(
        id=need(raw, "id", str),
        name=need(raw, "name", str),
        active=need(raw, "active", bool),
        created=need(raw, "created", int),
    )


def price(raw: Raw) -> Price:
    """A price. A one-off price has no `recurring`. Raises Cut where a tiered price comes without its tiers."""
    recurring, transform = inner(raw, "recurring"), inner(raw, "transform_quantity")
    scheme = need(raw, "billing_scheme", str)
    tiers = rows(raw, "tiers") if raw.get("tiers") is not None else []
    if scheme == "tiered" and not tiers:
        raise cut(raw, "tiers")
    return Price(
        id=need(raw, "id", str),
        product=needed_reference(raw, "product"),
        active=need(raw, "active", bool),
        currency=need(raw, "currency", str),
        unit_amount=optional(raw, "unit_amount", int),
        unit_amount_decimal=decimal(raw, "unit_amount_decimal"),
        interval=optional(recurring, "interval", str),
        interval_count=optional(recurring, "interval_count", int),
        usage_type=optional(recurring, "usage_type", str),
        billing_scheme=scheme,
        tiers_mode=optional(raw, "tiers_mode", str),
        tiers=tuple(_tier(each) for each in tiers),
        divide_by=optional(transform, "divide_by", int),
        round=optional(transform, "round", str),
        nickname=optional(raw, "nickname", str),
        metadata=inner(raw, "metadata"),
        created=need(raw, "created", int),
    )


def _tier(raw: Raw) -> Tier:
    return Tier(
        up_to=optional(raw, "up_to", int),
        unit_amount=optional(raw, "unit_amount", int),
        unit_amount_decimal=decimal(raw, "unit_amount_decimal"),
        flat_amount=optional(raw, "flat_amount", int),
        flat_amount_decimal=decimal(raw, "flat_amount_decimal"),
    )


def coupon(raw: Raw) -> Coupon:
    """A coupon. Raises Cut unless `applies_to` was asked for (`shapes.asked`): an event never has it."""
    if "applies_to" not in raw:
        raise cut(raw, "applies_to")
    return Coupon(
        id=need(raw, "id", str),
        name=optional(raw, "name", str),
        percent_off=decimal(raw, "percent_off"),
        amount_off=optional(raw, "amount_off", int),
        currency=optional(raw, "currency", str),
        duration=need(raw, "duration", str),
        duration_in_months=optional(raw, "duration_in_months", int),
        valid=need(raw, "valid", bool),
        products=tuple(inner(raw, "applies_to").get("products") or ()),
        created=need(raw, "created", int),
    )


def discounts(raw: Raw) -> tuple[Discount, ...]:
    """The discounts of a subscription or an item. Raises Cut where they are only named by their ids."""
    found = optional(raw, "discounts", list) or ()
    if not all(isinstance(each, dict) for each in found):
        raise cut(raw, "discounts")
    return tuple(discount(each) for each in found)


def discount(raw: Raw) -> Discount:
    """A discount; its coupon stands under `source` since clover."""
    return Discount(
        id=need(raw, "id", str),
        coupon=reference(inner(raw, "source").get("coupon")),
        start=need(raw, "start", int),
        end=optional(raw, "end", int),
        promotion_code=reference(raw.get("promotion_code")),
    )


def schedule(raw: Raw) -> Schedule:
    """A subscription schedule with its phases."""
    return Schedule(
        id=need(raw, "id", str),
        customer=owner(raw),
        subscription=reference(raw.get("subscription")),
        status=need(raw, "status", str),
        end_behavior=need(raw, "end_behavior", str),
        released_at=optional(raw, "released_at", int),
        canceled_at=optional(raw, "canceled_at", int),
        phases=tuple(_phase(each) for each in rows(raw, "phases")),
        created=need(raw, "created", int),
    )


def _phase(raw: Raw) -> Phase:
    return Phase(
        start=need(raw, "start_date", int),
        end=need(raw, "end_date", int),
        items=tuple(
            PhaseItem(reference(each.get("price")), optional(each, "quantity", int)) for each in rows(raw, "items")
        ),
    )
