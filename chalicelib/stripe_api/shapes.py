"""Stripe's shapes (API version in `version`): plain dicts in, values of `core.model` and its neighbours out.

Only this file, `catalogue_shapes`, `payment_shapes`, `facts` and `notice_facts` know Stripe's field paths. Every function
raises UnknownShape, naming object and field, where a field is missing or has a type that Stripe never sends: a silent None
would become a wrong date or a lost link.
"""

from collections.abc import Callable

from chalicelib.core.events import Event
from chalicelib.core.frozen import frozen
from chalicelib.core.model import Card, Customer, Entitlements, Invoice, Item, Kind, Subscription
from chalicelib.core.records import Record
from chalicelib.errors import UnknownShape
from chalicelib.stripe_api import catalogue_shapes, payment_shapes
from chalicelib.stripe_api.fields import (
    Raw,
    cut,
    decimal,
    inner,
    need,
    needed_reference,
    optional,
    owner,
    reference,
    rows,
)

PLURALS: dict[Kind, str] = {
    Kind.CUSTOMER: "customers",
    Kind.SUBSCRIPTION: "subscriptions",
    Kind.SCHEDULE: "subscription_schedules",
    Kind.INVOICE: "invoices",
    Kind.CARD: "payment_methods",
    Kind.INTENT: "payment_intents",
    Kind.CHARGE: "charges",
    Kind.REFUND: "refunds",
    Kind.DISPUTE: "disputes",
    Kind.INVOICE_PAYMENT: "invoice_payments",
    Kind.PRODUCT: "products",
    Kind.PRICE: "prices",
    Kind.COUPON: "coupons",
}
"""Where the API keeps each kind. Entitlements have no address of their own: they are a list of their customer's."""

EXPAND: dict[Kind, tuple[str, ...]] = {
    Kind.SUBSCRIPTION: ("discounts", "items.data.discounts"),
    Kind.REFUND: ("charge",),
    Kind.DISPUTE: ("charge",),
    Kind.PRICE: ("tiers",),
    Kind.COUPON: ("applies_to",),
}
"""What a GET or a list must ask for, because no answer has it otherwise."""


@frozen
class Answer:
    """What a GET returned (None: the object exists no more), and Stripe's clock around it, rounded outwards."""

    raw: Raw | None
    start: int
    end: int


def asked(kind: Kind, raw: Raw) -> Raw:
    """An object as a GET or a list returned it that asked for all of `EXPAND`: what Stripe then leaves out is nothing."""
    return {name: None for name in EXPAND.get(kind, ()) if "." not in name} | raw


def customer(raw: Raw) -> Customer:
    """A customer. Country and state are those of the address, else of the shipping address."""
    address = inner(raw, "address")
    place = address if optional(address, "country", str) else inner(inner(raw, "shipping"), "address")
    settings, discount = inner(raw, "invoice_settings"), optional(raw, "discount", dict)
    return Customer(
        id=need(raw, "id", str),
        email=optional(raw, "email", str),
        name=optional(raw, "name", str),
        locales=tuple(optional(raw, "preferred_locales", list) or ()),
        country=optional(place, "country", str),
        default_payment_method=reference(settings.get("default_payment_method")),
        metadata=inner(raw, "metadata"),
        created=need(raw, "created", int),
        discount=catalogue_shapes.discount(discount) if discount else None,
        state=optional(place, "state", str),
    )


def subscription(raw: Raw) -> Subscription:
    """A subscription with its items; periods stand on the items since basil. Raises Cut where any are missing."""
    items = need(raw, "items", dict)
    if items.get("has_more"):
        raise cut(raw, "items")
    ending, paused = inner(raw, "cancellation_details"), inner(inner(raw, "status_details"), "paused")
    return Subscription(
        id=need(raw, "id", str),
        customer=owner(raw),
        status=need(raw, "status", str),
        items=tuple(item(each) for each in rows(items, "data")),
        cancel_at=optional(raw, "cancel_at", int),
        cancel_at_period_end=bool(optional(raw, "cancel_at_period_end", bool)),
        canceled_at=optional(raw, "canceled_at", int),
        ended_at=optional(raw, "ended_at", int),
        trial_end=optional(raw, "trial_end", int),
        pause_collection=optional(raw, "pause_collection", dict),
        default_payment_method=reference(raw.get("default_payment_method")),
        latest_invoice=reference(raw.get("latest_invoice")),
        metadata=inner(raw, "metadata"),
        created=need(raw, "created", int),
        collection_method=optional(raw, "collection_method", str),
        cancellation_reason=optional(ending, "reason", str),
        cancellation_feedback=optional(ending, "feedback", str),
        trial_start=optional(raw, "trial_start", int),
        paused=optional(inner(paused, "subscription"), "type", str),
        schedule=reference(raw.get("schedule")),
        start_date=optional(raw, "start_date", int),
        currency=optional(raw, "currency", str),
        billing_mode=optional(inner(raw, "billing_mode"), "type", str),
        discounts=catalogue_shapes.discounts(raw),
    )


