"""The notices around a payment: which there are, and what each is about. Pure, and all that the webhook path must know of them.

A notice counts local calendar days from its subject: a trial's end, a renewal, a card's expiry, a subscription's end. Nothing
is planned ahead in the table: whoever looks at a row tells from it what is due (`core.noticing`), so that a date that moved is
right at once. `core.laws` says which of these days a law asks for.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo

from chalicelib.core.frozen import frozen
from chalicelib.core.model import LIVE, Card, Item, Subscription

DAY = 86_400
SLACK = 4 * DAY
"""Seconds that the first look comes before the earliest notice: a weekend moves a notice by less, a time zone by much less."""

LONG = 6
"""Months from which on a renewal is announced: the shortest term that a law names (New York)."""

UNPAID_GOOD = 90
"""Days after its first failure in which a subscription that Stripe leaves `unpaid` may still be told to have stopped."""

_TIMES = range(1, 250_000_000_000)
"""Seconds that are a day of some calendar: nothing is due about what is none."""


@frozen
class Plan:
    """A notice of a kind of mail, `days` before its subject (negative: after it).

    `early`: it stands at least so long before; where its hour falls outside the send window, or is the last of it, it leaves
    at the last opening before, else at the next. `good` is how many days after its own it can still be sent (None: until its
    subject): what comes too late leaves room for the one that follows.
    """

    key: str
    mail: str
    days: int
    early: bool = False
    good: int | None = None


CARD = (
    Plan("card_30", "card_expiring", 30, good=8),
    Plan("card_14", "card_expiring", 14, good=4),
    Plan("card_7", "card_expiring", 7),
)
TRIAL = (Plan("trial_7", "trial_ending", 7, early=True, good=4), Plan("trial_1", "trial_ending", 1, early=True))
RENEWAL = (Plan("renewal_45", "renewal_notice", 45, good=30), Plan("renewal_7", "renewal_notice", 7, early=True))
STOPPED = (Plan("stopped", "canceled_for_nonpayment", 0, good=7),)
WIN_BACK = (Plan("win_14", "win_back", -14, good=7), Plan("win_30", "win_back", -30, good=7))


@frozen
class Subject:
    """What notices are about: a moment (UTC seconds), and a name that changes only where a reader must be told anew.

    No notice is sent whose day came before `since`: a trial of a week has no notice of seven days.
    """

    name: str
    moment: int
    plans: tuple[Plan, ...]
    since: int = 0


def of_subscription(subscription: Subscription, failed_at: int | None = None) -> tuple[Subject, ...]:
    """The subjects of a subscription as it stands.

    `failed_at` is when its unpaid invoice first failed: Stripe has no date for when a subscription became `unpaid`.
    """
    if subscription.status in ("canceled", "unpaid"):
        return _ended(subscription, failed_at)
    if not _goes_on(subscription):
        return ()
    if subscription.status == "trialing" and subscription.trial_end is not None:
        began = subscription.trial_start or subscription.created
        return _at(subscription.trial_end, TRIAL, began + DAY)
    renewal = renews(subscription)
    return _at(renewal.current_period_end, RENEWAL, renewal.current_period_start) if renewal else ()


def renews(subscription: Subscription) -> Item | None:
    """The item whose renewal is announced: of those with a long period the one that renews first."""
    long = [item for item in subscription.items if _months(item) >= LONG] if subscription.status == "active" else []
    return min(long, key=lambda item: item.current_period_end, default=None)


def _goes_on(subscription: Subscription) -> bool:
    """Whether the next payment will be taken by itself: not ended by then, not paused, and not by an invoice to pay."""
    return (
        subscription.status in LIVE
        and subscription.collection_method != "send_invoice"
        and subscription.pause_collection is None
        and not subscription.cancel_at_period_end
        and (subscription.cancel_at is None or subscription.cancel_at > (next_charge(subscription) or 0))
    )


def next_charge(subscription: Subscription) -> int | None:
    """When the next payment of a subscription is taken (UTC seconds)."""
    return min((item.current_period_end for item in subscription.items), default=None)


def _months(item: Item) -> int:
    months = {"month": 1, "year": 12}.get(item.interval or "", 0) * (item.interval_count or 1)
    days = {"day": 1, "week": 7}.get(item.interval or "", 0) * (item.interval_count or 1)
    return months or days // 30


def _ended(subscription: Subscription, failed_at: int | None) -> tuple[Subject, ...]:
    if subscription.status == "unpaid":
        stopped = (Plan("stopped", "canceled_for_nonpayment", 0, good=UNPAID_GOOD),)
        return _at(failed_at, stopped) if failed_at is not None else ()
    if subscription.ended_at is None or subscription.cancellation_reason != "payment_failed":
        return ()  # whoever left on purpose has said so: an invitation that speaks of a payment would be wrong
    return _at(subscription.ended_at, (*STOPPED, *WIN_BACK))


def _at(moment: int, plans: tuple[Plan, ...], since: int = 0) -> tuple[Subject, ...]:
    """Mails name days: a moment that moves within its day is nothing to tell anew."""
    if moment not in _TIMES:
        return ()
    return (Subject(datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d"), moment, plans, since),)


def of_card(card: Card, zone: tzinfo) -> Subject | None:
    """The expiry of a card: the end of its month, where its holder lives."""
    year, month = card.exp_year or 0, card.exp_month or 0
    if not (1 <= month <= 12 and 2000 <= year < 9000):
        return None
    following = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=zone)
    return Subject(f"{year}-{month:02d}", int(following.timestamp()), CARD)


def paid_by(card: str, default: str | None, subscriptions: Iterable[Subscription]) -> Subscription | None:
    """Of the subscriptions that a card will be charged for the one that is charged first. `default`: the customer's card."""
    own = [each for each in subscriptions if _goes_on(each) and (each.default_payment_method or default) == card]
    return min(own, key=lambda each: next_charge(each) or 0, default=None)


def first_look(record: Subscription | Card, at: int) -> int | None:
    """When to look first at a row that was just stored, as seen `at`; None where nothing will ever be due in it.

    Told from the record alone, and early rather than late: the look knows the rest.
    """
    card = of_card(record, UTC) if isinstance(record, Card) else None
    found = [card] if card else [] if isinstance(record, Card) else [*of_subscription(record, at)]
    ways = [(each.moment - plan.days * DAY - SLACK, _over(each, plan)) for each in found for plan in each.plans]
    return min((first for first, over in ways if over > at), default=None)


def _over(subject: Subject, plan: Plan) -> int:
    return subject.moment + (plan.good - plan.days if plan.good is not None else 1) * DAY
