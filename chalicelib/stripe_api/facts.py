"""What a mailer must know of a failed invoice, from the one GET that it makes (`gateway.INVOICE_FACTS`)."""

from functools import cache
from typing import Any
from zoneinfo import available_timezones

from chalicelib.core import locales, zones
from chalicelib.core.choice import Payer
from chalicelib.core.declines import Decline
from chalicelib.core.dunning import Facts
from chalicelib.core.frozen import frozen
from chalicelib.core.model import Customer, Invoice
from chalicelib.stripe_api import shapes
from chalicelib.stripe_api.fields import reference

Raw = dict[str, Any]


OWED_FACTS = ["data.parent.subscription_details.subscription"]
"""What a list of a customer's invoices expands for `owed`."""


@frozen
class Owed:
    """One of a customer's open invoices as a list shows it: the state of its subscription, and what its campaign goes by."""

    invoice: Invoice
    subscription_status: str | None
    prices: tuple[str, ...]
    intervals: tuple[str, ...]


@frozen
class Debtor:
    """The facts for the gate, and who is written to about what. `products` are ids, the first item's first.

    `locales` are the language tags that the customer wants, best first, that of their country last. `subscription` is its id;
    `default_card` and `subscription_card` are ids of payment methods. `paid_at`: UTC seconds.
    """

    facts: Facts
    name: str | None
    locales: tuple[str, ...]
    country: str | None
    time_zone: str | None
    products: tuple[str, ...]
    payer: Payer
    subscription: str | None = None
    default_card: str | None = None
    subscription_card: str | None = None
    paid_at: int | None = None


def owed(raw: Raw) -> Owed:
    """From an invoice of a list with its subscription expanded. Raises UnknownShape."""
    subscription = _subscription(raw)
    payer = _payer(None, subscription)
    status = subscription.get("status") if subscription else None
    return Owed(shapes.invoice(raw), status, payer.prices, payer.intervals)


def debtor(raw: Raw, disputed: bool = False) -> Debtor:
    """From an invoice with its customer, subscription and payments expanded. Raises UnknownShape.

    `disputed` is what the table knows: Stripe's invoice does not tell of disputes.
    """
    customer = raw.get("customer")
    gone = not isinstance(customer, dict) or shapes.is_deleted(customer)
    owner = None if gone or not isinstance(customer, dict) else shapes.customer(customer)
    subscription = _subscription(raw)
    attempts = _attempts(raw)
    decline = _decline(attempts)
    default_card = owner.default_payment_method if owner else None
    subscription_card = reference(subscription.get("default_payment_method")) if subscription else None
    charged = subscription_card or default_card
    return Debtor(
        facts=Facts(
            invoice=shapes.invoice(raw),
            subscription_status=subscription.get("status") if subscription else None,
            customer_gone=gone,
            email=owner.email if owner else None,
            processing=any(attempt.get("status") == "processing" for attempt in attempts),
            decline=decline,
            disputed=disputed,
            second_email=second_email(owner.metadata) if owner else None,
            new_card=None not in (charged, decline.card) and charged != decline.card,
        ),
        name=owner.name if owner else None,
        locales=locales.wanted(owner) if owner else (),
        country=owner.country if owner else None,
        time_zone=time_zone(owner) if owner else None,
        products=_products(subscription),
        subscription=reference(subscription),
        default_card=default_card,
        subscription_card=subscription_card,
        payer=_payer(owner, subscription),
        paid_at=(raw.get("status_transitions") or {}).get("paid_at"),
    )


def _payer(owner: Customer | None, subscription: Raw | None) -> Payer:
    """What the choice of a campaign goes by; `metadata.stamkund_campaign` is the merchant's own choice for a customer."""
    items = ((subscription or {}).get("items") or {}).get("data") or []
    prices = [item.get("price") or {} for item in items]
    intervals = [(price.get("recurring") or {}).get("interval") for price in prices]
    return Payer(
        campaign=owner.metadata.get("stamkund_campaign") or None if owner else None,
        prices=tuple(price["id"] for price in prices if price.get("id")),
        intervals=tuple(interval for interval in intervals if interval),
        country=owner.country if owner else None,
    )


def second_email(metadata: dict[str, str]) -> str | None:
    """`metadata.stamkund_billing_email` or `billing_email`, by convention: whoever pays, where that is somebody else."""
    found = metadata.get("stamkund_billing_email") or metadata.get("billing_email") or ""
    name, _, domain = found.strip().partition("@")
    plain = found.strip().isascii() and not set(found.strip()) & set(' \t\r\n,;<>"')
    return found.strip() if name and "." in domain and plain and "@" not in domain else None


def _subscription(raw: Raw) -> Raw | None:
    details = (raw.get("parent") or {}).get("subscription_details") or {}
    found = details.get("subscription")
    return found if isinstance(found, dict) else None


def _attempts(raw: Raw) -> list[Raw]:
    """The payment intents of an invoice, newest last."""
    payments = (raw.get("payments") or {}).get("data") or []
    intents = [(payment.get("payment") or {}).get("payment_intent") for payment in payments]
    found = [intent for intent in intents if isinstance(intent, dict)]
    return sorted(found, key=lambda intent: int(intent.get("created") or 0))


def _decline(attempts: list[Raw]) -> Decline:
    errors = [attempt["last_payment_error"] for attempt in attempts if attempt.get("last_payment_error")]
    if not errors:
        waits = any(attempt.get("status") == "requires_action" for attempt in attempts)
        return Decline(code="authentication_required" if waits else None)
    error: Raw = errors[-1]
    found = error.get("payment_method")
    method = found if isinstance(found, dict) else {}
    last4 = (method.get("card") or {}).get("last4")
    code = error.get("decline_code") or error.get("code")
    return Decline(code, error.get("advice_code"), last4, reference(found), method.get("type"))


def _products(subscription: Raw | None) -> tuple[str, ...]:
    items = ((subscription or {}).get("items") or {}).get("data") or []
    found = [reference((item.get("price") or {}).get("product")) for item in items]
    return tuple(product for product in found if product)


def time_zone(customer: Customer) -> str | None:
    """A customer's IANA zone: `metadata.timezone`, by convention, else that of their address; None: the site's holds."""
    name = customer.metadata.get("timezone")
    return name if name in _zones() else zones.of_address(customer.country, customer.state)


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())
