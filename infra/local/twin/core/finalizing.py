"""Finalizing an invoice: number, hosted page, the customer's balance, and the first charge; and its other ends."""

from infra.local.twin.core import collecting, discounts, drafts, payments
from infra.local.twin.core.errors import invalid
from infra.local.twin.core.events import editing, emit
from infra.local.twin.core.values import Obj
from infra.local.twin.core.world import World, fields

DAY = 86400


def finalize(world: World, invoice: Obj, charge: bool = True) -> None:
    """draft -> open, or paid when nothing is due. With `charge` and automatic collection the card is charged at once."""
    if invoice["status"] != "draft":
        raise invalid(
            "This invoice is already finalized, you can't re-finalize a non-draft invoice.",
            None,
            "invoice_not_editable",
        )
    drafts.refresh_customer(world, invoice)
    customer = world.get("customer", invoice["customer"])
    drafts.add_up(world, invoice)
    _take_balance(world, invoice, customer)
    discounts.mark_used(world, invoice)
    secret = world.ids.letters(60)
    invoice.update(
        status="open",
        number=f"{customer['invoice_prefix']}-{customer['next_invoice_sequence']:04d}",
        effective_at=world.now,
        automatically_finalizes_at=None,
        next_payment_attempt=None,
        hosted_invoice_url=f"{world.base_url}/i/{world.account}/test_{secret}?s=ap",
        invoice_pdf=f"{world.base_url}/i/{world.account}/test_{secret}/pdf?s=ap",
    )
    invoice["_secret"] = secret
    world.secrets[secret] = invoice["id"]
    invoice["status_transitions"] = {**invoice["status_transitions"], "finalized_at": world.now}
    customer["next_invoice_sequence"] += 1
    _open(world, invoice, charge)


def _take_balance(world: World, invoice: Obj, customer: Obj) -> None:
    """A credit of the customer (a negative balance) pays first; a negative total becomes one."""
    before = customer["balance"]
    invoice["starting_balance"] = before
    taken = (
        -min(-before, invoice["total"])
        if before < 0 < invoice["total"]
        else before
        if before > 0 < invoice["total"]
        else 0
    )
    added = min(0, invoice["total"])
    invoice["ending_balance"] = before - taken + added
    invoice["amount_due"] = invoice["amount_remaining"] = max(0, invoice["total"] + taken)
    if taken or added:
        record_balance(world, customer, added - taken, invoice, "applied_to_invoice")


def record_balance(world: World, customer: Obj, amount: int, invoice: Obj | None, kind: str) -> Obj:
    """Moves the customer's balance and keeps the transaction."""
    with editing(world, customer, "customer.updated"):
        customer["balance"] += amount
    return world.add(
        fields(
            id=world.ids.new("cbtxn"),
            object="customer_balance_transaction",
            amount=amount,
            created=world.now,
            checkout_session=None,
            credit_note=None,
            currency=invoice["currency"] if invoice else customer["currency"],
            customer=customer["id"],
            customer_account=None,
            description=None,
            ending_balance=customer["balance"],
            invoice=invoice["id"] if invoice else None,
            livemode=world.livemode,
            metadata={},
            type=kind,
        )
    )


def _open(world: World, invoice: Obj, charge: bool) -> None:
    if invoice["collection_method"] == "send_invoice" and invoice["due_date"] is None:
        invoice["due_date"] = world.now + (invoice.get("_days_until_due") or 30) * DAY
    emit(world, "invoice.finalized", invoice)
    if invoice["amount_due"] == 0:
        collecting.settle(world, invoice, None)
        return
    payments.open_for(world, invoice)
    if invoice["collection_method"] == "send_invoice":
        emit(world, "invoice.sent", invoice)
        world.at(invoice["due_date"], "overdue", invoice["id"])
    elif charge and invoice["auto_advance"]:
        collecting.automatic(world, invoice)


def void(world: World, invoice: Obj) -> None:
    """An open or uncollectible invoice that is not to be paid any more."""
    if invoice["status"] not in ("open", "uncollectible"):
        raise invalid("You can only pass in open invoices. This invoice isn't open.", None, "invoice_not_editable")
    stop_collecting(world, invoice, "void_invoice")
    with editing(world, invoice, "invoice.updated"):
        invoice.update(status="void", auto_advance=False, next_payment_attempt=None)
        invoice["status_transitions"] = {**invoice["status_transitions"], "voided_at": world.now}
        invoice.pop("status_details", None)
    emit(world, "invoice.voided", invoice)


def give_up(world: World, invoice: Obj, reason: str) -> None:
    """Marks an open invoice uncollectible; it can still be paid."""
    if invoice["status"] != "open":
        raise invalid("You can only mark an open invoice as uncollectible.", None, "invoice_not_editable")
    with editing(world, invoice, "invoice.updated"):
        invoice.update(status="uncollectible", next_payment_attempt=None, auto_advance=False)
        invoice["status_details"] = {"uncollectible": {"reason": reason}}
        invoice["status_transitions"] = {**invoice["status_transitions"], "marked_uncollectible_at": world.now}
    emit(world, "invoice.marked_uncollectible", invoice)


def stop_collecting(world: World, invoice: Obj, reason: str = "automatic") -> None:
    """Ends the payment of an invoice that is not to be charged any more."""
    found = payments.of_invoice(world, invoice)
    if found:
        payment, intent = found
        payments.cancel_intent(world, intent, reason)
        payment.update(status="canceled", status_transitions={"canceled_at": world.now, "paid_at": None})
