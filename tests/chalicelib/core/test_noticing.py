"""Which notice is due, by examples and for any customer: in the window, inside every law's, once, and never two together."""

from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import campaigns
from chalicelib.core.dunning import CAP
from chalicelib.core.laws import LAWS, Law
from chalicelib.core.model import Subscription
from chalicelib.core.noticing import HOUR, Clock, Look, held, look, look_at_card
from chalicelib.core.site import NOTICES
from chalicelib.core.timing import within_window
from chalicelib.core.upcoming import SLACK, Plan, Subject, first_look, of_subscription
from tests.conftest import NOW
from tests.records import card, subscription

DAY = 86_400
STOCKHOLM = Clock("Europe/Stockholm", campaigns.load("monthly_14"))
ALL = (*NOTICES, "win_back")
ZONES = ("Europe/Stockholm", "America/New_York", "Australia/Lord_Howe", "Pacific/Kiritimati", "Asia/Kolkata", "UTC")
(LINE,) = subscription().items
DAYS = ("card_30", "card_14", "card_7", "trial_7", "trial_1", "renewal_45", "renewal_7")


def local(*when: int) -> int:
    """A local time of Stockholm as UTC seconds."""
    return int(datetime(*when, tzinfo=ZoneInfo("Europe/Stockholm")).timestamp())  # type: ignore[arg-type, misc]


def trialing(end: int, start: int = NOW - 60 * DAY) -> Subscription:
    """A trial."""
    line = replace(LINE, current_period_end=end)
    return subscription(status="trialing", trial_start=start, trial_end=end, items=(line,))


def yearly(end: int) -> Subscription:
    """A subscription that renews by the year."""
    return subscription(items=(replace(LINE, interval="year", current_period_start=0, current_period_end=end),))


def found(made: Subscription, now: int, handled: str | None = None, clock: Clock = STOCKHOLM) -> Look:
    """What a look at a subscription finds."""
    return look(of_subscription(made), handled, ALL, clock, now)


def sendings(made: Subscription, clock: Clock, now: int) -> list[tuple[str, int]]:
    """(key, when) of all that leaves about a subscription, looked at from `now` on as the mailer does."""
    sent: list[tuple[str, int]] = []
    handled: str | None = None
    at: int | None = now
    while at is not None:
        seen = look(of_subscription(made), handled, ALL, clock, at)
        if seen.notice is None:
            assert seen.following is None or seen.following > at
            at = seen.following
        elif (until := held(clock, None, False, at)) is not None:
            at = until
        else:
            handled = seen.notice.key
            sent.append((handled, at))
    return sent


def test_a_trial_is_announced_a_week_and_a_day_before_at_the_hour_of_its_end() -> None:
    end = local(2026, 12, 18, 14)

    assert [at for _, at in sendings(trialing(end), STOCKHOLM, NOW)] == [
        local(2026, 12, 11, 14),
        local(2026, 12, 17, 14),
    ]


def test_a_trial_that_ends_on_a_monday_morning_is_announced_on_the_friday_before() -> None:
    assert sendings(trialing(local(2026, 12, 14, 8)), STOCKHOLM, NOW)[-1] == (
        "trial_1-2026-12-14",
        local(2026, 12, 11, 9),
    )


def test_a_notice_that_is_due_just_before_the_window_closes_leaves_that_morning() -> None:
    """A run comes each quarter of an hour: at 16:50 on a Friday it would be too late until Monday."""
    assert sendings(trialing(local(2026, 12, 12, 16, 50)), STOCKHOLM, NOW)[-1][1] == local(2026, 12, 11, 9)


def test_a_short_trial_has_no_notice_of_a_week_and_one_of_a_day() -> None:
    made = trialing(local(2026, 12, 17, 14), start=local(2026, 12, 10, 14))

    assert [key for key, _ in sendings(made, STOCKHOLM, local(2026, 12, 10, 14))] == ["trial_1-2026-12-17"]


def test_a_yearly_renewal_is_announced_45_and_7_days_before() -> None:
    sent = sendings(yearly(local(2027, 1, 20, 10)), STOCKHOLM, NOW)

    assert sent == [("renewal_45-2027-01-20", local(2026, 12, 7, 9)), ("renewal_7-2027-01-20", local(2027, 1, 13, 10))]


def test_several_that_were_missed_are_one_mail_the_newest() -> None:
    """`dun-predunning-catchup`: a public product sent the mails of days 7, 3 and 1 together."""
    end = local(2026, 12, 18, 14)

    assert [key for key, _ in sendings(trialing(end), STOCKHOLM, end - 10 * HOUR)] == ["trial_1-2026-12-18"]
    assert found(trialing(end), end).notice is None


def test_a_date_that_moves_to_another_day_is_announced_anew_and_within_its_day_is_not() -> None:
    end = local(2026, 12, 18, 14)
    now = end - 3 * DAY

    assert found(trialing(end), now, "trial_7-2026-12-18").notice is None
    assert found(trialing(end + HOUR), now, "trial_7-2026-12-18").notice is None
    moved = found(trialing(end + DAY), now, "trial_7-2026-12-18").notice
    assert moved is not None
    assert not moved.repeats("trial_7-2026-12-18")


def test_the_second_of_a_kind_about_the_same_date_is_a_reminder() -> None:
    end = local(2026, 12, 18, 14)
    notice = found(trialing(end), end - DAY, "trial_7-2026-12-18").notice

    assert notice is not None
    assert notice.repeats("trial_7-2026-12-18")
    assert not notice.repeats(None)


