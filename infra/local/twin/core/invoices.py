"""Invoices: made by hand, read, listed, finalized, paid, voided, given up, sent, deleted."""

from infra.local.twin.core import billing, collecting, customers, cycles, drafts, finalizing, payment_methods
from infra.local.twin.core.call import Call
from infra.local.twin.core.errors import invalid
from infra.local.twin.core.events import editing, emit
from infra.local.twin.core.pages import CREATED, PAGING, in_range, listing, paged
from infra.local.twin.core.params import (
    RANGE,
    Check,
    Required,
    clear,
    count,
    flag,
    listed,
    merge_metadata,
    metadata,
    need,
    one_of,
    shape,
    text,
    undone,
    when,
)
from infra.local.twin.core.values import Obj
from infra.local.twin.core.world import World

METHOD = one_of("charge_automatically", "send_invoice")
FIELDS: dict[str, Check | Required] = {
    "auto_advance": flag,
    "collection_method": METHOD,
    "days_until_due": count,
    "due_date": when,
    "description": clear(text),
    "metadata": metadata,
    "default_payment_method": clear(text),
    "footer": clear(text),
    "custom_fields": clear(listed(shape(name=need(text), value=need(text)), 4)),
}
CREATE: dict[str, Check | Required] = {
    **FIELDS,
    "customer": need(text),
    "subscription": text,
    "currency": text,
    "pending_invoice_items_behavior": one_of("exclude", "include"),
}
LIST: dict[str, Check | Required] = {
    **CREATED,
    "customer": text,
    "subscription": text,
    "due_date": RANGE,
    "collection_method": METHOD,
    "status": one_of("draft", "open", "paid", "uncollectible", "void"),
}
FINALIZE: dict[str, Check | Required] = {"auto_advance": flag}
PAY: dict[str, Check | Required] = {
    "payment_method": text,
    "off_session": flag,
    "paid_out_of_band": flag,
    "forgive": undone(flag, "payments of a part", False),
}
PREVIEW: dict[str, Check | Required] = {"customer": text, "subscription": text}


def create(world: World, call: Call) -> Obj:
    """A draft of the customer's waiting invoice items; one-off, so its `parent` is null."""
    p = call.p
    customer = customers.alive(world, p["customer"], "customer")
    sub = world.get("subscription", p["subscription"], "subscription") if "subscription" in p else None
    _check_due(p, p.get("collection_method", "charge_automatically"))
    pull = p.get("pending_invoice_items_behavior", "exclude") == "include"
    invoice = drafts.draft(
        world,
        customer,
        sub,
        "manual",
        [],
        p.get("currency") or _currency(world, customer),
        method=p.get("collection_method"),
        pull=pull,
        announce=False,
    )
    invoice["auto_advance"] = False
    _apply(world, invoice, p)
    emit(world, "invoice.created", invoice)
    return invoice


def _currency(world: World, customer: Obj) -> str:
    waiting = [x["currency"] for x in world.find("invoiceitem", "customer", customer["id"]) if x["invoice"] is None]
    return str(customer["currency"] or (waiting or [world.get("account", world.account)["default_currency"]])[0])


def _check_due(p: Obj, method: str) -> None:
    if method == "send_invoice" and "days_until_due" not in p and "due_date" not in p:
        raise invalid(
            "If `collection_method` is set to `send_invoice`, you must also specify `days_until_due` or `due_date`.",
            "days_until_due",
            "parameter_missing",
        )


def _apply(world: World, invoice: Obj, p: Obj) -> None:
    for name in p.keys() & {"auto_advance", "collection_method", "due_date", "description", "footer", "custom_fields"}:
        invoice[name] = p[name]
    if "default_payment_method" in p:
        wanted = p["default_payment_method"]
        invoice["default_payment_method"] = (
            world.get("payment_method", wanted, "default_payment_method")["id"] if wanted else None
        )
    if "days_until_due" in p:
        invoice["_days_until_due"] = p["days_until_due"]
        invoice["due_date"] = world.now + p["days_until_due"] * finalizing.DAY
    invoice["metadata"] = merge_metadata(invoice["metadata"], p.get("metadata"))
    if p.get("auto_advance") and invoice["status"] == "draft":
        billing.hold(world, invoice)


def update(world: World, call: Call) -> Obj:
    """Changes a draft; of a finalized invoice only what does not stand on it."""
    invoice = world.get("invoice", call.id)
    if invoice["status"] != "draft" and call.p.keys() - {
        "metadata",
        "auto_advance",
        "default_payment_method",
        "description",
    }:
        raise invalid(
            "This invoice is finalized and can no longer be edited.", next(iter(call.p)), "invoice_not_editable"
        )
    with editing(world, invoice, "invoice.updated"):
        _apply(world, invoice, call.p)
    return invoice


def retrieve(world: World, call: Call) -> Obj:
    """One invoice."""
    return world.get("invoice", call.id)


