"""When a step is due by the customer's calendar, and every gate before a mail."""

from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.campaign import Campaign, Step
from chalicelib.core.cases import closes_case, opens_case
from chalicelib.core.declines import LIKELY_CANCEL, NOT_RETRIED, Decline, Track
from chalicelib.core.dunning import (
    CAP,
    ENDED_SUBSCRIPTION,
    Around,
    Case,
    Close,
    Facts,
    Hold,
    Send,
    address,
    carried_step,
    decide,
    due_step,
    ends_at,
    promised_retry,
    step_time,
)
from chalicelib.core.model import Invoice
from chalicelib.core.timing import NOTICE, days_after, final_time, within_window
from tests.records import invoice

STOCKHOLM = "Europe/Stockholm"
ZONES = [
    *(STOCKHOLM, "UTC", "America/New_York", "America/St_Johns", "America/Santiago", "Asia/Kolkata", "Asia/Tokyo"),
    *("Australia/Lord_Howe", "Pacific/Chatham", "Pacific/Kiritimati", "Pacific/Apia", "Africa/Casablanca"),
]
HOUR, DAY = 3600, 86_400
STEPS = (Step("day_0", 0), Step("day_3", 3), Step("day_7", 7), Step("day_11", 11, final=True))
CAMPAIGN = Campaign("monthly_14", 1, STEPS, 14, 24, time(9), time(17), weekdays_only=True)
ALWAYS = replace(CAMPAIGN, opens=time(0), closes=time.max, weekdays_only=False)


def at(text: str, zone: str = STOCKHOLM) -> int:
    """A local wall-clock time as UTC seconds."""
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp())


MONDAY = at("2026-11-02T10:00")


def facts(code: str | None = "expired_card", *, of: Invoice | None = None, **changes: Any) -> Facts:
    """What Stripe says of that renewal."""
    said = Facts(
        of or invoice(), "past_due", customer_gone=False, email="a@b.example", processing=False, decline=Decline()
    )
    return replace(said, **{"decline": Decline(code), **changes})


def decided(
    now: int, told: Facts | None = None, handled: str | None = None, campaign: Campaign = CAMPAIGN, **around: Any
) -> Any:
    """The decision about a case opened on MONDAY, in Stockholm."""
    return decide(campaign, Case(MONDAY, handled), told or facts(), STOCKHOLM, now, Around(**around))


@pytest.mark.parametrize(
    "told, reason",
    [
        (facts(of=invoice(status="paid")), "invoice_paid"),
        (facts(of=invoice(status="void")), "invoice_void"),
        (facts(of=invoice(status="uncollectible")), "invoice_uncollectible"),
        (facts(subscription_status="canceled"), "subscription_canceled"),
        (facts(subscription_status="unpaid"), "subscription_unpaid"),
        (facts(subscription_status="paused"), "subscription_paused"),
        (facts(subscription_status="incomplete_expired"), "subscription_incomplete_expired"),
        (facts(of=invoice(subscription=None)), "no_subscription"),
        (facts(customer_gone=True), "customer_deleted"),
        (facts(disputed=True), "disputed"),
        (facts(email=None), "no_address"),
        (facts(email=""), "no_address"),
    ],
)
@pytest.mark.parametrize("processing", [False, True])
def test_each_reason_to_stop_closes_the_case(told: Facts, reason: str, processing: bool) -> None:
    assert decided(MONDAY + 3 * HOUR, replace(told, processing=processing)) == Close(reason)


@pytest.mark.parametrize("status", ["active", "past_due", "trialing", "incomplete", None])
def test_other_states_of_a_subscription_stop_nothing(status: str | None) -> None:
    assert status not in ENDED_SUBSCRIPTION
    assert decided(MONDAY + 3 * HOUR, facts(subscription_status=status)) == Send(STEPS[0], Track.NEW_CARD)


