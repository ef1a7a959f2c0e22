"""What became of failed payments: each rule alone, and sums that must add up whatever happened."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core import recovery
from chalicelib.core.money import exponent
from chalicelib.core.recovery import DIMENSIONS, TOUCH, Failure, Sum, Sums, report, sums
from tests.conftest import NOW
from tests.records import invoice, subscription

HOUR, DAY = 3600, 86_400
STOCKHOLM = "Europe/Stockholm"
VECTORS = json.loads((Path(__file__).parents[2] / "fixtures" / "recovery.json").read_text(encoding="utf-8"))


def failed(**changes: Any) -> Failure:
    """A payment of 149 kr that failed at NOW and is still owed."""
    return replace(Failure(invoice(), NOW, 14900, attempts=1, subscription=subscription()), **changes)


def paid(after: int = DAY, tries: int = 2, amount: int = 14900, **changes: Any) -> Failure:
    """The same, paid so many seconds later by a retry."""
    record = invoice(status="paid", amount_paid=amount, amount_remaining=0, attempt_count=tries, paid_at=NOW + after)
    return failed(**{"invoice": record, **changes})


def at(text: str) -> int:
    """A moment of UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@pytest.mark.parametrize("vector", VECTORS, ids=[each["id"] for each in VECTORS])
def test_rates_are_exact_and_written_with_six_decimals(vector: dict[str, Any]) -> None:
    given_, expected = vector["input"], vector["expected"]
    whole = Sum(1, given_["failed_volume_minor"])
    none = Sum(0, 0)
    made = Sums(whole, Sum(1, given_["recovered_volume_minor"]), none, none, none)

    assert made.by_volume == (Fraction(expected["exact"]) if expected["exact"] else None)
    assert recovery.decimal(made.by_volume) == expected["decimal"]


def test_a_rate_of_nothing_is_none_and_never_nought() -> None:
    nothing, only_open = sums([]), sums([failed()])

    assert (nothing.by_volume, nothing.by_closed_cases) == (None, None)
    assert (only_open.by_volume, only_open.by_closed_cases) == (Fraction(0), None)
    assert recovery.decimal(None) is None


def test_closed_cases_leave_the_open_and_the_voided_out() -> None:
    cases = [paid(), paid(), failed(closed="campaign_ended"), failed(), failed(invoice=invoice(status="void"))]

    found = sums(cases)

    assert found.by_closed_cases == Fraction(2, 3)
    assert found.by_volume == Fraction(2, 5)


@pytest.mark.parametrize(
    "changes, outcome",
    [
        ({}, "open"),
        ({"closed": "stopped"}, "open"),
        ({"closed": "held_out"}, "open"),
        ({"closed": "disputed"}, "open"),
        ({"closed": "campaign_ended"}, "lost"),
        ({"closed": "customer_deleted"}, "lost"),
        ({"invoice": invoice(status="uncollectible")}, "lost"),
        ({"subscription": subscription(status="canceled")}, "lost"),
        ({"subscription": subscription(status="unpaid")}, "lost"),
        ({"subscription": subscription(status="paused")}, "lost"),
        ({"subscription": subscription(status="past_due")}, "open"),
        ({"subscription": None}, "open"),
        ({"invoice": invoice(status="void")}, "voided"),
        ({"invoice": invoice(status="paid", amount_paid=0, amount_remaining=0)}, "voided"),
        ({"invoice": invoice(status="paid", amount_paid=14900), "closed": "campaign_ended"}, "recovered"),
        ({"invoice": invoice(status="paid", amount_paid=0, off_stripe=14900)}, "recovered"),
    ],
)
def test_what_became_of_a_case(changes: dict[str, Any], outcome: str) -> None:
    assert failed(**changes).outcome == outcome


@pytest.mark.parametrize(
    "amount, before, in_the_end, recovered",
    [
        (14900, 0, 14900, 14900),
        (9900, 5000, 14900, 9900),  # a part was paid before the failure: it was not recovered
        (14900, 0, 10000, 10000),  # a credit note took the rest
        (9900, 5000, 10000, 5000),
        (14900, 0, 20000, 14900),
    ],
)
def test_what_was_recovered_is_what_came_in_of_what_was_owed(
    amount: int, before: int, in_the_end: int, recovered: int
) -> None:
    assert paid(amount=in_the_end).recovered == min(in_the_end, 14900)
    case = replace(paid(amount=in_the_end), amount=amount, paid_before=before)
    assert case.recovered == recovered


