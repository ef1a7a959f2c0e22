"""What Stamkund keeps of Stripe's objects: plain, frozen values in our own field names.

Times are UTC seconds (int) and money is an integer in the currency's minor unit, exactly as Stripe gives them;
`Money` and aware datetimes appear where people read them.
"""

from enum import StrEnum

from chalicelib.core.frozen import frozen


class Kind(StrEnum):
    """The Stripe objects whose state we keep; the value is Stripe's own `object` name."""

    CUSTOMER = "customer"
    SUBSCRIPTION = "subscription"
    INVOICE = "invoice"
    CARD = "payment_method"
    PRODUCT = "product"
    SCHEDULE = "subscription_schedule"
    INTENT = "payment_intent"
    CHARGE = "charge"
    REFUND = "refund"
    DISPUTE = "dispute"
    INVOICE_PAYMENT = "invoice_payment"
    PRICE = "price"
    COUPON = "coupon"
    ENTITLEMENTS = "entitlements.active_entitlement_summary"


@frozen
class Money:
    """An amount in the minor unit of `currency` (ISO 4217, lower case, as Stripe writes it)."""

    amount: int
    currency: str


@frozen
class Discount:
    """A coupon in force, from `start` to `end` (null: as long as the coupon says). What it takes off stands in the coupon."""

    id: str
    coupon: str | None
    start: int
    end: int | None
    promotion_code: str | None


@frozen
class Item:
    """One line of a subscription. `unit_amount` is null for tiered, metered and fractional prices."""

    id: str
    price: str
    product: str
    unit_amount: int | None
    currency: str
    interval: str | None
    interval_count: int | None
    quantity: int | None
    current_period_start: int
    current_period_end: int
    unit_amount_decimal: str | None = None
    usage_type: str | None = None
    billing_scheme: str | None = None
    discounts: tuple[Discount, ...] = ()


@frozen
class Subscription:
    """A subscription; `pause_collection` and `status == "paused"` are different things at Stripe.

    `paused` says why it is paused (`pause_requested`, `first_payment_failure` ...). Fields with a default came later: rows
    that were stored without them still load.
    """

    id: str
    customer: str
    status: str
    items: tuple[Item, ...]
    cancel_at: int | None
    cancel_at_period_end: bool
    canceled_at: int | None
    ended_at: int | None
    trial_end: int | None
    pause_collection: dict[str, object] | None
    default_payment_method: str | None
    latest_invoice: str | None
    metadata: dict[str, str]
    created: int
    collection_method: str | None = None
    cancellation_reason: str | None = None
    cancellation_feedback: str | None = None
    trial_start: int | None = None
    paused: str | None = None
    schedule: str | None = None
    start_date: int | None = None
    currency: str | None = None
    billing_mode: str | None = None
    discounts: tuple[Discount, ...] = ()


LIVE = frozenset({"active", "trialing", "past_due"})
"""Statuses of a subscription that runs."""


@frozen
class Invoice:
    """An invoice; `next_payment_attempt` is null when Stripe has no retry scheduled. `uncollectible`: why it was given up.

    `price` is that of the first line that is no proration, and `period_start` when the period begins that the line bills.
    `off_stripe` is what somebody has noted as paid elsewhere. Fields with a default came later.
    """

    id: str
    customer: str
    number: str | None
    status: str
    currency: str
    amount_due: int
    amount_paid: int
    amount_remaining: int
    attempted: bool
    attempt_count: int
    next_payment_attempt: int | None
    due_date: int | None
    billing_reason: str | None
    collection_method: str | None
    subscription: str | None
    hosted_invoice_url: str | None
    invoice_pdf: str | None
    created: int
    subtotal: int | None = None
    total: int | None = None
    uncollectible: str | None = None
    price: str | None = None
    period_start: int | None = None
    paid_at: int | None = None
    given_up_at: int | None = None
    off_stripe: int | None = None


@frozen
class Card:
    """A payment method. Only cards have brand, last4 and expiry; others keep their `type`."""

    id: str
    customer: str | None
    type: str
    brand: str | None
    last4: str | None
    exp_month: int | None
    exp_year: int | None
    created: int


@frozen
class Customer:
    """A customer of the merchant, as Stripe has it. `country` and `state` are of one address."""

    id: str
    email: str | None
    name: str | None
    locales: tuple[str, ...]
    country: str | None
    default_payment_method: str | None
    metadata: dict[str, str]
    created: int
    discount: Discount | None = None
    state: str | None = None


@frozen
class Entitlements:
    """What a customer may use: the lookup keys of their active entitlements, sorted. `id` is the customer's."""

    id: str
    customer: str
    lookup_keys: tuple[str, ...]
    created: int = 0


@frozen
class Product:
    """A product of the merchant's catalogue: we need its name only."""

    id: str
    name: str
    active: bool
    created: int
