"""Credit notes: an invoice becomes less, before it is paid or after."""

from infra.local.twin.core import collecting, finalizing, payments, refunds
from infra.local.twin.core.call import Call
from infra.local.twin.core.errors import invalid
from infra.local.twin.core.events import editing, emit
from infra.local.twin.core.pages import CREATED, listing, paged
from infra.local.twin.core.params import (
    Check,
    Required,
    count,
    decimal,
    listed,
    merge_metadata,
    metadata,
    need,
    one_of,
    shape,
    text,
    undone,
)
from infra.local.twin.core.values import Obj
from infra.local.twin.core.world import World, fields

LINE = shape(
    type=need(one_of("custom_line_item", "invoice_line_item")),
    amount=count,
    description=text,
    invoice_line_item=text,
    quantity=count,
    unit_amount=count,
    unit_amount_decimal=undone(decimal, "credit notes in fractions of a minor unit"),
)
CREATE: dict[str, Check | Required] = {
    "invoice": need(text),
    "amount": count,
    "lines": listed(LINE),
    "memo": text,
    "metadata": metadata,
    "reason": one_of("duplicate", "fraudulent", "order_change", "product_unsatisfactory"),
    "credit_amount": count,
    "refund_amount": count,
    "out_of_band_amount": count,
    "email_type": undone(one_of("credit_note", "none"), "mails", "none"),
}
UPDATE: dict[str, Check | Required] = {"memo": text, "metadata": metadata}
LIST: dict[str, Check | Required] = {**CREATED, "customer": text, "invoice": text}


def create(world: World, call: Call) -> Obj:
    """A credit note. Of an open invoice it lowers what is due; of a paid one the money goes back as the caller says."""
    p = call.p
    invoice = world.get("invoice", p["invoice"], "invoice")
    if invoice["status"] not in ("open", "paid"):
        raise invalid("You can only create credit notes for open or paid invoices.", "invoice")
    if "amount" in p and p.get("lines"):
        raise invalid("You may pass only one of `amount` and `lines`.", "amount")
    rows = [_line(world, invoice, one, f"lines[{at}]") for at, one in enumerate(p.get("lines", []))]
    amount = sum(row["amount"] for row in rows) if rows else p.get("amount", 0)
    if not amount:
        raise invalid("You must specify `amount` or `lines`.", "amount", "parameter_missing")
    paid = invoice["status"] == "paid"
    room = invoice["amount_paid"] - invoice["post_payment_credit_notes_amount"] if paid else invoice["amount_remaining"]
    if amount > room:
        raise invalid(
            f"The sum of credit notes ({amount}) would be more than what is left of the invoice ({room}).", "amount"
        )
    _check_split(p, amount, paid)
    note = _make(world, invoice, rows or [_custom(world, amount, p.get("memo"))], amount, p)
    emit(world, "credit_note.created", world.add(note))
    _apply(world, invoice, note, p)
    return note


def _check_split(p: Obj, amount: int, paid: bool) -> None:
    split = sum(p.get(name, 0) for name in ("credit_amount", "refund_amount", "out_of_band_amount"))
    if paid and split != amount:
        raise invalid(
            "`credit_amount`, `refund_amount` and `out_of_band_amount` must add up to the credit note.", "refund_amount"
        )
    if not paid and split:
        raise invalid("An open invoice has nothing to give back.", "refund_amount")


def _line(world: World, invoice: Obj, given: Obj, param: str) -> Obj:
    custom = given["type"] == "custom_line_item"
    wrong = given.keys() & ({"amount", "invoice_line_item"} if custom else {"description", "quantity", "unit_amount"})
    if wrong:
        name = f"{param}[{min(wrong)}]"
        raise invalid(f"{name} does not go with this type of line (or the twin does not do it).", name)
    if custom:
        quantity = given.get("quantity", 1)
        if "unit_amount" not in given:
            raise invalid(
                f"Missing required param: {param}[unit_amount].", f"{param}[unit_amount]", "parameter_missing"
            )
        return _custom(world, given["unit_amount"] * quantity, given.get("description"), quantity, given["unit_amount"])
    found = next((r for r in invoice["lines"]["data"] if r["id"] == given.get("invoice_line_item")), None)
    if found is None:
        raise invalid("No such invoice line item.", f"{param}[invoice_line_item]", "resource_missing")
    made = _custom(world, given.get("amount", found["amount"]), found["description"], found["quantity"])
    return {**made, "invoice_line_item": found["id"], "type": "invoice_line_item"}


