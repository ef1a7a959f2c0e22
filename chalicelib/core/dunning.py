"""Failed payments: which step of a case is due, and the gate before every mail. Pure and total.

A case lives on its invoice: it opens with the write that records a failed attempt and closes with the one that records
payment. Nothing here is remembered that can be told from the invoice itself.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from chalicelib.core.cases import FIRST_LOOK, opens_case
from chalicelib.core.declines import Decline, is_retried, track
from chalicelib.core.model import Invoice, Track

HOLD_BEFORE_RETRY = timedelta(hours=6)
"""No mail so shortly before a retry that may make it untrue."""

LOOK_AFTER_RETRY = timedelta(hours=1)

ENDED_SUBSCRIPTION = frozenset({"canceled", "unpaid", "paused", "incomplete_expired"})


@dataclass(frozen=True)
class Step:
    """One mail of a campaign, `day` local calendar days after the failure. The final one names the date of the end."""

    key: str
    day: int
    final: bool = False


@dataclass(frozen=True)
class Campaign:
    """When to write. The window is local time, Monday to Friday where `weekdays_only`; it only ever moves a mail later."""

    id: str
    version: int
    steps: tuple[Step, ...]
    end_day: int
    funds_wait_hours: int
    opens: time
    closes: time
    weekdays_only: bool


@dataclass(frozen=True)
class Case:
    """What has happened in a case so far; `handled` is the key of the newest step sent or skipped."""

    opened_at: int
    handled: str | None = None


@dataclass(frozen=True)
class Facts:
    """The invoice as Stripe has it at this moment, and what surrounds it. `disputed`: the customer has an open dispute."""

    invoice: Invoice
    subscription_status: str | None
    customer_gone: bool
    email: str | None
    processing: bool
    decline: Decline
    disputed: bool = False


@dataclass(frozen=True)
class Send:
    """Send the mail of this step now."""

    step: Step
    track: Track


@dataclass(frozen=True)
class Hold:
    """Look again at `until` (UTC seconds); `reason` is for people."""

    until: int
    reason: str


@dataclass(frozen=True)
class Close:
    """Nothing more will be sent in this case."""

    reason: str


Decision = Send | Hold | Close


def decide(campaign: Campaign, case: Case, facts: Facts, zone: str, now: int) -> Decision:
    """The gate: what to do with a due case at `now` (UTC seconds), in the customer's IANA time zone `zone`."""
    reason = _closing_reason(campaign, case, facts, zone, now)
    if reason:
        return Close(reason)
    if facts.processing:
        return Hold(now + int(HOLD_BEFORE_RETRY.total_seconds()), "payment_processing")
    due = due_step(campaign, case, facts, zone, now)
    if due is None:
        return _until_next(campaign, case, facts, zone)
    settled = _retry_settled(facts, now)
    if settled:
        return Hold(settled, "retry_soon")
    opening = within_window(campaign, now, zone)
    return Send(due, track(facts.decline)) if opening == now else Hold(opening, "send_window")


def _retry_settled(facts: Facts, now: int) -> int | None:
    """When the retry that is near will have happened (UTC seconds), or None: Stripe may be late by up to an hour."""
    retry = facts.invoice.next_payment_attempt
    if retry is None or not is_retried(facts.decline) or retry - now >= HOLD_BEFORE_RETRY.total_seconds():
        return None
    settled = retry + int(LOOK_AFTER_RETRY.total_seconds())
    return settled if settled > now else None


def promised_retry(facts: Facts, now: int) -> int | None:
    """The retry that a mail may promise (UTC seconds): one that is still to come and that Stripe will really make."""
    retry = facts.invoice.next_payment_attempt
    return retry if retry is not None and retry > now and is_retried(facts.decline) else None


def _closing_reason(campaign: Campaign, case: Case, facts: Facts, zone: str, now: int) -> str | None:
    if not opens_case(facts.invoice):
        return f"invoice_{facts.invoice.status}"
    if facts.subscription_status in ENDED_SUBSCRIPTION:
        return f"subscription_{facts.subscription_status}"
    if facts.customer_gone:
        return "customer_deleted"
    if facts.disputed:
        return "disputed"
    if not facts.email:
        return "no_address"
    return "campaign_ended" if now >= ends_at(campaign, case, zone) else None


def _until_next(campaign: Campaign, case: Case, facts: Facts, zone: str) -> Decision:
    left = _steps_left(campaign, case)
    if left:
        return Hold(within_window(campaign, step_time(campaign, case, left[0], facts, zone), zone), "next_step")
    return Hold(ends_at(campaign, case, zone), "campaign_end")


def due_step(campaign: Campaign, case: Case, facts: Facts, zone: str, now: int) -> Step | None:
    """The newest step that is due and not handled: older ones that were missed are skipped, never sent together."""
    due = [step for step in _steps_left(campaign, case) if step_time(campaign, case, step, facts, zone) <= now]
    return due[-1] if due else None


def _steps_left(campaign: Campaign, case: Case) -> tuple[Step, ...]:
    keys = [step.key for step in campaign.steps]
    return campaign.steps[keys.index(case.handled) + 1 :] if case.handled in keys else campaign.steps


def step_time(campaign: Campaign, case: Case, step: Step, facts: Facts, zone: str) -> int:
    """When a step falls due (UTC seconds), before the send window is applied.

    On day 0 a lack of funds waits for the first retry (at most `funds_wait_hours`): silence recovers most of those.
    """
    if step.day > 0:
        return days_after(case.opened_at, step.day, zone)
    if track(facts.decline) is not Track.FUNDS:
        return case.opened_at + int(FIRST_LOOK.total_seconds())
    if facts.invoice.attempt_count > 1:
        return case.opened_at
    return case.opened_at + campaign.funds_wait_hours * 3600


def ends_at(campaign: Campaign, case: Case, zone: str) -> int:
    """When the campaign is over (UTC seconds): the end that the final mail names."""
    return days_after(case.opened_at, campaign.end_day, zone)


def days_after(moment: int, days: int, zone: str) -> int:
    """The same wall-clock time `days` local calendar days later (UTC seconds); across a DST change a day is not 24 hours."""
    local = datetime.fromtimestamp(moment, ZoneInfo(zone))
    return int((local + timedelta(days=days)).timestamp())


def within_window(campaign: Campaign, moment: int, zone: str) -> int:
    """`moment` if it lies in the send window, else the next opening of the window (UTC seconds)."""
    tz = ZoneInfo(zone)
    local = datetime.fromtimestamp(moment, tz)
    if _open_day(campaign, local) and campaign.opens <= local.time() < campaign.closes:
        return moment
    day = local if local.time() < campaign.opens else local + timedelta(days=1)
    while not _open_day(campaign, day):
        day += timedelta(days=1)
    opening = datetime.combine(day.date(), campaign.opens, tz)
    # In the hour that comes twice the first opening may be over: then the second one is next.
    return int((opening if opening.timestamp() > moment else opening.replace(fold=1)).timestamp())


def _open_day(campaign: Campaign, local: datetime) -> bool:
    return not campaign.weekdays_only or local.weekday() < 5
