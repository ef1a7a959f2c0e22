"""Ordinary traffic passes and writes nothing; abuse is counted for all Lambdas and hears 429 and when to come again."""

from collections.abc import Iterator
from typing import Any

import pytest

from app import app
from chalicelib.actions import throttle
from chalicelib.core.throttle import RULES, WINDOW, Rule
from chalicelib.store import api_keys
from tests.builders import rest_event
from tests.chalicelib.entrypoints.caller import call
from tests.conftest import NOW, SITE, Cloud
from tests.edge import TwinEdge
from tests.shop import Shop

SMALL = Rule(burst=5, per_second=1, most=3)
OPEN = (
    "/l/{token}",
    "/done/{link_id}",
    "/u/{token}",
    "/portal/{site_id}",
    "/login/{site_id}",
    "/health",
    "/openapi.json",
)


@pytest.fixture
def small(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Rules that a test can reach the end of."""
    for kind in RULES:
        monkeypatch.setitem(RULES, kind, SMALL)
    yield
    throttle.forget()


def visit(path: str, address: str) -> dict[str, Any]:
    """A browser at one of the open routes."""
    event = rest_event("GET", path, token="unknown", link_id="unknown", site_id="unknown")
    event["requestContext"]["identity"] = {"sourceIp": address}
    answer: dict[str, Any] = app(event, None)
    return answer


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("path", OPEN)
def test_a_neighbourhood_that_goes_on_is_refused_and_no_other(path: str) -> None:
    statuses = [visit(path, f"192.0.2.{number}")["statusCode"] for number in range(12)]
    refused = visit(path, "192.0.2.99")

    assert 429 not in statuses[:8]
    assert set(statuses[8:]) == {429}
    assert 0 < int(refused["headers"]["Retry-After"]) <= WINDOW
    assert visit(path, "198.51.100.1")["statusCode"] != 429


@pytest.mark.usefixtures("small")
def test_only_what_goes_beyond_a_burst_is_written_and_a_refusal_is_remembered(cloud: Cloud) -> None:
    visit("/health", "192.0.2.1")
    cloud.dynamodb_requests.clear()

    for _ in range(4):
        visit("/health", "192.0.2.1")
    assert cloud.dynamodb_requests == []
    for _ in range(10):
        visit("/health", "192.0.2.1")

    assert cloud.dynamodb_requests == ["UpdateItem"] * (SMALL.most + 1)


@pytest.mark.usefixtures("small")
def test_what_one_lambda_counted_another_knows() -> None:
    for _ in range(SMALL.burst + SMALL.most):
        visit("/health", "192.0.2.1")
    throttle.forget()

    statuses = [visit("/health", "192.0.2.1")["statusCode"] for _ in range(SMALL.burst + 1)]

    assert statuses == [200] * SMALL.burst + [429]


@pytest.mark.usefixtures("small")
def test_the_refusal_ends_with_its_window(edge: TwinEdge) -> None:
    for _ in range(20):
        visit("/health", "192.0.2.1")
    edge.twin.advance(int(visit("/health", "192.0.2.1")["headers"]["Retry-After"]))

    assert visit("/health", "192.0.2.1")["statusCode"] == 200


@pytest.mark.usefixtures("small")
def test_a_key_that_goes_on_is_refused_and_wrong_keys_count_for_the_neighbourhood() -> None:
    key = api_keys.create(SITE.id, ("read",), NOW)
    path = "/v1/customers/{customer_id}"

    known = [call("GET", path, key=key, customer_id="cus_1").status for _ in range(10)]
    wrong = [call("GET", path, key=f"smk_test_{number}", customer_id="cus_1").status for number in range(10)]

    assert known == [404] * 8 + [429] * 2
    assert wrong == [401] * 8 + [429] * 2


@pytest.mark.usefixtures("small")
def test_with_the_table_down_everybody_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TABLE_NAME", "no-such-table")

    assert {visit("/health", "192.0.2.1")["statusCode"] for _ in range(20)} == {200}


def test_one_lambda_remembers_no_more_than_it_can_hold(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "REMEMBERED", 10)

    for number in range(100):
        throttle.take("ip", str(number), NOW)

    assert len(throttle._buckets) <= 10


def test_forged_headers_do_not_move_a_caller_elsewhere(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RULES, "ip", SMALL)

    headers = [{"x-forwarded-for": f"203.0.113.{number}", "forwarded": f"for=203.0.{number}.1"} for number in range(12)]
    assert call("GET", "/health", headers=headers[0]).status == 200
    assert [call("GET", "/health", headers=each).status for each in headers][-1] == 429