def test_the_campaign_ends_on_its_day_whatever_was_sent() -> None:
    end = at("2026-11-16T10:00")

    assert decided(end - 1, handled="day_11") == Hold(end, "campaign_end")
    assert decided(end, handled="day_11") == Close("campaign_ended")
    assert decided(end) == Close("campaign_ended")


def test_a_payment_under_way_is_waited_for() -> None:
    now = MONDAY + 3 * HOUR

    assert decided(now, facts(processing=True)) == Hold(now + 6 * HOUR, "payment_processing")


def test_the_first_mail_waits_two_hours() -> None:
    assert decided(MONDAY + 2 * HOUR - 1) == Hold(MONDAY + 2 * HOUR, "next_step")
    assert decided(MONDAY + 2 * HOUR) == Send(STEPS[0], Track.NEW_CARD)


def test_a_lack_of_funds_stays_silent_for_a_day_or_until_the_first_retry_failed() -> None:
    lack = facts("insufficient_funds")
    retried = facts("insufficient_funds", of=invoice(attempt_count=2))

    assert decided(MONDAY + 3 * HOUR, lack) == Hold(MONDAY + DAY, "next_step")
    assert decided(MONDAY + DAY, lack) == Send(STEPS[0], Track.FUNDS)
    assert decided(MONDAY + 3 * HOUR, retried) == Send(STEPS[0], Track.FUNDS)


def test_the_silence_about_funds_is_over_after_day_0() -> None:
    lack = facts("insufficient_funds")

    assert step_time(CAMPAIGN, Case(MONDAY), STEPS[1], lack, STOCKHOLM) == at("2026-11-05T10:00")


@pytest.mark.parametrize("hours", [0, 1, 5])
def test_no_mail_goes_out_shortly_before_a_retry(hours: int) -> None:
    now = MONDAY + 3 * HOUR
    retry = now + hours * HOUR

    told = facts("generic_decline", of=invoice(next_payment_attempt=retry))

    assert decided(now, told) == Hold(retry + HOUR, "retry_soon")


def test_a_retry_six_hours_away_holds_nothing() -> None:
    now = MONDAY + 3 * HOUR

    told = facts("generic_decline", of=invoice(next_payment_attempt=now + 6 * HOUR))

    assert decided(now, told) == Send(STEPS[0], Track.CONTACT_BANK)


def test_a_retry_that_stripe_is_late_with_is_given_an_hour() -> None:
    now = MONDAY + 3 * HOUR
    late = facts("generic_decline", of=invoice(next_payment_attempt=now - 10 * 60))
    over = facts("generic_decline", of=invoice(next_payment_attempt=now - HOUR))

    assert decided(now, late) == Hold(now + 50 * 60, "retry_soon")
    assert decided(now, over) == Send(STEPS[0], Track.CONTACT_BANK)


@pytest.mark.parametrize("away, code, promised", [(1, "generic_decline", True), (0, None, False), (-60, None, False)])
def test_a_mail_promises_only_a_retry_that_is_still_to_come(away: int, code: str, promised: bool) -> None:
    told = facts(code, of=invoice(next_payment_attempt=MONDAY + away))

    assert promised_retry(told, MONDAY, MONDAY + DAY) == (MONDAY + away if promised else None)
    assert promised_retry(facts(code), MONDAY, MONDAY + DAY) is None
    assert promised_retry(told, MONDAY, MONDAY + away) is None  # the end that the mail names comes first


@pytest.mark.parametrize("code", sorted(NOT_RETRIED))
def test_a_retry_that_will_not_happen_holds_nothing(code: str) -> None:
    now = MONDAY + 3 * HOUR

    told = facts(code, of=invoice(next_payment_attempt=now + HOUR))

    assert isinstance(decided(now, told), Send)
    assert promised_retry(told, now, now + DAY) is None
    assert promised_retry(replace(told, new_card=True), now, now + DAY) == now + HOUR


