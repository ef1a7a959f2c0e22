"""POST /v1/portal-sessions and /v1/portal-links."""

import json
from typing import Any

import pytest

from chalicelib.store import api_keys, links
from tests.chalicelib.entrypoints.caller import call
from tests.conftest import NOW, SITE, Cloud, everything
from tests.edge import TwinEdge
from tests.shop import Shop

SESSIONS, LINKS = "/v1/portal-sessions", "/v1/portal-links"


@pytest.fixture
def customer(shop: Shop) -> str:
    """A customer with a subscription, whom our table knows."""
    made = shop.customer()
    shop.subscribe(made)
    shop.deliver()
    return made


def subscription_of(shop: Shop, customer: str) -> str:
    """The id of the customer's subscription."""
    return str(shop.do("GET", "subscriptions", customer=customer)["data"][0]["id"])


def test_a_session_opens_at_stripe_and_returns_to_the_sites_home(
    shop: Shop, customer: str, api_key: str, edge: TwinEdge
) -> None:
    edge.calls.clear()

    answer = call("POST", SESSIONS, {"customer": customer}, key=api_key)

    (session,) = shop.twin.objects("billing_portal.session")
    assert answer.status == 201
    assert answer.json == {"customer": customer, "url": session["url"]}
    assert (session["customer"], session["return_url"]) == (customer, SITE.home_url)
    assert edge.calls == [("POST", "/v1/billing_portal/sessions")]


def test_a_session_costs_at_most_two_reads_and_no_write(customer: str, api_key: str, cloud: Cloud) -> None:
    call("POST", SESSIONS, {"customer": customer}, key=api_key)
    cloud.dynamodb_requests.clear()

    call("POST", SESSIONS, {"customer": customer}, key=api_key)

    assert cloud.dynamodb_requests == ["GetItem", "BatchGetItem"]


@pytest.mark.parametrize("flow", ["subscription_cancel", "subscription_update"])
def test_a_flow_opens_at_the_customers_own_subscription(shop: Shop, customer: str, api_key: str, flow: str) -> None:
    portal_that_does_all(shop)
    subscription = subscription_of(shop, customer)

    body = {"customer": customer, "flow": {"type": flow, "subscription": subscription}}
    answer = call("POST", SESSIONS, body, key=api_key)

    (session,) = shop.twin.objects("billing_portal.session")
    assert answer.status == 201, answer.text
    assert session["flow"]["type"] == flow
    assert session["flow"][flow]["subscription"] == subscription


def portal_that_does_all(shop: Shop) -> None:
    """Switch the flows on in the default configuration."""
    configuration = shop.do("GET", "billing_portal/configurations")["data"][0]["id"]
    features: dict[str, Any] = {
        "subscription_cancel": {"enabled": "true"},
        "payment_method_update": {"enabled": "true"},
        "subscription_update": {
            "enabled": "true",
            "default_allowed_updates": ["price"],
            "products": [{"product": shop.product, "prices": [shop.price]}],
        },
    }
    shop.do("POST", f"billing_portal/configurations/{configuration}", features=features)


def test_another_customers_subscription_is_not_found(shop: Shop, customer: str, api_key: str) -> None:
    other = shop.customer()
    theirs = shop.subscribe(other)
    shop.deliver()

    body = {"customer": customer, "flow": {"type": "subscription_cancel", "subscription": theirs}}

    assert call("POST", SESSIONS, body, key=api_key).status == 404
    assert shop.twin.objects("billing_portal.session") == []


def test_an_unknown_and_a_deleted_customer_are_not_found(shop: Shop, customer: str, api_key: str) -> None:
    shop.do("DELETE", f"customers/{customer}")
    shop.twin.advance(10)
    shop.deliver()

    for ident in (customer, "cus_unknown"):
        answer = call("POST", SESSIONS, {"customer": ident}, key=api_key)
        assert (answer.status, answer.code) == (404, "not_found")


@pytest.mark.parametrize(
    "url",
    [
        "https://nordlys.example/account",
        "https://nordlys.example/account/",
        "https://nordlys.example/account/plan?tab=1#top",
        "https://NORDLYS.example/account",
    ],
)
def test_a_return_url_under_the_allow_list_is_taken(customer: str, api_key: str, url: str) -> None:
    assert call("POST", SESSIONS, {"customer": customer, "return_url": url}, key=api_key).status == 201


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/account",
        "http://nordlys.example/account",
        "https://nordlys.example/accounting",
        "https://nordlys.example/",
        "https://nordlys.example.evil.example/account",
        "https://evil-nordlys.example/account",
        "https://nordlys.example@evil.example/account",
        "https://nordlys.example:444/account",
        "https://nordlys.example\\@evil.example/account",
        "https:\\\\nordlys.example\\account",
        "//nordlys.example/account",
        "javascript:alert(1)//nordlys.example/account",
        "https://nordlys.example/account/../admin",
        "https://nordlys.example/account/%2e%2e/admin",
        "https://nordlys。example/account",
        "https://nordlys.example/account\r\nSet-Cookie: a=b",
        " https://nordlys.example/account",
        "https://[nordlys.example/account",
        "",
        5,
        None.__class__.__name__,
    ],
)
def test_any_other_return_url_is_refused(shop: Shop, customer: str, api_key: str, url: Any) -> None:
    answer = call("POST", SESSIONS, {"customer": customer, "return_url": url}, key=api_key)

    assert (answer.status, answer.json["error"]["param"]) == (400, "return_url")
    assert shop.twin.objects("billing_portal.session") == []


