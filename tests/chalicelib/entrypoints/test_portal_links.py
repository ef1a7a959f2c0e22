"""GET and DELETE /v1/portal-links: which links a customer has, and how one is closed."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.store import api_keys, sites
from tests.chalicelib.entrypoints.caller import Answer, call
from tests.conftest import NOW, SITE, Cloud
from tests.shop import DAY, Shop, run

LINKS, LINK = "/v1/portal-links", "/v1/portal-links/{link_id}"


@pytest.fixture
def customer(shop: Shop) -> str:
    """A customer whom our table knows."""
    made = shop.customer()
    shop.deliver()
    return made


def make(customer: str, key: str, **fields: Any) -> dict[str, Any]:
    """A new link."""
    answer = call("POST", LINKS, {"customer": customer, **fields}, key=key)
    assert answer.status == 201, answer.text
    return answer.json


def listed(customer: str, key: str, **query: str) -> Answer:
    """The list."""
    return call("GET", LINKS, key=key, query={"customer": customer, **query})


def test_links_are_listed_newest_first_without_what_opens_them(customer: str, api_key: str, shop: Shop) -> None:
    made = []
    for _ in range(3):
        made.append(make(customer, api_key, single_use=True))
        shop.twin.advance(60)

    answer = listed(customer, api_key)

    assert [link["id"] for link in answer.json["data"]] == [link["id"] for link in reversed(made)]
    assert answer.json["data"][0] == {name: value for name, value in made[-1].items() if name != "url"}
    assert not any(link["url"].rsplit("/", 1)[1] in answer.text for link in made)
    assert (answer.json["has_more"], answer.json["next_cursor"]) == (False, None)


def test_a_long_list_comes_a_page_at_a_time_even_within_one_second(customer: str, api_key: str) -> None:
    made = {make(customer, api_key)["id"] for _ in range(7)}

    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = listed(customer, api_key, limit="3", **cursor).json
        seen += [link["id"] for link in page["data"]]
        if not page["has_more"]:
            break
        cursor = {"cursor": page["next_cursor"]}

    assert len(seen) == 7
    assert set(seen) == made


def test_each_link_tells_its_state(customer: str, api_key: str, shop: Shop) -> None:
    soon = make(customer, api_key, expires_in=60)
    spent = make(customer, api_key, single_use=True)
    closed = make(customer, api_key)
    still = make(customer, api_key)
    call("POST", "/l/{token}", token=spent["url"].rsplit("/", 1)[1])
    call("DELETE", LINK, key=api_key, link_id=closed["id"])
    shop.twin.advance(61)

    states = {link["id"]: link["state"] for link in listed(customer, api_key).json["data"]}

    assert states == {soon["id"]: "expired", spent["id"]: "used", closed["id"]: "revoked", still["id"]: "open"}


def test_a_revoked_link_opens_nothing_and_revoking_again_changes_nothing(
    customer: str, api_key: str, shop: Shop, cloud: Cloud
) -> None:
    link = make(customer, api_key)
    first = call("DELETE", LINK, key=api_key, link_id=link["id"])
    shop.twin.advance(10)
    cloud.dynamodb_requests.clear()

    again = call("DELETE", LINK, key=api_key, link_id=link["id"])

    assert cloud.dynamodb_requests == ["GetItem", "UpdateItem"]
    assert (first.status, first.json["state"], first.json["revoked_at"]) == (200, "revoked", shop.twin.now - 10)
    assert again.json == first.json
    assert call("POST", "/l/{token}", token=link["url"].rsplit("/", 1)[1]).status == 410


def test_another_sites_links_are_neither_seen_nor_closed(customer: str, api_key: str) -> None:
    sites.put(replace(SITE, id="other"))
    other = api_keys.create("other", ("portal",), NOW)
    ours, theirs = make(customer, api_key), make(customer, other)

    assert [link["id"] for link in listed(customer, api_key).json["data"]] == [ours["id"]]
    assert call("DELETE", LINK, key=api_key, link_id=theirs["id"]).status == 404
    assert [link["state"] for link in listed(customer, other).json["data"]] == ["open"]


@pytest.mark.parametrize("ident", ["lnk_1", "lnk_" + "0" * 64, "..", "lnk_" + "0" * 63 + "#", "LINK", "x" * 3000])
def test_an_unknown_link_is_not_found(shop: Shop, api_key: str, ident: str) -> None:
    answer = call("DELETE", LINK, key=api_key, link_id=ident)

    assert (answer.status, answer.code) == (404, "not_found")


@pytest.mark.parametrize(
    "query, param",
    [
        ({}, "customer"),
        ({"customer": "sub_1"}, "customer"),
        ({"customer": "cus_1", "limit": "0"}, "limit"),
        ({"customer": "cus_1", "cursor": "lnk_1"}, "cursor"),
        ({"customer": "cus_1", "cursor": "1." + "lnk_" + "z" * 64}, "cursor"),
    ],
)
def test_a_strange_question_is_refused(shop: Shop, api_key: str, query: dict[str, str], param: str) -> None:
    answer = call("GET", LINKS, key=api_key, query=query)

    assert (answer.status, answer.json["error"]["param"]) == (400, param)


def test_an_unknown_customer_is_not_found_and_one_without_links_has_none(customer: str, api_key: str) -> None:
    assert listed("cus_unknown", api_key).status == 404
    assert listed(customer, api_key).json == {"data": [], "has_more": False, "next_cursor": None}


def test_both_need_a_key_that_may_open_the_portal(customer: str) -> None:
    reader = api_keys.create(SITE.id, ("read",), NOW)

    assert listed(customer, reader).status == 403
    assert call("DELETE", LINK, key=reader, link_id="lnk_1").status == 403
    assert call("DELETE", LINK, link_id="lnk_1").status == 401


def test_a_reminders_link_names_its_invoice(shop: Shop, cloud: Cloud, api_key: str) -> None:
    customer = shop.fail_renewal()
    shop.advance(DAY)
    assert run(shop, cloud) == ["sent"]

    (link,) = listed(customer, api_key).json["data"]

    assert link["invoice"] == shop.newest_invoice(customer)["id"]
    assert (link["state"], link["flow"]) == ("open", {"type": "payment_method_update"})
