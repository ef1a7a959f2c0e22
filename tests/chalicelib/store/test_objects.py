"""Stored objects against DynamoDB: guards mean there what `core.window` says, and a record comes back as it was."""

from collections.abc import Callable
from itertools import count
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.core import window
from chalicelib.core.cases import SETTLED
from chalicelib.core.model import Kind
from chalicelib.core.records import TYPES, Record
from chalicelib.core.window import NEVER, UNKNOWN, Guard, Window, Write
from chalicelib.store import cases, keys, objects, table
from chalicelib.store.keys import Key, due_shard, notice_shard
from chalicelib.store.objects import News
from chalicelib.store.table import Refused
from chalicelib.store.tables import ObjectRow
from tests.conftest import NOW, Cloud
from tests.records import (
    card,
    charge,
    coupon,
    customer,
    dispute,
    entitlements,
    invoice,
    invoice_payment,
    payment_intent,
    price,
    product,
    refund,
    schedule,
    subscription,
)

HOUR, DAY = 3600, 86_400
SCOPE = "acct_x:test"
KEY = Key("C#acct_x:test#cus_1", "5#INV#1#in_1")
ALWAYS = Write(Guard(), NOW, NOW + 4)
NUMBERS = count()
on_the_cloud = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200)
fewer = settings(on_the_cloud, max_examples=25)

SECONDS = st.integers(95, 100)
COUNTS = st.integers(1, 4)
ROWS: st.SearchStrategy[dict[str, Any] | None] = st.none() | st.fixed_dictionaries(
    {}, optional={"seen_from": SECONDS, "seen_to": SECONDS, "issued": COUNTS, "applied": COUNTS}
)
"""The numbers of a stored row, each there or not; None is no row at all."""

WINDOWS = st.builds(
    Window, st.just(NEVER) | SECONDS, st.just(NEVER) | SECONDS, st.just(0) | COUNTS, st.just(0) | COUNTS
)


MADE: dict[Kind, Record] = {
    Kind.CUSTOMER: customer(),
    Kind.SUBSCRIPTION: subscription(),
    Kind.SCHEDULE: schedule(),
    Kind.INVOICE: invoice(),
    Kind.CARD: card(),
    Kind.ENTITLEMENTS: entitlements(),
    Kind.INTENT: payment_intent(),
    Kind.CHARGE: charge(),
    Kind.REFUND: refund(),
    Kind.DISPUTE: dispute(),
    Kind.INVOICE_PAYMENT: invoice_payment(),
    Kind.PRODUCT: product(),
    Kind.PRICE: price(),
    Kind.COUPON: coupon(),
}


def fresh() -> Key:
    """The key of an object that no example has seen."""
    return Key(f"C#acct_x:test#cus_{next(NUMBERS)}", "0#CUSTOMER")


def row_at(key: Key) -> Any:
    """The stored row."""
    row = table.get(ObjectRow, key)
    assert row is not None
    return row


@st.composite
def rows_and_guards(draw: st.DrawFn) -> tuple[dict[str, Any] | None, Guard]:
    """A stored row and a guard over it; every second `unchanged` is the row's own window."""
    row = draw(ROWS)
    stored = UNKNOWN if row is None else Window(**row)
    guard = Guard(
        draw(st.none() | SECONDS),
        draw(st.none() | COUNTS),
        draw(st.none() | SECONDS),
        draw(st.none() | st.just(stored) | WINDOWS),
    )
    return row, guard


@on_the_cloud
@given(rows_and_guards(), st.none() | COUNTS)
def test_dynamodb_lets_through_exactly_what_a_guard_means(
    cloud: Cloud, case: tuple[dict[str, Any] | None, Guard], ticket: int | None
) -> None:
    row, guard = case
    key, write = fresh(), Write(guard, 97, 99, ticket)
    if row is not None:
        ObjectRow(key.pk, key.sk, **row).save()
    stored = objects.window_of(table.get(ObjectRow, key))

    news = News(Kind.CUSTOMER, customer(), False, NOW)
    if window.holds(guard, stored):
        objects.write(key, news, write)
        assert objects.window_of(row_at(key)) == window.after(write, stored)
    else:
        with pytest.raises(Refused) as refused:
            objects.write(key, news, write)
        assert objects.window_of(refused.value.row) == stored


@given(ROWS)
def test_a_window_is_read_back_from_what_is_there(row: dict[str, Any] | None) -> None:
    assert objects.window_of(None) == UNKNOWN
    assert objects.window_of(ObjectRow("p", "s", **(row or {}))) == Window(**(row or {}))