@pytest.mark.parametrize("path", [SESSIONS, LINKS])
@pytest.mark.parametrize(
    "body,status,param",
    [
        ({}, 400, "customer"),
        ({"customer": 5}, 400, "customer"),
        ({"customer": "sub_1"}, 400, "customer"),
        ({"customer": "cus_1#x"}, 400, "customer"),
        ({"customer": "cus_" + "x" * 300}, 400, "customer"),
        ({"customer": "cus_1", "cancel": True}, 400, "cancel"),
        ({"customer": "cus_1", "flow": "cancel"}, 400, "flow"),
        ({"customer": "cus_1", "flow": {"type": "made_up"}}, 400, "flow.type"),
        ({"customer": "cus_1", "flow": {"type": "subscription_cancel"}}, 400, "flow.subscription"),
        (
            {"customer": "cus_1", "flow": {"type": "payment_method_update", "subscription": "sub_1"}},
            400,
            "flow.subscription",
        ),
        ("[]", 400, None),
        ("null", 400, None),
        ("{", 400, None),
        ('{"customer": NaN}', 400, None),
        ('{"customer": "\\ud800"}', 400, None),
        ("[" * 60_000, 400, None),
        (" " * 70_000, 413, None),
    ],
)
def test_a_bad_body_gets_a_4xx_that_names_the_member(
    shop: Shop, api_key: str, path: str, body: Any, status: int, param: str | None
) -> None:
    answer = call("POST", path, body, key=api_key)

    assert answer.status == status
    assert answer.code
    assert answer.json["error"]["param"] == param


def test_a_body_that_is_not_json_by_its_type_is_refused_and_case_does_not_matter(customer: str, api_key: str) -> None:
    body = f'{{"customer": "{customer}"}}'

    assert call("POST", SESSIONS, body, key=api_key, headers={"content-type": "text/plain"}).status == 415
    assert call("POST", SESSIONS, body, key=api_key, headers={"content-type": "Application/JSON"}).status == 201


@pytest.mark.parametrize("key", [None, "", "smk_test_wrong", "smk_test_\u00e9", "x" * 5000])
def test_without_a_key_that_counts_nobody_gets_in(customer: str, key: str | None) -> None:
    answer = call("POST", SESSIONS, {"customer": customer}, key=key)

    assert (answer.status, answer.code) == (401, "unauthorized")


def test_a_key_without_the_scope_is_forbidden(customer: str) -> None:
    reader = api_keys.create(SITE.id, ("read",), NOW)

    answer = call("POST", SESSIONS, {"customer": customer}, key=reader)

    assert (answer.status, answer.code) == (403, "forbidden")


def test_with_stripe_down_the_caller_hears_503_and_when_to_try_again(
    customer: str, api_key: str, edge: TwinEdge
) -> None:
    edge.fail = lambda _method, _path: ("{}", 500, {})

    answer = call("POST", SESSIONS, {"customer": customer}, key=api_key)

    assert (answer.status, answer.code) == (503, "temporarily_unavailable")
    assert answer.headers["Retry-After"] == "30"


def test_every_answer_carries_the_security_headers(customer: str, api_key: str) -> None:
    for answer in (call("POST", SESSIONS, {"customer": customer}, key=api_key), call("POST", SESSIONS, {}, key="no")):
        assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Request-Id"] == "req-1"


def test_the_sessions_address_is_neither_logged_nor_stored(
    customer: str, api_key: str, cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    url = call("POST", SESSIONS, {"customer": customer}, key=api_key).json["url"]

    written = capsys.readouterr()
    assert url not in written.out + written.err
    assert url not in str(everything(cloud))


def test_a_link_names_the_customer_and_opens_for_a_week(customer: str, api_key: str, shop: Shop) -> None:
    body = {"customer": customer, "flow": {"type": "payment_method_update"}}

    answer = call("POST", LINKS, body, key=api_key)

    token = answer.json["url"].rsplit("/", 1)[1]
    link = links.find(token)
    assert answer.status == 201
    assert answer.json["url"] == f"{SITE.base_url}/l/{token}"
    assert answer.json["expires_at"] == shop.twin.now + 7 * 86_400
    assert (link.customer, link.flow, link.single_use) == (customer, "payment_method_update", False)


@pytest.mark.parametrize("expires_in", [0, 59, 7 * 86_400 + 1, "60", 1.5, True])
def test_a_link_cannot_live_longer_than_a_week(customer: str, api_key: str, expires_in: Any) -> None:
    answer = call("POST", LINKS, {"customer": customer, "expires_in": expires_in}, key=api_key)

    assert (answer.status, answer.json["error"]["param"]) == (400, "expires_in")


def test_what_stripe_refuses_is_not_to_be_tried_again(customer: str, api_key: str, edge: TwinEdge) -> None:
    """A flow that the portal's configuration has switched off, say."""
    refused = json.dumps({"error": {"type": "invalid_request_error", "message": "switched off"}})
    edge.fail = lambda _method, _path: (refused, 400, {})

    answer = call("POST", SESSIONS, {"customer": customer}, key=api_key)

    assert (answer.status, answer.json["error"]["code"]) == (502, "stripe_refused")
    assert "would again" in answer.json["error"]["message"]
    assert "Try again" not in answer.json["error"]["message"]
    assert "Retry-After" not in answer.headers
    assert answer.headers["X-Request-Id"]
