"""What each Stripe event means for us: one literal dict, from which the list that Stripe sends us is computed.

To take a new type: one row, one function if no meaning below fits, one fixture, one test. Every event is a doorbell with a
snapshot: none of these functions looks at anything but the event.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from chalicelib.core.model import Kind


@dataclass(frozen=True)
class Event:
    """A snapshot event. `created` is in whole UTC seconds; `previous` holds the old values of what changed."""

    id: str
    type: str
    created: int
    livemode: bool
    account: str | None
    api_version: str | None
    object: dict[str, Any]
    previous: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Change:
    """The object of ours that an event is about. `gone`: it exists no more, and no older event may revive it.

    `new_card`: the customer may have a card now that works (`shapes.brings_card` looks closer).
    """

    kind: Kind
    gone: bool = False
    new_card: bool = False


@dataclass(frozen=True)
class Doubt:
    """All that must be known to read one object from Stripe and write it: what goes on the queue instead of the body.

    `created` is the event's second, `object_created` the object's own; `scope` is account and mode; `reason` is for people.
    """

    event: str
    type: str
    kind: Kind
    id: str
    customer: str | None
    object_created: int
    scope: str
    created: int
    reason: str


@dataclass(frozen=True)
class NewCard:
    """A customer may have a card that works: what goes on the queue so that open invoices are paid with it.

    `event` is the event's id, or what else said so; `scope` is account and mode.
    """

    event: str
    scope: str
    customer: str


def customer_changed(event: Event) -> Change:
    """E-mail, name, language, default card."""
    return Change(Kind.CUSTOMER, new_card=True)


def customer_gone(event: Event) -> Change:
    """Deleted; Stripe cancels the subscriptions and says so in events of their own."""
    return Change(Kind.CUSTOMER, gone=True)


def subscription_changed(event: Event) -> Change:
    """Any change, the end too: a canceled subscription is a state, not an absence."""
    return Change(Kind.SUBSCRIPTION)


def invoice_changed(event: Event) -> Change:
    """Status, amounts, attempts. A failed attempt opens the dunning case, payment closes it: both follow from the state."""
    return Change(Kind.INVOICE)


def invoice_gone(event: Event) -> Change:
    """A draft was deleted."""
    return Change(Kind.INVOICE, gone=True)


def card_changed(event: Event) -> Change:
    """Its number or expiry changed (the network's updater does that)."""
    return Change(Kind.CARD)


def card_attached(event: Event) -> Change:
    """A payment method of a customer is new."""
    return Change(Kind.CARD, new_card=True)


def card_gone(event: Event) -> Change:
    """Detached: Stripe never attaches it again."""
    return Change(Kind.CARD, gone=True)


def product_changed(event: Event) -> Change:
    """The name that people read on the account page and in mails."""
    return Change(Kind.PRODUCT)


def product_gone(event: Event) -> Change:
    """Deleted from the catalogue."""
    return Change(Kind.PRODUCT, gone=True)


# invoice.created is left out on purpose: Stripe holds finalisation for up to 72 hours while an endpoint fails on it.
# charge.*, payment_intent.* and invoice_payment.* carry no state that we keep: a case reads them when it is due.
EVENTS: dict[str, Callable[[Event], Change]] = {
    "customer.created": customer_changed,
    "customer.updated": customer_changed,
    "customer.deleted": customer_gone,
    "customer.subscription.created": subscription_changed,
    "customer.subscription.updated": subscription_changed,
    "customer.subscription.deleted": subscription_changed,
    "customer.subscription.paused": subscription_changed,
    "customer.subscription.resumed": subscription_changed,
    "customer.subscription.trial_will_end": subscription_changed,
    "customer.subscription.pending_update_applied": subscription_changed,
    "customer.subscription.pending_update_expired": subscription_changed,
    "invoice.finalized": invoice_changed,
    "invoice.finalization_failed": invoice_changed,
    "invoice.updated": invoice_changed,
    "invoice.paid": invoice_changed,
    "invoice.payment_failed": invoice_changed,
    "invoice.payment_action_required": invoice_changed,
    "invoice.marked_uncollectible": invoice_changed,
    "invoice.voided": invoice_changed,
    "invoice.overdue": invoice_changed,
    "invoice.deleted": invoice_gone,
    "payment_method.attached": card_attached,
    "payment_method.updated": card_changed,
    "payment_method.automatically_updated": card_changed,
    "payment_method.detached": card_gone,
    "product.created": product_changed,
    "product.updated": product_changed,
    "product.deleted": product_gone,
}


def enabled_events() -> list[str]:
    """The types that our endpoint at Stripe is subscribed to."""
    return sorted(EVENTS)