TEXT = st.text(max_size=6)
METADATA = st.dictionaries(st.text(min_size=1, max_size=6) | st.sampled_from(["attr_name", "null", "default"]), TEXT)
PAUSE = st.none() | st.fixed_dictionaries({"behavior": TEXT, "resumes_at": st.none() | st.integers(0, 2**40)})
VALUES: dict[Any, st.SearchStrategy[Any]] = {
    int: st.integers(-(2**53), 2**53),
    int | None: st.none() | st.integers(-(2**53), 2**53),
    str: TEXT,
    str | None: st.none() | TEXT,
    bool: st.booleans(),
    dict[str, str]: METADATA,
    dict[str, object] | None: PAUSE,
    tuple[str, ...]: st.lists(TEXT, max_size=2).map(tuple),
}


def any_of(record: type[Any]) -> st.SearchStrategy[Any]:
    """Any value of a record, whatever its fields hold."""
    return st.builds(record, **{name: any_value(kind) for name, kind in get_type_hints(record).items()})


def any_value(hint: Any) -> st.SearchStrategy[Any]:
    """Any value of a field: of those above, a record, or several records."""
    if hint in VALUES:
        return VALUES[hint]
    if get_origin(hint) is tuple:
        return st.lists(any_of(get_args(hint)[0]), max_size=2).map(tuple)
    if get_origin(hint) is UnionType:
        return st.none() | any_of(get_args(hint)[0])
    return any_of(hint)


@pytest.mark.parametrize("kind", Kind)
@fewer
@given(data=st.data())
def test_a_record_comes_back_as_it_was_written(cloud: Cloud, kind: Kind, data: st.DataObject) -> None:
    record = data.draw(any_of(TYPES[kind]))
    key = fresh()

    objects.write(key, News(kind, record, False, NOW), ALWAYS)

    assert objects.record_of(row_at(key)) == record


@pytest.mark.parametrize("record", [*MADE.values()], ids=lambda made: type(made).__name__)
def test_what_is_gone_keeps_its_last_state_and_can_come_back(cloud: Cloud, record: Record) -> None:
    kind = next(kind for kind, made in TYPES.items() if isinstance(record, made))
    objects.write(KEY, News(kind, record, False, NOW), ALWAYS)

    objects.write(KEY, News(kind, None, True, NOW), ALWAYS)
    assert (row_at(KEY).gone, objects.record_of(row_at(KEY))) == (True, record)
    objects.write(KEY, News(kind, record, False, NOW), ALWAYS)
    assert row_at(KEY).gone is None


def test_a_ticket_counts_up_and_is_all_that_is_known_of_a_new_object(cloud: Cloud) -> None:
    first, second = objects.take_ticket(KEY, Kind.CARD), objects.take_ticket(KEY, Kind.CARD)

    assert (first.issued, second.issued) == (1, 2)
    assert objects.record_of(second) is None
    assert objects.window_of(second) == Window(issued=2)


def store(at: int = NOW, gone: bool = False, **changes: Any) -> Any:
    """Write the invoice with changes, as seen `at`; its row (an attribute that is not there reads as None)."""
    objects.write(KEY, News(Kind.INVOICE, invoice(**changes), gone, at), ALWAYS)
    return row_at(KEY)


def test_the_write_that_records_a_failed_attempt_opens_the_case_with_its_first_look(cloud: Cloud) -> None:
    row = store()

    assert (row.case_opened_at, row.case_campaign, row.case_plan) == (NOW, None, None)
    assert (row.due_at, row.due_shard) == (NOW + 2 * HOUR, due_shard("in_1"))


def test_further_attempts_move_neither_the_anchor_nor_the_next_look(cloud: Cloud) -> None:
    store()

    row = store(at=NOW + 50 * HOUR, attempt_count=2)

    assert (row.case_opened_at, row.due_at) == (NOW, NOW + 2 * HOUR)


@pytest.mark.parametrize("status", ["paid", "void", "uncollectible"])
def test_the_write_that_records_the_end_makes_the_case_due_at_once_to_be_closed(cloud: Cloud, status: str) -> None:
    store()

    row = store(status=status)

    assert (row.due_at, row.due_shard, row.case_opened_at) == (SETTLED, due_shard("in_1"), NOW)


@pytest.mark.parametrize("status", ["paid", "void", "uncollectible"])
def test_the_end_of_an_invoice_without_a_case_is_in_no_index(cloud: Cloud, status: str) -> None:
    store(status=status)

    assert list(cases.due(NOW)) == []


