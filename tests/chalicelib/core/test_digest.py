"""A day in numbers: which day is told when, and what belongs to it."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from chalicelib.core.digest import day_sums, reasons, told_today
from chalicelib.core.notices import DaySums
from chalicelib.core.recovery import Failure
from tests.records import invoice, subscription

STOCKHOLM = "Europe/Stockholm"
DAY = date(2026, 11, 2)


def at(text: str) -> int:
    """A moment of UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def failed(opened: str, **changes: Any) -> Failure:
    """149 kr that failed then, and are owed."""
    return replace(Failure(invoice(), at(opened), 14900, subscription=subscription()), **changes)


def paid(opened: str, when: str) -> Failure:
    """The same, paid later."""
    return failed(opened, invoice=invoice(status="paid", amount_paid=14900, paid_at=at(when)))


@pytest.mark.parametrize(
    "now, day",
    [
        ("2026-11-03T06:59", None),
        ("2026-11-03T07:00", date(2026, 11, 2)),
        ("2026-11-03T22:59", date(2026, 11, 2)),
        ("2026-11-03T23:00", None),
        ("2026-03-29T06:00", date(2026, 3, 28)),  # the clocks went on that night
        ("2026-10-25T06:59", None),  # and back
        ("2026-10-25T07:00", date(2026, 10, 24)),
    ],
)
def test_yesterday_is_told_from_eight_in_the_sites_morning(now: str, day: date | None) -> None:
    assert told_today(at(now), STOCKHOLM) == day


def test_what_happened_on_a_day_is_told_of_that_day() -> None:
    canceled = subscription(status="canceled", ended_at=at("2026-11-02T12:00"))
    cases = [
        failed("2026-11-01T23:00"),  # the day's first minute
        failed("2026-11-01T22:59"),  # still owed, of the day before
        paid("2026-11-02T08:00", "2026-11-02T22:59"),
        paid("2026-10-20T08:00", "2026-11-02T23:00"),  # paid after the day: open at its end
        failed("2026-10-19T08:00", subscription=canceled),
        failed("2026-10-01T08:00", closed="campaign_ended", end_day=14),  # given up before the day
    ]

    assert day_sums(cases, DAY, STOCKHOLM) == (
        DaySums("sek", 2, 2 * 14900, 1, 14900, 3, 3 * 14900, 1, 14900),
    )  # fmt: skip


def test_currencies_stand_apart_and_one_without_news_is_left_out() -> None:
    yen = failed("2026-11-02T10:00", invoice=invoice(currency="jpy"), amount=500)
    old = paid("2026-10-01T10:00", "2026-10-02T10:00")

    assert day_sums([yen, old], DAY, STOCKHOLM) == (DaySums("jpy", 1, 500, 0, 0, 1, 500),)
    assert day_sums([], DAY, STOCKHOLM) == ()


def test_the_commonest_reasons_come_first() -> None:
    codes = ("expired_card", "do_not_honor", "expired_card", None)
    cases = [failed("2026-11-02T10:00", decline=code) for code in codes]
    cases.append(failed("2026-11-01T10:00", decline="lost_card"))

    assert reasons(cases, DAY, STOCKHOLM) == (("expired_card", 2), ("do_not_honor", 1))
