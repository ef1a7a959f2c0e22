"""What each Stripe event means for us: one literal dict, from which the list that Stripe sends us is computed.

To take a new type: one row, one function if no meaning below fits, one fixture, one test. Every event is a doorbell with a
snapshot: none of these functions looks at anything but the event.
"""

from collections.abc import Callable
from dataclasses import field
from typing import Any

from chalicelib.core.frozen import frozen
from chalicelib.core.model import Kind


@frozen
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


@frozen
class Change:
    """The object of ours that an event is about. `gone`: it exists no more, and no older event may revive it.

    `new_card`: the customer may have a card now that works (`shapes.brings_card` looks closer).
    `rings`: the event is only a doorbell: its own object is another one, which names that of `kind`, and Stripe is asked.
    """

    kind: Kind
    gone: bool = False
    new_card: bool = False
    rings: bool = False


@frozen
class Doubt:
    """All that must be known to read one object from Stripe and write it: what goes on the queue instead of the body.

    `customer` is the owner in the object's key: the customer or, for what belongs to a payment, the payment. `created` is
    the event's second, `object_created` the object's own; `scope` is account and mode; `reason` is for people. Where the
    event could not say where its object is stored (not `placed`), owner and `object_created` are first asked for too.
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
    placed: bool = True


@frozen
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
    """The name that people read in mails, and programs in the state API."""
    return Change(Kind.PRODUCT)


def product_gone(event: Event) -> Change:
    """Deleted from the catalogue."""
    return Change(Kind.PRODUCT, gone=True)


def price_changed(event: Event) -> Change:
    """A price; its amount never changes, but whether it may still be sold does. Tiers come only when asked for."""
    return Change(Kind.PRICE)


def price_gone(event: Event) -> Change:
    """Deleted, which only a price can be that was never used."""
    return Change(Kind.PRICE, gone=True)


def coupon_changed(event: Event) -> Change:
    """A coupon. The products that it applies to come only when asked for, so every such event is a doubt."""
    return Change(Kind.COUPON)


def coupon_gone(event: Event) -> Change:
    """Nobody can redeem it any more; the discounts that there are go on, so its state is kept."""
    return Change(Kind.COUPON, gone=True)


def discount_changed(event: Event) -> Change:
    """A discount stands in its subscription, else in its customer: that one is read again."""
    return Change(Kind.SUBSCRIPTION if event.object.get(Kind.SUBSCRIPTION) else Kind.CUSTOMER, rings=True)


def schedule_changed(event: Event) -> Change:
    """What a subscription will change to, and when. Its end is a state: released, completed, canceled (also by `aborted`)."""
    return Change(Kind.SCHEDULE)


def intent_changed(event: Event) -> Change:
    """A payment: why the last try failed, whether the customer's bank wants something, how it ended."""
    return Change(Kind.INTENT)


def charge_changed(event: Event) -> Change:
    """A try to take the money: the bank's reasons, and what was given back later."""
    return Change(Kind.CHARGE)


def refund_changed(event: Event) -> Change:
    """Money given back, or not (`failed`)."""
    return Change(Kind.REFUND)


def dispute_changed(event: Event) -> Change:
    """A bank takes a payment back: reminders stop while it is open. The event lacks the customer, so it is a doubt."""
    return Change(Kind.DISPUTE)


def invoice_payment_changed(event: Event) -> Change:
    """The link between an invoice and its payment, which neither of the two names."""
    return Change(Kind.INVOICE_PAYMENT)


def entitlements_changed(event: Event) -> Change:
    """What the customer may use. A long list is cut in the event, and then read."""
    return Change(Kind.ENTITLEMENTS)


# Left out on purpose: invoice.created, because Stripe holds finalisation for up to 72 hours while an endpoint fails on it;
# invoice.payment_succeeded (invoice.paid says the same, and more) and plan.* (price.* does).
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
    "invoice.will_be_due": invoice_changed,
    "invoice.overdue": invoice_changed,
    "invoice.overpaid": invoice_changed,
    "invoice.sent": invoice_changed,
    "invoice.payment_attempt_required": invoice_changed,
    "invoice.deleted": invoice_gone,
    "payment_method.attached": card_attached,
    "payment_method.updated": card_changed,
    "payment_method.automatically_updated": card_changed,
    "payment_method.detached": card_gone,
    "product.created": product_changed,
    "product.updated": product_changed,
    "product.deleted": product_gone,
    "price.created": price_changed,
    "price.updated": price_changed,
    "price.deleted": price_gone,
    "coupon.created": coupon_changed,
    "coupon.updated": coupon_changed,
    "coupon.deleted": coupon_gone,
    "customer.discount.created": discount_changed,
    "customer.discount.updated": discount_changed,
    "customer.discount.deleted": discount_changed,
    "subscription_schedule.created": schedule_changed,
    "subscription_schedule.updated": schedule_changed,
    "subscription_schedule.released": schedule_changed,
    "subscription_schedule.canceled": schedule_changed,
    "subscription_schedule.completed": schedule_changed,
    "subscription_schedule.aborted": schedule_changed,
    "subscription_schedule.expiring": schedule_changed,
    "payment_intent.payment_failed": intent_changed,
    "payment_intent.requires_action": intent_changed,
    "payment_intent.processing": intent_changed,
    "payment_intent.succeeded": intent_changed,
    "payment_intent.canceled": intent_changed,
    "charge.succeeded": charge_changed,
    "charge.failed": charge_changed,
    "charge.updated": charge_changed,
    "charge.refunded": charge_changed,
    "refund.created": refund_changed,
    "refund.updated": refund_changed,
    "refund.failed": refund_changed,
    "charge.dispute.created": dispute_changed,
    "charge.dispute.updated": dispute_changed,
    "charge.dispute.closed": dispute_changed,
    "charge.dispute.funds_withdrawn": dispute_changed,
    "charge.dispute.funds_reinstated": dispute_changed,
    "invoice_payment.paid": invoice_payment_changed,
    "entitlements.active_entitlement_summary.updated": entitlements_changed,
}


def enabled_events() -> list[str]:
    """The types that our endpoint at Stripe is subscribed to."""
    return sorted(EVENTS)