def _custom(
    world: World, amount: int, description: str | None, quantity: int | None = 1, unit: int | None = None
) -> Obj:
    return fields(
        id=world.ids.new("cnli"), object="credit_note_line_item", amount=amount, description=description, discount_amount=0,
        discount_amounts=[], livemode=world.livemode, metadata={}, pretax_credit_amounts=[],
        quantity=quantity, tax_rates=[], taxes=[], type="custom_line_item", unit_amount=unit,
        unit_amount_decimal=str(unit) if unit is not None else None,
    )  # fmt: skip


def _make(world: World, invoice: Obj, rows: list[Obj], amount: int, p: Obj) -> Obj:
    name = world.ids.new("cn")
    before = sum(1 for _ in world.find("credit_note", "invoice", invoice["id"]))
    paid = invoice["status"] == "paid"
    return fields(
        id=name, object="credit_note", amount=amount, amount_shipping=0, created=world.now, currency=invoice["currency"],
        customer=invoice["customer"], customer_account=None, customer_balance_transaction=None, discount_amount=0,
        discount_amounts=[], effective_at=world.now, invoice=invoice["id"],
        lines=listing(rows, f"/v1/credit_notes/{name}/lines"), livemode=world.livemode, memo=p.get("memo"),
        metadata=merge_metadata({}, p.get("metadata")), number=f"{invoice['number']}-CN-{before + 1:02d}",
        out_of_band_amount=p.get("out_of_band_amount"), pdf=f"{world.base_url}/credit_notes/{name}/pdf",
        post_payment_amount=amount if paid else 0, pre_payment_amount=0 if paid else amount, pretax_credit_amounts=[],
        reason=p.get("reason"), refunds=[], shipping_cost=None, status="issued", subtotal=amount, subtotal_excluding_tax=amount,
        total=amount, total_excluding_tax=amount, total_taxes=[], voided_at=None,
        type="post_payment" if paid else "pre_payment",
    )  # fmt: skip


def _apply(world: World, invoice: Obj, note: Obj, p: Obj) -> None:
    paid = invoice["status"] == "paid"
    with editing(world, invoice, "invoice.updated"):
        if paid:
            invoice["post_payment_credit_notes_amount"] += note["amount"]
        else:
            invoice["pre_payment_credit_notes_amount"] += note["amount"]
            invoice["amount_due"] -= note["amount"]
            invoice["amount_remaining"] -= note["amount"]
    found = payments.of_invoice(world, invoice)
    if not paid and found:
        found[1]["amount"] = found[0]["amount_requested"] = invoice["amount_remaining"]
    if not paid and invoice["amount_remaining"] == 0:
        finalizing.stop_collecting(world, invoice)
        collecting.settle(world, invoice, None)
    if p.get("refund_amount") and found:
        made = refunds.make(world, world.get("charge", found[1]["latest_charge"]), p["refund_amount"], None)
        note["refunds"] = [{"amount_refunded": made["amount"], "payment_record_refund": None, "refund": made["id"],
                            "type": "refund"}]  # fmt: skip
    if p.get("credit_amount"):
        customer = world.get("customer", invoice["customer"])
        moved = finalizing.record_balance(world, customer, -p["credit_amount"], invoice, "credit_note")
        moved["credit_note"] = note["id"]
        note["customer_balance_transaction"] = moved["id"]


def update(world: World, call: Call) -> Obj:
    """Changes memo and metadata."""
    note = world.get("credit_note", call.id)
    with editing(world, note, "credit_note.updated"):
        note["memo"] = call.p.get("memo", note["memo"])
        note["metadata"] = merge_metadata(note["metadata"], call.p.get("metadata"))
    return note


def void(world: World, call: Call) -> Obj:
    """Voids a credit note of an open invoice: the amount is due again."""
    note = world.get("credit_note", call.id)
    invoice = world.get("invoice", note["invoice"])
    if note["status"] == "void" or note["type"] != "pre_payment" or invoice["status"] != "open":
        raise invalid("You can only void issued credit notes of open invoices.", None)
    with editing(world, invoice, "invoice.updated"):
        invoice["pre_payment_credit_notes_amount"] -= note["amount"]
        invoice["amount_due"] += note["amount"]
        invoice["amount_remaining"] += note["amount"]
    found = payments.of_invoice(world, invoice)
    if found:
        found[1]["amount"] = found[0]["amount_requested"] = invoice["amount_remaining"]
    note.update(status="void", voided_at=world.now)
    emit(world, "credit_note.voided", note)
    return note


def retrieve(world: World, call: Call) -> Obj:
    """One credit note."""
    return world.get("credit_note", call.id)


def list_(world: World, call: Call) -> Obj:
    """Credit notes, newest first."""
    rows = list(world.table("credit_note").values())
    for name in call.p.keys() & {"customer", "invoice"}:
        rows = [n for n in rows if n[name] == call.p[name]]
    return paged(rows, call.p, call.path)