PAID_AT = NOW + 10 * DAY


@pytest.mark.parametrize(
    "changes, way",
    [
        ({}, "silent_retry"),
        ({"attempts": 2}, "other"),  # no retry: somebody paid, and nobody had told them to
        ({"attempts": None}, "other"),
        ({"sent": (("day_0", PAID_AT - TOUCH),)}, "after_mail"),
        ({"sent": (("day_0", PAID_AT - TOUCH - 1),)}, "silent_retry"),
        ({"sent": (("day_0", PAID_AT),)}, "after_mail"),
        ({"sent": (("day_0", PAID_AT + 1),)}, "silent_retry"),  # thanks are no reminder
        ({"clicked_at": PAID_AT - TOUCH}, "after_click"),
        ({"clicked_at": PAID_AT - TOUCH - 1}, "silent_retry"),
        ({"clicked_at": PAID_AT + 1}, "silent_retry"),
        ({"clicked_at": PAID_AT - 60, "sent": (("day_7", PAID_AT - 90),), "attempts": 2}, "after_click"),
    ],
)
def test_what_brought_the_money_in(changes: dict[str, Any], way: str) -> None:
    assert paid(after=10 * DAY, **changes).way == way


def test_what_was_paid_outside_stripe_is_manual_whatever_we_sent() -> None:
    record = invoice(status="paid", amount_paid=0, off_stripe=14900, paid_at=PAID_AT)

    assert failed(invoice=record, sent=(("day_7", PAID_AT - 60),)).way == "manual"


def test_a_payment_whose_moment_is_not_known_is_nobodys_merit() -> None:
    record = replace(paid().invoice, paid_at=None)
    case = failed(invoice=record, attempts=2, sent=(("day_0", NOW),))

    assert (case.way, case.step, recovery.days_to_recover(case, "UTC")) == ("other", None, None)


def test_a_step_is_the_last_before_payment_and_an_open_case_has_its_last() -> None:
    sent = (("day_0", NOW + 2 * HOUR), ("day_3", NOW + 3 * DAY), ("payment_recovered", NOW + 5 * DAY))

    assert paid(after=4 * DAY, sent=sent).step == "day_3"
    assert failed(sent=sent[:1]).step == "day_0"
    assert paid(after=30 * DAY, sent=sent).step is None
    assert failed().step is None


def test_the_first_payment_after_a_trial_is_kept_apart() -> None:
    trial = subscription(trial_end=NOW - HOUR)
    first = failed(invoice=invoice(period_start=NOW - HOUR), subscription=trial)
    second = failed(invoice=invoice(period_start=NOW + 30 * DAY), subscription=trial)

    (sek,) = report([first, second, failed()], "UTC")

    assert (sek.after_trial.sums.failed, sek.renewals.sums.failed) == (Sum(1, 14900), Sum(2, 29800))


def test_a_manual_invoice_that_begins_where_a_trial_ended_is_no_renewal() -> None:
    record = invoice(period_start=NOW, billing_reason="manual")

    assert not failed(invoice=record, subscription=subscription(trial_end=NOW)).after_trial


def test_currencies_are_never_added_and_keep_their_own_decimals() -> None:
    yen = failed(invoice=invoice(currency="jpy"), amount=500)
    dinar = paid(amount=5124)
    dinar = replace(dinar, amount=5124, invoice=replace(dinar.invoice, currency="kwd"))

    found = report([yen, dinar, failed()], "UTC")

    assert [(each.currency, each.renewals.sums.failed.amount) for each in found] == [
        ("jpy", 500),
        ("kwd", 5124),
        ("sek", 14900),
    ]
    assert [exponent(each.currency) for each in found] == [0, 3, 2]


@pytest.mark.parametrize(
    "opened, settled, days",
    [
        ("2026-11-02T22:59", "2026-11-02T23:01", 1),  # midnight in Stockholm lies between
        ("2026-11-02T23:01", "2026-11-03T22:59", 0),
        ("2026-03-28T23:30", "2026-03-29T21:59", 0),  # a day of 23 hours
        ("2026-03-28T23:30", "2026-03-29T22:01", 1),
        ("2026-10-24T22:30", "2026-10-25T22:59", 0),  # a day of 25
        ("2026-10-24T22:30", "2026-10-25T23:01", 1),
    ],
)
def test_days_to_recover_are_local_calendar_days(opened: str, settled: str, days: int) -> None:
    case = paid(after=at(settled) - NOW, opened_at=at(opened))

    assert recovery.days_to_recover(case, STOCKHOLM) == days


