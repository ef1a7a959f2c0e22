"""Cases: who is due, and what a decision or an operator writes. Whoever decided by an older look changes nothing."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chalicelib import campaigns
from chalicelib.core.campaign import as_plan, of_plan
from chalicelib.core.model import Kind
from chalicelib.core.window import Guard, Write
from chalicelib.store import cases, keys, objects, table
from chalicelib.store.cases import Frozen, OpenCase
from chalicelib.store.keys import Key
from chalicelib.store.objects import News
from chalicelib.store.tables import ObjectRow
from tests.conftest import NOW, Cloud
from tests.records import invoice

SCOPE = "acct_x:test"
FIRST_LOOK = NOW + 7200
LATER = FIRST_LOOK + 86_400
PLAN = Frozen(as_plan(campaigns.load("monthly_28")), "spring:B")


def store(ident: str = "in_1", at: int = NOW, **changes: Any) -> Key:
    """Write an invoice as Stripe has it; its key."""
    key = keys.of_object(SCOPE, Kind.INVOICE, ident, "cus_1", NOW)
    objects.write(key, News(Kind.INVOICE, invoice(id=ident, **changes), False, at), Write(Guard(), at, at))
    return key


def row(key: Key) -> Any:
    """The stored row; what is not there reads as None."""
    return table.get(ObjectRow, key)


def read(key: Key) -> OpenCase:
    """The case as it stands; it must be open."""
    return cases.of_customer(key.pk)[key]


@pytest.fixture
def key(cloud: Cloud) -> Key:
    """The key of an open case."""
    return store()


def test_a_case_is_due_from_its_first_look(key: Key) -> None:
    assert list(cases.due(FIRST_LOOK - 1)) == []
    assert list(cases.due(FIRST_LOOK)) == [tuple(key)]


def test_every_due_case_is_found_whatever_its_shard(cloud: Cloud) -> None:
    stored = {tuple(store(f"in_{number}")) for number in range(50)}
    store("in_paid", status="paid")

    assert sorted(cases.due(LATER)) == sorted(stored)


def test_a_case_is_read_with_all_that_the_mailer_needs(key: Key) -> None:
    assert read(key) == OpenCase(key, invoice(), NOW, FIRST_LOOK, None, None, None, stopped=False, send_now=False)


def test_all_open_cases_of_a_customer_are_read_in_one_query(cloud: Cloud) -> None:
    stored = {store(f"in_{number}") for number in range(3)}
    store("in_paid", status="paid")
    store("in_void", status="void")
    cloud.dynamodb_requests.clear()

    assert cases.of_customer(keys.of_customer(SCOPE, "cus_1")).keys() == stored
    assert cloud.dynamodb_requests == ["Query"]


@pytest.mark.parametrize(
    "other, owes",
    [
        ({}, True),
        ({"status": "paid"}, False),
        ({"status": "void"}, False),
        ({"amount_remaining": 0}, False),
    ],
)
def test_what_a_customer_owes_beside_an_invoice_is_told_in_one_query_also_of_a_case_that_was_closed(
    key: Key, cloud: Cloud, other: dict[str, Any], owes: bool
) -> None:
    assert not cases.owes(key)
    beside = store("in_other", **other)
    for case in cases.of_customer(beside.pk).values():
        assert case.key == key or cases.close(case, "campaign_ended")
    cloud.dynamodb_requests.clear()

    assert cases.owes(key) is owes
    assert cloud.dynamodb_requests == ["Query"]


def test_a_held_case_is_due_again_when_told_and_keeps_its_campaign(key: Key) -> None:
    assert cases.hold(read(key), LATER, PLAN)

    held = read(key)
    assert (held.due_at, held.variant) == (LATER, "spring:B")
    assert held.plan is not None
    assert of_plan(held.plan) == campaigns.load("monthly_28")
    assert (row(key).case_campaign, row(key).case_version) == ("monthly_28", 1)


def test_what_is_frozen_stays_as_it_was_kept(key: Key) -> None:
    """An edit of the campaign's file has nothing by which to reach a case that is open."""
    edited = {**PLAN.plan, "version": 2, "steps": [{"key": "other", "day": 1, "final": False}]}
    cases.hold(read(key), LATER, PLAN)

    cases.hold(read(key), LATER + 1)

    assert of_plan(read(key).plan or {}) == of_plan(PLAN.plan) != of_plan(edited)


def test_a_closed_case_is_due_no_more_and_says_why(key: Key) -> None:
    assert cases.close(read(key), "no_address")

    assert list(cases.due(LATER)) == []
    assert (row(key).case_closed, row(key).due_shard, row(key).due_at) == ("no_address", None, None)


