"""A token bucket never lets more through than its rate, whatever the gaps between."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.bucket import Bucket


def test_the_first_goes_at_once_and_the_next_waits_its_share() -> None:
    bucket = Bucket(25)

    assert bucket.take(100.0) == 0
    assert bucket.take(100.0) == pytest.approx(0.04)
    assert bucket.take(100.0) == pytest.approx(0.08)


def test_a_pause_is_forgotten_beyond_the_burst() -> None:
    bucket = Bucket(10, burst=2)
    bucket.take(0.0)

    waits = [bucket.take(1000.0) for _ in range(3)]

    assert waits == [0, 0, pytest.approx(0.1)]


@given(gaps=st.lists(st.floats(0, 3), min_size=2, max_size=60), rate=st.integers(1, 100))
def test_in_no_second_more_go_than_the_rate_and_the_burst(gaps: list[float], rate: int) -> None:
    bucket, now, went = Bucket(rate), 0.0, []
    for gap in gaps:
        now += gap
        now += bucket.take(now)
        went.append(now)

    for first in went:
        assert sum(first <= each < first + 1 - 1e-6 for each in went) <= rate + 1


def test_a_clock_that_stands_still_or_goes_back_gives_nothing_away() -> None:
    bucket = Bucket(1)
    bucket.take(10.0)

    assert bucket.take(9.0) == pytest.approx(1)
