"""Which notice of a row is due now, when to look again, and what holds a mail back. Pure; `core.upcoming` has what there is."""

from collections.abc import Collection, Iterable
from zoneinfo import ZoneInfo

from chalicelib.core.campaign import Campaign
from chalicelib.core.dunning import CAP, LOOK_WHEN_PAUSED
from chalicelib.core.frozen import frozen
from chalicelib.core.model import Card, Subscription
from chalicelib.core.timing import ON_ITS_WAY, days_after, last_opening, within_window
from chalicelib.core.upcoming import Plan, Subject, next_charge, of_card

HOUR = 3600


@frozen
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


@frozen
class Clock:
    """Whose day it is: an IANA zone, and the send window of a campaign."""

    zone: str
    campaign: Campaign


@frozen
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
    left = day + ON_ITS_WAY
    if plan.early and (planned != day or within_window(clock.campaign, left, clock.zone) != left):
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


def look_at_card(
    card: Card, pays: Subscription | None, handled: str | None, on: Collection[str], clock: Clock, now: int
) -> Look:
    """As `look`, for a card and the subscription that it pays first, if any: due only where it will be too old for that.

    Where it is still good for the next payment, the one after may come too late for it: that is looked at after the next.
    """
    subject = of_card(card, ZoneInfo(clock.zone))
    if subject is None:
        return Look(None, None)
    found, charge = look((subject,), handled, on, clock, now), next_charge(pays) if pays else None
    if charge is not None and charge >= subject.moment:
        return found
    again = [] if charge is None else [max(charge, now) + HOUR]
    dates = [at for at in (found.following, *again) if at is not None and at < subject.moment]
    return Look(None, min(dates, default=None))
