"""The worker of the queue of doubts, as Lambda calls it."""

from typing import Any

import pytest

from chalicelib.actions.receive_event import receive
from chalicelib.core.catalogue import Coupon
from chalicelib.core.model import Customer, Entitlements, Kind, Subscription
from chalicelib.core.payments import Dispute, Refund
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


def settled(shop: Shop, cloud: Cloud, edge: TwinEdge) -> tuple[list[tuple[str, str]], list[str]]:
    """Deliver, then let the worker settle what is in doubt: its calls of Stripe and of DynamoDB."""
    while (taken := shop.twin.take()) is not None:
        _, (_, body, _) = taken
        receive("default", body, signed(body, shop.twin.now), shop.twin.now)
    doubts = cloud.messages(cloud.events_url)
    edge.calls.clear()
    cloud.dynamodb_requests.clear()
    if doubts:
        assert apply_events(sqs_event(*doubts), None) == {"batchItemFailures": []}
    return list(edge.calls), list(cloud.dynamodb_requests)


def row(kind: Kind, ident: str, owner: str | None) -> ObjectRow:
    """A stored object, whose key does not need its second."""
    found = table.get(ObjectRow, keys.of_object(SITE.scope, kind, ident, owner, 0))
    assert found is not None
    return found


def test_a_dispute_costs_one_read_which_says_whose_it_is(shop: Shop, cloud: Cloud, edge: TwinEdge) -> None:
    customer = shop.customer("pm_card_createDispute")
    shop.deliver()
    shop.twin.advance(60)
    shop.subscribe(customer)
    made = shop.do("GET", "disputes")["data"][0]

    calls, requests = settled(shop, cloud, edge)

    assert calls.count(("GET", f"/v1/disputes/{made['id']}")) == 1, "three events of it, one batch"
    stored = row(Kind.DISPUTE, made["id"], made["payment_intent"])
    record = record_of(stored)
    assert isinstance(record, Dispute)
    assert (record.customer, record.status) == (customer, "needs_response")
    assert stored.ref == keys.ref_customer(SITE.scope, customer, Kind.DISPUTE)
    assert len(requests) == 2 * len(calls)


def test_a_coupon_costs_one_read_and_none_when_it_goes_and_nothing_revives_it(
    shop: Shop, cloud: Cloud, edge: TwinEdge
) -> None:
    shop.deliver()
    shop.twin.advance(60)
    coupon = shop.do("POST", "coupons", percent_off="25", duration="once", applies_to={"products": [shop.product]})[
        "id"
    ]
    early = shop.twin.outbox()[0]["id"]
    calls, requests = settled(shop, cloud, edge)
    assert (calls, requests) == ([("GET", f"/v1/coupons/{coupon}")], ["UpdateItem", "UpdateItem"])
    record = record_of(row(Kind.COUPON, coupon, None))
    assert isinstance(record, Coupon)
    assert record.products == (shop.product,)

    shop.twin.advance(60)
    shop.do("DELETE", f"coupons/{coupon}")
    calls, _ = settled(shop, cloud, edge)
    again = shop.twin.take(early)
    assert again is not None
    body = again[1][1]
    outcome = receive("default", body, signed(body, shop.twin.now), shop.twin.now)
    apply_events(sqs_event(*cloud.messages(cloud.events_url)), None)

    gone = row(Kind.COUPON, coupon, None)
    assert (calls, outcome) == ([], "queued")
    assert (gone.gone, record_of(gone)) == (True, record)


def test_a_discount_rings_at_its_subscription(shop: Shop, cloud: Cloud, edge: TwinEdge) -> None:
    coupon = shop.do("POST", "coupons", percent_off="25", duration="forever")["id"]
    customer = shop.customer()
    subscription = shop.subscribe(customer)
    shop.deliver()
    shop.twin.advance(60)
    shop.do("POST", f"subscriptions/{subscription}", discounts=[{"coupon": coupon}])

    calls, requests = settled(shop, cloud, edge)

    assert calls == [("GET", f"/v1/subscriptions/{subscription}")], "the doorbell and the change, read once"
    assert requests == ["UpdateItem", "UpdateItem"]
    record = record_of(row(Kind.SUBSCRIPTION, subscription, customer))
    assert isinstance(record, Subscription)
    assert [each.coupon for each in record.discounts] == [coupon]


def test_a_refund_that_names_its_customer_costs_one_write_and_one_that_does_not_a_read(
    shop: Shop, cloud: Cloud, edge: TwinEdge
) -> None:
    customer = shop.customer()
    shop.subscribe(customer)
    shop.deliver()
    shop.twin.advance(60)
    charge = shop.do("GET", "charges", customer=customer)["data"][0]["id"]
    refund = shop.do("POST", "refunds", charge=charge, amount="100")
    named = [path for _, path in settled(shop, cloud, edge)[0] if "refunds" in path]
    shop.twin.world.table("refund")[refund["id"]]["customer"] = None
    shop.twin.advance(60)
    shop.do("POST", f"refunds/{refund['id']}", metadata={"note": "1"})
    unnamed = settled(shop, cloud, edge)

    assert named == []
    assert unnamed == ([("GET", f"/v1/refunds/{refund['id']}")], ["UpdateItem", "UpdateItem"])
    record = record_of(row(Kind.REFUND, refund["id"], refund["payment_intent"]))
    assert isinstance(record, Refund)
    assert record.customer == customer


def test_entitlements_that_are_cut_are_read_whole(shop: Shop, cloud: Cloud, edge: TwinEdge) -> None:
    for number in range(11):
        feature = shop.do("POST", "entitlements/features", lookup_key=f"f-{number:02}", name="F")["id"]
        shop.do("POST", f"products/{shop.product}/features", entitlement_feature=feature)
    customer = shop.customer()
    shop.deliver()
    shop.twin.advance(60)
    shop.subscribe(customer)

    calls, _ = settled(shop, cloud, edge)

    assert ("GET", "/v1/entitlements/active_entitlements") in calls
    record = record_of(row(Kind.ENTITLEMENTS, customer, customer))
    assert isinstance(record, Entitlements)
    assert len(record.lookup_keys) == 11