def item(raw: Raw) -> Item:
    """One item of a subscription. A one-off price has no `recurring`."""
    price = need(raw, "price", dict)
    recurring = inner(price, "recurring")
    return Item(
        id=need(raw, "id", str),
        price=need(price, "id", str),
        product=needed_reference(price, "product"),
        unit_amount=optional(price, "unit_amount", int),
        currency=need(price, "currency", str),
        interval=optional(recurring, "interval", str),
        interval_count=optional(recurring, "interval_count", int),
        quantity=optional(raw, "quantity", int),
        current_period_start=need(raw, "current_period_start", int),
        current_period_end=need(raw, "current_period_end", int),
        unit_amount_decimal=decimal(price, "unit_amount_decimal"),
        usage_type=optional(recurring, "usage_type", str),
        billing_scheme=optional(price, "billing_scheme", str),
        discounts=catalogue_shapes.discounts(raw),
    )


def invoice(raw: Raw) -> Invoice:
    """An invoice; its subscription stands under `parent` since basil, and `parent` is null for one-off invoices."""
    line, moments = _main_line(raw), inner(raw, "status_transitions")
    return Invoice(
        id=need(raw, "id", str),
        customer=owner(raw),
        number=optional(raw, "number", str),
        status=need(raw, "status", str),
        currency=need(raw, "currency", str),
        amount_due=need(raw, "amount_due", int),
        amount_paid=need(raw, "amount_paid", int),
        amount_remaining=need(raw, "amount_remaining", int),
        attempted=need(raw, "attempted", bool),
        attempt_count=need(raw, "attempt_count", int),
        next_payment_attempt=optional(raw, "next_payment_attempt", int),
        due_date=optional(raw, "due_date", int),
        billing_reason=optional(raw, "billing_reason", str),
        collection_method=optional(raw, "collection_method", str),
        subscription=invoice_subscription(raw),
        hosted_invoice_url=optional(raw, "hosted_invoice_url", str),
        invoice_pdf=optional(raw, "invoice_pdf", str),
        created=need(raw, "created", int),
        subtotal=optional(raw, "subtotal", int),
        total=optional(raw, "total", int),
        uncollectible=optional(inner(inner(raw, "status_details"), "uncollectible"), "reason", str),
        price=reference(inner(inner(line, "pricing"), "price_details").get("price")),
        period_start=optional(inner(line, "period"), "start", int),
        paid_at=optional(moments, "paid_at", int),
        given_up_at=optional(moments, "marked_uncollectible_at", int),
        off_stripe=optional(raw, "amount_paid_off_stripe", int),
    )


def _main_line(raw: Raw) -> Raw:
    """The line by which an invoice is told: the first that is no proration, of those that every answer has (ten)."""
    lines = rows(raw["lines"], "data") if inner(raw, "lines") else []
    return next((line for line in lines if not _is_proration(line)), lines[0] if lines else {})


def _is_proration(line: Raw) -> bool:
    parent = inner(line, "parent")
    details = inner(parent, "subscription_item_details") or inner(parent, "invoice_item_details")
    return details.get("proration") is True


def invoice_subscription(raw: Raw) -> str | None:
    """The id of the subscription that an invoice bills, or None for a one-off invoice."""
    return reference(inner(inner(raw, "parent"), "subscription_details").get("subscription"))


def card(raw: Raw) -> Card:
    """A payment method; `customer` is null once it is detached."""
    details = inner(raw, "card")
    return Card(
        id=need(raw, "id", str),
        customer=reference(raw.get("customer")),
        type=need(raw, "type", str),
        brand=optional(details, "brand", str),
        last4=optional(details, "last4", str),
        exp_month=optional(details, "exp_month", int),
        exp_year=optional(details, "exp_year", int),
        created=need(raw, "created", int),
    )


