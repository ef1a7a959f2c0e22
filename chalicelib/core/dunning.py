"""Failed payments: which step of a case is due, and the gate before every mail. Pure and total.

A case lives on its invoice: it opens with the write that records a failed attempt and closes with the one that records
payment. Nothing here is remembered that can be told from the invoice itself. `core.timing` has the calendar.
"""

from datetime import timedelta

from chalicelib.core.campaign import Campaign, Step
from chalicelib.core.cases import FIRST_LOOK, opens_case
from chalicelib.core.declines import Decline, Track, is_retried, likely_cancel, track
from chalicelib.core.frozen import frozen
from chalicelib.core.model import Invoice
from chalicelib.core.timing import NOTICE, ON_ITS_WAY, days_after, final_time, within_window

HOLD_BEFORE_RETRY = timedelta(hours=6)
"""No mail so shortly before a retry that may make it untrue."""

LOOK_AFTER_RETRY = timedelta(hours=1)

CAP = 20 * 3600
"""Seconds between two billing mails to one customer, whatever their cases: a little less than a day."""

LOOK_WHEN_PAUSED = 3600

ENDED_SUBSCRIPTION = frozenset({"canceled", "unpaid", "paused", "incomplete_expired"})


@frozen
class Case:
    """What has happened in a case so far; `handled` is the key of the newest step sent or skipped."""

    opened_at: int
    handled: str | None = None


@frozen
class Facts:
    """The invoice as Stripe has it at this moment, and what surrounds it. `disputed`: the customer has an open dispute.

    `second_email` is a contact to fall back on. `new_card`: another card than the one that failed would be charged now.
    """

    invoice: Invoice
    subscription_status: str | None
    customer_gone: bool
    email: str | None
    processing: bool
    decline: Decline
    disputed: bool = False
    second_email: str | None = None
    new_card: bool = False


@frozen
class Around:
    """What we know ourselves: of the customer's other mails, of their addresses, of the account, and of the operator's wish.

    `suppressed` are addresses that mail must not go to; `complained`: somebody at one of them called our mail spam; `paused`:
    no mail of the account may leave; `stopped` and `send_now` are the wishes of somebody in support.
    """

    last_mail_at: int | None = None
    suppressed: frozenset[str] = frozenset()
    complained: bool = False
    paused: bool = False
    stopped: bool = False
    send_now: bool = False


ALONE = Around()


@frozen
class Send:
    """Send the mail of this step now; `skipped` are older ones whose time has passed, and which nobody will get."""

    step: Step
    track: Track
    skipped: tuple[str, ...] = ()


@frozen
class Hold:
    """Look again at `until` (UTC seconds); `reason` is for people."""

    until: int
    reason: str


@frozen
class Close:
    """Nothing more will be sent in this case."""

    reason: str


Decision = Send | Hold | Close


def decide(campaign: Campaign, case: Case, facts: Facts, zone: str, now: int, around: Around = ALONE) -> Decision:
    """The gate: what to do with a due case at `now` (UTC seconds), in the customer's IANA time zone `zone`."""
    reason = _closing_reason(campaign, case, facts, zone, now) or _unwanted(case, facts, around)
    if reason:
        return Close(reason)
    if around.paused:
        return Hold(now + LOOK_WHEN_PAUSED, "mails_paused")
    if facts.processing:
        return Hold(now + int(HOLD_BEFORE_RETRY.total_seconds()), "payment_processing")
    due = _wanted_step(campaign, case, facts, zone, now, around.send_now)
    if due is None:
        return _until_next(campaign, case, facts, zone)
    hold = None if around.send_now else _not_yet(campaign, case, due, facts, zone, now, around)
    left = steps_left(campaign, case)
    skipped = tuple(step.key for step in left[: left.index(due)])
    return hold or Send(due, track(facts.decline), skipped)


def address(facts: Facts, around: Around) -> str | None:
    """Where mail to the customer goes: the first of their addresses that takes any."""
    known = [email for email in (facts.email, facts.second_email) if email]
    return next((email for email in known if email not in around.suppressed), None)


def next_look(campaign: Campaign, case: Case, facts: Facts, zone: str, now: int) -> int:
    """When to look at a case again whose mail has just left (UTC seconds): for its next step, or to end it."""
    decision = decide(campaign, case, facts, zone, now)
    return decision.until if isinstance(decision, Hold) else now


def carried_step(campaign: Campaign, case: Case, zone: str, now: int) -> Step | None:
    """The step of another open invoice of the same customer that a mail sent now takes along, or None.

    It is the newest that would be due while the cap keeps everything else back. Never a final one: that names the end of its
    own case, and goes alone.
    """
    due = [step for step in steps_left(campaign, case) if _day_time(campaign, case, step, zone) <= now + CAP]
    return due[-1] if due and not due[-1].final else None


def _wanted_step(campaign: Campaign, case: Case, facts: Facts, zone: str, now: int, send_now: bool) -> Step | None:
    due = due_step(campaign, case, facts, zone, now)
    left = steps_left(campaign, case)
    return due or (left[0] if send_now and left else None)


def _not_yet(
    campaign: Campaign, case: Case, due: Step, facts: Facts, zone: str, now: int, around: Around
) -> Hold | None:
    # A final notice is worth more than a retry or a quiet day: neither keeps it back until it would come too late.
    latest = ends_at(campaign, case, zone) - NOTICE - ON_ITS_WAY
    hold = _held_back(campaign, facts, zone, now, around, latest if due.final else None)
    final = steps_left(campaign, case)[-1]
    if due.final or not final.final:
        return hold
    # So one that comes so soon that the cap could not hold it replaces the mail before it.
    if hold is None and within_window(campaign, now + CAP, zone) <= latest:
        return None
    leaves = within_window(campaign, _day_time(campaign, case, final, zone), zone)
    return Hold(min(hold.until, leaves), hold.reason) if hold else Hold(leaves, "final_notice")


