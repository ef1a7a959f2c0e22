"""What the notices around a payment are about, told from a record alone."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from chalicelib.core.model import Item, Subscription
from chalicelib.core.upcoming import (
    CARD,
    RENEWAL,
    SLACK,
    STOPPED,
    TRIAL,
    WIN_BACK,
    first_look,
    of_card,
    of_subscription,
    paid_by,
)
from tests.conftest import NOW
from tests.records import card, subscription

DAY = 86_400
(MONTHLY,) = subscription().items
YEARLY = replace(MONTHLY, interval="year", current_period_start=NOW - 300 * DAY, current_period_end=NOW + 65 * DAY)


def item(interval: str, count: int) -> Item:
    """A line that renews each `count` intervals, next in 65 days."""
    return replace(YEARLY, interval=interval, interval_count=count)


def plans(made: Subscription, failed_at: int | None = None) -> set[str]:
    """The keys of what may be said about a subscription."""
    return {plan.key for subject in of_subscription(made, failed_at) for plan in subject.plans}


@pytest.mark.parametrize(
    "changes, expected",
    [
        ({}, set()),
        ({"items": (YEARLY,)}, {"renewal_45", "renewal_7"}),
        ({"items": (item("month", 6),)}, {"renewal_45", "renewal_7"}),
        ({"items": (item("week", 26),)}, {"renewal_45", "renewal_7"}),
        ({"items": (item("month", 3),)}, set()),
        ({"items": (YEARLY,), "status": "past_due"}, set()),
        ({"items": (YEARLY,), "cancel_at_period_end": True}, set()),
        ({"items": (YEARLY,), "cancel_at": NOW + 65 * DAY}, set()),
        ({"items": (YEARLY,), "cancel_at": NOW + 500 * DAY}, {"renewal_45", "renewal_7"}),
        ({"items": (YEARLY,), "pause_collection": {"behavior": "void"}}, set()),
        ({"items": (YEARLY,), "collection_method": "send_invoice"}, set()),
        ({"status": "trialing", "trial_end": NOW + 30 * DAY}, {"trial_7", "trial_1"}),
        ({"status": "trialing", "trial_end": NOW + 30 * DAY, "cancel_at_period_end": True}, set()),
        (
            {"status": "canceled", "ended_at": NOW, "cancellation_reason": "payment_failed"},
            {"stopped", "win_14", "win_30"},
        ),
        ({"status": "canceled", "ended_at": NOW, "cancellation_reason": "cancellation_requested"}, set()),
        ({"status": "canceled", "ended_at": NOW, "cancellation_reason": "payment_disputed"}, set()),
        ({"status": "canceled", "ended_at": NOW}, set()),
        ({"status": "unpaid"}, set()),
        ({"status": "paused"}, set()),
        ({"status": "incomplete_expired", "ended_at": NOW}, set()),
    ],
)
def test_what_may_be_said_about_a_subscription_follows_from_its_state(
    changes: dict[str, Any], expected: set[str]
) -> None:
    assert plans(subscription(**changes)) == expected


def test_a_subscription_that_stripe_leaves_unpaid_has_stopped_only_where_we_know_of_its_failed_payment() -> None:
    assert plans(subscription(status="unpaid"), failed_at=NOW) == {"stopped"}


def test_a_card_expires_at_the_end_of_its_month_where_its_holder_lives() -> None:
    found = of_card(card(exp_month=12, exp_year=2026), ZoneInfo("Europe/Stockholm"))

    assert found is not None
    assert datetime.fromtimestamp(found.moment, ZoneInfo("Europe/Stockholm")) == datetime(
        2027, 1, 1, tzinfo=ZoneInfo("Europe/Stockholm")
    )
    assert (found.name, found.plans) == ("2026-12", CARD)


@pytest.mark.parametrize("changes", [{"exp_month": None}, {"exp_year": None}, {"exp_month": 13}, {"exp_year": 2**53}])
def test_what_is_no_card_or_no_date_expires_never(changes: dict[str, Any]) -> None:
    assert of_card(card(**changes), UTC) is None
    assert first_look(card(**changes), NOW) is None


def test_a_card_pays_what_names_it_and_what_names_none_if_it_is_the_customers() -> None:
    own = subscription(id="sub_own", default_payment_method="pm_1")
    other = subscription(id="sub_other", default_payment_method="pm_2")
    ending = subscription(id="sub_ending", cancel_at_period_end=True)
    soon = subscription(id="sub_soon", items=(replace(MONTHLY, current_period_end=NOW + DAY),))

    assert paid_by("pm_1", None, [own, other, ending, soon]) == own
    assert paid_by("pm_1", "pm_1", [own, other, ending, soon]) == soon
    assert paid_by("pm_3", "pm_1", [own, other, ending, soon]) is None


TRIALING = subscription(status="trialing", trial_end=NOW + 30 * DAY)
ENDED = subscription(status="canceled", ended_at=NOW, cancellation_reason="payment_failed")


@pytest.mark.parametrize(
    "record, at, expected",
    [
        (subscription(), NOW, None),
        (subscription(items=(YEARLY,)), NOW, NOW + (65 - RENEWAL[0].days) * DAY - SLACK),
        (TRIALING, NOW, NOW + (30 - TRIAL[0].days) * DAY - SLACK),
        (TRIALING, NOW + 40 * DAY, None),
        (ENDED, NOW, NOW - SLACK),
        (ENDED, NOW + 10 * DAY, NOW - WIN_BACK[0].days * DAY - SLACK),
        (ENDED, NOW + 60 * DAY, None),
        (replace(ENDED, cancellation_reason=None), NOW, None),
        (subscription(status="unpaid"), NOW, NOW - SLACK),
        (card(exp_month=12, exp_year=2026), NOW, 1_798_761_600 - 30 * DAY - SLACK),
        (card(exp_month=10, exp_year=2026), NOW, None),
        (subscription(status="trialing", trial_end=2**53), NOW, None),
        (subscription(status="canceled", ended_at=-1), NOW, None),
    ],
)
def test_a_write_says_from_the_record_alone_when_to_look_first(record: Any, at: int, expected: int | None) -> None:
    assert first_look(record, at) == expected


def test_the_plans_are_those_that_the_manual_names() -> None:
    days = {plan.key: plan.days for plan in (*CARD, *TRIAL, *RENEWAL, *STOPPED, *WIN_BACK)}

    assert days == {
        "card_30": 30,
        "card_14": 14,
        "card_7": 7,
        "trial_7": 7,
        "trial_1": 1,
        "renewal_45": 45,
        "renewal_7": 7,
        "stopped": 0,
        "win_14": -14,
        "win_30": -30,
    }
