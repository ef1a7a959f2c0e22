"""Invoice items: amounts that wait for the customer's next invoice."""

from infra.local.twin.core import customers, drafts, lines, prices, proration
from infra.local.twin.core.amounts import cost
from infra.local.twin.core.call import Call
from infra.local.twin.core.errors import invalid
from infra.local.twin.core.events import emit
from infra.local.twin.core.pages import CREATED, paged
from infra.local.twin.core.params import (
    Check,
    Required,
    count,
    decimal,
    flag,
    merge_metadata,
    metadata,
    need,
    shape,
    text,
    when,
    whole,
)
from infra.local.twin.core.values import Obj
from infra.local.twin.core.world import World

CREATE: dict[str, Check | Required] = {
    "customer": need(text),
    "amount": whole,
    "currency": text,
    "description": text,
    "metadata": metadata,
    "quantity": count,
    "subscription": text,
    "invoice": text,
    "discountable": flag,
    "unit_amount_decimal": decimal,
    "pricing": shape(price=need(text)),
    "period": shape(start=need(when), end=need(when)),
    "price_data": shape(currency=need(text), product=need(text), unit_amount=whole, unit_amount_decimal=decimal),
}
LIST: dict[str, Check | Required] = {**CREATED, "customer": text, "invoice": text, "pending": flag}


def create(world: World, call: Call) -> Obj:
    """An invoice item: an amount, or a price with a quantity. With `invoice` it goes into that draft at once."""
    p = call.p
    customer = customers.alive(world, p["customer"], "customer")
    if sum(name in p for name in ("amount", "pricing", "price_data", "unit_amount_decimal")) != 1:
        raise invalid(
            "You must pass exactly one of `amount`, `pricing`, `price_data` and `unit_amount_decimal`.",
            "amount",
            "parameter_missing",
        )
    sub = world.get("subscription", p["subscription"], "subscription") if "subscription" in p else None
    price, amount, currency = _worth(world, p, customer)
    period = p.get("period", {"start": world.now, "end": world.now})
    extra = proration.add_item(
        world,
        customer,
        amount=amount,
        currency=currency,
        description=p.get("description"),
        price=price,
        quantity=p.get("quantity", 1),
        period=(period["start"], period["end"]),
        sub=sub,
        metadata=merge_metadata({}, p.get("metadata")),
    )
    extra["discountable"] = p.get("discountable", amount >= 0)
    if "invoice" in p:
        _put_in(world, extra, p["invoice"])
    return extra


def _worth(world: World, p: Obj, customer: Obj) -> tuple[Obj | None, int, str]:
    quantity = p.get("quantity", 1)
    if "pricing" in p or "price_data" in p:
        if "pricing" in p:
            price = world.get("price", p["pricing"]["price"], "pricing[price]")
        else:
            price = prices.make(world, p["price_data"])
        if str(p.get("currency") or price["currency"]).lower() != price["currency"]:
            raise invalid(f"The price specified only supports `{price['currency']}`.", "currency")
        return price, cost(price, quantity), price["currency"]
    currency = (p.get("currency") or customer["currency"] or "").lower()
    if not currency:
        raise invalid("Missing required param: currency.", "currency", "parameter_missing")
    if "unit_amount_decimal" in p:
        return (
            None,
            cost(
                {
                    "transform_quantity": None,
                    "billing_scheme": "per_unit",
                    "unit_amount_decimal": p["unit_amount_decimal"],
                },
                quantity,
            ),
            currency,
        )
    return None, p["amount"], currency


def _put_in(world: World, extra: Obj, wanted: str) -> None:
    invoice = world.get("invoice", wanted, "invoice")
    if invoice["status"] != "draft":
        raise invalid("You can only add invoice items to a draft invoice.", "invoice", "invoice_not_editable")
    extra["invoice"] = invoice["id"]
    row = lines.invoice_item_line(world, extra)
    row["invoice"] = invoice["id"]
    invoice["lines"]["data"].append(row)
    invoice["lines"]["total_count"] += 1
    drafts.add_up(world, invoice)


def retrieve(world: World, call: Call) -> Obj:
    """One invoice item."""
    return world.get("invoiceitem", call.id)


def delete(world: World, call: Call) -> Obj:
    """Deletes one that still waits."""
    extra = world.get("invoiceitem", call.id)
    if extra["invoice"] is not None:
        raise invalid(
            "You can only delete invoice items that are not attached to an invoice.", None, "invoice_not_editable"
        )
    emit(world, "invoiceitem.deleted", extra)
    del world.table("invoiceitem")[extra["id"]]
    return {"id": extra["id"], "object": "invoiceitem", "deleted": True}


def list_(world: World, call: Call) -> Obj:
    """Invoice items, newest first."""
    rows = list(
        world.find("invoiceitem", "customer", call.p["customer"])
        if "customer" in call.p
        else world.table("invoiceitem").values()
    )
    if "invoice" in call.p:
        rows = [x for x in rows if x["invoice"] == call.p["invoice"]]
    if "pending" in call.p:
        rows = [x for x in rows if (x["invoice"] is None) == call.p["pending"]]
    page = paged([{**x, "created": x["date"]} for x in rows], call.p, call.path)
    return {**page, "data": [{k: v for k, v in x.items() if k != "created"} for x in page["data"]]}
