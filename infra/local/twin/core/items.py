"""Subscription items: made from parameters, each with its own period."""

from infra.local.twin.core import discounts, prices
from infra.local.twin.core.dates import before, boundary
from infra.local.twin.core.errors import invalid
from infra.local.twin.core.params import (
    Check,
    Required,
    count,
    flag,
    listed,
    merge_metadata,
    metadata,
    one_of,
    shape,
    text,
    undone,
)
from infra.local.twin.core.values import Obj
from infra.local.twin.core.world import World, fields

ITEM: dict[str, Check | Required] = {
    "price": text,
    "price_data": shape(**prices.INLINE),
    "quantity": count,
    "metadata": metadata,
    "discounts": discounts.GIVEN,
}
ITEMS = listed(shape(**ITEM), 20)
KEEP_USAGE = undone(flag, "usage that is cleared: meters keep it", False)
CHANGES = listed(shape(**ITEM, id=text, deleted=flag, clear_usage=KEEP_USAGE), 40)
PRORATION = one_of("create_prorations", "none", "always_invoice")


def make(world: World, sub: Obj, given: Obj, param: str, start: int, anchor: int) -> Obj:
    """A new item whose period begins at `start` and ends at the next boundary of `anchor`."""
    price = price_of(world, given, param)
    recurring = price["recurring"]
    if price["currency"] != sub["currency"]:
        raise invalid(
            f"The price specified only supports `{price['currency']}`. This doesn't match the expected currency: "
            f"`{sub['currency']}`.",
            f"{param}[price]",
        )
    metered = recurring["usage_type"] == "metered"
    if metered and "quantity" in given:
        raise invalid("You cannot set the quantity for metered prices.", f"{param}[quantity]")
    counted = {} if metered else {"quantity": given.get("quantity", 1)}  # Stripe leaves it out for metered prices
    return fields(
        id=world.ids.new("si").replace("si_1", "si_", 1),
        object="subscription_item",
        billing_thresholds=None,
        created=world.now,
        current_period_end=boundary(anchor, recurring["interval"], recurring["interval_count"], start),
        current_period_start=start,
        discounts=[],
        metadata=merge_metadata({}, given.get("metadata")),
        plan=prices.plan_of(price),
        price=price,
        **counted,
        subscription=sub["id"],
        tax_rates=[],
    )


def price_of(world: World, given: Obj, param: str) -> Obj:
    """The recurring, active price that an item names or describes."""
    if "price_data" in given:
        price = prices.make(world, given["price_data"])
    elif "price" in given:
        price = world.get("price", given["price"], f"{param}[price]")
    else:
        raise invalid(f"Missing required param: {param}[price].", f"{param}[price]", "parameter_missing")
    if price["recurring"] is None:
        raise invalid(
            "The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`.",
            f"{param}[price]",
        )
    if not price["active"]:
        raise invalid("The price specified is inactive. This field only accepts active prices.", f"{param}[price]")
    return price


def listing(sub: Obj, rows: list[Obj]) -> Obj:
    """The list object in `subscription.items`."""
    return {
        "object": "list",
        "data": rows,
        "has_more": False,
        "total_count": len(rows),
        "url": f"/v1/subscription_items?subscription={sub['id']}",
    }


def full_period(sub: Obj, item: Obj) -> tuple[int, int]:
    """The whole period that the item's current one is (a part of): what a price is the price of."""
    recurring, end = item["price"]["recurring"], item["current_period_end"]
    return min(
        item["current_period_start"],
        before(sub["billing_cycle_anchor"], recurring["interval"], recurring["interval_count"], end),
    ), end


def period_end(sub: Obj) -> int:
    """The latest end of a period: when a cancellation `at period end` takes effect."""
    return max(int(item["current_period_end"]) for item in sub["items"]["data"])


def next_end(sub: Obj) -> int:
    """The earliest end of a period: when there is next something to bill."""
    return min(int(item["current_period_end"]) for item in sub["items"]["data"])


def intervals(rows: list[Obj]) -> set[tuple[str, int]]:
    """The billing intervals that occur."""
    return {(r["price"]["recurring"]["interval"], r["price"]["recurring"]["interval_count"]) for r in rows}
