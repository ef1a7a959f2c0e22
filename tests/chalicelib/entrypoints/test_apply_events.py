"""The worker of the queue of doubts, as Lambda calls it."""

from typing import Any

import pytest

from chalicelib.actions.receive_event import receive
from chalicelib.core.model import Customer, Kind
from chalicelib.entrypoints.apply_events import apply_events
from chalicelib.store import keys, table
from chalicelib.store.objects import record_of
from chalicelib.store.tables import ObjectRow
from tests.builders import signed
from tests.conftest import SITE, Cloud
from tests.edge import TwinEdge
from tests.shop import Shop, sqs_event


def doubt(shop: Shop, customer: str, **changes: Any) -> dict[str, Any]:
    """A message about a customer."""
    return {
        "event": "evt_1",
        "type": "customer.updated",
        "kind": "customer",
        "id": customer,
        "customer": customer,
        "object_created": 0,
        "scope": SITE.scope,
        "created": shop.twin.now,
        "reason": "same_time",
        **changes,
    }


def stored(customer: str) -> Customer | None:
    """The customer as we have them."""
    row = table.get(ObjectRow, keys.of_object(SITE.scope, Kind.CUSTOMER, customer, customer, 0))
    record = record_of(row) if row else None
    return record if isinstance(record, Customer) else None


def test_a_doubt_costs_one_ticket_one_read_of_stripe_and_one_write(shop: Shop, cloud: Cloud, edge: TwinEdge) -> None:
    customer = shop.customer()
    cloud.dynamodb_requests.clear()
    edge.calls.clear()

    answer = apply_events(sqs_event(doubt(shop, customer)), None)

    assert answer == {"batchItemFailures": []}
    assert cloud.dynamodb_requests == ["UpdateItem", "UpdateItem"]
    assert edge.calls == [("GET", f"/v1/customers/{customer}")]
    assert (record := stored(customer))
    assert record.email == "astrid@example.com"


def test_one_read_serves_all_of_a_batch_about_an_object(shop: Shop, cloud: Cloud, edge: TwinEdge) -> None:
    customer = shop.customer()
    edge.calls.clear()
    cloud.dynamodb_requests.clear()

    apply_events(sqs_event(*[doubt(shop, customer, event=f"evt_{n}") for n in range(10)]), None)

    assert len(edge.calls) == 1
    assert cloud.dynamodb_requests == ["UpdateItem", "UpdateItem"]


def test_what_fails_goes_back_alone(shop: Shop, cloud: Cloud, edge: TwinEdge) -> None:
    good, bad = shop.customer(), shop.customer()
    edge.fail = lambda _method, path: ("{}", 500, {}) if path.endswith(bad) else None

    answer = apply_events(sqs_event(doubt(shop, bad), {"not": "a doubt"}, doubt(shop, good)), None)

    assert answer == {"batchItemFailures": [{"itemIdentifier": "message-0"}, {"itemIdentifier": "message-1"}]}
    assert stored(good)
    assert stored(bad) is None


def test_a_whole_batch_that_fails_is_no_error_of_the_function(shop: Shop, cloud: Cloud, edge: TwinEdge) -> None:
    edge.fail = lambda _method, _path: ("{}", 429, {})

    answer = apply_events(sqs_event(doubt(shop, "cus_1"), doubt(shop, "cus_2")), None)

    assert len(answer["batchItemFailures"]) == 2


def test_an_object_that_stripe_has_deleted_or_never_had_becomes_a_tombstone(shop: Shop, cloud: Cloud) -> None:
    customer = shop.customer()
    shop.do("DELETE", f"customers/{customer}")

    apply_events(sqs_event(doubt(shop, customer), doubt(shop, "cus_never")), None)

    for ident in (customer, "cus_never"):
        row = table.get(ObjectRow, keys.of_object(SITE.scope, Kind.CUSTOMER, ident, ident, 0))
        assert row is not None
        assert row.gone is True


def test_an_older_event_does_not_revive_a_tombstone(shop: Shop, cloud: Cloud) -> None:
    shop.deliver()
    customer = shop.customer()
    early = shop.twin.take()
    shop.twin.advance(60)
    shop.do("DELETE", f"customers/{customer}")
    shop.deliver()
    assert early is not None
    body = early[1][1]
    assert b'"customer.created"' in body

    outcome = receive("default", body, signed(body, shop.twin.now), shop.twin.now)

    row = table.get(ObjectRow, keys.of_object(SITE.scope, Kind.CUSTOMER, customer, customer, 0))
    assert outcome == "old"
    assert row is not None
    assert row.gone is True


def test_old_news_asks_nobody(shop: Shop, cloud: Cloud, edge: TwinEdge) -> None:
    customer = shop.customer()
    apply_events(sqs_event(doubt(shop, customer)), None)
    edge.calls.clear()

    apply_events(sqs_event(doubt(shop, customer, created=shop.twin.now - 60)), None)

    assert edge.calls == []


@pytest.mark.parametrize("missing", ["Date", "date"])
def test_without_stripes_date_the_message_comes_again(
    shop: Shop, cloud: Cloud, edge: TwinEdge, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    customer = shop.customer()
    real = edge.twin.request

    def without_date(*args: Any) -> Any:
        status, headers, body = real(*args)
        return status, {name: value for name, value in headers.items() if name.lower() != missing.lower()}, body

    monkeypatch.setattr(edge.twin, "request", without_date)

    answer = apply_events(sqs_event(doubt(shop, customer)), None)

    assert len(answer["batchItemFailures"]) == 1
    assert stored(customer) is None
