"""Failed payments: when a dunning case opens and closes. All that the webhook path must know of reminders.

A case is told from its invoice alone; `core.dunning` says what is done in it.
"""

from datetime import timedelta

from chalicelib.core.model import Invoice

FIRST_LOOK = timedelta(hours=2)
"""From a failure to the first look at its case: a mistake noticed at once needs no mail."""

SETTLED = 0
"""When a case is due whose invoice has come to its end: at once, and at no second at which an open one ever is."""

RECOVERED = "payment_recovered"
"""The last step of a case that was written about: thanks, once."""


def opens_case(invoice: Invoice) -> bool:
    """Whether the state of an invoice calls for reminders: an automatic charge failed and the money is still owed.

    Not for a first invoice (`subscription_create`): that customer is at the checkout, and the subscription is incomplete.
    """
    return (
        invoice.status == "open"
        and invoice.attempted
        and invoice.attempt_count > 0
        and invoice.amount_remaining > 0
        and invoice.collection_method == "charge_automatically"
        and invoice.billing_reason != "subscription_create"
    )


def closes_case(invoice: Invoice) -> bool:
    """Whether the state of an invoice ends every reminder."""
    return invoice.status in ("paid", "void", "uncollectible")


def case_state(status: str) -> str:
    """What became of a case, told from the status of its invoice: open, recovered, lost or voided."""
    return {"paid": "recovered", "uncollectible": "lost", "void": "voided"}.get(status, "open")