def test_the_median_is_exact() -> None:
    assert [recovery.median(each) for each in ([], [5], [9, 1, 4], [1, 2])] == [None, 5, 4, Fraction(3, 2)]


@pytest.mark.parametrize(
    "changes, lost_at",
    [
        ({}, None),
        ({"subscription": subscription(status="canceled", ended_at=NOW + 14 * DAY)}, NOW + 14 * DAY),
        ({"subscription": subscription(status="unpaid")}, None),
        ({"invoice": invoice(status="uncollectible", given_up_at=NOW + DAY)}, NOW + DAY),
        ({"closed": "campaign_ended", "end_day": 14}, NOW + 14 * DAY),
        ({"invoice": invoice(status="paid", amount_paid=14900), "closed": "campaign_ended", "end_day": 14}, None),
    ],
)
def test_when_a_case_was_lost(changes: dict[str, Any], lost_at: int | None) -> None:
    assert failed(**changes).lost_at("UTC") == lost_at


def lives() -> st.SearchStrategy[Failure]:
    """Any case: some that never were."""
    records = st.builds(
        invoice,
        status=st.sampled_from(["open", "paid", "void", "uncollectible"]),
        currency=st.sampled_from(["sek", "jpy", "kwd"]),
        amount_paid=st.integers(0, 10**7),
        attempt_count=st.integers(1, 9),
        paid_at=st.none() | st.integers(NOW, NOW + 60 * DAY),
        price=st.none() | st.sampled_from(["price_1", "price_2"]),
        period_start=st.none() | st.just(NOW),
        off_stripe=st.none() | st.integers(0, 10**7),
    )
    return st.builds(
        Failure,
        invoice=records,
        opened_at=st.integers(NOW, NOW + 30 * DAY),
        amount=st.integers(1, 10**7),
        paid_before=st.integers(0, 10**4),
        attempts=st.none() | st.integers(1, 9),
        sent=st.lists(st.tuples(st.sampled_from(["day_0", "day_3"]), st.integers(NOW, NOW + 60 * DAY))).map(tuple),
        clicked_at=st.none() | st.integers(NOW, NOW + 60 * DAY),
        closed=st.none() | st.sampled_from(["stopped", "campaign_ended", "held_out"]),
        variant=st.none() | st.sampled_from(["spring:A", "spring:B", "spring:held_out"]),
        decline=st.none() | st.sampled_from(["expired_card", "insufficient_funds"]),
        subscription=st.none() | st.sampled_from([subscription(), subscription(status="canceled", trial_end=NOW)]),
    )


def added(groups: list[Sums]) -> Sums:
    """All of them together."""
    names = ("failed", "recovered", "lost", "open", "voided")
    return Sums(
        *(
            Sum(sum(getattr(each, name).count for each in groups), sum(getattr(each, name).amount for each in groups))
            for name in names
        )
    )


@given(st.lists(lives(), max_size=30))
def test_the_sums_of_every_dimension_add_up_to_the_whole(cases: list[Failure]) -> None:
    parts = [part for each in report(cases, STOCKHOLM) for part in (each.renewals, each.after_trial)]

    assert sum(part.sums.failed.count for part in parts) == len(cases)
    assert sum(part.sums.failed.amount for part in parts) == sum(case.amount for case in cases)
    for part in parts:
        assert set(part.by) == set(DIMENSIONS)
        for groups in part.by.values():
            assert added([group for _, group in groups]) == part.sums
        ends = (part.sums.recovered, part.sums.lost, part.sums.open, part.sums.voided)
        assert sum(end.count for end in ends) == part.sums.failed.count
        assert part.sums.recovered.amount <= part.sums.failed.amount
        assert sum(each.count for _, each in part.days) <= part.sums.recovered.count


@given(lives())
def test_every_case_has_one_end_and_only_a_recovered_one_has_a_way(case: Failure) -> None:
    assert (case.way is not None) == (case.outcome == "recovered")
    assert case.recovered == 0 or case.outcome == "recovered"


@given(st.integers(0, 10**9), st.integers(1, 10**9))
def test_a_decimal_is_the_share_rounded_half_up(part: int, whole: int) -> None:
    share = Fraction(part, whole)
    text = recovery.decimal(share)

    assert text is not None
    assert abs(Fraction(text) - share) <= Fraction(1, 2 * 10**6)
