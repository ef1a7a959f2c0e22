"""Payment intents, charges and invoice payments over the API."""

from infra.local.twin.core import billing_info, collecting, payment_methods, payments
from infra.local.twin.core.call import Call
from infra.local.twin.core.cards import Decline
from infra.local.twin.core.errors import declined, invalid
from infra.local.twin.core.events import emit
from infra.local.twin.core.pages import CREATED, paged
from infra.local.twin.core.params import (
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
)
from infra.local.twin.core.values import Obj, public
from infra.local.twin.core.world import World

CONFIRM: dict[str, Check | Required] = {
    "payment_method": text,
    "off_session": flag,
    "return_url": text,
    "receipt_email": clear(text),
    "setup_future_usage": one_of("off_session", "on_session"),
}
INTENT: dict[str, Check | Required] = {
    **CONFIRM,
    "amount": need(count),
    "currency": need(text),
    "customer": text,
    "description": text,
    "metadata": metadata,
    "confirm": flag,
    "allowed_payment_method_types": listed(text),
    "confirmation_method": one_of("automatic", "manual"),
    "automatic_payment_methods": shape(enabled=need(flag), allow_redirects=one_of("always", "never")),
    "statement_descriptor": text,
    "capture_method": one_of("automatic", "automatic_async"),
    "shipping": shape(address=need(billing_info.ADDRESS), name=need(text), phone=text),
}
CANCEL: dict[str, Check | Required] = {
    "cancellation_reason": one_of("abandoned", "duplicate", "fraudulent", "requested_by_customer")
}
LIST: dict[str, Check | Required] = {**CREATED, "customer": text}
CHARGES: dict[str, Check | Required] = {**LIST, "payment_intent": text}
PAYMENTS: dict[str, Check | Required] = {
    **CREATED,
    "invoice": text,
    "status": one_of("canceled", "open", "paid"),
    "payment": shape(type=need(one_of("payment_intent", "payment_record")), payment_intent=text),
}


def create_intent(world: World, call: Call) -> Obj:
    """A payment intent of its own, confirmed at once if so wished."""
    p = call.p
    if "customer" in p:
        world.get("customer", p["customer"], "customer")
    intent = payments.new_intent(world, p.get("customer"), p["amount"], p["currency"].lower(), p.get("description"))
    intent["metadata"] = merge_metadata({}, p.get("metadata"))
    intent["shipping"] = billing_info.shipping(p.get("shipping"))
    intent["statement_descriptor"] = p.get("statement_descriptor")
    intent.update(payment_methods.ways(p))
    for name in ("confirmation_method", "capture_method"):
        intent[name] = p.get(name, intent[name])
    _note(intent, p)
    emit(world, "payment_intent.created", intent)
    if "payment_method" in p and not p.get("confirm"):
        intent.update(
            payment_method=payment_methods.resolve(world, p["payment_method"], "payment_method")["id"],
            status="requires_confirmation",
        )
    return _confirm(world, intent, p) if p.get("confirm") else intent


def _note(intent: Obj, p: Obj) -> None:
    """What a creation and a confirmation may both say."""
    for name in p.keys() & {"receipt_email", "setup_future_usage"}:
        intent[name] = p[name]
    intent["_return_url"] = p.get("return_url", intent.get("_return_url"))


def confirm_intent(world: World, call: Call) -> Obj:
    """Asks the bank; an intent of an invoice pays the invoice."""
    intent = world.get("payment_intent", call.id)
    if intent["status"] not in ("requires_payment_method", "requires_confirmation", "requires_action"):
        raise invalid(
            f"This PaymentIntent's status is {intent['status']} and it cannot be confirmed.",
            None,
            "payment_intent_unexpected_state",
        )
    return _confirm(world, intent, call.p)


def _confirm(world: World, intent: Obj, p: Obj) -> Obj:
    wanted = p.get("payment_method") or intent["payment_method"]
    if wanted is None:
        raise invalid(
            "You cannot confirm this PaymentIntent because it's missing a payment method.",
            "payment_method",
            "payment_intent_unexpected_state",
        )
    _note(intent, p)
    card = payment_methods.resolve(world, wanted, "payment_method")
    invoice = invoice_of(world, intent)
    if invoice is not None and invoice["status"] == "open":
        try:
            collecting.pay(world, invoice, card, on_session=not p.get("off_session"))
        except Exception:
            if intent["status"] != "requires_action":
                raise
        return intent
    answer = payments.confirm(world, intent, card, on_session=not p.get("off_session"))
    if isinstance(answer, Decline):
        raise declined(
            {
                "message": answer.message,
                "code": answer.code,
                "decline_code": answer.decline_code,
                "advice_code": answer.advice,
                "network_decline_code": answer.network,
                "charge": intent["latest_charge"],
                "payment_intent": public(intent),
            }
        )
    if answer is None and intent["setup_future_usage"] and intent["customer"]:
        payment_methods.attach_to(world, card["id"], world.get("customer", intent["customer"]), "payment_method")
    return intent


def invoice_of(world: World, intent: Obj) -> Obj | None:
    """The invoice that this intent pays."""
    row = next(world.find("invoice_payment", "_payment_intent", intent["id"]), None)
    return world.get("invoice", row["invoice"]) if row else None


def cancel_intent(world: World, call: Call) -> Obj:
    """Cancels an intent that is not an invoice's."""
    intent = world.get("payment_intent", call.id)
    if invoice_of(world, intent) is not None:
        raise invalid(
            "The PaymentIntent of an invoice cannot be canceled directly; void the invoice instead.",
            None,
            "payment_intent_unexpected_state",
        )
    if intent["status"] in ("succeeded", "canceled"):
        raise invalid(
            f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}.",
            None,
            "payment_intent_unexpected_state",
        )
    payments.cancel_intent(world, intent, call.p.get("cancellation_reason", "requested_by_customer"))
    return intent


def intent(world: World, call: Call) -> Obj:
    """One payment intent."""
    return world.get("payment_intent", call.id)


def intents(world: World, call: Call) -> Obj:
    """Payment intents, newest first."""
    rows = (
        world.find("payment_intent", "customer", call.p["customer"])
        if "customer" in call.p
        else world.table("payment_intent").values()
    )
    return paged(rows, call.p, call.path)


def charge(world: World, call: Call) -> Obj:
    """One charge."""
    return world.get("charge", call.id)


def charges(world: World, call: Call) -> Obj:
    """Charges, newest first, the failed ones included."""
    rows = list(world.table("charge").values())
    for name in ("customer", "payment_intent"):
        if name in call.p:
            rows = list(world.find("charge", name, call.p[name]))
    return paged(rows, call.p, call.path)


def invoice_payment(world: World, call: Call) -> Obj:
    """One invoice payment."""
    return world.get("invoice_payment", call.id)


def invoice_payments(world: World, call: Call) -> Obj:
    """Invoice payments: of an invoice, or of a payment intent (the way from a payment to its invoice)."""
    rows = list(world.table("invoice_payment").values())
    if "invoice" in call.p:
        rows = list(world.find("invoice_payment", "invoice", call.p["invoice"]))
    wanted = call.p.get("payment", {})
    if wanted:
        rows = [
            r
            for r in rows
            if r["payment"]["type"] == wanted["type"]
            and wanted.get("payment_intent") in (None, r["payment"].get("payment_intent"))
        ]
    rows = [r for r in rows if r["status"] == call.p.get("status", r["status"])]
    return paged(rows, call.p, call.path)
