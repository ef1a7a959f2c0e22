"""What the mails about a failed payment say, as facts. No words: those are the mails'."""

from chalicelib.core.declines import Track
from chalicelib.core.frozen import frozen
from chalicelib.core.model import Money
from chalicelib.core.site import Site


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
    not known, and `full_until` up to when it is full, null where it is so no longer. `link` is our own mailable link. `first`
    and `final`: which of the case's mails this is; final wins. `invoices`: where one mail speaks for several open invoices,
    each of them; `amount` is then their sum. `country` is the customer's, if known.
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
    full_until: int | None = None
    invoices: tuple[OpenInvoice, ...] = ()
    country: str | None = None
