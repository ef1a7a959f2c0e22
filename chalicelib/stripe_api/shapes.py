"""The only file that knows Stripe's field paths (API version in `version`): plain dicts in, values of `core.model` out.

Every function raises UnknownShape, naming object and field, where a field is missing or has a type that Stripe never sends:
a silent None would become a wrong date or a lost link.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chalicelib.core.events import Event
from chalicelib.core.model import Card, Customer, Invoice, Item, Kind, Product, Subscription
from chalicelib.errors import UnknownShape

Raw = dict[str, Any]
Record = Customer | Subscription | Invoice | Card | Product


@dataclass(frozen=True)
class Answer:
    """What a GET returned (None: the object exists no more), and Stripe's clock around it, rounded outwards."""

    raw: Raw | None
    start: int
    end: int


class Cut(UnknownShape):
    """A list inside the object is cut (`has_more`): what we have is not the whole."""


def customer(raw: Raw) -> Customer:
    """A customer. The country is that of the address, else of the shipping address."""
    address = _optional(raw, "address", dict) or {}
    shipping = _optional(_optional(raw, "shipping", dict) or {}, "address", dict) or {}
    settings = _optional(raw, "invoice_settings", dict) or {}
    return Customer(
        id=_need(raw, "id", str),
        email=_optional(raw, "email", str),
        name=_optional(raw, "name", str),
        locales=tuple(_optional(raw, "preferred_locales", list) or ()),
        country=_optional(address, "country", str) or _optional(shipping, "country", str),
        default_payment_method=reference(settings.get("default_payment_method")),
        metadata=_optional(raw, "metadata", dict) or {},
        created=_need(raw, "created", int),
    )


def subscription(raw: Raw) -> Subscription:
    """A subscription with its items; periods stand on the items since basil. Raises Cut where items are missing."""
    items = _need(raw, "items", dict)
    if items.get("has_more"):
        raise Cut("The items of a subscription are cut: read them from Stripe.", "items")
    return Subscription(
        id=_need(raw, "id", str),
        customer=_owner(raw),
        status=_need(raw, "status", str),
        items=tuple(item(each) for each in _objects(items, "data")),
        cancel_at=_optional(raw, "cancel_at", int),
        cancel_at_period_end=bool(_optional(raw, "cancel_at_period_end", bool)),
        canceled_at=_optional(raw, "canceled_at", int),
        ended_at=_optional(raw, "ended_at", int),
        trial_end=_optional(raw, "trial_end", int),
        pause_collection=_optional(raw, "pause_collection", dict),
        default_payment_method=reference(raw.get("default_payment_method")),
        latest_invoice=reference(raw.get("latest_invoice")),
        metadata=_optional(raw, "metadata", dict) or {},
        created=_need(raw, "created", int),
    )


def item(raw: Raw) -> Item:
    """One item of a subscription. A one-off price has no `recurring`."""
    price = _need(raw, "price", dict)
    recurring = _optional(price, "recurring", dict) or {}
    product_id = reference(price.get("product"))
    if product_id is None:
        raise _unknown(price, "product")
    return Item(
        id=_need(raw, "id", str),
        price=_need(price, "id", str),
        product=product_id,
        unit_amount=_optional(price, "unit_amount", int),
        currency=_need(price, "currency", str),
        interval=_optional(recurring, "interval", str),
        interval_count=_optional(recurring, "interval_count", int),
        quantity=_optional(raw, "quantity", int),
        current_period_start=_need(raw, "current_period_start", int),
        current_period_end=_need(raw, "current_period_end", int),
    )


def invoice(raw: Raw) -> Invoice:
    """An invoice; its subscription stands under `parent` since basil, and `parent` is null for one-off invoices."""
    return Invoice(
        id=_need(raw, "id", str),
        customer=_owner(raw),
        number=_optional(raw, "number", str),
        status=_need(raw, "status", str),
        currency=_need(raw, "currency", str),
        amount_due=_need(raw, "amount_due", int),
        amount_paid=_need(raw, "amount_paid", int),
        amount_remaining=_need(raw, "amount_remaining", int),
        attempted=_need(raw, "attempted", bool),
        attempt_count=_need(raw, "attempt_count", int),
        next_payment_attempt=_optional(raw, "next_payment_attempt", int),
        due_date=_optional(raw, "due_date", int),
        billing_reason=_optional(raw, "billing_reason", str),
        collection_method=_optional(raw, "collection_method", str),
        subscription=invoice_subscription(raw),
        hosted_invoice_url=_optional(raw, "hosted_invoice_url", str),
        invoice_pdf=_optional(raw, "invoice_pdf", str),
        created=_need(raw, "created", int),
    )


