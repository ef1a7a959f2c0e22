"""GET /v1/customers/{id} and its invoices: what we say is what Stripe has."""

from typing import Any

import pytest

from chalicelib.actions.receive_event import receive
from chalicelib.core.model import Kind
from chalicelib.store import api_keys, keys, table
from chalicelib.store.tables import ObjectRow
from tests.builders import signed
from tests.chalicelib.entrypoints.caller import call
from tests.conftest import NOW, SITE, Cloud
from tests.edge import TwinEdge
from tests.shop import DAY, Shop

CUSTOMER, INVOICES = "/v1/customers/{customer_id}", "/v1/customers/{customer_id}/invoices"
PAYMENTS = "/v1/customers/{customer_id}/invoices/{invoice_id}/payments"


def test_everything_about_a_customer_stands_in_one_answer(shop: Shop, api_key: str, cloud: Cloud) -> None:
    customer = shop.customer(preferred_locales=["sv"], address={"country": "SE"})
    subscription = shop.subscribe(customer)
    shop.deliver()
    call("GET", CUSTOMER, key=api_key, customer_id=customer)
    cloud.dynamodb_requests.clear()

    seen = call("GET", CUSTOMER, key=api_key, customer_id=customer).json

    theirs = shop.do("GET", f"subscriptions/{subscription}")
    (item,) = theirs["items"]["data"]
    assert (seen["id"], seen["email"], seen["name"]) == (customer, "astrid@example.com", "Astrid Berg")
    assert (seen["account"], seen["livemode"], seen["locale"], seen["country"]) == (SITE.account, False, "sv", "SE")
    (ours,) = seen["subscriptions"]
    assert (ours["id"], ours["status"], ours["cancel_at"]) == (subscription, "active", None)
    assert ours["items"][0]["product_name"] == "Nordlys Plus"
    assert ours["items"][0]["current_period_end"] == item["current_period_end"]
    (card,) = seen["cards"]
    assert (card["brand"], card["last4"], card["is_default"]) == ("visa", "4242", True)
    assert seen["open_invoices"] == []
    assert [invoice["status"] for invoice in seen["recent_invoices"]] == ["paid"]
    assert (ours["planned_change"], seen["entitlements"], seen["disputes"]) == (None, [], [])
    assert cloud.dynamodb_requests == ["GetItem", "Query", "BatchGetItem", "Query"]


def test_a_scheduled_cancellation_shows_as_stripe_has_it(shop: Shop, api_key: str) -> None:
    customer = shop.customer()
    subscription = shop.subscribe(customer)
    shop.twin.advance(60)
    theirs = shop.do("POST", f"subscriptions/{subscription}", cancel_at="min_period_end")
    shop.deliver()

    (ours,) = call("GET", CUSTOMER, key=api_key, customer_id=customer).json["subscriptions"]

    assert ours["cancel_at"] == theirs["cancel_at"]
    assert ours["cancel_at_period_end"] == theirs["cancel_at_period_end"]


def test_a_failed_invoice_stands_open_with_its_case(shop: Shop, api_key: str) -> None:
    customer = shop.fail_renewal()

    (invoice,) = call("GET", CUSTOMER, key=api_key, customer_id=customer).json["open_invoices"]

    theirs = shop.newest_invoice(customer)
    assert (invoice["id"], invoice["amount_due"], invoice["attempt_count"]) == (theirs["id"], 14900, 1)
    assert invoice["next_payment_attempt"] == theirs["next_payment_attempt"]
    assert invoice["case"]["state"] == "open"
    assert invoice["case"]["campaign"] is None  # chosen at the first look
    assert invoice["case"]["sent"] == []


def test_a_paid_invoice_shows_its_case_as_recovered(shop: Shop, api_key: str) -> None:
    customer = shop.fail_renewal()
    shop.pay(customer)
    shop.deliver()

    seen = call("GET", CUSTOMER, key=api_key, customer_id=customer).json

    assert seen["open_invoices"] == []
    assert seen["recent_invoices"][0]["case"]["state"] == "recovered"
    assert seen["recent_invoices"][0]["case"]["next_at"] is None