def test_whoever_has_given_another_card_is_asked_for_none_until_it_was_tried() -> None:
    retry = at("2026-11-12T12:00")
    told = facts(of=invoice(next_payment_attempt=retry), new_card=True)

    assert decided(at("2026-11-05T12:00"), told, handled="day_0") == Hold(retry + HOUR, "new_card")
    assert decided(at("2026-11-09T12:00"), told, handled="day_3") == Hold(retry + HOUR, "new_card")
    late = facts(of=invoice(next_payment_attempt=at("2026-11-14T12:00")), new_card=True)
    assert decided(at("2026-11-09T12:00"), late, handled="day_3") == Hold(at("2026-11-13T09:00"), "new_card")
    assert decided(at("2026-11-13T09:00"), late, handled="day_3") == Send(STEPS[3], Track.NEW_CARD, ("day_7",))
    assert decided(SENDABLE, facts(of=invoice(next_payment_attempt=None), new_card=True)) == Send(
        STEPS[0], Track.NEW_CARD
    )


def test_a_complaint_ends_the_sequence_whatever_other_address_there_is() -> None:
    told = facts(second_email="pay@b.example")

    assert decided(SENDABLE, told, suppressed=frozenset({"a@b.example"}), complained=True) == Close("complained")


def test_only_the_newest_overdue_step_is_sent() -> None:
    assert decided(at("2026-11-10T12:00")) == Send(STEPS[2], Track.NEW_CARD, ("day_0", "day_3"))
    assert decided(at("2026-11-10T12:00"), handled="day_0") == Send(STEPS[2], Track.NEW_CARD, ("day_3",))
    assert decided(at("2026-11-10T12:00"), handled="day_7") == Hold(at("2026-11-13T09:00"), "next_step")


def test_a_handled_step_never_comes_back() -> None:
    assert due_step(CAMPAIGN, Case(MONDAY, "day_7"), facts(), STOCKHOLM, at("2026-11-10T12:00")) is None
    assert due_step(CAMPAIGN, Case(MONDAY, "day_11"), facts(), STOCKHOLM, MONDAY + 13 * DAY) is None


@pytest.mark.parametrize(
    "opened, zone, third_day",
    [
        ("2026-11-02T10:00", STOCKHOLM, "2026-11-05T10:00"),
        ("2026-11-02T00:00", STOCKHOLM, "2026-11-05T00:00"),
        ("2026-11-02T23:59", "America/New_York", "2026-11-05T23:59"),
        ("2026-03-27T12:00", STOCKHOLM, "2026-03-30T12:00"),  # the clock goes forward on the 29th
        ("2026-03-26T02:30", STOCKHOLM, "2026-03-29T03:30"),  # a time that does not exist there
        ("2026-10-23T12:00", STOCKHOLM, "2026-10-26T12:00"),  # the clock goes back on the 25th
        ("2026-10-30T12:00", "America/New_York", "2026-11-02T12:00"),
        ("2026-12-30T12:00", "Asia/Kolkata", "2027-01-02T12:00"),
        ("2028-02-27T12:00", "Pacific/Kiritimati", "2028-03-01T12:00"),
        ("2026-10-02T12:00", "Australia/Lord_Howe", "2026-10-05T12:00"),  # by half an hour
    ],
)
def test_a_day_is_the_customers_calendar_day(opened: str, zone: str, third_day: str) -> None:
    assert days_after(at(opened, zone), 3, zone) == at(third_day, zone)


@pytest.mark.parametrize(
    "opened, hours", [("2026-03-27T12:00", 71), ("2026-10-23T12:00", 73), ("2026-11-02T12:00", 72)]
)
def test_three_days_over_a_change_of_the_clock_are_not_72_hours(opened: str, hours: int) -> None:
    assert days_after(at(opened), 3, STOCKHOLM) - at(opened) == hours * HOUR


def test_the_end_that_the_final_mail_names_is_a_calendar_day_too() -> None:
    opened = at("2026-10-20T18:00")

    assert ends_at(CAMPAIGN, Case(opened), STOCKHOLM) == at("2026-11-03T18:00")


