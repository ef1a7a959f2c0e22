"""Local days: across midnight, in the night in which the clocks change, and where there is no midnight at all."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.days import begins, day_of, span

ZONES = ("UTC", "Europe/Stockholm", "America/Havana", "Asia/Beirut", "Pacific/Apia", "Asia/Kathmandu")


@pytest.mark.parametrize(
    "zone, day, utc",
    [
        ("UTC", date(2026, 11, 2), "2026-11-02T00:00"),
        ("Europe/Stockholm", date(2026, 11, 2), "2026-11-01T23:00"),
        ("Europe/Stockholm", date(2026, 3, 30), "2026-03-29T22:00"),
        ("Asia/Beirut", date(2026, 3, 29), "2026-03-28T22:00"),  # its midnight is skipped
        ("America/Havana", date(2026, 11, 1), "2026-11-01T04:00"),  # its midnight comes twice
    ],
)
def test_a_day_begins_at_its_own_midnight(zone: str, day: date, utc: str) -> None:
    assert begins(day, zone) == int(datetime.fromisoformat(utc).replace(tzinfo=UTC).timestamp())


def test_a_day_of_a_change_has_23_or_25_hours() -> None:
    lengths = [span(day, day, "Europe/Stockholm") for day in (date(2026, 3, 29), date(2026, 10, 25))]

    assert [(end - start + 1) // 3600 for start, end in lengths] == [23, 25]


@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)), st.sampled_from(ZONES))
def test_every_second_belongs_to_one_day(day: date, zone: str) -> None:
    start, end = span(day, day, zone)

    assert (day_of(start, zone), day_of(end, zone)) == (day, day)
    assert day_of(start - 1, zone) < day
    assert end + 1 == begins(day + timedelta(days=1), zone)
