"""What Stamkund knows: plain, frozen values in our own field names.

Times are UTC seconds (int) and money is an integer in the currency's minor unit, exactly as Stripe gives them;
`Money` and aware datetimes appear where people read them.
"""

from dataclasses import field, replace
from enum import StrEnum
from typing import Literal

from chalicelib.core.frozen import frozen

LANGUAGES = ("en", "sv", "de", "fr", "es", "nb", "da", "fi", "nl")
"""What our mails and pages speak; a site that names no languages of its own speaks them all, and English else."""


NOTICES = ("card_expiring", "trial_ending", "renewal_notice", "payment_recovered", "canceled_for_nonpayment")
"""The mails around a payment that a site sends unless it says otherwise; `win_back` must be asked for."""


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
    """A customer of the merchant, as Stripe has it."""

    id: str
    email: str | None
    name: str | None
    locales: tuple[str, ...]
    country: str | None
    default_payment_method: str | None
    metadata: dict[str, str]
    created: int
    discount: Discount | None = None


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


@frozen
class CampaignRule:
    """The campaign of cases about a price, a billing interval (`month`, `year`) or a customer's country: one of them."""

    campaign: str
    price: str | None = None
    interval: str | None = None
    country: str | None = None


@frozen
class Experiment:
    """A campaign tried on `share` of a hundred cases, beside `hold_out` of a hundred that get no mail at all."""

    id: str
    campaign: str
    share: int
    hold_out: int = 0


@frozen
class AccessPolicy:
    """What unpaid invoices cost a customer. Days are local calendar days since the earliest unpaid invoice first failed.

    Full access for `full_days`, then limited until `end_days` (None: the end that the mails of the case name), then none.
    `limited_invoices` and `blocked_invoices`: so many unpaid at once cost it sooner; `limited_amounts` and
    `blocked_amounts` do so by the sum unpaid, in minor units by currency.
    """

    full_days: int = 7
    end_days: int | None = None
    limited_invoices: int | None = None
    blocked_invoices: int | None = None
    limited_amounts: dict[str, int] = field(default_factory=dict)
    blocked_amounts: dict[str, int] = field(default_factory=dict)


@frozen
class Site:
    """One site of the merchant: whose brand a page or mail wears, and what may be opened from it.

    `base_url` is where this API is reached from outside, without a trailing slash: links in mails are built from it and
    never from a request's Host header. `accent` is `#rrggbb`. `time_zone` is an IANA name.
    `accounts` are connected accounts (Stripe Connect) whose customers this site may see beside its own.
    `origins` are the browser origins that may read this API (CORS). `offer_prices` and `retention_coupons` are the prices
    and coupons that a portal flow may offer. `reminders` is `on`, `shadow` (recorded, not sent) or `off`.
    `pay_open_invoices`: a new card pays what is open at once. `campaign` is that of cases for which no rule of
    `campaign_rules` holds (price before interval before country). `access` is the grace that unpaid invoices get.
    `digest_to` is who gets each day's numbers; null for nobody.
    """

    id: str
    name: str
    account: str
    livemode: bool
    base_url: str
    home_url: str
    return_urls: tuple[str, ...]
    sender: str
    support_email: str
    accent: str = "#0b5cad"
    logo_url: str | None = None
    time_zone: str = "UTC"
    country: str | None = None
    languages: tuple[str, ...] = LANGUAGES
    campaign: str = "monthly_14"
    portal_configuration: str | None = None
    card_configuration: str | None = None
    login_url: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    accounts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    offer_prices: tuple[str, ...] = ()
    retention_coupons: tuple[str, ...] = ()
    reminders: str = "on"
    pay_open_invoices: bool = False
    campaign_rules: tuple[CampaignRule, ...] = ()
    experiment: Experiment | None = None
    access: AccessPolicy = field(default_factory=AccessPolicy)
    digest_to: str | None = None
    notices: tuple[str, ...] = NOTICES
    postal_address: str | None = None

    @property
    def scope(self) -> str:
        """The tenant part of every key of this site's customers: account and mode."""
        return scope(self.account, self.livemode)

    def at(self, account: str) -> "Site | None":
        """This site for one of the accounts that it may see, or None for any other.

        A configuration of the portal belongs to its account, so a connected account has Stripe's default.
        """
        if account == self.account:
            return self
        if account not in self.accounts:
            return None
        return replace(self, account=account, portal_configuration=None, card_configuration=None, login_url=None)


def scope(account: str, livemode: bool) -> str:
    """`acct_x:live` or `acct_x:test`: live and test, and several accounts, live side by side and cannot meet."""
    return f"{account}:{'live' if livemode else 'test'}"


def account_of(scope: str) -> tuple[str, bool]:
    """(account, livemode) of a scope."""
    account, _, mode = scope.rpartition(":")
    return account, mode == "live"


class Track(StrEnum):
    """Why a card was declined, in classes that need different words. Lost, stolen and fraud codes read as contact_bank."""

    AUTHENTICATE = "authenticate"
    NEW_CARD = "new_card"
    FUNDS = "funds"
    CONTACT_BANK = "contact_bank"


@frozen
class OpenInvoice:
    """One of several open invoices in one mail: when it was made (UTC seconds) and its number, if it has one."""

    amount: Money
    created: int
    number: str | None = None


@frozen
class Reminder:
    """All that a failed-payment mail says. Times are UTC seconds; the mail writes them in `time_zone`.

    `next_attempt_at` is null when no retry will really happen; `ends_at` is when access stops if nothing is done, null when
    not known. `link` is our own mailable link. `first` and `final`: which of the case's mails this is; final wins.
    `invoices`: where one mail speaks for several open invoices, each of them; `amount` is then their sum.
    """

    site: Site
    language: str
    time_zone: str
    name: str | None
    plan: str | None
    amount: Money
    last4: str | None
    failed_at: int
    next_attempt_at: int | None
    ends_at: int | None
    track: Track
    final: bool
    link: str
    first: bool = True
    invoices: tuple[OpenInvoice, ...] = ()


Purpose = Literal["transactional", "marketing"]


@frozen
class Mail:
    """A rendered mail, ready to send; a marketing one may leave only for who agreed. `headers` are names and values."""

    subject: str
    text: str
    html: str
    purpose: Purpose = "transactional"
    headers: tuple[tuple[str, str], ...] = ()


@frozen
class Page:
    """A rendered page and the one Content-Security-Policy that fits it (its inline stylesheet is named by hash)."""

    html: str
    csp: str
