"""The comparison of the demo finds what it is there to find."""

from typing import Any

from infra.local.agree import view_of_api

ANSWER: dict[str, Any] = {
    "name": "Astrid",
    "email": "a@example.com",
    "subscriptions": [],
    "cards": [{"id": "pm_1", "brand": "visa", "last4": "4242", "exp_month": 1, "exp_year": 2030, "is_default": True}],
    "open_invoices": [],
    "recent_invoices": [],
}
INVOICE: dict[str, Any] = {
    "id": "in_1",
    "number": "A-1",
    "status": "open",
    "currency": "sek",
    "amount_due": 14900,
    "amount_paid": 0,
    "amount_remaining": 14900,
    "attempt_count": 1,
    "next_payment_attempt": 5,
    "billing_reason": "subscription_cycle",
    "created": 1,
}


def test_an_open_invoice_counts_wherever_it_is_listed() -> None:
    """Among the open ones, the recent ones, or both; but only the open list says that it is open."""
    everywhere = view_of_api(ANSWER | {"open_invoices": [INVOICE], "recent_invoices": [INVOICE]})
    recent = view_of_api(ANSWER | {"recent_invoices": [INVOICE]})

    assert everywhere["invoices"] == recent["invoices"]
    assert (everywhere["open"], recent["open"]) == (["in_1"], [])


def test_a_card_that_is_no_longer_the_default_is_a_difference() -> None:
    """And so is any other fact."""
    changed = [{**ANSWER["cards"][0], "is_default": False}]

    assert view_of_api(ANSWER | {"cards": changed}) != view_of_api(ANSWER)
