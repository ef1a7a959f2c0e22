"""Calls to Stripe, through the SDK that we ship and an in-process twin: what comes back, when it was, and what failed."""

import json
import time
from collections.abc import Mapping
from email.utils import formatdate
from typing import Any

import pytest
import stripe

from chalicelib.core.model import Entitlements, Kind
from chalicelib.errors import StripeRefused, StripeUnavailable
from chalicelib.stripe_api import gateway, shapes
from chalicelib.stripe_api.gateway import Client
from chalicelib.stripe_api.version import API_VERSION
from tests.conftest import NOW, Cloud
from tests.edge import TwinEdge
from tests.shop import Shop

KEY = "rk_test_twin_key"
MISSING = {kind: f"{kind.value[:3]}_none" for kind in Kind}


@pytest.fixture
def client(edge: TwinEdge, monkeypatch: pytest.MonkeyPatch) -> Client:
    """The client that we ship, without its pause before the second try."""
    monkeypatch.setattr(TwinEdge, "_sleep_time_seconds", lambda *_: 0.0)
    return gateway.client(KEY, None)


@pytest.fixture
def shop(cloud: Cloud, edge: TwinEdge) -> Shop:
    """A shop at that Stripe."""
    return Shop(edge.twin, cloud)


def answered(edge: TwinEdge, status: int, body: Any = None, **headers: str) -> None:
    """Stripe answers every request so."""
    text = body if isinstance(body, str) else json.dumps(body or {"error": {"type": "api_error", "message": "x"}})
    edge.fail = lambda _method, _path: (text, status, {"Date": formatdate(NOW, usegmt=True), **headers})


def test_every_kind_is_fetched_as_stripe_has_it(client: Client, shop: Shop) -> None:
    customer = shop.customer()
    subscription = shop.subscribe(customer)
    invoice = shop.newest_invoice(customer)
    card = shop.do("GET", f"customers/{customer}")["invoice_settings"]["default_payment_method"]
    schedule = shop.do("POST", "subscription_schedules", from_subscription=subscription)["id"]
    coupon = shop.do("POST", "coupons", percent_off="25", duration="once")["id"]
    charge = shop.do("GET", "charges", customer=customer)["data"][0]
    refund = shop.do("POST", "refunds", charge=charge["id"], amount="100")["id"]
    shop.subscribe(shop.customer("pm_card_createDispute"))
    wanted = {
        Kind.CUSTOMER: customer,
        Kind.SUBSCRIPTION: subscription,
        Kind.SCHEDULE: schedule,
        Kind.INVOICE: invoice["id"],
        Kind.CARD: card,
        Kind.INTENT: charge["payment_intent"],
        Kind.CHARGE: charge["id"],
        Kind.REFUND: refund,
        Kind.DISPUTE: shop.do("GET", "disputes")["data"][0]["id"],
        Kind.INVOICE_PAYMENT: shop.do("GET", "invoice_payments", invoice=invoice["id"])["data"][0]["id"],
        Kind.PRODUCT: shop.product,
        Kind.PRICE: shop.price,
        Kind.COUPON: coupon,
    }

    for kind, ident in wanted.items():
        answer = gateway.fetch(client, kind, ident)
        expected = shop.do("GET", f"{shapes.PLURALS[kind]}/{ident}", expand=list(shapes.EXPAND.get(kind, ())))
        assert answer.raw == shapes.asked(kind, expected)
        assert shapes.record(kind, answer.raw).id == ident
    assert wanted.keys() == set(Kind) - {Kind.ENTITLEMENTS}


def test_what_comes_only_when_asked_for_is_asked_for(client: Client, shop: Shop) -> None:
    coupon = shop.do("POST", "coupons", percent_off="25", duration="once", applies_to={"products": [shop.product]})[
        "id"
    ]
    tiers = [{"up_to": "10", "unit_amount": "100"}, {"up_to": "inf", "unit_amount_decimal": "50.5"}]
    recurring = {"interval": "month"}
    tiered = shop.do(
        "POST", "prices", product=shop.product, currency="sek", recurring=recurring, billing_scheme="tiered",
        tiers_mode="graduated", tiers=tiers,
    )["id"]  # fmt: skip
    subscription = shop.subscribe(shop.customer(), discounts=[{"coupon": coupon}])
    disputed = shop.customer("pm_card_createDispute")
    shop.subscribe(disputed)
    dispute = shop.do("GET", "disputes")["data"][0]["id"]

    def read(kind: Kind, ident: str) -> Any:
        return shapes.record(kind, gateway.fetch(client, kind, ident).raw or {})

    assert read(Kind.COUPON, coupon).products == (shop.product,)
    assert [tier.up_to for tier in read(Kind.PRICE, tiered).tiers] == [10, None]
    assert [one.coupon for one in read(Kind.SUBSCRIPTION, subscription).discounts] == [coupon]
    assert read(Kind.DISPUTE, dispute).customer == disputed


