"""Access while money is owed: full for a week, limited until the end, blocked after; past_due alone takes nothing away."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.access import Access, Unpaid, access
from chalicelib.core.model import Money
from chalicelib.core.site import AccessPolicy
from chalicelib.core.timing import days_after
from tests.chalicelib.core.test_dunning import DAY, MOMENTS, MONDAY, STOCKHOLM, ZONES, at
from tests.records import subscription

POLICY = AccessPolicy()
LIVE = [subscription(status="past_due")]
WEEK, END = at("2026-11-09T10:00"), at("2026-11-16T10:00")


def owed(failed_at: int = MONDAY, amount: int = 14900, currency: str = "sek", end_day: int | None = None) -> Unpaid:
    """An invoice whose payment failed."""
    return Unpaid(Money(amount, currency), failed_at, end_day)


def found(now: int, *unpaid: Unpaid, **policy: Any) -> Access:
    """The access of a customer of Stockholm whose subscription is past due."""
    return access(replace(POLICY, **policy), LIVE, unpaid, STOCKHOLM, now)


def test_past_due_alone_takes_nothing_away() -> None:
    assert found(MONDAY + 400 * DAY) == Access("full", "nothing_unpaid")


@pytest.mark.parametrize(
    "now, expected",
    [
        (MONDAY, Access("full", "grace", MONDAY, WEEK)),
        (WEEK - 1, Access("full", "grace", MONDAY, WEEK)),
        (WEEK, Access("limited", "days_unpaid", WEEK, END)),
        (END - 1, Access("limited", "days_unpaid", WEEK, END)),
        (END, Access("blocked", "days_unpaid", END, None)),
    ],
)
def test_a_week_of_grace_then_limited_until_the_end_then_blocked(now: int, expected: Access) -> None:
    assert found(now, owed()) == expected


def test_the_end_is_the_one_that_the_mails_name_unless_the_site_says_otherwise() -> None:
    assert found(END, owed(end_day=60)).until == days_after(MONDAY, 60, STOCKHOLM)
    assert found(WEEK, owed(end_day=60), end_days=10).until == days_after(MONDAY, 10, STOCKHOLM)


def test_the_earliest_unpaid_invoice_counts() -> None:
    assert found(END, owed(END - DAY), owed()).state == "blocked"
    assert found(END, owed(END - DAY)).state == "full"


def test_several_unpaid_invoices_may_cost_it_sooner() -> None:
    second = MONDAY + DAY

    assert found(second, owed(), owed(second), limited_invoices=2) == Access("limited", "invoices_unpaid", second, END)
    assert found(second, owed(), owed(second), blocked_invoices=2) == Access("blocked", "invoices_unpaid", second)
    assert found(second, owed(), limited_invoices=2).state == "full"


def test_a_large_sum_unpaid_may_cost_it_sooner_in_its_own_currency_only() -> None:
    second = MONDAY + DAY
    limits = {"blocked_amounts": {"sek": 29800}}

    assert found(second, owed(), owed(second), **limits) == Access("blocked", "amount_unpaid", second)
    assert found(second, owed(), owed(second, amount=14899), **limits).state == "full"
    assert found(second, owed(), owed(second, currency="jpy"), **limits).state == "full"


@pytest.mark.parametrize("status", ["canceled", "unpaid", "incomplete", "incomplete_expired", "paused"])
def test_without_a_subscription_that_runs_there_is_no_access(status: str) -> None:
    ended = subscription(status=status, ended_at=MONDAY)

    assert access(POLICY, [ended], [], STOCKHOLM, MONDAY) == Access("blocked", f"subscription_{status}", MONDAY)
    assert access(POLICY, [ended, *LIVE], [], STOCKHOLM, MONDAY).state == "full"
    assert access(POLICY, [], [], STOCKHOLM, MONDAY) == Access("blocked", "no_subscription")


@given(
    st.lists(st.builds(owed, MOMENTS, st.integers(1, 10**9), st.sampled_from(["sek", "jpy"])), max_size=4),
    st.builds(
        AccessPolicy,
        full_days=st.integers(0, 30),
        end_days=st.none() | st.integers(0, 60),
        limited_invoices=st.none() | st.integers(1, 4),
        blocked_invoices=st.none() | st.integers(1, 4),
        limited_amounts=st.dictionaries(st.sampled_from(["sek"]), st.integers(1, 10**9)),
    ),
    st.sampled_from(ZONES),
    MOMENTS,
)
def test_as_time_passes_access_only_falls_and_changes_just_when_it_said(
    unpaid: list[Unpaid], policy: AccessPolicy, zone: str, now: int
) -> None:
    here = access(policy, LIVE, unpaid, zone, now)
    falls = ["full", "limited", "blocked"]

    if here.until is not None:
        assert here.until > now
        assert access(policy, LIVE, unpaid, zone, here.until - 1).state == here.state
        later = access(policy, LIVE, unpaid, zone, here.until)
        assert falls.index(later.state) > falls.index(here.state)
    else:
        assert access(policy, LIVE, unpaid, zone, now + 3000 * DAY).state == here.state
