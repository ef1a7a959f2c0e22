"""When a case opens and closes, and what is told of it."""

from typing import Any

import pytest

from chalicelib.core.cases import case_state, closes_case, opens_case
from tests.records import invoice


def test_a_failed_renewal_opens_a_case() -> None:
    assert opens_case(invoice())


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "draft"},
        {"status": "paid"},
        {"status": "void"},
        {"status": "uncollectible"},
        {"attempted": False},
        {"attempt_count": 0},
        {"amount_remaining": 0},
        {"collection_method": "send_invoice"},
        {"collection_method": None},
        {"billing_reason": "subscription_create"},
    ],
)
def test_without_a_failed_automatic_charge_there_is_no_case(changes: dict[str, Any]) -> None:
    assert not opens_case(invoice(**changes))


@pytest.mark.parametrize(
    "status, ends, state",
    [
        ("draft", False, "open"),
        ("open", False, "open"),
        ("paid", True, "recovered"),
        ("uncollectible", True, "lost"),
        ("void", True, "voided"),
        ("of_next_year", False, "open"),
    ],
)
def test_the_status_of_the_invoice_says_what_became_of_the_case(status: str, ends: bool, state: str) -> None:
    assert closes_case(invoice(status=status)) is ends
    assert case_state(status) == state
