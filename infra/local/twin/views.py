"""What each page of the stand-in shows: handlers fill these in, `look.shown` turns them into HTML.

Money is integer minor units beside a currency, times are UTC seconds; `*_url` is a link and `action` where a form posts.
"""

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Price:
    """A plan as the customer knows it. `amount` is null where it depends on use; `interval` where it is paid once."""

    name: str
    amount: int | None
    currency: str
    interval: str | None = None
    interval_count: int = 1
    quantity: int = 1


@dataclass(frozen=True)
class Card:
    """A saved card. A null action or url hides what it would do."""

    brand: str
    last4: str
    exp_month: int
    exp_year: int
    default: bool = False
    default_action: str | None = None
    remove_url: str | None = None


@dataclass(frozen=True)
class Subscription:
    """A row of the portal's home. `urls` may hold update, cancel, keep, pause and resume."""

    price: Price
    status: str
    renews_at: int | None = None
    ends_at: int | None = None
    trial_end: int | None = None
    urls: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Invoice:
    """A row of the invoice history; `url` is the hosted invoice page."""

    created: int
    amount: int
    currency: str
    status: str
    name: str
    url: str | None


@dataclass(frozen=True)
class Details:
    """Whom invoices are made out to; `lines` is the address, already in order."""

    name: str | None
    email: str | None
    lines: tuple[str, ...] = ()
    url: str | None = None


@dataclass(frozen=True)
class Home:
    """The portal's first page. `notice` is a key of [done]: what the customer has just done."""

    subscriptions: tuple[Subscription, ...] = ()
    cards: tuple[Card, ...] = ()
    details: Details | None = None
    invoices: tuple[Invoice, ...] = ()
    add_card_url: str | None = None
    notice: str | None = None


@dataclass(frozen=True)
class CardForm:
    """Asks for a card. Fields: number, expiry ("12 / 34"), cvc. `error` is a key of [error]; `hints` are test cards.

    `hints` pairs a number with a key of [hint]. `values` is what was typed last time.
    """

    action: str
    back_url: str | None = None
    error: str | None = None
    values: dict[str, str] = field(default_factory=dict)
    hints: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Plans:
    """Asks for a plan. Field: price, the id of one of `choices`; `current` is the id of what the customer has."""

    choices: tuple[tuple[str, Price], ...]
    current: str
    action: str
    back_url: str | None = None


@dataclass(frozen=True)
class Line:
    """A line of an invoice or of a proration."""

    text: str
    amount: int


@dataclass(frozen=True)
class Confirm:
    """Asks for a yes. `at` is when it takes effect or, for keep and resume, the next renewal; null means at once.

    Of a cancellation, fields reason (one of `reasons`) and comment; where `offer` is set, a second form posts
    accept_offer=1 to the same action. Of an update, `new`, `lines` and `due_now` say what it costs.
    """

    kind: Literal["update", "cancel", "keep", "pause", "resume", "remove_card"]
    subject: str
    action: str
    back_url: str | None = None
    at: int | None = None
    old: Price | None = None
    new: Price | None = None
    lines: tuple[Line, ...] = ()
    due_now: int | None = None
    currency: str = ""
    reasons: tuple[str, ...] = ()
    offer: str | None = None


@dataclass(frozen=True)
class DetailsForm:
    """Asks for the customer's details; fields as in `values`: name, email, line1, line2, postal_code, city, country."""

    action: str
    fields: tuple[str, ...] = ("name", "email", "line1", "line2", "postal_code", "city", "country")
    values: dict[str, str] = field(default_factory=dict)
    back_url: str | None = None
    error: str | None = None


@dataclass(frozen=True)
class Done:
    """Something is done. `kind` is a key of [done]; `message` is the merchant's own words, if the session has any."""

    kind: str
    url: str | None = None
    message: str | None = None


@dataclass(frozen=True)
class Notice:
    """A page that leads on: `kind` is a table under [notice]; `url` with its button."""

    kind: Literal["expired", "unknown", "sent", "refused"]
    url: str | None = None


@dataclass(frozen=True)
class Login:
    """The portal's own login page. Field: email."""

    action: str
    error: str | None = None
    values: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class HostedInvoice:
    """The hosted invoice page. `form` pays with a new card; `saved` is the card that field saved=1 pays with instead."""

    number: str | None
    status: str
    amount: int
    currency: str
    customer: str | None
    created: int
    due_at: int | None = None
    lines: tuple[Line, ...] = ()
    form: CardForm | None = None
    saved: Card | None = None


@dataclass(frozen=True)
class Challenge:
    """The bank's confirmation (3D Secure), as Stripe's test banks show it. Field: answer, "complete" or "fail"."""

    action: str
    amount: int | None
    currency: str


View = Home | CardForm | Plans | Confirm | DetailsForm | Done | Notice | Login | HostedInvoice | Challenge