def test_what_the_site_does_not_send_is_not_due() -> None:
    end = local(2026, 12, 18, 14)

    assert look(of_subscription(trialing(end)), None, ("card_expiring",), STOCKHOLM, end - DAY) == Look(None, None)


def test_a_stop_is_told_for_a_week_and_a_return_is_invited_twice() -> None:
    ended = local(2026, 12, 5, 20)  # a Saturday evening
    made = subscription(status="canceled", ended_at=ended, cancellation_reason="payment_failed")

    assert sendings(made, STOCKHOLM, ended) == [
        ("stopped-2026-12-05", local(2026, 12, 7, 9)),
        ("win_14-2026-12-05", local(2026, 12, 21, 9)),
        ("win_30-2026-12-05", local(2027, 1, 5, 9)),
    ]
    assert found(made, ended + 8 * DAY).notice is None


CARD = card(exp_month=11, exp_year=2026)


def renewing(end: int) -> Subscription:
    """A subscription by the month, next charged at `end`."""
    return subscription(items=(replace(LINE, current_period_end=end),))


def test_a_card_is_nobodys_matter_until_it_is_too_old_for_the_next_payment() -> None:
    before = look_at_card(CARD, renewing(local(2026, 11, 15, 12)), None, ALL, STOCKHOLM, local(2026, 11, 10, 12))
    after = look_at_card(CARD, renewing(local(2026, 12, 15, 12)), None, ALL, STOCKHOLM, local(2026, 11, 18, 12))

    assert before == Look(None, local(2026, 11, 15, 13))
    assert after.notice is not None
    assert after.notice.key == "card_14-2026-11"


def test_a_card_that_pays_nothing_is_not_written_about() -> None:
    assert look_at_card(CARD, None, None, ALL, STOCKHOLM, local(2026, 11, 18, 12)) == Look(None, local(2026, 11, 24, 9))


def test_a_card_that_is_good_for_the_last_payment_before_it_expires_is_looked_at_after_it() -> None:
    seen = look_at_card(CARD, renewing(local(2026, 11, 26, 12)), None, ALL, STOCKHOLM, local(2026, 11, 25, 12))

    assert seen == Look(None, local(2026, 11, 26, 13))


@pytest.mark.parametrize(
    "last_mail_at, paused, now, until",
    [
        (None, False, local(2026, 12, 8, 12), None),
        (None, False, local(2026, 12, 8, 20), local(2026, 12, 9, 9)),
        (None, False, local(2026, 12, 11, 17), local(2026, 12, 14, 9)),
        (local(2026, 12, 8, 9), False, local(2026, 12, 8, 12), local(2026, 12, 9, 9)),
        (local(2026, 12, 8, 12), False, local(2026, 12, 9, 8), local(2026, 12, 9, 9)),
        (local(2026, 12, 7, 12), False, local(2026, 12, 8, 12), None),
        (None, True, local(2026, 12, 8, 12), local(2026, 12, 8, 13)),
    ],
)
def test_a_notice_waits_as_every_mail_does(last_mail_at: int | None, paused: bool, now: int, until: int | None) -> None:
    assert held(STOCKHOLM, last_mail_at, paused, now) == until


MOMENTS = st.integers(NOW, NOW + 3 * 365 * DAY)


@given(MOMENTS, st.sampled_from(ZONES), st.sampled_from(["trial", "year"]))
def test_whoever_is_looked_at_in_time_gets_each_notice_once_in_the_window_and_before_the_day(
    end: int, zone: str, kind: str
) -> None:
    """All days, midnights and changes of the clock."""
    clock = replace(STOCKHOLM, zone=zone)
    made = trialing(end, start=1) if kind == "trial" else yearly(end)
    first = first_look(made, end - 80 * DAY)
    assert first is not None

    sent = sendings(made, clock, first)

    assert [key.split("-")[0] for key, _ in sent] == (
        ["trial_7", "trial_1"] if kind == "trial" else ["renewal_45", "renewal_7"]
    )
    assert all(within_window(clock.campaign, at, zone) == at for _, at in sent)
    assert all(first < at < end for _, at in sent)
    assert all(later - earlier > CAP for (_, earlier), (_, later) in pairwise(sent))


@given(MOMENTS, st.sampled_from(LAWS), st.data())
def test_every_law_finds_a_notice_inside_its_days_for_every_customer_of_its_place(
    end: int, law: Law, data: st.DataObject
) -> None:
    zone = data.draw(st.sampled_from(law.zones))
    clock = replace(STOCKHOLM, zone=zone)
    # The latest that a mail of another case, the cap and a weekend can push it to.
    pushed = data.draw(st.integers(0, CAP))
    made = trialing(end, start=end - law.shortest * DAY) if law.mail == "trial_ending" else yearly(end)

    sent = [
        (key, within_window(clock.campaign, at + pushed, zone)) for key, at in sendings(made, clock, end - 90 * DAY)
    ]

    last = datetime.fromtimestamp(end, ZoneInfo(zone)).date()
    before = [(last - datetime.fromtimestamp(at, ZoneInfo(zone)).date()).days for _, at in sent]
    assert any(law.latest <= days <= (law.earliest or 366) for days in before), (law, before)
    assert law.source


@given(MOMENTS, st.sampled_from(ZONES), st.integers(-30, 45), st.booleans())
def test_the_first_look_comes_before_every_notice(moment: int, zone: str, days: int, early: bool) -> None:
    plan = Plan("x", "trial_ending", days, early, good=90)
    clock = replace(STOCKHOLM, zone=zone)

    seen = look([Subject("s", moment, (plan,))], None, ALL, clock, moment - (days * DAY) - SLACK)

    assert seen.notice is None
    assert seen.following is not None