@pytest.mark.parametrize(
    "moment, opening",
    [
        ("2026-11-02T08:59", "2026-11-02T09:00"),
        ("2026-11-02T09:00", "2026-11-02T09:00"),
        ("2026-11-02T16:59", "2026-11-02T16:59"),
        ("2026-11-02T17:00", "2026-11-03T09:00"),
        ("2026-11-02T23:59", "2026-11-03T09:00"),
        ("2026-11-03T00:00", "2026-11-03T09:00"),
        ("2026-11-06T17:00", "2026-11-09T09:00"),  # Friday evening
        ("2026-11-07T08:00", "2026-11-09T09:00"),
        ("2026-11-08T12:00", "2026-11-09T09:00"),
        ("2026-03-28T12:00", "2026-03-30T09:00"),  # over the weekend of the shorter night
        ("2026-10-24T12:00", "2026-10-26T09:00"),
    ],
)
@pytest.mark.parametrize("zone", [STOCKHOLM, "America/New_York", "Asia/Kolkata", "Pacific/Kiritimati"])
def test_the_send_window_moves_a_mail_forward_to_its_next_opening(moment: str, opening: str, zone: str) -> None:
    assert within_window(CAMPAIGN, at(moment, zone), zone) == at(opening, zone)


def test_without_weekdays_only_the_window_opens_on_a_saturday() -> None:
    daily = replace(CAMPAIGN, weekdays_only=False)

    assert within_window(daily, at("2026-11-06T18:00"), STOCKHOLM) == at("2026-11-07T09:00")


def test_an_opening_in_the_hour_that_comes_twice_is_never_in_the_past() -> None:
    night = replace(CAMPAIGN, opens=time(2, 30), closes=time(3), weekdays_only=False)
    second_quarter_past_two = at("2026-10-25T03:00") - 45 * 60

    assert within_window(night, second_quarter_past_two, STOCKHOLM) == at("2026-10-25T03:00") - 30 * 60


def test_outside_the_window_a_due_mail_is_held_until_it_opens() -> None:
    assert decided(at("2026-11-02T18:00")) == Hold(at("2026-11-03T09:00"), "send_window")
    assert decided(at("2026-11-07T12:00"), handled="day_0") == Hold(at("2026-11-09T09:00"), "send_window")


def test_the_next_look_is_inside_the_window_already() -> None:
    assert decided(at("2026-11-05T12:00"), handled="day_3", campaign=CAMPAIGN) == Hold(
        at("2026-11-09T10:00"), "next_step"
    )
    assert decided(
        at("2026-11-03T12:00"), handled="day_0", campaign=replace(CAMPAIGN, steps=(STEPS[0], Step("d", 5)))
    ) == Hold(at("2026-11-09T09:00"), "next_step")