def test_a_product_that_no_event_brought_is_asked_for_once(shop: Shop, api_key: str, edge: TwinEdge) -> None:
    customer = shop.customer()
    shop.subscribe(customer)
    while (taken := shop.twin.take()) is not None:
        delivery, (_, body, _) = taken
        if b'"product.created"' not in body:
            receive("default", body, signed(body, shop.twin.now), shop.twin.now)
        shop.twin.settle(delivery, 200)
    edge.calls.clear()

    first = call("GET", CUSTOMER, key=api_key, customer_id=customer).json
    second = call("GET", CUSTOMER, key=api_key, customer_id=customer).json

    assert edge.calls == [("GET", f"/v1/products/{shop.product}")]
    for seen in (first, second):
        assert seen["subscriptions"][0]["items"][0]["product_name"] == "Nordlys Plus"


def test_with_stripe_down_a_name_is_missing_and_the_rest_is_there(shop: Shop, api_key: str, edge: TwinEdge) -> None:
    customer = shop.customer()
    shop.subscribe(customer)
    shop.deliver()
    product = table.get(ObjectRow, keys.of_object(SITE.scope, Kind.PRODUCT, shop.product, None, 0))
    assert product is not None
    product.delete()
    edge.fail = lambda _method, _path: ("{}", 500, {})

    seen = call("GET", CUSTOMER, key=api_key, customer_id=customer)

    assert seen.status == 200
    assert seen.json["subscriptions"][0]["items"][0]["product_name"] is None


def test_a_planned_change_is_shown_until_it_has_come(shop: Shop, api_key: str) -> None:
    customer = shop.customer()
    subscription = shop.subscribe(customer)
    schedule = shop.do("POST", "subscription_schedules", from_subscription=subscription)
    (running,) = schedule["phases"]
    now = {"items": [{"price": shop.price}], "start_date": running["start_date"], "end_date": running["end_date"]}
    later = {"items": [{"price": shop.price, "quantity": "3"}]}
    shop.do("POST", f"subscription_schedules/{schedule['id']}", phases=[now, later])
    shop.deliver()

    (ours,) = call("GET", CUSTOMER, key=api_key, customer_id=customer).json["subscriptions"]

    items = [{"price": shop.price, "quantity": 3}]
    assert ours["planned_change"] == {"at": running["end_date"], "items": items, "schedule": schedule["id"]}
    assert ours["schedule"] == schedule["id"]
    shop.advance(40 * DAY)
    (ours,) = call("GET", CUSTOMER, key=api_key, customer_id=customer).json["subscriptions"]
    assert ours["items"][0]["quantity"] == 3
    assert ours["planned_change"] is None


def test_what_a_customer_may_use_is_shown(shop: Shop, api_key: str) -> None:
    feature = shop.do("POST", "entitlements/features", lookup_key="export", name="Export")["id"]
    shop.do("POST", f"products/{shop.product}/features", entitlement_feature=feature)
    customer = shop.customer()
    subscription = shop.subscribe(customer)
    shop.advance(60)
    before = call("GET", CUSTOMER, key=api_key, customer_id=customer).json["entitlements"]
    shop.do("DELETE", f"subscriptions/{subscription}")
    shop.advance(60)

    assert before == ["export"]
    assert call("GET", CUSTOMER, key=api_key, customer_id=customer).json["entitlements"] == []


def test_an_open_dispute_is_shown_until_it_is_settled(shop: Shop, api_key: str) -> None:
    customer = shop.customer("pm_card_createDispute")
    shop.subscribe(customer)
    shop.advance(60)
    dispute = shop.do("GET", "disputes")["data"][0]

    (ours,) = call("GET", CUSTOMER, key=api_key, customer_id=customer).json["disputes"]

    for name in ("id", "charge", "payment_intent", "status", "amount", "currency", "reason", "created"):
        assert ours[name] == dispute[name], name
    assert ours["due_by"] == dispute["evidence_details"]["due_by"]
    shop.do("POST", f"disputes/{dispute['id']}/close")
    shop.advance(60)
    assert call("GET", CUSTOMER, key=api_key, customer_id=customer).json["disputes"] == []


