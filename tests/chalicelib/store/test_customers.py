"""One customer's everything: one Query; invoices newest first, a page at a time, whatever was deleted between them."""

import pytest

from chalicelib.core.model import Kind
from chalicelib.core.records import TYPES, Record
from chalicelib.core.window import Guard, Write
from chalicelib.store import customers, keys, objects
from chalicelib.store.customers import Account
from chalicelib.store.objects import News
from tests.conftest import NOW, Cloud
from tests.records import card, customer, entitlements, invoice, product, schedule, subscription

SCOPE = "acct_x:test"


def store(*records: Record, gone: bool = False, owner: str = "cus_1") -> None:
    """Write records of one customer."""
    for record in records:
        kind = next(kind for kind, made in TYPES.items() if isinstance(record, made))
        key = keys.of_object(SCOPE, kind, record.id, owner, record.created)
        objects.write(key, News(kind, record, gone, NOW), Write(Guard(), NOW, NOW))


def store_invoices(first: int, last: int, gone: bool = False) -> None:
    """Paid invoices, a day apart: `in_<day>`."""
    store(
        *(invoice(id=f"in_{day}", created=NOW + day * 86_400, status="paid") for day in range(first, last)), gone=gone
    )


def pages(limit: int) -> list[list[str]]:
    """The ids on every page, following `has_more`."""
    found: list[list[str]] = []
    after, more = None, True
    while more:
        page, more = customers.invoices(SCOPE, "cus_1", limit, after)
        found.append([each.invoice.id for each in page])
        after = page[-1].sk if page else None
    return found


def test_an_unknown_customer_is_an_empty_account(cloud: Cloud) -> None:
    assert customers.find(SCOPE, "cus_1") == Account()


def test_everything_of_a_customer_comes_in_one_query(cloud: Cloud) -> None:
    store(customer(), subscription(), schedule(), card(), entitlements(), invoice())
    store(customer(id="cus_11"), subscription(id="sub_2", customer="cus_11"), owner="cus_11")
    cloud.dynamodb_requests.clear()

    account = customers.find(SCOPE, "cus_1")

    assert cloud.dynamodb_requests == ["Query"]
    assert (account.customer, account.deleted) == (customer(), False)
    assert (account.subscriptions, account.cards) == ([subscription()], [card()])
    assert (account.schedules, account.entitlements) == ([schedule()], ("calls", "export"))
    assert [each.invoice for each in account.invoices] == [invoice()]


def test_what_is_gone_is_not_shown_but_a_deleted_customer_is_still_known(cloud: Cloud) -> None:
    store(customer(), card(), invoice(), gone=True)

    account = customers.find(SCOPE, "cus_1")

    assert (account.customer, account.deleted) == (customer(), True)
    assert (account.cards, account.invoices) == ([], [])


def test_an_object_of_which_only_a_ticket_was_taken_is_not_shown(cloud: Cloud) -> None:
    objects.take_ticket(keys.of_object(SCOPE, Kind.CARD, "pm_1", "cus_1", NOW), Kind.CARD)
    objects.take_ticket(keys.of_object(SCOPE, Kind.INVOICE, "in_1", "cus_1", NOW), Kind.INVOICE)

    assert customers.find(SCOPE, "cus_1") == Account()
    assert customers.invoices(SCOPE, "cus_1", 10, None) == ([], False)


def test_an_invoice_tells_its_case(cloud: Cloud) -> None:
    store(invoice())

    (stored,) = customers.find(SCOPE, "cus_1").invoices

    assert (stored.opened_at, stored.next_at, stored.campaign) == (NOW, NOW + 7200, None)
    assert (stored.handled, stored.closed, stored.sent) == (None, None, ())


@pytest.mark.parametrize(
    "limit, expected", [(3, [["in_4", "in_3", "in_2"], ["in_1", "in_0"]]), (1, [[f"in_{n}"] for n in (4, 3, 2, 1, 0)])]
)
def test_invoices_come_newest_first_and_every_one_once(cloud: Cloud, limit: int, expected: list[list[str]]) -> None:
    store(customer(), subscription(), card())
    store_invoices(0, 5)

    assert pages(limit) == expected


@pytest.mark.parametrize("limit", [5, 6, 100])
def test_a_page_that_holds_the_last_invoice_says_so(cloud: Cloud, limit: int) -> None:
    store_invoices(0, 5)

    assert pages(limit) == [["in_4", "in_3", "in_2", "in_1", "in_0"]]


def test_deleted_invoices_neither_shorten_a_page_nor_end_the_list(cloud: Cloud) -> None:
    store_invoices(0, 4)
    store_invoices(4, 9, gone=True)
    store_invoices(9, 11)

    assert pages(3) == [["in_10", "in_9", "in_3"], ["in_2", "in_1", "in_0"]]


def test_no_invoices_are_one_empty_page(cloud: Cloud) -> None:
    store(customer())

    assert pages(3) == [[]]


def test_products_are_named_in_one_read(cloud: Cloud) -> None:
    store(*(product(id=f"prod_{number}", name=f"Plan {number}") for number in range(3)))
    cloud.dynamodb_requests.clear()

    names = customers.product_names(SCOPE, ["prod_2", "prod_0", "prod_2", "prod_none"])

    assert names == {"prod_0": "Plan 0", "prod_2": "Plan 2"}
    assert cloud.dynamodb_requests == ["BatchGetItem"]
    assert customers.product_names("acct_y:test", ["prod_0"]) == {}


def test_no_products_cost_no_read(cloud: Cloud) -> None:
    cloud.dynamodb_requests.clear()

    assert customers.product_names(SCOPE, []) == {}
    assert cloud.dynamodb_requests == []
