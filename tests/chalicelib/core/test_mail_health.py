"""Mails stop before SES would stop them, and never for a few that say nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.mail_health import LEAST_SENDS, Counts, reason_to_pause, total


@pytest.mark.parametrize(
    "sends, bounces, complaints, reason",
    [
        (200, 8, 0, "bounces"),
        (200, 7, 0, None),
        (199, 199, 199, None),
        (1000, 40, 0, "bounces"),
        (1000, 39, 0, None),
        (2500, 0, 2, "complaints"),
        (2501, 0, 2, None),
        (200, 0, 1, None),  # one person
        (200, 8, 2, "complaints"),
        (0, 0, 0, None),
    ],
)
def test_four_percent_of_bounces_or_eight_complaints_in_ten_thousand(
    sends: int, bounces: int, complaints: int, reason: str | None
) -> None:
    assert reason_to_pause(Counts(sends, bounces, complaints)) == reason


@given(st.lists(st.builds(Counts, *[st.integers(0, 10**6)] * 3)))
def test_hours_add_up(hours: list[Counts]) -> None:
    whole = total(hours)

    assert whole.sends == sum(hour.sends for hour in hours)
    if whole.bounces * 25 >= whole.sends >= LEAST_SENDS:
        assert reason_to_pause(whole) is not None
