"""Whole local days as callers name them."""

from datetime import UTC, date, datetime

import pytest

from chalicelib.core.members import Invalid
from chalicelib.core.period import LONGEST, Period, period

STOCKHOLM = "Europe/Stockholm"
MIDNIGHT = int(datetime(2026, 11, 1, 23, 30, tzinfo=UTC).timestamp())
"""Half past midnight of 2 November in Stockholm."""


def test_a_period_that_nobody_names_ends_today_and_today_is_the_sites() -> None:
    assert period({}, STOCKHOLM, MIDNIGHT) == Period(date(2026, 10, 4), date(2026, 11, 2), STOCKHOLM)
    assert period({}, "UTC", MIDNIGHT).last == date(2026, 11, 1)


def test_both_ends_are_inside() -> None:
    start, end = period({"from": "2026-10-25", "to": "2026-10-25"}, STOCKHOLM, MIDNIGHT).seconds

    assert end - start + 1 == 25 * 3600  # the clocks went back


def test_a_leap_year_may_be_asked_for_whole_and_no_day_more() -> None:
    assert (
        period({"from": "2028-01-01", "to": "2028-12-31"}, "UTC", MIDNIGHT).last - date(2028, 1, 1)
    ).days == LONGEST - 1

    with pytest.raises(Invalid):
        period({"from": "2027-12-31", "to": "2028-12-31"}, "UTC", MIDNIGHT)


@pytest.mark.parametrize(
    "text", ["", "2026-13-01", "2026-02-29", "2026-1-1", "２０２６-01-01", "2026-01-01T00:00", "1999-12-31"]
)
def test_what_is_no_day_is_refused_by_its_name(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        period({"to": text}, "UTC", MIDNIGHT)

    assert refused.value.param == "to"
