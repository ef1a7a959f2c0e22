"""Invoice lines: of a subscription item's period, of a proration, of an invoice item."""

from infra.local.twin.core import amounts, meters
from infra.local.twin.core.dates import day_text
from infra.local.twin.core.values import Obj
from infra.local.twin.core.world import World, fields


def period_line(world: World, sub: Obj, item: Obj, start: int, end: int, trial: bool = False) -> Obj:
    """One period of an item: in advance for licensed prices, in arrears for metered ones, free during a trial."""
    price = item["price"]
    metered = price["recurring"]["usage_type"] == "metered"
    if metered:
        start = max(start, item.get("_billed_to", 0))  # a pause may have billed a part of the period already
    quantity = (
        meters.usage(world, price, sub["customer"], start, end) if metered and not trial else item.get("quantity") or 0
    )
    amount = 0 if trial else amounts.cost(price, quantity)
    name = world.get("product", price["product"])["name"]
    words = f"Trial period for {name}" if trial else f"{quantity} × {name} ({money_text(price)} / {every(price)})"
    return line(
        world,
        amount=amount,
        currency=sub["currency"],
        description=words,
        price=price,
        quantity=quantity,
        start=start,
        end=end,
        parent=_of_item(sub, item),
        metadata=dict(sub["metadata"]),
    )


def invoice_item_line(world: World, extra: Obj) -> Obj:
    """The line that a pending invoice item becomes."""
    details = (extra["parent"] or {}).get("subscription_details")
    price = extra["_price"]
    credited = {"credited_items": None} if extra["proration"] else None
    if details:
        parent = {
            "invoice_item_details": None,
            "type": "subscription_item_details",
            "subscription_item_details": {
                "invoice_item": extra["id"],
                "proration": extra["proration"],
                "proration_details": credited,
                "subscription": details["subscription"],
                "subscription_item": details["subscription_item"],
            },
        }
    else:
        parent = {
            "subscription_item_details": None,
            "type": "invoice_item_details",
            "invoice_item_details": {
                "invoice_item": extra["id"],
                "proration": extra["proration"],
                "proration_details": credited,
                "subscription": None,
            },
        }
    made = line(
        world,
        amount=extra["amount"],
        currency=extra["currency"],
        description=extra["description"],
        price=price,
        quantity=extra["quantity"],
        start=extra["period"]["start"],
        end=extra["period"]["end"],
        parent=parent,
        metadata=dict(extra["metadata"]),
    )
    made["discountable"] = extra["discountable"]
    return made


def line(  # noqa: PLR0913 - a line has that many parts
    world: World,
    *,
    amount: int,
    currency: str,
    description: str | None,
    price: Obj | None,
    quantity: int,
    start: int,
    end: int,
    parent: Obj | None,
    metadata: Obj,
) -> Obj:
    """A whole line; discounts are put on it when the invoice is added up."""
    pricing = None
    if price is not None:
        pricing = {
            "price_details": {"price": price["id"], "product": price["product"]},
            "type": "price_details",
            "unit_amount_decimal": price["unit_amount_decimal"],
        }
    return fields(
        id=world.ids.new("il"),
        object="line_item",
        amount=amount,
        currency=currency,
        description=description,
        discount_amounts=[],
        discountable=True,
        discounts=[],
        invoice=None,
        livemode=world.livemode,
        metadata=metadata,
        parent=parent,
        period={"end": end, "start": start},
        pretax_credit_amounts=[],
        pricing=pricing,
        quantity=quantity,
        quantity_decimal=str(quantity),
        subtotal=amount,
        taxes=[],
    )


def _of_item(sub: Obj, item: Obj) -> Obj:
    return {
        "invoice_item_details": None,
        "type": "subscription_item_details",
        "subscription_item_details": {
            "invoice_item": None,
            "proration": False,
            "proration_details": {"credited_items": None},
            "subscription": sub["id"],
            "subscription_item": item["id"],
        },
    }


def every(price: Obj) -> str:
    """`month`, or `3 months`."""
    step, unit = price["recurring"]["interval_count"], price["recurring"]["interval"]
    return str(unit) if step == 1 else f"{step} {unit}s"


ZERO_DECIMAL = frozenset(
    {"bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "ugx", "vnd", "vuv", "xaf", "xof", "xpf"}
)
THREE_DECIMAL = frozenset({"bhd", "jod", "kwd", "omr", "tnd"})


def places(currency: str) -> int:
    """How many decimals the currency has."""
    return 0 if currency in ZERO_DECIMAL else 3 if currency in THREE_DECIMAL else 2


def money_text(price: Obj) -> str:
    """`at SEK149.00`, as the lines of an invoice say it."""
    if price["unit_amount"] is None:
        return f"at {price['currency'].upper()}{price['unit_amount_decimal'] or ' tiered'}"
    decimals = places(price["currency"])
    return f"at {price['currency'].upper()}{price['unit_amount'] / 10**decimals:.{decimals}f}"


def proration_text(kind: str, name: str, quantity: int, moment: int) -> str:
    """`Remaining time on Nordlys Pro after 22 Nov 2026`."""
    times = f"{quantity} × " if quantity > 1 else ""
    return f"{kind} time on {times}{name} after {day_text(moment)}"