def test_all_entitlements_of_a_customer_are_read_however_many(client: Client, shop: Shop, edge: TwinEdge) -> None:
    for n in range(101):
        feature = shop.do("POST", "entitlements/features", lookup_key=f"f-{n}", name=str(n))["id"]
        shop.do("POST", f"products/{shop.product}/features", entitlement_feature=feature)
    customer = shop.customer()
    shop.subscribe(customer)
    edge.calls.clear()

    answer = gateway.fetch(client, Kind.ENTITLEMENTS, customer)

    record = shapes.record(Kind.ENTITLEMENTS, answer.raw or {})
    assert isinstance(record, Entitlements)
    assert len(record.lookup_keys) == 101
    assert len(edge.calls) == 2
    assert gateway.fetch(client, Kind.ENTITLEMENTS, shop.customer()).raw is not None


@pytest.mark.parametrize("kind", Kind)
def test_an_object_that_stripe_does_not_know_is_none_with_its_time(client: Client, kind: Kind) -> None:
    answer = gateway.fetch(client, kind, MISSING[kind])

    assert answer.raw is None
    assert answer.start <= NOW < answer.end


def test_the_stub_of_a_deleted_customer_is_none(client: Client, shop: Shop) -> None:
    customer = shop.customer()
    shop.do("DELETE", f"customers/{customer}")

    assert gateway.fetch(client, Kind.CUSTOMER, customer).raw is None


def test_an_address_that_stripe_does_not_know_is_no_deletion(client: Client, edge: TwinEdge) -> None:
    answered(edge, 404, {"error": {"type": "invalid_request_error", "message": "Unrecognized request URL"}})

    with pytest.raises(StripeRefused):
        gateway.fetch(client, Kind.CUSTOMER, "cus_1")
    with pytest.raises(StripeRefused):
        gateway.fetch_invoice(client, "in_1")


@pytest.mark.parametrize("lasted, start, end", [(0.0, 0, 1), (0.2, -1, 2), (1.0, -1, 2), (7.3, -8, 9)])
def test_the_window_of_a_call_is_stripes_date_and_how_long_it_took(
    client: Client, edge: TwinEdge, shop: Shop, monkeypatch: pytest.MonkeyPatch, lasted: float, start: int, end: int
) -> None:
    clock = [5000.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])

    def pause(_method: str, _path: str) -> None:
        clock[0] += lasted

    edge.fail = pause

    for ident in (shop.product, "prod_none"):
        answer = gateway.fetch(client, Kind.PRODUCT, ident)
        assert (answer.start - NOW, answer.end - NOW) == (start, end)


@pytest.mark.parametrize("date", [{}, {"Date": ""}, {"Date": "yesterday"}, {"Date": "Mon, 99 Nov 2026 12:00:00 GMT"}])
def test_without_stripes_clock_nothing_is_known(client: Client, edge: TwinEdge, date: dict[str, str]) -> None:
    edge.fail = lambda _method, _path: ('{"id": "prod_1", "object": "product"}', 200, date)

    with pytest.raises(StripeUnavailable, match="Date"):
        gateway.fetch(client, Kind.PRODUCT, "prod_1")


@pytest.mark.parametrize("name", ["date", "DATE"])
def test_the_date_is_found_however_it_is_spelt(client: Client, edge: TwinEdge, name: str) -> None:
    headers = {name: formatdate(NOW, usegmt=True)}
    edge.fail = lambda _method, _path: ('{"id": "prod_1", "object": "product"}', 200, headers)

    assert gateway.fetch(client, Kind.PRODUCT, "prod_1").start <= NOW


@pytest.mark.parametrize("status, tries", [(429, 1), (500, 2), (502, 2), (503, 2)])
def test_an_answer_that_may_pass_is_unavailable_after_one_more_try_at_most(
    client: Client, edge: TwinEdge, status: int, tries: int
) -> None:
    answered(edge, status)

    with pytest.raises(StripeUnavailable):
        gateway.fetch(client, Kind.CUSTOMER, "cus_1")

    assert len(edge.calls) == tries


def test_a_time_out_is_unavailable_after_one_more_try(client: Client, edge: TwinEdge) -> None:
    def lost(_method: str, _path: str) -> None:
        raise stripe.APIConnectionError("timed out", should_retry=True)  # type: ignore[no-untyped-call]

    edge.fail = lost

    with pytest.raises(StripeUnavailable):
        gateway.fetch_invoice(client, "in_1")
    assert len(edge.calls) == 2


def test_the_second_try_may_succeed(client: Client, edge: TwinEdge, shop: Shop) -> None:
    refusals = [("{}", 503, {"Date": "x"})]
    edge.calls.clear()
    edge.fail = lambda _method, _path: refusals.pop() if refusals else None

    answer = gateway.fetch(client, Kind.PRODUCT, shop.product)

    assert answer.raw is not None
    assert len(edge.calls) == 2


