"""Idempotency-Key: the same request again comes out the same, and nothing that opens anything is stored for it."""

from typing import Any

import pytest

from chalicelib.store import api_keys, keys, once
from chalicelib.store.once import KEPT, LEASE
from tests.chalicelib.entrypoints.caller import Answer, call
from tests.conftest import NOW, SITE, Cloud, everything
from tests.edge import TwinEdge
from tests.shop import Shop

SESSIONS, LINKS = "/v1/portal-sessions", "/v1/portal-links"
ROUTES = pytest.mark.parametrize("route", [SESSIONS, LINKS])


@pytest.fixture
def customer(shop: Shop) -> str:
    """A customer whom our table knows."""
    made = shop.customer()
    shop.deliver()
    return made


def post(route: str, customer: str, key: str, idempotency_key: str = "order-17", **body: Any) -> Answer:
    """One request with an idempotency key."""
    return call("POST", route, {"customer": customer, **body}, key=key, headers={"idempotency-key": idempotency_key})


@ROUTES
def test_the_same_request_again_comes_out_the_same(
    shop: Shop, customer: str, api_key: str, cloud: Cloud, edge: TwinEdge, route: str
) -> None:
    first = post(route, customer, api_key)
    edge.twin.advance(5)
    again = post(route, customer, api_key)

    assert (first.status, again.status) == (201, 201)
    assert again.json == first.json
    assert len(shop.twin.objects("billing_portal.session")) == (route == SESSIONS)
    secret = first.json["url"].rsplit("/", 1)[1]
    assert secret not in str(everything(cloud))
    assert api_key not in str(everything(cloud))


def test_a_link_that_was_spent_or_closed_stays_so_when_its_request_comes_again(customer: str, api_key: str) -> None:
    spent = post(LINKS, customer, api_key, "one", single_use=True)
    closed = post(LINKS, customer, api_key, "two")
    call("POST", "/l/{token}", token=spent.json["url"].rsplit("/", 1)[1])
    call("DELETE", "/v1/portal-links/{link_id}", key=api_key, link_id=closed.json["id"])

    for number, link in (("one", spent), ("two", closed)):
        assert (
            post(LINKS, customer, api_key, number, **({"single_use": True} if link is spent else {})).json == link.json
        )
        assert call("POST", "/l/{token}", token=link.json["url"].rsplit("/", 1)[1]).status == 410


@ROUTES
def test_another_request_with_the_key_is_refused(customer: str, api_key: str, route: str) -> None:
    assert post(route, customer, api_key).status == 201

    answer = post(route, customer, api_key, return_url=SITE.home_url)

    assert (answer.status, answer.code) == (409, "idempotency_conflict")


def test_a_key_used_for_one_route_is_refused_at_another(customer: str, api_key: str) -> None:
    post(SESSIONS, customer, api_key)

    assert post(LINKS, customer, api_key).code == "idempotency_conflict"


def test_each_api_key_has_keys_of_its_own(customer: str, api_key: str) -> None:
    other = api_keys.create(SITE.id, ("portal",), NOW)

    assert post(LINKS, customer, api_key).json["id"] != post(LINKS, customer, other, single_use=True).json["id"]


@ROUTES
def test_while_a_request_is_under_way_the_same_one_is_told_so(
    customer: str, api_key: str, route: str, shop: Shop
) -> None:
    body = [route.rsplit("-", 1)[1].rstrip("s"), SITE.scope, {"customer": customer}]
    once.begin(keys.once(api_key, "order-17"), keys.digest(str(body).replace("'", '"')), shop.twin.now)

    answer = post(route, customer, api_key)
    shop.twin.advance(LEASE)
    later = post(route, customer, api_key)

    assert (answer.status, answer.code) == (409, "idempotency_in_progress")
    assert later.status == 201


def test_a_request_that_failed_frees_its_key(customer: str, api_key: str, edge: TwinEdge) -> None:
    edge.fail = lambda _method, _path: ("{}", 500, {})
    assert post(SESSIONS, customer, api_key).status == 503
    edge.fail = lambda _method, _path: None

    assert post(SESSIONS, customer, api_key, return_url=SITE.home_url).status == 201


def test_after_a_day_the_key_is_new(customer: str, api_key: str, shop: Shop) -> None:
    first = post(LINKS, customer, api_key)
    shop.twin.advance(KEPT)

    other = post(LINKS, customer, api_key, single_use=True)

    assert other.status == 201
    assert other.json["url"] != first.json["url"]
    assert other.json["created"] == first.json["created"] + KEPT


@pytest.mark.parametrize("strange", ["", "x" * 256, "caf\u00e9", "a\tb"])
def test_a_strange_key_is_refused(customer: str, api_key: str, strange: str) -> None:
    answer = post(LINKS, customer, api_key, strange)

    assert (answer.status, answer.json["error"]["param"]) == (400, "Idempotency-Key")


def test_without_a_key_nothing_is_written_and_with_one_two_items_are(customer: str, api_key: str, cloud: Cloud) -> None:
    post(SESSIONS, customer, api_key, "to-warm")
    cloud.dynamodb_requests.clear()

    call("POST", SESSIONS, {"customer": customer}, key=api_key)
    assert cloud.dynamodb_requests == ["GetItem", "BatchGetItem"]
    cloud.dynamodb_requests.clear()
    post(SESSIONS, customer, api_key)
    assert cloud.dynamodb_requests == ["GetItem", "BatchGetItem", "UpdateItem", "UpdateItem"]
    cloud.dynamodb_requests.clear()
    call("POST", LINKS, {"customer": customer}, key=api_key)
    assert cloud.dynamodb_requests == ["GetItem", "BatchGetItem", "PutItem"]
