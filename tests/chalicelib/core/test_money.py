from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.model import Money
from chalicelib.core.money import THREE_DECIMAL, ZERO_DECIMAL, exponent, major


@pytest.mark.parametrize(
    "amount, currency, expected",
    [
        (14900, "sek", "149.00"),
        (1099, "usd", "10.99"),
        (500, "jpy", "500"),
        (1_000_000, "krw", "1000000"),
        (5120, "kwd", "5.120"),
        (500, "isk", "5.00"),
        (500, "ugx", "5.00"),
        (1045, "huf", "10.45"),
        (-250, "eur", "-2.50"),
        (0, "sek", "0.00"),
    ],
)
def test_major_units_are_stripes(amount: int, currency: str, expected: str) -> None:
    assert str(major(Money(amount, currency))) == expected


def test_the_case_of_a_code_does_not_matter() -> None:
    assert exponent("JPY") == exponent("jpy") == 0


def test_no_currency_is_in_both_lists() -> None:
    assert not ZERO_DECIMAL & THREE_DECIMAL


@given(st.integers(-(10**15), 10**15), st.sampled_from(["jpy", "sek", "kwd"]))
def test_nothing_is_lost_on_the_way_to_major_units(amount: int, currency: str) -> None:
    assert major(Money(amount, currency)) * Decimal(10) ** exponent(currency) == amount
