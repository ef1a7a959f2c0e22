"""The cases of an account, as `core.recovery` counts them."""

from dataclasses import replace

import pytest

from chalicelib import campaigns
from chalicelib.core.campaign import as_plan
from chalicelib.core.model import Kind
from chalicelib.core.recovery import Failure
from chalicelib.core.window import Guard, Write
from chalicelib.store import cases, keys, objects
from chalicelib.store.cases import Frozen
from chalicelib.store.keys import Key
from chalicelib.store.objects import News
from chalicelib.store.recovery import TooManyCases, failures
from tests.conftest import NOW, Cloud
from tests.records import invoice, subscription

SCOPE = "acct_x:test"
DAY = 86_400


def put(ident: str, at: int = NOW, scope: str = SCOPE) -> Key:
    """A case that was opened then; its key."""
    key = keys.of_object(scope, Kind.INVOICE, ident, "cus_1", at)
    record = invoice(id=ident, created=at, subscription=None)
    objects.write(key, News(Kind.INVOICE, record, False, at), Write(Guard(), at, at))
    return key


def found(start: int = NOW, end: int = NOW + DAY, most: int = 100) -> list[str]:
    """The invoices of the cases of a time."""
    return [each.invoice.id for each in failures(SCOPE, start, end, most)]


def test_cases_come_in_the_order_in_which_they_were_opened_both_ends_inside(cloud: Cloud) -> None:
    for number, at in enumerate((NOW + DAY, NOW, NOW - 1, NOW + DAY + 1)):
        put(f"in_{number}", at)
    put("in_foreign", scope="acct_y:test")

    assert found() == ["in_1", "in_0"]


def test_more_than_was_asked_for_is_an_error_and_not_a_part(cloud: Cloud) -> None:
    for number in range(3):
        put(f"in_{number}", NOW + number)

    assert len(found(most=3)) == 3
    with pytest.raises(TooManyCases):
        found(most=2)


def test_a_case_has_all_that_was_written_down_about_it(cloud: Cloud) -> None:
    key = put("in_1")
    plan = as_plan(campaigns.load("monthly_28"))
    assert cases.hold(cases.of_customer(key.pk)[key], NOW + DAY, Frozen(plan, "spring:B", "expired_card"))
    cases.clicked(key, NOW + 2 * DAY)

    (case,) = failures(SCOPE, NOW, NOW, 1)

    assert case == Failure(
        invoice=invoice(subscription=None),
        opened_at=NOW,
        amount=14900,
        attempts=1,
        clicked_at=NOW + 2 * DAY,
        end_day=28,
        campaign="monthly_28",
        variant="spring:B",
        decline="expired_card",
    )


def test_a_case_comes_with_its_subscription_as_it_is_now(cloud: Cloud) -> None:
    key = keys.of_object(SCOPE, Kind.INVOICE, "in_1", "cus_1", NOW)
    objects.write(key, News(Kind.INVOICE, invoice(), False, NOW), Write(Guard(), NOW, NOW))
    canceled = subscription(status="canceled")
    where = keys.of_object(SCOPE, Kind.SUBSCRIPTION, "sub_1", "cus_1", 0)
    objects.write(where, News(Kind.SUBSCRIPTION, canceled, False, NOW), Write(Guard(), NOW, NOW))

    (case,) = failures(SCOPE, NOW, NOW, 1)

    assert case.subscription == canceled
    assert case.outcome == "lost"


def test_a_case_of_an_older_release_counts_by_what_its_invoice_says(cloud: Cloud) -> None:
    key = put("in_1")
    row = objects.rows([key])[key]
    for name in ("case_amount", "case_paid", "case_attempts"):
        setattr(row, name, None)
    row.save()

    (case,) = failures(SCOPE, NOW, NOW, 1)

    assert replace(case, attempts=1) == Failure(invoice(subscription=None), NOW, 14900, attempts=1)


def test_a_click_on_what_is_no_case_writes_nothing(cloud: Cloud) -> None:
    key = keys.of_object(SCOPE, Kind.INVOICE, "in_none", "cus_1", NOW)

    cases.clicked(key, NOW)

    assert objects.rows([key]) == {}
