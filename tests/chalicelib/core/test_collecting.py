"""What is done about an open invoice once its customer has a card that has not failed on it."""

from dataclasses import replace

import pytest

from chalicelib.core.collecting import Collect, Leave, Owed, decide
from chalicelib.stripe_api import shapes
from tests.builders import fixture

INVOICE = shapes.invoice(fixture("invoice.payment_failed")["data"]["object"])
OWED = Owed(INVOICE, failed_card="pm_old", default_card="pm_new", subscription_card=None)


def test_a_new_default_card_pays_what_is_open() -> None:
    assert decide(OWED) == Collect("pm_new", replaces=False)


def test_a_new_default_replaces_the_subscriptions_own_card_where_that_one_failed() -> None:
    assert decide(replace(OWED, subscription_card="pm_old")) == Collect("pm_new", replaces=True)


def test_a_card_of_the_subscriptions_own_that_has_not_failed_goes_before_the_default() -> None:
    assert decide(replace(OWED, subscription_card="pm_other")) == Collect("pm_other", replaces=False)
    assert decide(replace(OWED, subscription_card="pm_other", default_card="pm_old")) == Collect("pm_other", False)


def test_the_card_that_failed_is_not_tried_again() -> None:
    assert decide(replace(OWED, default_card="pm_old")) == Leave("same_card")
    assert decide(replace(OWED, default_card="pm_old", subscription_card="pm_old")) == Leave("same_card")


def test_without_a_card_nothing_can_be_done() -> None:
    assert decide(replace(OWED, default_card=None)) == Leave("no_card")


def test_an_invoice_that_failed_for_want_of_any_card_is_paid_with_the_first_one() -> None:
    assert decide(replace(OWED, failed_card=None)) == Collect("pm_new", replaces=False)


def test_a_payment_under_way_is_not_doubled() -> None:
    assert decide(replace(OWED, processing=True)) == Leave("payment_processing")


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "paid"},
        {"status": "void"},
        {"status": "draft"},
        {"amount_remaining": 0},
        {"attempt_count": 0},
        {"collection_method": "send_invoice"},
        {"billing_reason": "subscription_create"},
    ],
)
def test_what_is_not_owed_by_a_failed_charge_is_left_alone(changes: dict[str, object]) -> None:
    invoice = replace(INVOICE, **changes)  # type: ignore[arg-type]

    assert decide(replace(OWED, invoice=invoice)) == Leave("nothing_owed")