def invoice_subscription(raw: Raw) -> str | None:
    """The id of the subscription that an invoice bills, or None for a one-off invoice."""
    parent = _optional(raw, "parent", dict) or {}
    details = _optional(parent, "subscription_details", dict) or {}
    return reference(details.get("subscription"))


def card(raw: Raw) -> Card:
    """A payment method; `customer` is null once it is detached."""
    details = _optional(raw, "card", dict) or {}
    return Card(
        id=_need(raw, "id", str),
        customer=reference(raw.get("customer")),
        type=_need(raw, "type", str),
        brand=_optional(details, "brand", str),
        last4=_optional(details, "last4", str),
        exp_month=_optional(details, "exp_month", int),
        exp_year=_optional(details, "exp_year", int),
        created=_need(raw, "created", int),
    )


def product(raw: Raw) -> Product:
    """A product of the catalogue."""
    return Product(
        id=_need(raw, "id", str),
        name=_need(raw, "name", str),
        active=_need(raw, "active", bool),
        created=_need(raw, "created", int),
    )


READERS: dict[Kind, Callable[[Raw], Record]] = {
    Kind.CUSTOMER: customer,
    Kind.SUBSCRIPTION: subscription,
    Kind.INVOICE: invoice,
    Kind.CARD: card,
    Kind.PRODUCT: product,
}


def record(kind: Kind, raw: Raw) -> Record:
    """The value of any kind that we keep."""
    return READERS[kind](raw)


def event(raw: object) -> Event:
    """The envelope of a snapshot event. Raises UnknownShape for anything else, a thin event too."""
    if not isinstance(raw, dict) or raw.get("object") != "event":
        raise UnknownShape("This is not a snapshot event of Stripe.", "object")
    data = _need(raw, "data", dict)
    return Event(
        id=_need(raw, "id", str),
        type=_need(raw, "type", str),
        created=_need(raw, "created", int),
        livemode=_need(raw, "livemode", bool),
        account=_optional(raw, "account", str),
        api_version=_optional(raw, "api_version", str),
        object=_need(data, "object", dict),
        previous=_optional(data, "previous_attributes", dict) or {},
    )


def identity(kind: Kind, raw: Raw, previous: Raw | None = None) -> tuple[str, str | None, int]:
    """(id, customer, created) of an object: all that its key needs. A detached card's owner stands in `previous`."""
    ident = _need(raw, "id", str)
    owner = ident if kind is Kind.CUSTOMER else reference(raw.get("customer") or (previous or {}).get("customer"))
    return ident, owner, _need(raw, "created", int)


def brings_card(kind: Kind, raw: Raw, previous: Raw) -> str | None:
    """The customer who has, by this event, a new card or another default one; None where the event says neither."""
    if kind is Kind.CUSTOMER and not {"invoice_settings", "default_source"} & previous.keys():
        return None
    return reference(raw.get("id") if kind is Kind.CUSTOMER else raw.get("customer"))


def is_deleted(raw: Raw) -> bool:
    """Whether a GET answered with the stub that Stripe keeps of a deleted object."""
    return raw.get("deleted") is True


def reference(value: object) -> str | None:
    """The id in a field that holds an id, or the object itself where it was expanded."""
    if isinstance(value, dict):
        value = value.get("id")
    return value if isinstance(value, str) and value else None


def _owner(raw: Raw) -> str:
    owner = reference(raw.get("customer"))
    if owner is None:
        raise _unknown(raw, "customer")
    return owner


def _need(raw: Raw, name: str, kind: type) -> Any:
    value = raw.get(name)
    if value is None or not _is(value, kind):
        raise _unknown(raw, name)
    return value


def _objects(raw: Raw, name: str) -> list[Raw]:
    """A list of objects: not one that holds bare ids."""
    found: list[Raw] = _need(raw, name, list)
    if not all(isinstance(each, dict) for each in found):
        raise _unknown(raw, name)
    return found


def _optional(raw: Raw, name: str, kind: type) -> Any:
    value = raw.get(name)
    if value is not None and not _is(value, kind):
        raise _unknown(raw, name)
    return value


def _is(value: object, kind: type) -> bool:
    """Booleans are no integers here, and no amount or time of Stripe's is beyond 2**53."""
    if kind is int:
        return type(value) is int and abs(value) <= 2**53
    return isinstance(value, kind)


_WORDS = {*Kind, "event", "price", "subscription_item"}


def _unknown(raw: Raw, name: str) -> UnknownShape:
    """The message goes back to the sender: whatever stands where Stripe has its word for the object is not repeated."""
    said = raw.get("object")
    about = said if isinstance(said, str) and said in _WORDS else "object"
    return UnknownShape(f"A Stripe {about} has no usable field {name}.", name)