def _held_back(
    campaign: Campaign, facts: Facts, zone: str, now: int, around: Around, latest: int | None
) -> Hold | None:
    """By a retry that is near, by the customer's last mail, or by the window; by the first two only up to `latest`."""
    settled = _retry_settled(facts, now)
    if settled and (latest is None or within_window(campaign, settled, zone) <= latest):
        return Hold(settled, "new_card" if facts.new_card else "retry_soon")
    if around.last_mail_at is not None and around.last_mail_at + CAP > now:
        capped = within_window(campaign, around.last_mail_at + CAP, zone)
        if latest is None or capped <= latest:
            return Hold(capped, "frequency_cap")
    opening = within_window(campaign, now, zone)
    return None if opening == now else Hold(opening, "send_window")


def _unwanted(case: Case, facts: Facts, around: Around) -> str | None:
    if around.stopped:
        return "stopped"
    if around.complained:
        return "complained"
    if address(facts, around) is None:
        return "address_suppressed"
    # Whoever told their bank to stop paying means to leave: one mail says what happened, more would be a nuisance.
    return "likely_cancel" if case.handled is not None and likely_cancel(facts.decline) else None


def _retry_settled(facts: Facts, now: int) -> int | None:
    """When the retry that is near will have happened (UTC seconds), or None: Stripe may be late by up to an hour.

    Whoever has given a new card has done what we would ask for: the next retry is waited for, however far.
    """
    retry = _next_retry(facts)
    if retry is None or (retry - now >= HOLD_BEFORE_RETRY.total_seconds() and not facts.new_card):
        return None
    settled = retry + int(LOOK_AFTER_RETRY.total_seconds())
    return settled if settled > now else None


def promised_retry(facts: Facts, now: int, end: int) -> int | None:
    """The retry that a mail may promise (UTC seconds): still to come, before the `end` that it names, and really made."""
    retry = _next_retry(facts)
    return retry if retry is not None and now < retry < end else None


def _next_retry(facts: Facts) -> int | None:
    """The next retry that Stripe will really make: some cards are never charged again, until there is another one."""
    return facts.invoice.next_payment_attempt if facts.new_card or is_retried(facts.decline) else None


def _closing_reason(campaign: Campaign, case: Case, facts: Facts, zone: str, now: int) -> str | None:
    if not opens_case(facts.invoice):
        return f"invoice_{facts.invoice.status}"
    if ended := subscription_gone(facts.invoice, facts.subscription_status):
        return ended
    if facts.customer_gone:
        return "customer_deleted"
    if facts.disputed:
        return "disputed"
    if not (facts.email or facts.second_email):
        return "no_address"
    return "campaign_ended" if now >= ends_at(campaign, case, zone) else None


def subscription_gone(invoice: Invoice, status: str | None) -> str | None:
    """Why no mail asks for an invoice whose subscription has that status at Stripe; None where one does."""
    if invoice.subscription is None:
        return "no_subscription"  # our mails speak of one
    return f"subscription_{status}" if status in ENDED_SUBSCRIPTION else None


def _until_next(campaign: Campaign, case: Case, facts: Facts, zone: str) -> Decision:
    left = steps_left(campaign, case)
    if left:
        following = min(step_time(campaign, case, step, facts, zone) for step in left)
        return Hold(within_window(campaign, following, zone), "next_step")
    return Hold(ends_at(campaign, case, zone), "campaign_end")


def due_step(campaign: Campaign, case: Case, facts: Facts, zone: str, now: int) -> Step | None:
    """The newest step that is due and not handled: older ones that were missed are skipped, never sent together."""
    due = [step for step in steps_left(campaign, case) if step_time(campaign, case, step, facts, zone) <= now]
    return due[-1] if due else None


def steps_left(campaign: Campaign, case: Case) -> tuple[Step, ...]:
    """The steps after the one handled last."""
    keys = [step.key for step in campaign.steps]
    return campaign.steps[keys.index(case.handled) + 1 :] if case.handled in keys else campaign.steps


def step_time(campaign: Campaign, case: Case, step: Step, facts: Facts, zone: str) -> int:
    """When a step falls due (UTC seconds), before the send window is applied.

    On day 0 a lack of funds waits for the first retry (at most `funds_wait_hours`): silence recovers most of those.
    """
    if step.day > 0 or step.final or track(facts.decline) is not Track.FUNDS:
        return _day_time(campaign, case, step, zone)
    if facts.invoice.attempt_count > 1:
        return case.opened_at
    return case.opened_at + campaign.funds_wait_hours * 3600


def _day_time(campaign: Campaign, case: Case, step: Step, zone: str) -> int:
    """When a step falls due, whatever the reason of the decline."""
    if step.final:
        return final_time(campaign, case.opened_at, step.day, zone)
    if step.day > 0:
        return days_after(case.opened_at, step.day, zone)
    return case.opened_at + int(FIRST_LOOK.total_seconds())


def ends_at(campaign: Campaign, case: Case, zone: str) -> int:
    """When the campaign is over (UTC seconds): the end that the final mail names."""
    return days_after(case.opened_at, campaign.end_day, zone)
