"""What a mailer must know before a notice leaves, from the one GET that it makes: a subscription, or a customer, expanded."""

from typing import Any

from chalicelib.core import locales
from chalicelib.core.frozen import frozen
from chalicelib.core.model import LIVE, Card, Customer, Item, Kind, Money, Subscription
from chalicelib.core.notices import Interval
from chalicelib.stripe_api import facts, shapes
from chalicelib.stripe_api.fields import inner, rows

Raw = dict[str, Any]

SUBSCRIPTION_FACTS = [
    *shapes.EXPAND[Kind.SUBSCRIPTION],
    "customer.invoice_settings.default_payment_method",
    "default_payment_method",
    "latest_invoice",
]
"""One GET tells the subscription, whom it bills, the card that will be charged, and what was not paid."""

CUSTOMER_FACTS = ["subscriptions"]
"""One GET tells the customer, and whether they have a subscription that runs."""

_INTERVALS: dict[str, Interval] = {"day": "day", "week": "week", "month": "month", "year": "year"}


@frozen
class Addressee:
    """Who is written to. `customer` is None for one who was deleted."""

    customer: Customer | None
    second_email: str | None
    time_zone: str | None

    @property
    def locales(self) -> tuple[str, ...]:
        """The language tags that they want, best first, that of their country last."""
        return locales.wanted(self.customer) if self.customer else ()

    @property
    def country(self) -> str | None:
        """That of their address, if known."""
        return self.customer.country if self.customer else None

    @property
    def emails(self) -> tuple[str, ...]:
        """Their addresses, the first one first."""
        found = (self.customer.email if self.customer else None, self.second_email)
        return tuple(email for email in found if email)


@frozen
class Subscriber:
    """A subscription as Stripe has it now. `card` is the one that will be charged, None for another means or none.

    `payable`: there is a means of payment, be it a direct debit or a legacy source. `unpaid` is what its latest invoice asks
    for, None where that is settled. `amount` is what each `interval` costs, None where the prices alone do not say it.
    """

    addressee: Addressee
    subscription: Subscription
    card: Card | None
    payable: bool
    unpaid: Money | None
    amount: Money | None
    interval: Interval | None


@frozen
class Former:
    """A customer whose subscription ended. `consents` to marketing; `back`: they have a subscription that runs."""

    addressee: Addressee
    consents: bool
    back: bool


def subscriber(raw: Raw) -> Subscriber:
    """From a subscription with `SUBSCRIPTION_FACTS` expanded. Raises UnknownShape."""
    subscription, method = shapes.subscription(raw), _charged(raw)
    amount, interval = _price(raw, subscription)
    return Subscriber(
        addressee=_addressee(raw.get("customer")),
        subscription=subscription,
        card=shapes.card(method) if isinstance(method, dict) and method.get("type") == "card" else None,
        payable=method is not None,
        unpaid=_unpaid(raw),
        amount=amount,
        interval=interval,
    )


def former(raw: Raw) -> Former:
    """From a customer with `CUSTOMER_FACTS` expanded. Raises UnknownShape."""
    addressee = _addressee(raw)
    running = [each for each in inner(raw, "subscriptions").get("data") or [] if each.get("status") in LIVE]
    return Former(addressee, consents(addressee.customer), bool(running))


def consents(customer: Customer | None) -> bool:
    """Whether a customer agreed to marketing: `metadata.stamkund_marketing: yes`, by convention; Stripe has no field for it."""
    return customer is not None and customer.metadata.get("stamkund_marketing") == "yes"


def _addressee(raw: Any) -> Addressee:
    if not isinstance(raw, dict) or shapes.is_deleted(raw):
        return Addressee(None, None, None)
    customer = shapes.customer(raw)
    return Addressee(customer, facts.second_email(customer.metadata), facts.time_zone(customer))


def _charged(raw: Raw) -> Raw | str | None:
    """What Stripe will take, in its order: the subscription's own, else the customer's; a legacy source is only named."""
    customer = _customer(raw)
    settings = inner(customer, "invoice_settings")
    own = raw.get("default_payment_method") or raw.get("default_source")
    return own or settings.get("default_payment_method") or customer.get("default_source") or None


def _customer(raw: Raw) -> Raw:
    found = raw.get("customer")
    return found if isinstance(found, dict) else {}


def _unpaid(raw: Raw) -> Money | None:
    latest = raw.get("latest_invoice")
    if not isinstance(latest, dict) or latest.get("status") == "paid":
        return None
    invoice = shapes.invoice(latest)
    return Money(invoice.amount_remaining or invoice.amount_due, invoice.currency) if invoice.amount_due else None


def _price(raw: Raw, subscription: Subscription) -> tuple[Money | None, Interval | None]:
    """What each period costs, where the prices alone say it; one that anything else changes is not named."""
    items = subscription.items
    periods = {(item.currency, item.interval, item.interval_count) for item in items}
    parts = [_part(item) for item in items]
    if _taxed(raw) or _reduced(raw, subscription) or subscription.schedule or len(periods) != 1 or None in parts:
        return None, None
    ((currency, interval, count),) = periods
    named = _INTERVALS.get(interval or "") if count in (None, 1) else None
    return Money(sum(part for part in parts if part is not None), currency), named


def _taxed(raw: Raw) -> bool:
    """Whether tax may come on top; an item's own rates are asked for like those of all."""
    own = any(item.get("tax_rates") for item in rows(inner(raw, "items"), "data"))
    return bool(inner(raw, "automatic_tax").get("enabled") or raw.get("default_tax_rates") or own)


def _reduced(raw: Raw, subscription: Subscription) -> bool:
    """Whether a discount (the customer's too), a package of several, or what the customer has or owes alters the sum."""
    customer, items = _customer(raw), rows(inner(raw, "items"), "data")
    discounts = subscription.discounts or any(item.discounts for item in subscription.items) or customer.get("discount")
    packed = any(inner(item, "price").get("transform_quantity") for item in items)
    return bool(discounts or packed or customer.get("balance"))


def _part(item: Item) -> int | None:
    if item.unit_amount is None or item.usage_type == "metered":
        return None
    return item.unit_amount * (1 if item.quantity is None else item.quantity)
