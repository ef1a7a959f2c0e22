"""What becomes of one payment: its intent, the charges tried, what was given back or disputed, and the invoice it pays.

All of them name the payment intent (an old charge without one stands for itself), so they are stored together under it.
"""

from chalicelib.core.frozen import frozen

SETTLED_DISPUTES = frozenset({"won", "lost", "warning_closed", "prevented"})


@frozen
class PaymentIntent:
    """One payment, whatever number of tries it takes; the codes are those of its last failure.

    `order` is what Stripe calls the order's reference: on an invoice's intent it has been seen to be the invoice's id, but is
    not promised to be. `InvoicePayment` is the link that is.
    """

    id: str
    customer: str | None
    status: str
    amount: int
    amount_received: int
    currency: str
    code: str | None
    decline_code: str | None
    advice_code: str | None
    network_advice_code: str | None
    network_decline_code: str | None
    last4: str | None
    payment_method: str | None
    latest_charge: str | None
    canceled_at: int | None
    order: str | None
    created: int


@frozen
class Charge:
    """One try to take the money. `decline_code` is the bank's reason (Stripe's `outcome.reason`) where the try failed."""

    id: str
    payment_intent: str | None
    customer: str | None
    status: str
    amount: int
    amount_refunded: int
    currency: str
    refunded: bool
    disputed: bool
    code: str | None
    decline_code: str | None
    advice_code: str | None
    network_advice_code: str | None
    network_decline_code: str | None
    last4: str | None
    payment_method: str | None
    created: int


@frozen
class Refund:
    """Money given back."""

    id: str
    payment_intent: str | None
    charge: str | None
    customer: str | None
    status: str | None
    amount: int
    currency: str
    reason: str | None
    failure_reason: str | None
    created: int


@frozen
class Dispute:
    """A payment that the customer's bank takes back, or (`warning_...`) asks about. `due_by`: until when to answer."""

    id: str
    payment_intent: str | None
    charge: str | None
    customer: str | None
    status: str
    amount: int
    currency: str
    reason: str
    due_by: int | None
    created: int


@frozen
class InvoicePayment:
    """The link between an invoice and a payment of it; `payment` is the intent's id (or the charge's, or the record's)."""

    id: str
    invoice: str
    payment: str
    status: str
    amount_requested: int
    amount_paid: int | None
    currency: str
    is_default: bool
    paid_at: int | None
    created: int


def is_open(dispute: Dispute) -> bool:
    """Whether a dispute is not settled; a status that we do not know counts as open."""
    return dispute.status not in SETTLED_DISPUTES
