"""Collecting an invoice: which card, what the bank says, what follows, and the tries after a failure."""

from infra.local.twin.core import payments, settlement
from infra.local.twin.core.cards import HARD, Decline
from infra.local.twin.core.errors import declined, invalid
from infra.local.twin.core.events import editing, emit
from infra.local.twin.core.values import Obj, public
from infra.local.twin.core.world import World


def card_for(world: World, invoice: Obj) -> Obj | None:
    """The card that is charged: the invoice's own, else the subscription's, else the customer's default."""
    customer = world.get("customer", invoice["customer"])
    sub = world.table("subscription").get(invoice["_subscription"] or "")
    for wanted in (
        invoice["default_payment_method"],
        sub and sub["default_payment_method"],
        (customer.get("invoice_settings") or {}).get("default_payment_method"),
    ):
        card = world.table("payment_method").get(wanted or "")
        if card and card["customer"] == invoice["customer"]:
            return card
    return None


def automatic(world: World, invoice: Obj, on_session: bool = False) -> None:
    """One automatic try. After a hard refusal it is only counted, until there is another card."""
    card = card_for(world, invoice)
    invoice["_tries"] += 1
    barred = invoice["_reason"] in HARD and card is not None and card["id"] == invoice["_failed_card"]
    if (card is None or barred) and invoice["attempted"]:
        with editing(world, invoice, "invoice.updated"):
            invoice["attempt_count"] += 1
            _next_try(world, invoice)
        settlement.after_try(world, invoice)
        return
    answer = _ask(world, invoice, card, on_session, automatic=True)
    if answer is not None:
        _failed(world, invoice, card, answer, automatic=True)


def _ask(
    world: World, invoice: Obj, card: Obj | None, on_session: bool, authenticated: bool = False, automatic: bool = False
) -> Decline | str | None:
    """Asks the bank; paid invoices are settled here. "none" means that there was no card to ask with."""
    if card is None:
        return "none"
    found = payments.of_invoice(world, invoice)
    intent = found[1] if found else payments.open_for(world, invoice)
    answer = payments.confirm(world, intent, card, on_session=on_session, authenticated=authenticated)
    if answer is None:
        settle(world, invoice, card, automatic=automatic)
    return answer


def _failed(world: World, invoice: Obj, card: Obj | None, answer: Decline | str, automatic: bool) -> None:
    with editing(world, invoice, "invoice.updated"):
        if automatic or not invoice["attempted"]:
            invoice["attempt_count"] += 1
        invoice["attempted"] = True
        invoice["_failed_card"] = card["id"] if card else None
        invoice["_reason"] = answer.decline_code if isinstance(answer, Decline) else None
        invoice["_first_failure"] = invoice["_first_failure"] or world.now
        if automatic and not world.settings.automations:
            _next_try(world, invoice)
        elif automatic:
            invoice["next_payment_attempt"] = None
    if answer == "action" or (isinstance(answer, Decline) and answer.decline_code == "authentication_required"):
        emit(world, "invoice.payment_action_required", invoice)
    emit(world, "invoice.payment_failed", invoice)
    if automatic and world.settings.automations:
        with editing(world, invoice, "invoice.updated"):
            _next_try(world, invoice)
    settlement.on_failure(world, invoice)
    if automatic:
        settlement.after_try(world, invoice)


def _next_try(world: World, invoice: Obj) -> None:
    """When it will be tried again: first invoices never, renewals on the schedule, null after its end."""
    at = None
    if invoice["billing_reason"] != "subscription_create" and invoice["auto_advance"]:
        first = invoice["_first_failure"] or world.now
        at = next((first + wait for wait in world.settings.retries[invoice["_tries"] - 1 :]), None)
    invoice["next_payment_attempt"] = at
    if at is not None:
        world.at(at, "collect", invoice["id"])


def settle(world: World, invoice: Obj, card: Obj | None, outside: bool = False, automatic: bool = False) -> None:
    """The invoice is paid: by this card, or without one when nothing was due or it was paid outside Stripe.

    The first try counts, whoever makes it, and later ones if they are automatic.
    """
    found = payments.of_invoice(world, invoice) if card else None
    if found:
        payments.mark_paid(world, found[0], found[1]["amount"])
    with editing(world, invoice, "invoice.updated"):
        if not invoice["attempted"]:
            invoice["attempt_count"] += 1 if invoice["amount_due"] and card else 0
            invoice["attempted"] = True
        elif automatic:
            invoice["attempt_count"] += 1
        invoice.update(
            status="paid",
            amount_paid=0 if outside else invoice["amount_due"],
            amount_remaining=0,
            next_payment_attempt=None,
            amount_paid_off_stripe=invoice["amount_due"] if outside else 0,
            auto_advance=False,
        )
        invoice.pop("status_details", None)
        invoice["status_transitions"] = {**invoice["status_transitions"], "paid_at": world.now}
    emit(world, "invoice.paid", invoice)
    if not outside:
        emit(world, "invoice.payment_succeeded", invoice)
    settlement.on_payment(world, invoice, card)


def pay(world: World, invoice: Obj, card: Obj | None, *, on_session: bool = False, authenticated: bool = False) -> None:
    """A payment that somebody asked for. A refusal is recorded, then raised as Stripe's card error; so is a bank that asks."""
    card = card or card_for(world, invoice)
    if card is None:
        raise invalid(
            "There is no `default_payment_method` set on this Customer or Invoice. Please set an appropriate payment method "
            "on the Customer or Invoice before retrying.",
            None,
            "missing_payment_method",
        )
    answer = _ask(world, invoice, card, on_session, authenticated)
    if answer is None:
        return
    _failed(world, invoice, card, answer, automatic=False)
    raise payment_error(world, invoice, answer)


def payment_error(world: World, invoice: Obj, answer: Decline | str) -> Exception:
    """The 402 for an answer of the bank, with the payment intent as Stripe shows it."""
    found = payments.of_invoice(world, invoice)
    intent = public(found[1]) if found else None
    if not isinstance(answer, Decline):
        return declined(
            {
                "message": "This payment requires additional user action before it can be completed successfully. Payment can "
                "be completed using the PaymentIntent associated with the invoice.",
                "code": "invoice_payment_intent_requires_action",
                "payment_intent": intent,
            }
        )
    return declined(
        {
            "message": answer.message,
            "code": answer.code,
            "decline_code": answer.decline_code,
            "advice_code": answer.advice,
            "network_decline_code": answer.network,
            "payment_intent": intent,
        }
    )
