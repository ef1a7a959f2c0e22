"""Values of `core.model`, whole, with overrides: what tests of the rooms below Stripe's shapes start from."""

from dataclasses import replace
from typing import Any

from chalicelib.core.catalogue import Coupon, Price
from chalicelib.core.model import Card, Customer, Entitlements, Invoice, Item, Product, Subscription
from chalicelib.core.payments import Charge, Dispute, InvoicePayment, PaymentIntent, Refund
from chalicelib.core.schedules import Phase, PhaseItem, Schedule
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


def schedule(**changes: Any) -> Schedule:
    """A change to another price, a month from now."""
    month = 30 * 86_400
    now, then = (Phase(NOW + n * month, NOW + (n + 1) * month, (PhaseItem(f"price_{n + 1}", 1),)) for n in (0, 1))
    made = Schedule("sub_sched_1", "cus_1", "sub_1", "active", "release", None, None, (now, then), NOW)
    return replace(made, **changes)


def entitlements(**changes: Any) -> Entitlements:
    """Two features."""
    return replace(Entitlements("cus_1", "cus_1", ("calls", "export")), **changes)


def payment_intent(**changes: Any) -> PaymentIntent:
    """A payment whose card had no money."""
    made = PaymentIntent(
        id="pi_1",
        customer="cus_1",
        status="requires_payment_method",
        amount=14900,
        amount_received=0,
        currency="sek",
        code="card_declined",
        decline_code="insufficient_funds",
        advice_code="try_again_later",
        network_advice_code=None,
        network_decline_code="51",
        last4="4242",
        payment_method=None,
        latest_charge="ch_1",
        canceled_at=None,
        order=None,
        created=NOW,
    )
    return replace(made, **changes)


def charge(**changes: Any) -> Charge:
    """Its charge."""
    made = Charge(
        id="ch_1",
        payment_intent="pi_1",
        customer="cus_1",
        status="failed",
        amount=14900,
        amount_refunded=0,
        currency="sek",
        refunded=False,
        disputed=False,
        code="card_declined",
        decline_code="insufficient_funds",
        advice_code="try_again_later",
        network_advice_code=None,
        network_decline_code="51",
        last4="4242",
        payment_method="pm_1",
        created=NOW,
    )
    return replace(made, **changes)


def refund(**changes: Any) -> Refund:
    """A part given back."""
    made = Refund("re_1", "pi_1", "ch_1", "cus_1", "succeeded", 5000, "sek", "requested_by_customer", None, NOW)
    return replace(made, **changes)


def dispute(**changes: Any) -> Dispute:
    """A dispute that waits for an answer."""
    made = Dispute("du_1", "pi_1", "ch_1", "cus_1", "needs_response", 14900, "sek", "fraudulent", NOW + 86_400, NOW)
    return replace(made, **changes)


def invoice_payment(**changes: Any) -> InvoicePayment:
    """The link between an invoice and its payment."""
    made = InvoicePayment("inpay_1", "in_1", "pi_1", "open", 14900, None, "sek", True, None, NOW)
    return replace(made, **changes)


def price(**changes: Any) -> Price:
    """149 kr a month."""
    made = Price(
        id="price_1",
        product="prod_1",
        active=True,
        currency="sek",
        unit_amount=14900,
        unit_amount_decimal="14900",
        interval="month",
        interval_count=1,
        usage_type="licensed",
        billing_scheme="per_unit",
        tiers_mode=None,
        tiers=(),
        divide_by=None,
        round=None,
        nickname=None,
        metadata={},
        created=NOW,
    )
    return replace(made, **changes)


def coupon(**changes: Any) -> Coupon:
    """A quarter off one product, for ever."""
    made = Coupon("QUARTER", "A quarter", "25", None, None, "forever", None, True, ("prod_1",), NOW)
    return replace(made, **changes)