def entitlements(raw: Raw) -> Entitlements:
    """The active entitlements of a customer. Raises Cut where the list is cut."""
    found = need(raw, "entitlements", dict)
    if found.get("has_more"):
        raise cut(raw, "entitlements")
    keys = tuple(sorted(need(each, "lookup_key", str) for each in rows(found, "data")))
    return Entitlements(owner(raw), owner(raw), keys)


def summary(customer: str, entitled: list[Raw]) -> Raw:
    """The summary of a customer's active entitlements, all of which are given: Stripe has it in events only."""
    return {
        "object": Kind.ENTITLEMENTS.value,
        "customer": customer,
        "entitlements": {"object": "list", "data": entitled, "has_more": False},
    }


READERS: dict[Kind, Callable[[Raw], Record]] = {
    Kind.CUSTOMER: customer,
    Kind.SUBSCRIPTION: subscription,
    Kind.SCHEDULE: catalogue_shapes.schedule,
    Kind.INVOICE: invoice,
    Kind.CARD: card,
    Kind.ENTITLEMENTS: entitlements,
    Kind.INTENT: payment_shapes.payment_intent,
    Kind.CHARGE: payment_shapes.charge,
    Kind.REFUND: payment_shapes.refund,
    Kind.DISPUTE: payment_shapes.dispute,
    Kind.INVOICE_PAYMENT: payment_shapes.invoice_payment,
    Kind.PRODUCT: catalogue_shapes.product,
    Kind.PRICE: catalogue_shapes.price,
    Kind.COUPON: catalogue_shapes.coupon,
}
OF_PAYMENT = frozenset({Kind.INTENT, Kind.CHARGE, Kind.REFUND, Kind.DISPUTE, Kind.INVOICE_PAYMENT})


def record(kind: Kind, raw: Raw) -> Record:
    """The value of any kind that we keep."""
    return READERS[kind](raw)


def event(raw: object) -> Event:
    """The envelope of a snapshot event. Raises UnknownShape for anything else, a thin event too."""
    if not isinstance(raw, dict) or raw.get("object") != "event":
        raise UnknownShape("This is not a snapshot event of Stripe.", "object")
    data = need(raw, "data", dict)
    return Event(
        id=need(raw, "id", str),
        type=need(raw, "type", str),
        created=need(raw, "created", int),
        livemode=need(raw, "livemode", bool),
        account=optional(raw, "account", str),
        api_version=optional(raw, "api_version", str),
        object=need(data, "object", dict),
        previous=inner(data, "previous_attributes"),
    )


OWNED = frozenset({Kind.SUBSCRIPTION, Kind.SCHEDULE, Kind.INVOICE})
"""Kinds that always have a customer, without whom their key is not known. A card may have none."""

Identity = tuple[str, str | None, int]
"""(id, owner, created) of an object: all that its key needs. The owner is the customer, or the payment that it belongs to."""


def identity(kind: Kind, raw: Raw, previous: Raw | None = None) -> Identity:
    """The identity of an object. A detached card's owner stands in `previous`. Raises UnknownShape."""
    if kind is Kind.ENTITLEMENTS:
        return owner(raw), owner(raw), 0
    ident, created = need(raw, "id", str), need(raw, "created", int)
    if kind in OF_PAYMENT:
        return ident, payment_shapes.payment(raw), created
    if kind is Kind.CUSTOMER:
        return ident, ident, created
    return ident, reference(raw.get("customer") or (previous or {}).get("customer")), created


def rung(kind: Kind, raw: Raw) -> Identity:
    """The identity of the object at whose door an event rings: it is named, by its kind, in another object."""
    return needed_reference(raw, kind.value), reference(raw.get("customer")), 0


def brings_card(kind: Kind, raw: Raw, previous: Raw) -> str | None:
    """The customer who has, by this event, a new card or another default one; None where the event says neither."""
    if kind is Kind.CUSTOMER and not {"invoice_settings", "default_source"} & previous.keys():
        return None
    return reference(raw.get("id") if kind is Kind.CUSTOMER else raw.get("customer"))


def is_deleted(raw: Raw) -> bool:
    """Whether a GET answered with the stub that Stripe keeps of a deleted object."""
    return raw.get("deleted") is True
