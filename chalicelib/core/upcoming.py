"""The notices around a payment: which there are, when each is due, and what holds it back. Pure.

A notice counts local calendar days from its subject: a trial's end, a renewal, a card's expiry, a subscription's end. Nothing
is planned ahead in the table: whoever looks at a row tells from the row what is due, so that a date that moved is right at once.
`core.laws` says which of these days a law asks for.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from chalicelib.core.access import LIVE
from chalicelib.core.campaign import Campaign
from chalicelib.core.dunning import CAP, LOOK_WHEN_PAUSED
from chalicelib.core.model import Card, Item, Subscription
from chalicelib.core.timing import days_after, last_opening, within_window

DAY = 86_400
SLACK = 4 * DAY
"""Seconds that the first look comes before the earliest notice: a weekend moves a notice by less, a time zone by much less."""

LONG = 6
"""Months from which on a renewal is announced: the shortest term that a law names (New York)."""

UNPAID_GOOD = 90 * DAY
"""Seconds after its first failure in which a subscription that Stripe leaves `unpaid` may still be told to have stopped."""


@dataclass(frozen=True)
class Plan:
    """A notice of a kind of mail, `days` before its subject (negative: after it).

    `early`: it stands at least so long before; where its day falls outside the send window it leaves at the last opening
    before, else at the next. `good` is how many days after its own it can still be sent; None: until its subject.
    """

    key: str
    mail: str
    days: int
    early: bool = False
    good: int | None = None


CARD = (
    Plan("card_30", "card_expiring", 30),
    Plan("card_14", "card_expiring", 14),
    Plan("card_7", "card_expiring", 7),
)
TRIAL = (Plan("trial_7", "trial_ending", 7, early=True), Plan("trial_1", "trial_ending", 1, early=True))
RENEWAL = (Plan("renewal_45", "renewal_notice", 45), Plan("renewal_7", "renewal_notice", 7, early=True))
STOPPED = (Plan("stopped", "canceled_for_nonpayment", 0, good=7),)
WIN_BACK = (Plan("win_14", "win_back", -14, good=7), Plan("win_30", "win_back", -30, good=7))


@dataclass(frozen=True)
class Subject:
    """What notices are about: a moment (UTC seconds), and a name that changes only where a reader must be told anew.

    No notice is sent whose day came before `since`: a trial of a week has no notice of seven days.
    """

    name: str
    moment: int
    plans: tuple[Plan, ...]
    since: int = 0


@dataclass(frozen=True)
class Notice:
    """A notice of a subject; `key` is what a row keeps when it has left. `planned` and `until` are UTC seconds."""

    plan: Plan
    subject: Subject
    planned: int
    until: int

    @property
    def key(self) -> str:
        """Such as `trial_7-2026-12-24`."""
        return f"{self.plan.key}-{self.subject.name}"

    def repeats(self, handled: str | None) -> bool:
        """Whether the last notice that left was of the same kind and subject: then this one is a reminder of it."""
        earlier = {f"{plan.key}-{self.subject.name}" for plan in self.subject.plans if plan.mail == self.plan.mail}
        return handled in earlier


@dataclass(frozen=True)
class Clock:
    """Whose day it is: an IANA zone, and the send window of a campaign."""

    zone: str
    campaign: Campaign


@dataclass(frozen=True)
class Look:
    """What a look at a row found: the notice to be sent now, and when to look again; None and None: nothing will come."""

    notice: Notice | None
    following: int | None


def look(subjects: Iterable[Subject], handled: str | None, on: Collection[str], clock: Clock, now: int) -> Look:
    """Which notice is due at `now`: the newest; older ones that were missed are skipped, never sent together.

    `handled` is the key of the last one that left; `on` are the mails that the site sends.
    """
    plans = [_planned(plan, subject, clock) for subject in subjects for plan in subject.plans if plan.mail in on]
    told = [notice for notice in plans if notice.planned >= notice.subject.since]
    due = max((each for each in told if each.planned <= now < each.until), key=lambda each: each.planned, default=None)
    following = min((each.planned for each in told if each.planned > now), default=None)
    return Look(None if due is None or due.key == handled else due, following)


def _planned(plan: Plan, subject: Subject, clock: Clock) -> Notice:
    day = days_after(subject.moment, -plan.days, clock.zone)
    planned = within_window(clock.campaign, day, clock.zone)
    if plan.early and planned != day:
        planned = last_opening(clock.campaign, day, clock.zone)
    until = subject.moment if plan.good is None else days_after(day, plan.good, clock.zone)
    return Notice(plan, subject, planned, until)


def held(clock: Clock, last_mail_at: int | None, paused: bool, now: int) -> int | None:
    """Until when a notice must wait (UTC seconds): mails paused, another one within the cap, the window closed. None: go."""
    if paused:
        return now + LOOK_WHEN_PAUSED
    capped = max(now, (last_mail_at or 0) + CAP)
    opening = within_window(clock.campaign, capped, clock.zone)
    return None if opening == now else opening


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
        return (_at(subscription.trial_end, TRIAL, began + DAY),)
    renewal = renews(subscription)
    return (_at(renewal.current_period_end, RENEWAL, renewal.current_period_start),) if renewal else ()


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
        stopped = (Plan("stopped", "canceled_for_nonpayment", 0, good=UNPAID_GOOD // DAY),)
        return (_at(failed_at, stopped),) if failed_at is not None else ()
    if subscription.ended_at is None:
        return ()
    failed = subscription.cancellation_reason == "payment_failed"
    return (_at(subscription.ended_at, (*(STOPPED if failed else ()), *WIN_BACK)),)


def _at(moment: int, plans: tuple[Plan, ...], since: int = 0) -> Subject:
    """Mails name days: a moment that moves within its day is nothing to tell anew."""
    return Subject(datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d"), moment, plans, since)


def of_card(card: Card, zone: str) -> Subject | None:
    """The expiry of a card: the end of its month, where its holder lives."""
    if card.exp_month is None or card.exp_year is None:
        return None
    following = datetime(card.exp_year + card.exp_month // 12, card.exp_month % 12 + 1, 1, tzinfo=ZoneInfo(zone))
    return Subject(f"{card.exp_year}-{card.exp_month:02d}", int(following.timestamp()), CARD)


def paid_by(card: str, default: str | None, subscriptions: Iterable[Subscription]) -> Subscription | None:
    """Of the subscriptions that a card will be charged for the one that is charged first. `default`: the customer's card."""
    own = [each for each in subscriptions if _goes_on(each) and (each.default_payment_method or default) == card]
    return min(own, key=lambda each: next_charge(each) or 0, default=None)


def outlived(subject: Subject, subscription: Subscription | None) -> bool:
    """Whether a card is no longer valid when the subscription is next charged."""
    charge = next_charge(subscription) if subscription else None
    return charge is not None and charge >= subject.moment


def first_look(record: Subscription | Card, at: int, quiet: bool = False) -> int | None:
    """When to look first at a row that was just stored, as seen `at`; None where nothing will ever be due in it.

    Told from the record alone, and early rather than late: the look knows the rest. `quiet`: nothing is said of an end.
    """
    if isinstance(record, Card):
        subject = of_card(record, "UTC")
        found = [subject] if subject else []
    else:
        ended = record.status in ("canceled", "unpaid")
        found = [] if ended and quiet else [*of_subscription(record, at)]
    ways = [(each.moment - plan.days * DAY - SLACK, _over(each, plan)) for each in found for plan in each.plans]
    return min((first for first, over in ways if over > at), default=None)


def _over(subject: Subject, plan: Plan) -> int:
    return subject.moment + (plan.good - plan.days if plan.good is not None else 1) * DAY
