"""Proration: the unused time of what was, and the remaining time of what is."""

from infra.local.twin.core import items, lines, prices
from infra.local.twin.core.amounts import cost
from infra.local.twin.core.dates import boundary
from infra.local.twin.core.errors import invalid
from infra.local.twin.core.events import emit
from infra.local.twin.core.params import merge_metadata
from infra.local.twin.core.values import Obj, half_up
from infra.local.twin.core.world import World, fields


def apply(world: World, sub: Obj, customer: Obj, given: list[Obj], behavior: str, moment: int) -> bool:
    """Changes, adds and removes items. True when what changed must be billed at once: another interval."""
    before = items.intervals(sub["items"]["data"])
    rows = list(sub["items"]["data"])
    for at, one in enumerate(given):
        param = f"items[{at}]"
        old = _existing(rows, one, param)
        if old is None:
            rows.append(_added(world, sub, customer, one, param, behavior, moment))
        elif one.get("deleted"):
            _credit(world, sub, customer, old, behavior, moment)
            rows.remove(old)
        else:
            _changed(world, sub, customer, old, one, param, behavior, moment)
    if not rows:
        raise invalid("A subscription must have at least one item; cancel it instead.", "items")
    sub["items"] = items.listing(sub, rows)
    return bool(items.intervals(rows) - before) and behavior != "none" and sub["status"] != "trialing"


def _existing(rows: list[Obj], one: Obj, param: str) -> Obj | None:
    if "id" in one:
        for row in rows:
            if row["id"] == one["id"]:
                return row
        raise invalid(f"No such subscription item: '{one['id']}'", f"{param}[id]", "resource_missing")
    if any(row["price"]["id"] == one.get("price") for row in rows):
        raise invalid("Cannot add multiple subscription items with the same price.", f"{param}[price]")
    return None


def _added(world: World, sub: Obj, customer: Obj, one: Obj, param: str, behavior: str, moment: int) -> Obj:
    item = items.make(world, sub, one, param, world.now, sub["billing_cycle_anchor"])
    if sub["status"] == "trialing":
        item["current_period_end"] = sub["trial_end"]
    _charge(world, sub, customer, item, behavior, moment)
    return item


def _changed(
    world: World, sub: Obj, customer: Obj, item: Obj, one: Obj, param: str, behavior: str, moment: int
) -> None:
    """Another price or quantity in an item that stays. The credit is for the old one, so it is made first."""
    item["metadata"] = merge_metadata(item["metadata"], one.get("metadata"))
    price = items.price_of(world, one, param) if one.keys() & {"price", "price_data"} else item["price"]
    quantity = one.get("quantity", item["quantity"])
    if price["id"] == item["price"]["id"] and quantity == item["quantity"]:
        return
    if price["currency"] != sub["currency"]:
        raise invalid("The currency of a subscription cannot change.", f"{param}[price]")
    _credit(world, sub, customer, item, behavior, moment)
    other_interval = _interval(price) != _interval(item["price"])
    metered = price["recurring"]["usage_type"] == "metered"
    item.update(
        price=price, plan=prices.plan_of(price), quantity=None if metered else quantity if quantity is not None else 1
    )
    if other_interval and sub["status"] != "trialing":
        _new_period(world, sub, item)
    _charge(world, sub, customer, item, behavior, moment)


def _interval(price: Obj) -> tuple[str, int]:
    return price["recurring"]["interval"], price["recurring"]["interval_count"]


def _new_period(world: World, sub: Obj, item: Obj) -> None:
    """classic starts the cycle anew; flexible keeps the anchor, and the item's period runs to its next boundary."""
    if sub["billing_mode"]["type"] == "classic":
        sub["billing_cycle_anchor"] = world.now
    item["current_period_start"] = world.now
    item["current_period_end"] = boundary(sub["billing_cycle_anchor"], *_interval(item["price"]), world.now)


def _credit(world: World, sub: Obj, customer: Obj, item: Obj, behavior: str, moment: int) -> None:
    if behavior != "none":
        credit(world, sub, customer, item, moment)


def credit(world: World, sub: Obj, customer: Obj, item: Obj, moment: int) -> None:
    """An invoice item for the time of the period that will not be used."""
    if sub["status"] == "trialing" or item["price"]["recurring"]["usage_type"] == "metered":
        return
    _keep(world, sub, customer, item, moment, "Unused", -1)


def _charge(world: World, sub: Obj, customer: Obj, item: Obj, behavior: str, moment: int) -> None:
    if behavior == "none" or sub["status"] == "trialing" or item["price"]["recurring"]["usage_type"] == "metered":
        return
    _keep(world, sub, customer, item, max(moment, item["current_period_start"]), "Remaining", 1)


def _keep(world: World, sub: Obj, customer: Obj, item: Obj, moment: int, word: str, sign: int) -> None:
    start, end = items.full_period(sub, item)
    price, quantity = item["price"], item["quantity"] or 0
    amount = sign * half_up(cost(price, quantity) * max(0, end - moment), end - start)
    name = world.get("product", price["product"])["name"]
    add_item(
        world,
        customer,
        amount=amount,
        currency=sub["currency"],
        description=lines.proration_text(word, name, quantity, moment),
        price=price,
        quantity=quantity,
        start=moment,
        end=end,
        sub=sub,
        item=item,
    )


def add_item(
    world: World,
    customer: Obj,
    *,
    amount: int,
    currency: str,
    description: str | None,
    price: Obj | None,
    quantity: int,
    start: int,
    end: int,
    sub: Obj | None,
    item: Obj | None = None,
    metadata: Obj | None = None,
) -> Obj:
    """An invoice item that waits for the next invoice."""
    pricing = None
    if price is not None:
        pricing = {
            "price_details": {"price": price["id"], "product": price["product"]},
            "type": "price_details",
            "unit_amount_decimal": price["unit_amount_decimal"],
        }
    parent = (
        {
            "type": "subscription_details",
            "subscription_details": {"subscription": sub["id"], "subscription_item": item["id"] if item else None},
        }
        if sub
        else None
    )
    extra = world.add(
        fields(
            id=world.ids.new("ii"),
            object="invoiceitem",
            amount=amount,
            currency=currency,
            customer=customer["id"],
            customer_account=None,
            date=world.now,
            description=description,
            discountable=item is None,
            discounts=[],
            invoice=None,
            livemode=world.livemode,
            metadata=metadata or {},
            net_amount=amount,
            parent=parent,
            period={"end": end, "start": start},
            pricing=pricing,
            proration=item is not None,
            quantity=quantity,
            quantity_decimal=str(quantity),
            tax_rates=[],
            test_clock=customer["test_clock"],
        )
        | {"_price": price}
    )
    emit(world, "invoiceitem.created", extra)
    return extra
