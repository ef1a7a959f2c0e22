"""What the mails around a payment say, as facts: before it, after it, and to the merchant. No words: those are the mails'.

Times are UTC seconds; a mail writes them as days in its reader's zone. `link` is where the mail's one button leads.
`again` marks a repeated notice of the same thing, which is worded as the reminder that it is.
"""

from typing import Literal

from chalicelib.core.frozen import frozen
from chalicelib.core.model import Money
from chalicelib.core.site import Site

Interval = Literal["day", "week", "month", "year"]


@frozen
class Reader:
    """Who reads a mail, and when it is written (`now`): a day of another year is written with its year.

    `language` is the tag that the reader wants; the site's own languages decide. `time_zone` is an IANA name.
    `country` is the reader's own, if known: money and dates are written as there.
    """

    site: Site
    language: str
    time_zone: str
    now: int
    name: str | None = None
    country: str | None = None


@frozen
class CardExpiring:
    """The card that will be charged at `renews_at` is no longer valid then; sent 30, 14 and 7 days before it expires."""

    reader: Reader
    plan: str | None
    last4: str | None
    exp_month: int
    exp_year: int
    renews_at: int
    link: str
    again: bool = False


@frozen
class TrialEnding:
    """A trial ends at `ends_at`; sent 7 days and 1 day before.

    `charged`: a payment is then taken, of `amount` each `interval` (null where not known). Not charged: there is no card
    yet, and nothing goes on without one. `link` leads to where one can cancel too.
    """

    reader: Reader
    plan: str | None
    amount: Money | None
    interval: Interval | None
    last4: str | None
    ends_at: int
    charged: bool
    link: str
    again: bool = False


@frozen
class RenewalNotice:
    """A long subscription renews by itself at `renews_at` for `amount` (null where not known); sent 45 and 7 days before.

    It can be cancelled until then; `link` leads to where one can. `last4` is null where no card is charged.
    """

    reader: Reader
    plan: str | None
    amount: Money | None
    interval: Interval | None
    last4: str | None
    renews_at: int
    link: str
    again: bool = False


@frozen
class PaymentRecovered:
    """An open invoice that we had written about is paid, by whatever means."""

    reader: Reader
    plan: str | None
    amount: Money
    paid_at: int
    link: str


@frozen
class CanceledForNonpayment:
    """A subscription has ended because `amount` was never paid, and Stripe tries no more."""

    reader: Reader
    plan: str | None
    amount: Money
    ended_at: int
    link: str


@frozen
class WinBack:
    """Marketing: an invitation back after a subscription ended; only for who agreed to such mails. `again`: the last one.

    `unsubscribe` is an https address: a GET shows a page, a POST unsubscribes at once (RFC 8058). `postal_address` is the
    merchant's own, which the law of some countries (CAN-SPAM in the United States) asks for in marketing.
    """

    reader: Reader
    plan: str | None
    ended_at: int
    link: str
    unsubscribe: str
    postal_address: str | None = None
    again: bool = False


@frozen
class DaySums:
    """What happened in one currency in one day (failed, recovered, given up) and what is open at its end: number and minor
    units. `unpaid`: the subscription, or the campaign, has ended without payment.
    """

    currency: str
    failed: int
    failed_amount: int
    recovered: int
    recovered_amount: int
    open: int
    open_amount: int
    unpaid: int = 0
    unpaid_amount: int = 0


@frozen
class Digest:
    """Yesterday, for the merchant. `day_at` is any moment of the day told of; `reasons` are decline codes and how often.

    The reader's name is not used: a digest greets nobody.
    """

    reader: Reader
    day_at: int
    sums: tuple[DaySums, ...]
    reasons: tuple[tuple[str, int], ...]
    link: str