@pytest.mark.parametrize("kind, record", [(Kind.SUBSCRIPTION, subscription), (Kind.CARD, card)])
def test_each_write_of_a_subscription_or_a_card_says_anew_when_to_look_at_it(
    cloud: Cloud, kind: Kind, record: Callable[..., Record]
) -> None:
    later = {"trial_end": NOW + 20 * DAY, "status": "trialing"} if kind is Kind.SUBSCRIPTION else {"exp_year": 2026}
    never = {"status": "incomplete"} if kind is Kind.SUBSCRIPTION else {"exp_year": 2020}
    key = keys.of_object(SCOPE, kind, "x_1", "cus_1", NOW)

    def looked(gone: bool = False, **changes: Any) -> tuple[Any, Any]:
        objects.write(key, News(kind, record(id="x_1", **changes), gone, NOW), ALWAYS)
        return row_at(key).due_at, row_at(key).due_shard

    due_at, shard = looked(**later)
    assert due_at > NOW
    assert (shard, list(cases.due(due_at))) == (notice_shard("x_1"), [key])
    assert looked(**never) == (None, None)
    looked(**later)
    assert looked(gone=True, **later) == (None, None)


def test_a_deleted_invoice_is_out_of_the_index_whether_its_state_came_along_or_not(cloud: Cloud) -> None:
    store()
    assert store(gone=True).due_at is None
    store()

    objects.write(KEY, News(Kind.INVOICE, None, True, NOW), ALWAYS)

    assert (row_at(KEY).due_at, row_at(KEY).due_shard) == (None, None)


@pytest.mark.parametrize(
    "changes", [{"attempted": False, "attempt_count": 0}, {"billing_reason": "subscription_create"}]
)
def test_an_invoice_that_calls_for_no_reminder_has_no_case(cloud: Cloud, changes: dict[str, Any]) -> None:
    row = store(**changes)

    assert (row.case_opened_at, row.due_at, row.due_shard) == (None, None, None)


def test_a_row_of_an_older_release_still_loads_and_one_of_a_newer_too(cloud: Cloud) -> None:
    """Fields that came later are missing; fields that we do not know are left alone."""
    key = fresh()
    objects.write(key, News(Kind.SUBSCRIPTION, subscription(schedule="sub_sched_1"), False, NOW), ALWAYS)
    row = row_at(key)
    stored = {**row.state.as_dict(), "of_tomorrow": 1}
    later = ("collection_method", "schedule", "discounts", "paused", "currency", "billing_mode", "start_date")
    kept = {name: value for name, value in stored.items() if name not in later}
    kept["items"] = [{k: v for k, v in each.items() if k != "discounts"} for each in kept["items"]]
    row.state = kept
    row.save()

    assert objects.record_of(row_at(key)) == subscription()


@pytest.mark.parametrize("kind", [Kind.INTENT, Kind.CHARGE, Kind.REFUND, Kind.DISPUTE])
def test_what_belongs_to_a_payment_is_found_by_its_customer(cloud: Cloud, kind: Kind) -> None:
    record = MADE[kind]
    key = keys.of_object("acct_x:test", kind, record.id, "pi_1", NOW)
    objects.write(key, News(kind, record, False, NOW), ALWAYS)

    (found,) = ObjectRow.by_ref.query(keys.ref_customer("acct_x:test", "cus_1", kind))

    assert (found.pk, found.sk) == key == (found.pk, key.sk)
    assert key.pk == "P#acct_x:test#pi_1"
    assert list(ObjectRow.by_ref.query(keys.ref_customer("acct_x:test", "cus_2", kind))) == []


def test_a_payment_of_nobody_is_in_no_index(cloud: Cloud) -> None:
    objects.write(KEY, News(Kind.CHARGE, charge(customer=None), False, NOW), ALWAYS)

    assert row_at(KEY).ref is None


def test_what_a_case_is_told_by_later_stands_in_the_write_that_opens_it(cloud: Cloud) -> None:
    cloud.dynamodb_requests.clear()
    objects.write(KEY, News(Kind.INVOICE, invoice(amount_paid=100, amount_remaining=14800), False, NOW), ALWAYS)
    assert cloud.dynamodb_requests == ["UpdateItem"]

    row = store(at=NOW + 50 * HOUR, attempt_count=3, amount_remaining=14000, amount_paid=900)

    assert (row.case_scope, row.case_opened_at) == (keys.scope_of(KEY.pk), NOW)
    assert (row.case_amount, row.case_paid) == (14800, 100)  # as it stood when the case opened
    assert row.case_attempts == 3  # the last that failed


def test_what_is_paid_in_part_after_the_failure_was_not_paid_before(cloud: Cloud) -> None:
    store()

    row = store(at=NOW + HOUR, amount_paid=900, amount_remaining=14000)

    assert (row.case_amount, row.case_paid) == (14900, 0)


def test_an_invoice_without_a_case_is_not_among_the_cases(cloud: Cloud) -> None:
    assert store(status="paid").case_scope is None