def test_why_the_payments_of_an_invoice_failed_is_told(shop: Shop, api_key: str) -> None:
    customer = shop.fail_renewal(card="pm_twin_insufficient_funds")
    shop.advance(5 * DAY)
    invoice = shop.newest_invoice(customer)["id"]

    told = call("GET", PAYMENTS, key=api_key, customer_id=customer, invoice_id=invoice).json["data"]

    failed = [each for each in shop.do("GET", "charges", customer=customer)["data"] if each["status"] == "failed"]
    assert [each["id"] for each in told] == [each["id"] for each in failed][::-1]
    assert len(told) > 1
    assert {each["decline_code"] for each in told} == {"insufficient_funds"}


@pytest.mark.parametrize("customer, invoice", [("cus_unknown", "in_1"), ("cus_#", "in_1"), ("cus_1", "in_#")])
def test_payments_of_an_unknown_invoice_are_not_found(shop: Shop, api_key: str, customer: str, invoice: str) -> None:
    answer = call("GET", PAYMENTS, key=api_key, customer_id=customer, invoice_id=invoice)

    assert (answer.status, answer.code) == (404, "not_found")


def test_payments_of_another_customer_are_not_told(shop: Shop, api_key: str) -> None:
    failed, other = shop.fail_renewal(), shop.customer()
    shop.deliver()
    invoice = shop.newest_invoice(failed)["id"]

    assert call("GET", PAYMENTS, key=api_key, customer_id=other, invoice_id=invoice).json == {"data": []}


def finalized(shop: Shop, customer: str) -> list[dict[str, Any]]:
    """Stripe's invoices but for drafts: we do not subscribe to invoice.created."""
    theirs = shop.do("GET", "invoices", customer=customer, limit="100")["data"]
    return [each for each in theirs if each["status"] != "draft"]


def test_invoices_come_newest_first_a_page_at_a_time(shop: Shop, api_key: str) -> None:
    customer = shop.customer()
    shop.subscribe(customer)
    for _ in range(5):
        shop.advance(31 * DAY)
    theirs = [each["id"] for each in finalized(shop, customer)]

    seen, cursor, more = [], None, True
    while more:
        query = {"limit": "2", **({"cursor": cursor} if cursor else {})}
        page = call("GET", INVOICES, key=api_key, query=query, customer_id=customer).json
        seen += [invoice["id"] for invoice in page["data"]]
        cursor, more = page["next_cursor"], page["has_more"]

    assert len(theirs) >= 5
    assert seen == theirs


@pytest.mark.parametrize("limit", ["0", "101", "-1", "x", "1.5", "", "9" * 50])
def test_a_strange_limit_is_refused(shop: Shop, api_key: str, limit: str) -> None:
    answer = call("GET", INVOICES, key=api_key, query={"limit": limit}, customer_id="cus_1")

    assert (answer.status, answer.json["error"]["param"]) == (400, "limit")


def test_a_strange_cursor_is_refused(shop: Shop, api_key: str) -> None:
    answer = call("GET", INVOICES, key=api_key, query={"cursor": "0#CUSTOMER"}, customer_id="cus_1")

    assert (answer.status, answer.json["error"]["param"]) == (400, "cursor")


@pytest.mark.parametrize("path", [CUSTOMER, INVOICES])
@pytest.mark.parametrize("ident", ["cus_unknown", "cus_#", "sub_1", "..", "cus_" + "a" * 3000])
def test_an_unknown_customer_is_not_found(shop: Shop, api_key: str, path: str, ident: str) -> None:
    answer = call("GET", path, key=api_key, customer_id=ident)

    assert (answer.status, answer.code) == (404, "not_found")


@pytest.mark.parametrize("path", [CUSTOMER, INVOICES])
def test_reading_needs_a_key_that_may_read(shop: Shop, path: str) -> None:
    opener = api_keys.create(SITE.id, ("portal",), NOW)

    assert call("GET", path, customer_id="cus_1").status == 401
    assert call("GET", path, key=opener, customer_id="cus_1").status == 403