WHOLE_MINUTES = st.integers(0, 24 * 60 - 2).map(lambda minute: time(minute // 60, minute % 60))


@st.composite
def campaigns(draw: st.DrawFn) -> Campaign:
    """Any campaign whose file could be meant so: steps in order before the end, a window that opens before it closes."""
    days = sorted(draw(st.lists(st.integers(0, 20), min_size=1, max_size=5, unique=True)))
    final = draw(st.booleans())
    opens = draw(WHOLE_MINUTES)
    minutes = draw(st.integers(opens.hour * 60 + opens.minute + 1, 24 * 60 - 1))
    return Campaign(
        id="any",
        version=1,
        steps=tuple(Step(f"day_{day}", day, final and day == days[-1]) for day in days),
        end_day=draw(st.integers(days[-1] + (3 if final else 1), 30)),
        funds_wait_hours=draw(st.integers(0, 72)),
        opens=opens,
        closes=time(minutes // 60, minutes % 60),
        weekdays_only=draw(st.booleans()),
    )


CHANGES_OF_CLOCK = [at("2026-10-25T00:00"), at("2026-03-29T00:00"), at("2026-11-01T00:00", "America/New_York")]
MOMENTS = st.integers(at("2026-01-01T00:00"), at("2028-12-31T00:00")) | st.builds(
    int.__add__, st.sampled_from(CHANGES_OF_CLOCK), st.integers(0, 5 * HOUR)
)
CODES = st.sampled_from(
    [None, "expired_card", "insufficient_funds", "generic_decline", "lost_card", "authentication_required"]
)


@st.composite
def situations(draw: st.DrawFn) -> tuple[Campaign, Case, Facts, str, int]:
    """Everything that `decide` may be asked, the impossible too."""
    campaign, now = draw(campaigns()), draw(MOMENTS)
    case = Case(
        now - draw(st.integers(-2 * DAY, 32 * DAY)),
        draw(st.sampled_from([None, "of_an_older_version", *(step.key for step in campaign.steps)])),
    )
    of = invoice(
        status=draw(st.sampled_from(["open"] * 6 + ["draft", "paid", "void", "uncollectible", "of_next_year"])),
        attempt_count=draw(st.integers(0, 9)),
        amount_remaining=draw(st.sampled_from([14900, 14900, 14900, 0])),
        next_payment_attempt=draw(st.none() | st.integers(-2 * DAY, 2 * DAY).map(lambda away: now + away)),
    )
    told = facts(
        draw(CODES),
        of=of,
        subscription_status=draw(st.sampled_from(["past_due", "active", "canceled", None])),
        email=draw(st.sampled_from(["a@b.example", "a@b.example", None])),
        second_email=draw(st.sampled_from([None, "pay@b.example"])),
        processing=draw(st.booleans()),
    )
    return campaign, case, told, draw(st.sampled_from(ZONES)), now


def is_open(campaign: Campaign, moment: int, zone: str) -> bool:
    """Whether a moment lies in the send window, told from the wall clock alone."""
    local = datetime.fromtimestamp(moment, ZoneInfo(zone))
    return campaign.opens <= local.time() < campaign.closes and (not campaign.weekdays_only or local.isoweekday() < 6)


@given(situations())
def test_a_decision_is_always_made_and_a_hold_is_always_in_the_future(
    situation: tuple[Campaign, Case, Facts, str, int],
) -> None:
    decision = decide(*situation)

    assert isinstance(decision, Send | Hold | Close)
    assert not isinstance(decision, Hold) or decision.until > situation[-1]


@given(situations())
def test_a_mail_is_sent_only_in_the_window_while_money_is_owed_and_for_a_step_that_is_due(
    situation: tuple[Campaign, Case, Facts, str, int],
) -> None:
    campaign, case, told, zone, now = situation
    decision = decide(*situation)
    if isinstance(decision, Send):
        assert is_open(campaign, now, zone)
        assert opens_case(told.invoice)
        assert not closes_case(told.invoice)
        assert told.email or told.second_email
        assert not told.processing
        assert decision.step.key != case.handled
        assert step_time(campaign, case, decision.step, told, zone) <= now < ends_at(campaign, case, zone)


@given(situations())
def test_an_invoice_that_is_settled_is_always_closed(situation: tuple[Campaign, Case, Facts, str, int]) -> None:
    _, _, told, _, _ = situation
    if closes_case(told.invoice) or not opens_case(told.invoice):
        assert decide(*situation) == Close(f"invoice_{told.invoice.status}")


@given(campaigns(), MOMENTS, st.sampled_from(ZONES))
def test_the_window_gives_the_first_open_moment_from_now_on(campaign: Campaign, moment: int, zone: str) -> None:
    opening = within_window(campaign, moment, zone)

    assert opening >= moment
    assert (opening == moment) == is_open(campaign, moment, zone)
    if campaign.closes.hour > 3 and campaign.opens.hour > 3:
        assert is_open(campaign, opening, zone)
        assert opening == moment or not is_open(campaign, opening - 1, zone)


@given(campaigns(), MOMENTS, st.sampled_from(ZONES), CODES)
def test_a_case_left_alone_sends_each_step_at_most_once_in_order_and_ends(
    campaign: Campaign, opened: int, zone: str, code: str | None
) -> None:
    """The mailer's life: look when told, send what it may, until the case is closed."""
    case, now, sent = Case(opened), opened, list[str]()
    for _ in range(4 * len(campaign.steps) + 4):
        decision = decide(campaign, case, facts(code), zone, now)
        if isinstance(decision, Close):
            break
        if isinstance(decision, Send):
            sent.append(decision.step.key)
            case = replace(case, handled=decision.step.key)
        else:
            now = decision.until
    else:
        pytest.fail("the case never ends")

    assert decision == Close("campaign_ended")
    assert sent == [step.key for step in campaign.steps if step.key in sent]
    assert now < ends_at(campaign, case, zone) + 5 * DAY


@given(MOMENTS, st.integers(0, 60), st.sampled_from(ZONES))
def test_the_wall_clock_is_kept_over_any_number_of_days(moment: int, days: int, zone: str) -> None:
    there = datetime.fromtimestamp(days_after(moment, days, zone), ZoneInfo(zone))
    here = datetime.fromtimestamp(moment, ZoneInfo(zone))

    shift = there.replace(tzinfo=None) - here.replace(tzinfo=None) - timedelta(days=days)
    assert timedelta(0) <= shift <= timedelta(hours=1)
    assert (there.date() - here.date()).days in (days, days + 1)


def test_all_day_every_day_is_a_campaign_without_a_window() -> None:
    assert within_window(ALWAYS, at("2026-11-07T23:59"), STOCKHOLM) == at("2026-11-07T23:59")


SENDABLE = MONDAY + 3 * HOUR


@pytest.mark.parametrize("code", sorted(LIKELY_CANCEL))
def test_whoever_told_their_bank_to_stop_gets_one_mail_and_no_second(code: str) -> None:
    assert decided(SENDABLE, facts(code)) == Send(STEPS[0], Track.CONTACT_BANK)
    assert decided(SENDABLE + 3 * DAY, facts(code), handled="day_0") == Close("likely_cancel")


def test_a_second_billing_mail_waits_twenty_hours_and_for_the_window() -> None:
    assert decided(SENDABLE, last_mail_at=SENDABLE - CAP + 1) == Hold(SENDABLE + 1, "frequency_cap")
    assert decided(SENDABLE, last_mail_at=SENDABLE - CAP) == Send(STEPS[0], Track.NEW_CARD)
    evening = at("2026-11-02T16:30")
    assert decided(evening, last_mail_at=evening - HOUR) == Hold(at("2026-11-03T11:30"), "frequency_cap")


@pytest.mark.parametrize(
    "changes, suppressed, to",
    [
        ({}, set(), "a@b.example"),
        ({"second_email": "pay@b.example"}, set(), "a@b.example"),
        ({"second_email": "pay@b.example"}, {"a@b.example"}, "pay@b.example"),
        ({"second_email": "pay@b.example", "email": None}, set(), "pay@b.example"),
        ({}, {"a@b.example"}, None),
        ({"second_email": "pay@b.example"}, {"a@b.example", "pay@b.example"}, None),
    ],
)
def test_mail_goes_to_the_first_address_that_takes_any(
    changes: dict[str, Any], suppressed: set[str], to: str | None
) -> None:
    told = facts(**changes)

    assert address(told, Around(suppressed=frozenset(suppressed))) == to
    decision = decided(SENDABLE, told, suppressed=frozenset(suppressed))
    assert decision == (Send(STEPS[0], Track.NEW_CARD) if to else Close("address_suppressed"))


def test_while_mails_are_paused_a_case_waits_and_loses_nothing() -> None:
    assert decided(SENDABLE, paused=True) == Hold(SENDABLE + HOUR, "mails_paused")
    assert decided(SENDABLE, facts(of=invoice(status="paid")), paused=True) == Close("invoice_paid")


def test_a_stopped_case_sends_nothing_even_at_once() -> None:
    assert decided(SENDABLE, stopped=True) == Close("stopped")
    assert decided(SENDABLE, stopped=True, send_now=True) == Close("stopped")


def test_a_mail_wanted_now_passes_the_calendar_but_none_of_the_reasons_to_stop() -> None:
    night = at("2026-11-07T03:00")
    retry = facts("generic_decline", of=invoice(next_payment_attempt=night + HOUR))

    assert decided(night, retry, handled="day_3", last_mail_at=night - 1, send_now=True) == Send(
        STEPS[2], Track.CONTACT_BANK
    )
    assert decided(night, facts(of=invoice(status="paid")), send_now=True) == Close("invoice_paid")
    assert decided(night, facts(processing=True), send_now=True) == Hold(night + 6 * HOUR, "payment_processing")
    assert decided(night, paused=True, send_now=True) == Hold(night + HOUR, "mails_paused")
    assert decided(night, handled="day_11", send_now=True) == Hold(at("2026-11-16T10:00"), "campaign_end")


@pytest.mark.parametrize(
    "opened, leaves",
    [
        ("2026-11-02T10:00", "2026-11-13T09:00"),  # Friday, on its day, an hour earlier
        ("2026-11-02T08:00", "2026-11-12T09:00"),  # its day's opening would be too late
        ("2026-11-03T12:00", "2026-11-13T09:00"),  # a Saturday: the Friday before
        ("2026-11-04T12:00", "2026-11-13T09:00"),  # a Sunday
        ("2026-11-05T12:00", "2026-11-16T09:00"),  # a Monday
        ("2026-11-05T02:00", "2026-11-13T09:00"),  # Monday's opening would be too late
        ("2026-10-12T12:00", "2026-10-23T12:00"),  # the clock goes back before the end: there is an hour more
        ("2026-03-16T12:00", "2026-03-27T09:00"),  # and forward: the 72 hours are real hours
    ],
)
def test_the_final_notice_leaves_at_least_72_hours_before_the_end(opened: str, leaves: str) -> None:
    case = Case(at(opened), "day_7")
    final = step_time(CAMPAIGN, case, STEPS[3], facts(), STOCKHOLM)

    assert final == at(leaves)
    assert decide(CAMPAIGN, case, facts(), STOCKHOLM, final) == Send(STEPS[3], Track.NEW_CARD)


def test_the_final_notice_waits_for_the_cap_only_while_it_stays_whole() -> None:
    """The end is Monday, 16 November, 12:00, so that it must be on its way by Friday, 13 November, 11:00."""
    case, final = Case(at("2026-11-02T12:00"), "day_7"), at("2026-11-13T09:00")

    soon = decide(CAMPAIGN, case, facts(), STOCKHOLM, final, Around(at("2026-11-12T14:30")))
    assert soon == Hold(at("2026-11-13T10:30"), "frequency_cap")
    later = decide(CAMPAIGN, case, facts(), STOCKHOLM, final, Around(at("2026-11-12T15:30")))
    assert later == Send(STEPS[3], Track.NEW_CARD)


def test_a_mail_after_which_the_cap_would_keep_the_final_notice_back_is_left_out_for_it() -> None:
    assert decided(at("2026-11-12T12:30"), handled="day_3") == Send(STEPS[2], Track.NEW_CARD)
    assert decided(at("2026-11-12T13:30"), handled="day_3") == Hold(at("2026-11-13T09:00"), "final_notice")
    assert decided(at("2026-11-13T09:00"), handled="day_3") == Send(STEPS[3], Track.NEW_CARD, ("day_7",))


def test_what_keeps_an_earlier_mail_back_does_not_outlast_the_final_notice() -> None:
    early, final = at("2026-11-13T03:00"), at("2026-11-13T09:00")
    soon = facts("generic_decline", of=invoice(next_payment_attempt=at("2026-11-13T08:30")))

    assert decided(early, soon, handled="day_3") == Hold(final, "retry_soon")
    assert decided(early, handled="day_3", last_mail_at=at("2026-11-12T15:00")) == Hold(final, "frequency_cap")


@given(situations())
def test_whenever_a_mail_has_left_the_final_notice_can_keep_both_its_day_and_the_cap(
    situation: tuple[Campaign, Case, Facts, str, int],
) -> None:
    campaign, case, _, zone, now = situation
    decision = decide(*situation)
    if isinstance(decision, Send) and not decision.step.final and campaign.steps[-1].final:
        assert within_window(campaign, now + CAP, zone) + NOTICE <= ends_at(campaign, case, zone)


def test_the_final_notice_does_not_wait_for_a_retry_that_would_shorten_it() -> None:
    now = at("2026-11-13T09:00")
    soon = facts("generic_decline", of=invoice(next_payment_attempt=now + 2 * HOUR))

    assert decided(now, soon, handled="day_7") == Send(STEPS[3], Track.CONTACT_BANK)
    assert decided(
        at("2026-11-09T10:00"),
        replace(soon, invoice=invoice(next_payment_attempt=at("2026-11-09T12:00"))),
        handled="day_3",
    ) == Hold(at("2026-11-09T13:00"), "retry_soon")


def test_the_final_notice_does_not_wait_for_a_retry_after_which_the_window_opens_too_late() -> None:
    """The end is Monday at 20:00; at 18:30 on the Friday before there would be time, but no open window until Monday."""
    now = at("2026-11-13T13:00")
    soon = facts("generic_decline", of=invoice(next_payment_attempt=at("2026-11-13T17:30")))
    case = Case(at("2026-11-02T20:00"), "day_7")

    assert decide(CAMPAIGN, case, soon, STOCKHOLM, now) == Send(STEPS[3], Track.CONTACT_BANK)


@given(MOMENTS, st.sampled_from(ZONES), st.integers(3, 30), st.integers(0, 20))
def test_whatever_the_day_and_the_zone_the_final_notice_is_whole_and_in_the_window(
    opened: int, zone: str, end: int, day: int
) -> None:
    campaign = replace(CAMPAIGN, steps=(Step("only", min(day, end - 3), final=True),), end_day=end)
    leaves = within_window(campaign, final_time(campaign, opened, campaign.steps[0].day, zone), zone)

    assert is_open(campaign, leaves, zone)
    assert leaves + NOTICE <= days_after(opened, end, zone)
    assert leaves >= opened - 4 * DAY  # where even the day of the failure is too late, it is due at once


def test_a_mail_takes_along_the_other_invoices_step_that_the_cap_would_keep_back() -> None:
    case = Case(MONDAY, "day_0")

    assert carried_step(CAMPAIGN, case, STOCKHOLM, at("2026-11-04T13:00")) is None
    assert carried_step(CAMPAIGN, case, STOCKHOLM, at("2026-11-04T14:00")) == STEPS[1]
    assert carried_step(CAMPAIGN, Case(MONDAY), STOCKHOLM, MONDAY) == STEPS[0]
    assert carried_step(CAMPAIGN, Case(MONDAY, "day_11"), STOCKHOLM, at("2026-11-15T10:00")) is None


def test_no_mail_takes_another_invoices_final_notice_along() -> None:
    """It names the end of its own case, which the mail of another does not."""
    thursday = at("2026-11-12T14:00")

    assert carried_step(CAMPAIGN, Case(MONDAY, "day_7"), STOCKHOLM, thursday) is None
    assert carried_step(CAMPAIGN, Case(MONDAY, "day_3"), STOCKHOLM, thursday) is None
