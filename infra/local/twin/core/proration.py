"""Proration: the unused time of what was, and the remaining time of what is."""

from dataclasses import dataclass

from infra.local.twin.core import discounts, items, lines, prices
from infra.local.twin.core.amounts import cost
from infra.local.twin.core.dates import boundary
from infra.local.twin.core.errors import invalid
from infra.local.twin.core.events import emit
from infra.local.twin.core.params import merge_metadata
from infra.local.twin.core.values import Obj, half_up
from infra.local.twin.core.world import World, fields


@dataclass(frozen=True)
class Move:
    """One request's change of a subscription: prorated as `behavior` says, reckoned from `moment`."""

    world: World
    sub: Obj
    customer: Obj
    behavior: str
    moment: int

    @property
    def trialing(self) -> bool:
        """During a trial nothing was paid, so nothing is prorated."""
        return bool(self.sub["status"] == "trialing")


def apply(move: Move, given: list[Obj]) -> bool:
    """Changes, adds and removes items. True when what changed must be billed at once: another interval."""
    sub = move.sub
    before = items.intervals(sub["items"]["data"])
    rows = list(sub["items"]["data"])
    for at, one in enumerate(given):
        param = f"items[{at}]"
        old = _existing(rows, one, param)
        if old is None:
            rows.append(_added(move, one, param))
        elif one.get("deleted"):
            _credit(move, old)
            rows.remove(old)
        else:
            _changed(move, old, one, param)
    if not rows:
        raise invalid("A subscription must have at least one item; cancel it instead.", "items")
    sub["items"] = items.listing(sub, rows)
    return bool(items.intervals(rows) - before) and move.behavior != "none" and not move.trialing


def _existing(rows: list[Obj], one: Obj, param: str) -> Obj | None:
    if "id" in one:
        for row in rows:
            if row["id"] == one["id"]:
                return row
        raise invalid(f"No such subscription item: '{one['id']}'", f"{param}[id]", "resource_missing")
    if any(row["price"]["id"] == one.get("price") for row in rows):
        raise invalid("Cannot add multiple subscription items with the same price.", f"{param}[price]")
    return None


def _added(move: Move, one: Obj, param: str) -> Obj:
    world, sub = move.world, move.sub
    item = items.make(world, sub, one, param, world.now, sub["billing_cycle_anchor"])
    item["discounts"] = discounts.make(world, one.get("discounts"), move.customer, sub["id"], item["id"])
    if move.trialing:
        item["current_period_end"] = sub["trial_end"]
    _charge(move, item)
    return item


def _changed(move: Move, item: Obj, one: Obj, param: str) -> None:
    """Another price or quantity in an item that stays. The credit is for the old one, so it is made first."""
    item["metadata"] = merge_metadata(item["metadata"], one.get("metadata"))
    if "discounts" in one:
        item["discounts"] = discounts.make(move.world, one["discounts"], move.customer, move.sub["id"], item["id"])
    new_price = one.keys() & {"price", "price_data"}
    price = items.price_of(move.world, one, param) if new_price else item["price"]
    quantity = one.get("quantity", item.get("quantity"))
    if price["id"] == item["price"]["id"] and quantity == item.get("quantity"):
        return
    if price["currency"] != move.sub["currency"]:
        raise invalid("The currency of a subscription cannot change.", f"{param}[price]")
    _credit(move, item)
    other_interval = _interval(price) != _interval(item["price"])
    metered = price["recurring"]["usage_type"] == "metered"
    item.update(price=price, plan=prices.plan_of(price))
    item.pop("quantity", None)
    if not metered:
        item["quantity"] = quantity if quantity is not None else 1
    if other_interval and not move.trialing:
        _new_period(move.world, move.sub, item)
    _charge(move, item)


def _interval(price: Obj) -> tuple[str, int]:
    return price["recurring"]["interval"], price["recurring"]["interval_count"]


def _new_period(world: World, sub: Obj, item: Obj) -> None:
    """classic starts the cycle anew; flexible keeps the anchor, and the item's period runs to its next boundary."""
    if sub["billing_mode"]["type"] == "classic":
        sub["billing_cycle_anchor"] = world.now
    item["current_period_start"] = world.now
    item["current_period_end"] = boundary(sub["billing_cycle_anchor"], *_interval(item["price"]), world.now)


def _billable(move: Move, item: Obj) -> bool:
    return move.behavior != "none" and not move.trialing and item["price"]["recurring"]["usage_type"] != "metered"


def _credit(move: Move, item: Obj) -> None:
    if _billable(move, item):
        _keep(move, item, move.moment, "Unused")


def _charge(move: Move, item: Obj) -> None:
    if _billable(move, item):
        _keep(move, item, max(move.moment, item["current_period_start"]), "Remaining")


def credit_all(world: World, sub: Obj, customer: Obj) -> None:
    """Invoice items for what was paid for and will not be used."""
    for item in sub["items"]["data"]:
        _credit(Move(world, sub, customer, "create_prorations", world.now), item)


def charge_again(move: Move) -> None:
    """Invoice items for the rest of the periods, whose unused time was credited when the subscription was paused."""
    for item in move.sub["items"]["data"]:
        _charge(move, item)


def bill_usage(world: World, sub: Obj, customer: Obj) -> None:
    """Invoice items for the metered usage until now, which the end of the period will not bill again."""
    for item in [i for i in sub["items"]["data"] if i["price"]["recurring"]["usage_type"] == "metered"]:
        start = max(item["current_period_start"], item.get("_billed_to", 0))
        row = lines.period_line(world, sub, item, start, world.now, trial=sub["status"] == "trialing")
        item["_billed_to"] = world.now
        if row["amount"]:
            add_item(
                world,
                customer,
                amount=row["amount"],
                currency=sub["currency"],
                description=row["description"],
                price=item["price"],
                quantity=row["quantity"],
                period=(start, world.now),
                sub=sub,
                item=item,
                prorated=False,
            )


def _keep(move: Move, item: Obj, moment: int, word: str) -> None:
    start, end = items.full_period(move.sub, item)
    price, quantity = item["price"], item.get("quantity") or 0
    sign = -1 if word == "Unused" else 1
    name = move.world.get("product", price["product"])["name"]
    add_item(
        move.world,
        move.customer,
        amount=sign * half_up(cost(price, quantity) * max(0, end - moment), end - start),
        currency=move.sub["currency"],
        description=lines.proration_text(word, name, quantity, moment),
        price=price,
        quantity=quantity,
        period=(moment, end),
        sub=move.sub,
        item=item,
    )


def add_item(  # noqa: PLR0913 - an invoice item has that many parts
    world: World,
    customer: Obj,
    *,
    amount: int,
    currency: str,
    description: str | None,
    price: Obj | None,
    quantity: int,
    period: tuple[int, int],
    sub: Obj | None,
    item: Obj | None = None,
    prorated: bool = True,
    metadata: Obj | None = None,
) -> Obj:
    """An invoice item that waits for the next invoice; of a subscription's item it is a proration unless told otherwise."""
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
            discountable=True,
            discounts=[],
            invoice=None,
            livemode=world.livemode,
            metadata=metadata or {},
            net_amount=amount,
            parent=parent,
            period={"end": period[1], "start": period[0]},
            pricing=pricing,
            proration=item is not None and prorated,
            quantity=quantity,
            quantity_decimal=str(quantity),
            tax_rates=[],
            test_clock=customer["test_clock"],
        )
        | {"_price": price}
    )
    emit(world, "invoiceitem.created", extra)
    return extra