@pytest.mark.parametrize("body", ["<html>bad gateway</html>", '{"id": "cus_', ""])
@pytest.mark.parametrize("status", [200, 502])
def test_an_answer_that_is_no_json_may_pass(client: Client, edge: TwinEdge, status: int, body: str) -> None:
    edge.fail = lambda _method, _path: (body, status, {"Date": formatdate(NOW, usegmt=True)})

    with pytest.raises(StripeUnavailable):
        gateway.fetch(client, Kind.CUSTOMER, "cus_1")


@pytest.mark.parametrize("status, code", [(400, "the_code"), (401, None), (402, "the_code"), (403, None)])
def test_a_refusal_is_permanent_asked_once_and_keeps_the_code_that_the_sdk_has(
    client: Client, edge: TwinEdge, status: int, code: str | None
) -> None:
    error = {"type": "invalid_request_error", "code": "the_code", "message": "sk_live_secret", "param": "customer"}
    answered(edge, status, {"error": error})

    with pytest.raises(StripeRefused) as refused:
        gateway.create_portal_session(client, {"customer": "cus_1"})

    assert refused.value.stripe_code == code
    assert "secret" not in refused.value.message
    assert len(edge.calls) == 1


def test_an_unknown_customer_gets_no_portal(client: Client, shop: Shop) -> None:
    with pytest.raises(StripeRefused) as refused:
        gateway.create_portal_session(client, {"customer": "cus_none", "return_url": "https://nordlys.example"})

    assert refused.value.stripe_code == "resource_missing"


def test_a_portal_session_is_made_at_stripe_and_its_url_is_all_that_is_kept(client: Client, shop: Shop) -> None:
    url = gateway.create_portal_session(client, {"customer": shop.customer(), "return_url": "https://nordlys.example"})

    assert url.startswith("http")


def test_a_failed_invoice_comes_with_all_that_the_mailer_needs_in_one_call(
    client: Client, shop: Shop, edge: TwinEdge
) -> None:
    customer = shop.fail_renewal()
    ident = shop.newest_invoice(customer)["id"]
    edge.calls.clear()

    raw = gateway.fetch_invoice(client, ident)

    assert raw is not None
    assert raw["customer"]["id"] == customer
    assert raw["parent"]["subscription_details"]["subscription"]["object"] == "subscription"
    assert raw["payments"]["data"][0]["payment"]["payment_intent"]["last_payment_error"]["code"]
    assert edge.calls == [("GET", f"/v1/invoices/{ident}")]
    assert gateway.fetch_invoice(client, "in_none") is None


def test_the_items_of_a_cut_subscription_are_read_to_the_end_within_the_window(
    client: Client, shop: Shop, edge: TwinEdge, monkeypatch: pytest.MonkeyPatch
) -> None:
    ident = shop.subscribe(shop.customer())
    whole = shop.do("GET", f"subscriptions/{ident}")
    cut = {**whole, "items": {**whole["items"], "data": [], "has_more": True}}
    clock = [5000.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])

    def answer(_method: str, path: str) -> tuple[str, int, dict[str, str]] | None:
        clock[0] += 2
        date = {"Date": formatdate(NOW, usegmt=True)}
        return (json.dumps(cut), 200, date) if path == f"/v1/subscriptions/{ident}" else None

    edge.fail = answer

    found = gateway.fetch(client, Kind.SUBSCRIPTION, ident)

    assert found.raw is not None
    assert shapes.subscription(found.raw) == shapes.subscription(whole)
    assert (found.start, found.end) == (NOW - 4, NOW + 5)


def test_every_request_is_pinned_to_our_version_and_reports_nothing_home(
    client: Client, shop: Shop, edge: TwinEdge, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Mapping[str, str]] = []
    real = edge.request

    def watched(method: str, url: str, headers: Any = None, post_data: Any = None, **more: Any) -> Any:
        sent.append({name.lower(): value for name, value in headers.items()})
        return real(method, url, headers, post_data, **more)

    monkeypatch.setattr(edge, "request", watched)
    customer = shop.customer()

    gateway.fetch(client, Kind.CUSTOMER, customer)
    gateway.fetch_invoice(client, "in_none")
    gateway.create_portal_session(client, {"customer": customer, "return_url": "https://nordlys.example"})

    assert [each["stripe-version"] for each in sent] == [API_VERSION] * 3
    assert {each["authorization"] for each in sent} == {f"Bearer {KEY}"}
    assert sent[-1]["idempotency-key"]
    assert not any("x-stripe-client-telemetry" in each for each in sent)


def test_one_account_has_one_client_and_a_new_key_another(edge: TwinEdge) -> None:
    assert gateway.client(KEY, None) is gateway.client(KEY, None)
    assert gateway.client(KEY, None) is not gateway.client("rk_test_rolled_key", None)


def test_both_tries_fit_into_what_api_gateway_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[dict[str, Any]] = []
    monkeypatch.setattr(stripe, "RequestsClient", lambda **options: made.append(options))

    gateway.client("rk_test_other_key", "http://127.0.0.1:1")

    connect, read = made[0]["timeout"]
    assert 2 * (connect + read) + stripe.HTTPClient.MAX_DELAY < 29