def list_(world: World, call: Call) -> Obj:
    """Invoices, newest first."""
    p = call.p
    if "subscription" in p:
        rows = list(world.find("invoice", "_subscription", p["subscription"]))
    elif "customer" in p:
        rows = list(world.find("invoice", "customer", p["customer"]))
    else:
        rows = list(world.table("invoice").values())
    for name in p.keys() & {"customer", "status", "collection_method"}:
        rows = [i for i in rows if i[name] == p[name]]
    if "due_date" in p:
        rows = [i for i in rows if in_range(i["due_date"], p["due_date"])]
    return paged(rows, p, call.path)


def lines_of(world: World, call: Call) -> Obj:
    """GET /v1/invoices/{id}/lines."""
    return paged(world.get("invoice", call.id)["lines"]["data"], call.p, call.path, newest_first=False)


LINES: dict[str, Check | Required] = dict(PAGING)


def finalize(world: World, call: Call) -> Obj:
    """Finalizes a draft; it is charged at once only if it advances by itself."""
    invoice = world.get("invoice", call.id)
    if "auto_advance" in call.p:
        invoice["auto_advance"] = call.p["auto_advance"]
    finalizing.finalize(world, invoice)
    return invoice


def pay(world: World, call: Call) -> Obj:
    """Pays an open invoice now: with this card, else with the default one, or outside Stripe."""
    invoice = world.get("invoice", call.id)
    if invoice["status"] == "draft":
        finalizing.finalize(world, invoice, charge=False)
    if invoice["status"] == "paid":
        raise invalid("Invoice is already paid", None, "invoice_already_paid")
    if invoice["status"] not in ("open", "uncollectible"):
        raise invalid(f"This invoice is {invoice['status']} and cannot be paid.", None, "invoice_not_editable")
    if call.p.get("paid_out_of_band"):
        collecting.settle(world, invoice, None, outside=True)
        return invoice
    card = None
    if "payment_method" in call.p:
        card = payment_methods.resolve(world, call.p["payment_method"], "payment_method")
        if card["customer"] != invoice["customer"]:
            raise invalid(
                f"The customer does not have a payment method with the ID {call.p['payment_method']}.",
                "payment_method",
                "resource_missing",
            )
    collecting.pay(world, invoice, card, on_session=call.p.get("off_session") is False)
    return invoice


def void(world: World, call: Call) -> Obj:
    """Voids it."""
    invoice = world.get("invoice", call.id)
    finalizing.void(world, invoice)
    return invoice


def mark_uncollectible(world: World, call: Call) -> Obj:
    """Gives it up, by hand."""
    invoice = world.get("invoice", call.id)
    finalizing.give_up(world, invoice, "user_forgiven")
    return invoice


def send(world: World, call: Call) -> Obj:
    """Sends it; a draft is finalized first. The twin sends no mail, only the event."""
    invoice = world.get("invoice", call.id)
    if invoice["status"] == "draft":
        finalizing.finalize(world, invoice)
    else:
        emit(world, "invoice.sent", invoice)
    return invoice


def delete(world: World, call: Call) -> Obj:
    """Deletes a one-off draft."""
    invoice = world.get("invoice", call.id)
    if invoice["status"] != "draft" or invoice["_subscription"]:
        raise invalid(
            "You can only delete draft invoices that are not of a subscription.", None, "invoice_not_editable"
        )
    for extra in world.find("invoiceitem", "customer", invoice["customer"]):
        extra["invoice"] = None if extra["invoice"] == invoice["id"] else extra["invoice"]
    emit(world, "invoice.deleted", invoice)
    del world.table("invoice")[invoice["id"]]
    return {"id": invoice["id"], "object": "invoice", "deleted": True}


def preview(world: World, call: Call) -> Obj:
    """POST /v1/invoices/create_preview: the next renewal of a subscription as it is now."""
    if "subscription" not in call.p:
        raise invalid(
            "The twin previews the renewal of a subscription only: give `subscription`.",
            "subscription",
            "parameter_missing",
        )
    sub = world.get("subscription", call.p["subscription"], "subscription")
    if call.p.get("customer", sub["customer"]) != sub["customer"]:
        raise invalid("The subscription is not this customer's.", "customer")
    if sub["status"] in ("canceled", "incomplete_expired"):
        raise invalid("No upcoming invoices for this subscription.", "subscription", "invoice_upcoming_none", 404)
    return {"id": world.ids.new("upcoming_in"), **cycles.preview(world, sub)}


def payments_of(world: World, invoice: Obj) -> Obj:
    """The list that comes with expand[]=payments."""
    rows = list(world.find("invoice_payment", "invoice", invoice["id"]))
    return listing(rows[::-1], f"/v1/invoices/{invoice['id']}/payments")


def confirmation_secret(world: World, invoice: Obj) -> Obj | None:
    """What comes with expand[]=confirmation_secret."""
    rows = list(world.find("invoice_payment", "invoice", invoice["id"]))
    if not rows:
        return None
    return {
        "client_secret": world.get("payment_intent", rows[-1]["_payment_intent"])["client_secret"],
        "type": "payment_intent",
    }