WAYS: dict[str, Callable[[OpenCase], bool]] = {
    "hold": lambda case: cases.hold(case, LATER),
    "close": lambda case: cases.close(case, "campaign_ended"),
}


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize("status", ["paid", "void", "uncollectible"])
def test_a_payment_after_the_look_is_not_overruled_and_is_looked_at_at_once(key: Key, how: str, status: str) -> None:
    seen = read(key)
    store(at=NOW + 1, status=status)
    before = row(key).to_simple_dict()

    assert not WAYS[how](seen)
    assert row(key).to_simple_dict() == before
    assert list(cases.due(NOW)) == [key]


@pytest.mark.parametrize("how", WAYS)
def test_a_decision_by_an_older_look_changes_nothing(key: Key, how: str) -> None:
    seen = read(key)
    cases.hold(seen, LATER + 5)
    before = row(key).to_simple_dict()

    assert not WAYS[how](seen)
    assert row(key).to_simple_dict() == before


def test_who_read_a_case_before_a_mail_about_it_was_claimed_decides_nothing_but_to_park_it(key: Key) -> None:
    seen = read(key)
    table.update(ObjectRow, key, [ObjectRow.case_mail.set(1)], ObjectRow.pk.exists())

    assert not cases.hold(seen, LATER)
    assert not cases.close(seen, "invoice_paid")
    assert cases.park(seen, LATER)
    assert cases.hold(read(key), LATER + 1)


def test_a_stopped_case_stays_stopped_until_somebody_resumes_it(key: Key) -> None:
    assert cases.stop(key)
    assert list(cases.due(LATER)) == []
    store(at=NOW + 1, attempt_count=2)  # another failed attempt brings it back into the index

    assert read(key).stopped
    assert not cases.resume(key, "in_1", LATER, send_now=True)
    assert cases.resume(key, "in_1", LATER)
    assert (read(key).stopped, read(key).due_at) == (False, LATER)


def test_a_mail_that_is_wanted_now_is_due_at_once_and_wanted_as_long_as_it_has_to_wait(key: Key) -> None:
    assert cases.resume(key, "in_1", NOW, send_now=True)
    assert (read(key).due_at, read(key).send_now) == (NOW, True)

    cases.hold(read(key), LATER)
    assert (read(key).due_at, read(key).send_now) == (LATER, True)

    cases.close(read(key), "disputed")
    assert row(key).case_now is None


@pytest.mark.parametrize("status", ["paid", "void", "uncollectible", "draft"])
def test_nobody_reopens_by_hand_what_is_settled(cloud: Cloud, status: str) -> None:
    store()
    settled = store(at=NOW + 1, status=status)

    assert not cases.resume(settled, "in_1", NOW)
    assert not cases.resume(settled, "in_1", NOW, send_now=True)
    assert not cases.stop(settled)


def test_what_is_no_case_is_not_made_one_by_hand(cloud: Cloud) -> None:
    unknown = Key("C#acct_x:test#cus_1", "5#INV#1#in_none")

    assert not cases.stop(unknown)
    assert not cases.resume(unknown, "in_none", NOW)
    assert (row(unknown), cases.find(unknown)) == (None, None)
    assert cases.find(store("in_2", attempted=False, attempt_count=0)) is None


@pytest.mark.parametrize("limit", [1, 3, 7, 100])
def test_all_open_cases_are_listed_page_by_page_each_once(cloud: Cloud, limit: int) -> None:
    stored = {store(f"in_{number}") for number in range(23)}
    cases.stop(store("in_stopped"))
    theirs = keys.of_object("acct_y:test", Kind.INVOICE, "in_theirs", "cus_2", NOW)
    objects.write(theirs, News(Kind.INVOICE, invoice(id="in_theirs"), False, NOW), Write(Guard(), NOW, NOW))
    found: list[Key] = []
    rows, cursor = cases.listed(SCOPE, None, limit)
    found += [Key(each.pk, each.sk) for each in rows]
    while cursor is not None:
        assert len(rows) <= limit
        rows, cursor = cases.listed(SCOPE, cursor, limit)
        found += [Key(each.pk, each.sk) for each in rows]

    assert len(found) == len(stored)
    assert set(found) == stored


@pytest.mark.parametrize("cursor", ["", "x", "-1", "16", "1|a", "1|a|b|c", "1|C#a|5#INV#x|y", "٣"])
def test_a_cursor_that_is_none_is_refused(cloud: Cloud, cursor: str) -> None:
    with pytest.raises(ValueError, match="no such place"):
        cases.listed(SCOPE, cursor, 10)


def test_a_case_is_open_while_its_invoice_asks_for_money(key: Key) -> None:
    assert cases.is_open(row(key))
    assert not cases.is_open(row(store("in_2", status="paid")))
    assert replace(read(key), stopped=True).stopped
