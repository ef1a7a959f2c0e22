"""Values of `core.model`, whole, with overrides: what tests of the rooms below Stripe's shapes start from."""

from dataclasses import replace
from typing import Any

from chalicelib.core.model import Card, Customer, Invoice, Item, Product, Subscription
from tests.conftest import NOW


def customer(**changes: Any) -> Customer:
    """A customer in Sweden."""
    made = Customer("cus_1", "astrid@example.com", "Astrid Berg", ("sv", "en"), "SE", "pm_1", {"user": "u-1"}, NOW)
    return replace(made, **changes)


def subscription(**changes: Any) -> Subscription:
    """A subscription to one plan (149 kr a month)."""
    line = Item("si_1", "price_1", "prod_1", 14900, "sek", "month", 1, 1, NOW, NOW + 30 * 86_400)
    made = Subscription(
        id="sub_1",
        customer="cus_1",
        status="active",
        items=(line,),
        cancel_at=None,
        cancel_at_period_end=False,
        canceled_at=None,
        ended_at=None,
        trial_end=None,
        pause_collection=None,
        default_payment_method=None,
        latest_invoice="in_1",
        metadata={},
        created=NOW,
    )
    return replace(made, **changes)


def invoice(**changes: Any) -> Invoice:
    """A renewal whose first charge failed."""
    failed = Invoice(
        id="in_1",
        customer="cus_1",
        number="A-1",
        status="open",
        currency="sek",
        amount_due=14900,
        amount_paid=0,
        amount_remaining=14900,
        attempted=True,
        attempt_count=1,
        next_payment_attempt=None,
        due_date=None,
        billing_reason="subscription_cycle",
        collection_method="charge_automatically",
        subscription="sub_1",
        hosted_invoice_url=None,
        invoice_pdf=None,
        created=NOW,
    )
    return replace(failed, **changes)


def card(**changes: Any) -> Card:
    """A Visa card."""
    return replace(Card("pm_1", "cus_1", "card", "visa", "4242", 12, 2030, NOW), **changes)


def product(**changes: Any) -> Product:
    """The plan."""
    return replace(Product("prod_1", "Nordlys Plus", active=True, created=NOW), **changes)
