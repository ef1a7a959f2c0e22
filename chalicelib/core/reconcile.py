"""Reconciling, without its calls: where a run stands, what comes next, when a run is due, and what differs.

A run walks each account through the phases. A place in it is small enough to be written down after every few pages, so a
run that is killed goes on where it was; what is walked twice is compared twice and written once.
"""

from collections.abc import Mapping
from dataclasses import fields

from chalicelib.core.frozen import frozen
from chalicelib.core.records import Record

DAY = 86_400
PHASES = (
    *("customers", "subscriptions", "schedules", "open_invoices", "recent_invoices"),
    *("intents", "charges", "refunds", "disputes", "invoice_payments"),
    *("products", "known_products", "prices", "coupons", "known_customers", "undelivered"),
)
"""Stripe's lists first, then what only our own table knows of: cards, and what Stripe has deleted."""

RECENT = 35 * DAY
"""How far back a nightly run compares invoices and payments: a month and what belongs to it."""

FIRST = 400 * DAY
"""How far back the first run takes them: thirteen months."""

DISPUTED = 120 * DAY
"""How much further back disputes are compared: banks take months over them."""

EVERY = 20 * 3600
"""Seconds between the starts of two runs, at least; the hour below does the rest."""

HOURS = range(1, 5)
"""The hours (UTC) in which a run may start, the first one excepted."""

LATE = 14 * DAY
"""An invoice this old opens no dunning case when a run finds it: nobody is dunned for what was owed before we came."""


@frozen
class Place:
    """Where a run stands: in which account and phase, and after which object (`id@created`, or what a phase needs)."""

    account: str
    phase: str = PHASES[0]
    cursor: str | None = None

    def after_page(self, cursor: str | None) -> "Place | None":
        """The place after a page: its end, or the next phase; None after the last phase of the account."""
        if cursor is not None:
            return Place(self.account, self.phase, cursor)
        following = PHASES.index(self.phase) + 1
        return Place(self.account, PHASES[following]) if following < len(PHASES) else None


@frozen
class Run:
    """A run: under way where it has a place. `since` bounds invoices and payments; `first` is the backfill. UTC seconds."""

    started_at: int
    since: int
    first: bool
    place: Place | None
    counts: Mapping[str, int]
    finished_at: int | None = None


def next_run(last: Run | None, account: str, now: int) -> Run | None:
    """The run to go on with at `now`: the one under way, or a new one where it is time; else None."""
    if last is not None and last.place is not None:
        return last
    if last is None:
        return start(account, now, first=True)
    early = now - last.started_at < EVERY or (now // 3600) % 24 not in HOURS
    return None if early else start(account, now)


def start(account: str, now: int, first: bool = False, since: int | None = None) -> Run:
    """A new run, at its beginning."""
    return Run(now, since if since is not None else now - (FIRST if first else RECENT), first, Place(account), {})


def differences(stored: Record | None, gone: bool, actual: Record | None) -> tuple[str, ...]:
    """The names of the fields in which the stored state is not the actual one (None: it exists no more)."""
    if actual is None:
        return () if gone else ("gone",)
    if stored is None:
        return ("missing",)
    names = (each.name for each in fields(actual))
    named = tuple(name for name in names if getattr(stored, name) != getattr(actual, name))
    return (*named, "gone") if gone else named
