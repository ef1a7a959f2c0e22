"""Stripe's field paths of payments: intents, charges, refunds, disputes, and the payments of an invoice."""

from chalicelib.core.payments import Charge, Dispute, InvoicePayment, PaymentIntent, Refund
from chalicelib.stripe_api.fields import Raw, inner, need, needed_reference, optional, reference, unknown


def payment_intent(raw: Raw) -> PaymentIntent:
    """A payment intent; since basil it does not name its invoice (see `invoice_payment`)."""
    error = inner(raw, "last_payment_error")
    return PaymentIntent(
        id=need(raw, "id", str),
        customer=reference(raw.get("customer")),
        status=need(raw, "status", str),
        amount=need(raw, "amount", int),
        amount_received=optional(raw, "amount_received", int) or 0,
        currency=need(raw, "currency", str),
        code=optional(error, "code", str),
        decline_code=optional(error, "decline_code", str),
        advice_code=optional(error, "advice_code", str),
        network_advice_code=optional(error, "network_advice_code", str),
        network_decline_code=optional(error, "network_decline_code", str),
        last4=_last4(inner(error, "payment_method")),
        payment_method=reference(raw.get("payment_method")),
        latest_charge=reference(raw.get("latest_charge")),
        canceled_at=optional(raw, "canceled_at", int),
        order=optional(inner(raw, "payment_details"), "order_reference", str),
        created=need(raw, "created", int),
    )


def charge(raw: Raw) -> Charge:
    """A charge. Why it failed stands under `outcome`; its reason is a decline code only where the charge failed."""
    outcome, failed = inner(raw, "outcome"), raw.get("status") == "failed"
    return Charge(
        id=need(raw, "id", str),
        payment_intent=reference(raw.get("payment_intent")),
        customer=reference(raw.get("customer")),
        status=need(raw, "status", str),
        amount=need(raw, "amount", int),
        amount_refunded=need(raw, "amount_refunded", int),
        currency=need(raw, "currency", str),
        refunded=need(raw, "refunded", bool),
        disputed=need(raw, "disputed", bool),
        code=optional(raw, "failure_code", str),
        decline_code=optional(outcome, "reason", str) if failed else None,
        advice_code=optional(outcome, "advice_code", str),
        network_advice_code=optional(outcome, "network_advice_code", str),
        network_decline_code=optional(outcome, "network_decline_code", str),
        last4=_last4(inner(raw, "payment_method_details")),
        payment_method=reference(raw.get("payment_method")),
        created=need(raw, "created", int),
    )


def refund(raw: Raw) -> Refund:
    """A refund. Raises UnknownShape (`customer`) where only the charge, which must be expanded, can say whose it is."""
    return Refund(
        id=need(raw, "id", str),
        payment_intent=reference(raw.get("payment_intent")),
        charge=reference(raw.get("charge")),
        customer=_payer(raw),
        status=optional(raw, "status", str),
        amount=need(raw, "amount", int),
        currency=need(raw, "currency", str),
        reason=optional(raw, "reason", str),
        failure_reason=optional(raw, "failure_reason", str),
        created=need(raw, "created", int),
    )


def dispute(raw: Raw) -> Dispute:
    """A dispute; it never names the customer, so its charge must be expanded. Raises UnknownShape (`customer`) otherwise."""
    return Dispute(
        id=need(raw, "id", str),
        payment_intent=reference(raw.get("payment_intent")),
        charge=reference(raw.get("charge")),
        customer=_payer(raw),
        status=need(raw, "status", str),
        amount=need(raw, "amount", int),
        currency=need(raw, "currency", str),
        reason=need(raw, "reason", str),
        due_by=optional(inner(raw, "evidence_details"), "due_by", int),
        created=need(raw, "created", int),
    )


def invoice_payment(raw: Raw) -> InvoicePayment:
    """A payment of an invoice: by an intent, by a charge of old, or (a payment record) outside Stripe."""
    return InvoicePayment(
        id=need(raw, "id", str),
        invoice=needed_reference(raw, "invoice"),
        payment=payment(raw),
        status=need(raw, "status", str),
        amount_requested=need(raw, "amount_requested", int),
        amount_paid=optional(raw, "amount_paid", int),
        currency=need(raw, "currency", str),
        is_default=need(raw, "is_default", bool),
        paid_at=optional(inner(raw, "status_transitions"), "paid_at", int),
        created=need(raw, "created", int),
    )


def payment(raw: Raw) -> str:
    """Under which payment an object is stored: its intent, else its charge, else (neither) itself.

    Raises UnknownShape where the field `payment_intent` is absent, as in the oldest versions: then only Stripe knows.
    """
    if raw.get("object") == "payment_intent":
        return str(need(raw, "id", str))
    if raw.get("object") == "invoice_payment":
        named = need(raw, "payment", dict)
        found = next(
            (reference(named.get(name)) for name in ("payment_intent", "charge", "payment_record") if named.get(name)),
            None,
        )
        if found is None:
            raise unknown(raw, "payment")
        return found
    if "payment_intent" not in raw:
        raise unknown(raw, "payment_intent")
    return reference(raw["payment_intent"]) or reference(raw.get("charge")) or str(need(raw, "id", str))


def _payer(raw: Raw) -> str | None:
    named = reference(raw.get("customer"))
    if named is not None:
        return named
    charged = raw.get("charge")
    if isinstance(charged, str):
        raise unknown(raw, "customer")
    return reference(charged.get("customer")) if isinstance(charged, dict) else None


def _last4(method: Raw) -> str | None:
    last4: str | None = optional(inner(method, "card"), "last4", str)
    return last4
