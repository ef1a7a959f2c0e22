"""Cursors come from outside: what is no cursor of ours is refused before DynamoDB is asked."""

import pytest

from chalicelib.actions.show_customer import show_invoices
from chalicelib.errors import BadRequest
from tests.conftest import SITE, Cloud


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "1#SUB#sub_1",
        "5#INV#",
        "5#INV#\uffff\uffff",
        "5#INV#999999999000#in_1\n",
        "5#INV#999999999000#" + "x" * 2000,
        "5#INV#٠٩٩٩٩٩٩٩٩٠٠٠#in_1",
    ],
)
def test_a_cursor_that_is_none_of_ours_is_refused_and_costs_no_read(cloud: Cloud, cursor: str) -> None:
    cloud.dynamodb_requests.clear()

    with pytest.raises(BadRequest) as refused:
        show_invoices(SITE, "cus_1", 10, cursor)

    assert refused.value.param == "cursor"
    assert cloud.dynamodb_requests == []


def test_a_cursor_after_the_last_invoice_gives_an_empty_page(cloud: Cloud) -> None:
    page = show_invoices(SITE, "cus_1", 10, "5#INV#999999999999#in_1")

    assert page == {"data": [], "has_more": False, "next_cursor": None}
