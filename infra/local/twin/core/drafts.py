"""Making an invoice and adding it up: lines, discounts, the customer's balance."""

from infra.local.twin.core import discounts, lines
from infra.local.twin.core.events import emit
from infra.local.twin.core.values import Obj
from infra.local.twin.core.world import World, fields

ISSUER = {"type": "self"}


def draft(  # noqa: PLR0913 - an invoice has that many parts
    world: World,
    customer: Obj,
    sub: Obj | None,
    reason: str,
    rows: list[Obj],
    currency: str,
    *,
    method: str | None = None,
    pull: bool = True,
    announce: bool = True,
) -> Obj:
    """A draft with `rows` and, when `pull`, the invoice items that wait for one. invoice.created is sent when `announce`."""
    invoice = world.add(_blank(world, customer, sub, reason, currency, method))
    world.reindex(invoice, "_subscription")
    if pull:
        rows = rows + [_pulled(world, invoice, extra) for extra in pending(world, customer, sub, currency)]
    for row in rows:
        row["invoice"] = invoice["id"]
    invoice["lines"] = _lines(invoice, rows)
    add_up(world, invoice)
    customer["currency"] = customer["currency"] or currency
    if announce:
        emit(world, "invoice.created", invoice)
    return invoice


def pending(world: World, customer: Obj, sub: Obj | None, currency: str) -> list[Obj]:
    """Invoice items that wait: those of this subscription, and those of none."""
    rows = [
        x
        for x in world.find("invoiceitem", "customer", customer["id"])
        if x["invoice"] is None and x["currency"] == currency
    ]
    own = (None,) if sub is None else (None, sub["id"])
    return [x for x in rows if ((x["parent"] or {}).get("subscription_details") or {}).get("subscription") in own]


def _pulled(world: World, invoice: Obj, extra: Obj) -> Obj:
    extra["invoice"] = invoice["id"]
    return lines.invoice_item_line(world, extra)


def _lines(invoice: Obj, rows: list[Obj]) -> Obj:
    return {
        "object": "list",
        "data": rows,
        "has_more": False,
        "total_count": len(rows),
        "url": f"/v1/invoices/{invoice['id']}/lines",
    }


def _blank(world: World, customer: Obj, sub: Obj | None, reason: str, currency: str, method: str | None) -> Obj:
    settings = sub["payment_settings"] if sub else {}
    parent = (
        {
            "quote_details": None,
            "type": "subscription_details",
            "subscription_details": {
                "metadata": dict(sub["metadata"]),
                "subscription": sub["id"],
            },
        }
        if sub
        else None
    )
    made = fields(
        id=world.ids.new("in"),
        object="invoice",
        account_country="SE",
        account_name="Nordlys",
        account_tax_ids=None,
        amount_due=0,
        amount_overpaid=0,
        amount_paid=0,
        amount_paid_off_stripe=0,
        amount_remaining=0,
        amount_shipping=0,
        application=None,
        attempt_count=0,
        attempted=False,
        auto_advance=True,
        automatic_tax={"disabled_reason": None, "enabled": False, "liability": None, "provider": None, "status": None},
        automatically_finalizes_at=None,
        billing_reason=reason,
        collection_method=method or (sub["collection_method"] if sub else "charge_automatically"),
        created=world.now,
        currency=currency,
        custom_fields=customer["invoice_settings"]["custom_fields"],
        customer=customer["id"],
        customer_account=None,
        default_payment_method=None,
        default_source=None,
        default_tax_rates=[],
        description=sub["description"] if sub else None,
        discounts=list(sub["discounts"]) if sub else [],
        due_date=None,
        effective_at=None,
        ending_balance=None,
        footer=customer["invoice_settings"]["footer"],
        from_invoice=None,
        hosted_invoice_url=None,
        invoice_pdf=None,
        issuer=dict(ISSUER),
        last_finalization_error=None,
        latest_revision=None,
        lines={},
        livemode=world.livemode,
        metadata={},
        next_payment_attempt=None,
        number=None,
        on_behalf_of=None,
        parent=parent,
        payment_settings={
            "default_mandate": None,
            "payment_method_options": settings.get("payment_method_options"),
            "payment_method_types": settings.get("payment_method_types"),
        },
        period_end=world.now,
        period_start=world.now,
        post_payment_credit_notes_amount=0,
        pre_payment_credit_notes_amount=0,
        receipt_number=None,
        rendering=None,
        shipping_cost=None,
        shipping_details=None,
        starting_balance=0,
        statement_descriptor=None,
        status="draft",
        status_transitions={"finalized_at": None, "marked_uncollectible_at": None, "paid_at": None, "voided_at": None},
        subtotal=0,
        subtotal_excluding_tax=0,
        test_clock=customer["test_clock"],
        total=0,
        total_discount_amounts=[],
        total_excluding_tax=0,
        total_pretax_credit_amounts=[],
        total_taxes=[],
        webhooks_delivered_at=None,
    )
    return (
        made
        | _customer_part(customer)
        | {
            "_subscription": sub["id"] if sub else None,
            "_failed_card": None,
            "_first_failure": None,
            "_reason": None,
            "_tries": 0,
        }
    )


def _customer_part(customer: Obj) -> Obj:
    return {
        "customer_address": customer["address"],
        "customer_email": customer["email"],
        "customer_name": customer["name"],
        "customer_phone": customer["phone"],
        "customer_shipping": customer["shipping"],
        "customer_tax_exempt": customer["tax_exempt"],
        "customer_tax_ids": [],
    }


def refresh_customer(world: World, invoice: Obj) -> None:
    """Until it is finalized an invoice shows the customer as he is now."""
    customer = world.get("customer", invoice["customer"])
    if not customer.get("deleted"):
        invoice.update(_customer_part(customer))


def add_up(world: World, invoice: Obj) -> None:
    """Subtotal, discounts and totals from the lines. The customer's balance is taken when the invoice is finalized."""
    rows = invoice["lines"]["data"]
    invoice["subtotal"] = invoice["subtotal_excluding_tax"] = sum(row["amount"] for row in rows)
    totals = discounts.apply(world, rows, invoice["discounts"], invoice["currency"])
    invoice["total_discount_amounts"] = totals
    invoice["total_pretax_credit_amounts"] = [{**t, "type": "discount"} for t in totals]
    total = invoice["subtotal"] - sum(t["amount"] for t in totals)
    invoice["total"] = invoice["total_excluding_tax"] = total
    due = max(0, total + invoice["starting_balance"]) if total > 0 else 0
    invoice["amount_due"] = due
    invoice["amount_remaining"] = max(0, due - invoice["amount_paid"])
