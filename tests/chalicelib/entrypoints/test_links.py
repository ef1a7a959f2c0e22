"""GET and POST /l/{token}."""

from typing import Any

import pytest

from chalicelib.actions import throttle
from chalicelib.errors import TooMany
from chalicelib.store import keys, links, table
from chalicelib.store.tables import LinkRow
from tests.chalicelib.entrypoints.caller import Answer, call
from tests.conftest import SITE, Cloud, everything
from tests.edge import TwinEdge
from tests.shop import DAY, Shop, run

ROUTE = "/l/{token}"


@pytest.fixture
def customer(shop: Shop) -> str:
    """A customer whom our table knows."""
    made = shop.customer()
    shop.deliver()
    return made


def token_for(customer: str, api_key: str, **fields: object) -> str:
    """The token of a new link to the customer's cards."""
    shop_page = {"customer": customer, "flow": {"type": "payment_method_update"}, **fields}
    return str(call("POST", "/v1/portal-links", shop_page, key=api_key).json["url"]).rsplit("/", 1)[1]


def get(token: str, language: str = "en") -> Answer:
    """Look at a link."""
    return call("GET", ROUTE, headers={"accept-language": language}, token=token)


def post(token: str) -> Answer:
    """Press its button."""
    return call("POST", ROUTE, headers={"content-type": "application/x-www-form-urlencoded"}, token=token)


@pytest.fixture(autouse=True)
def card_page(shop: Shop) -> None:
    """The portal lets customers change their card."""
    configuration = shop.do("GET", "billing_portal/configurations")["data"][0]["id"]
    features = {"payment_method_update": {"enabled": "true"}}
    shop.do("POST", f"billing_portal/configurations/{configuration}", features=features)


def test_looking_a_hundred_times_spends_nothing_and_asks_stripe_nothing(
    shop: Shop, customer: str, api_key: str, cloud: Cloud, edge: TwinEdge
) -> None:
    token = token_for(customer, api_key, single_use=True)
    edge.calls.clear()
    cloud.dynamodb_requests.clear()

    answers = [call(method, ROUTE, token=token) for method in ("GET", "HEAD") * 50]

    assert {answer.status for answer in answers} == {200}
    assert set(cloud.dynamodb_requests) <= {"GetItem"}
    assert edge.calls == []
    assert post(token).status == 303


def test_the_page_has_the_sites_name_one_button_and_the_browsers_language(customer: str, api_key: str) -> None:
    page = get(token_for(customer, api_key), "sv-SE,sv;q=0.9,en;q=0.5")

    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert 'lang="sv' in page.text
    assert "Nordlys" in page.text
    assert page.text.count("<button") == 1
    assert 'method="post"' in page.text
    assert "'unsafe-inline'" not in page.headers["Content-Security-Policy"]
    assert page.headers["Cache-Control"] == "no-store"


def test_the_button_opens_the_portal_at_the_card(shop: Shop, customer: str, api_key: str) -> None:
    answer = post(token_for(customer, api_key))

    (session,) = shop.twin.objects("billing_portal.session")
    assert (answer.status, answer.headers["Location"]) == (303, session["url"])
    assert session["flow"]["type"] == "payment_method_update"
    assert session["customer"] == customer


def test_a_click_costs_at_most_two_reads_and_one_write(shop: Shop, customer: str, api_key: str, cloud: Cloud) -> None:
    shop.fail_renewal()
    shop.advance(DAY)
    assert run(shop, cloud) == ["sent"]
    costs = {
        token_for(customer, api_key): ["GetItem"],
        token_for(customer, api_key, single_use=True): ["GetItem", "UpdateItem"],
        cloud.mails()[0].body.split("/l/")[1].split()[0].strip('"<>'): [
            "GetItem",
            "GetItem",
            "UpdateItem",
        ],  # a case's link, and the case, which keeps when
    }
    for token, cost in costs.items():
        get(token)
        cloud.dynamodb_requests.clear()

        assert post(token).status == 303

        assert cloud.dynamodb_requests == cost


def test_a_single_use_link_opens_once_and_then_says_so_kindly(customer: str, api_key: str) -> None:
    token = token_for(customer, api_key, single_use=True)

    assert post(token).status == 303
    again = post(token)

    assert again.status == 410
    assert SITE.support_email in again.text
    assert get(token).status == 410


def test_a_failure_of_stripe_does_not_spend_the_link(customer: str, api_key: str, edge: TwinEdge) -> None:
    token = token_for(customer, api_key, single_use=True)
    edge.fail = lambda _method, _path: ("{}", 500, {})

    failed = post(token)
    edge.fail = lambda _method, _path: None

    assert failed.status == 503
    assert "<h1" in failed.text
    assert post(token).status == 303


def test_an_expired_link_leads_on(shop: Shop, customer: str, api_key: str) -> None:
    token = token_for(customer, api_key)
    shop.twin.advance(7 * DAY)

    for answer in (get(token), post(token)):
        assert answer.status == 410
        assert SITE.support_email in answer.text


def test_a_revoked_link_opens_nothing(customer: str, api_key: str, shop: Shop) -> None:
    token = token_for(customer, api_key)
    table.update(LinkRow, keys.link(token), [LinkRow.revoked_at.set(shop.twin.now)])

    assert (get(token).status, post(token).status) == (410, 410)


@pytest.mark.parametrize("token", ["unknown", "a" * 43, "%23", "..", "a" * 3000])
def test_an_unknown_link_is_a_page_too(cloud: Cloud, token: str) -> None:
    answer = get(token)

    assert answer.status == 404
    assert "<h1" in answer.text


@pytest.mark.parametrize("route, name", [(ROUTE, "token"), ("/done/{link_id}", "link_id")])
@pytest.mark.parametrize("token", ["//evil.example", "https://evil.example", "javascript:alert(1)", "\\\\evil.example"])
def test_a_page_about_a_failure_leads_nowhere_that_the_address_names(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, route: str, name: str, token: str
) -> None:
    """API Gateway hands `%2F%2Fevil.example` over as `//evil.example`."""

    def refuse(*_: object) -> None:
        raise TooMany("Too many requests: come again later.", 60)

    monkeypatch.setattr(throttle, "take", refuse)

    braces: dict[str, Any] = {name: token}
    answer = call("GET", route, **braces)

    assert answer.status == 429
    assert "evil" not in answer.text
    assert "alert" not in answer.text


def test_the_link_of_a_settled_invoice_says_that_nothing_is_left_to_do(shop: Shop, cloud: Cloud) -> None:
    customer = shop.fail_renewal()
    shop.advance(DAY)
    assert run(shop, cloud) == ["sent"]
    token = cloud.mails()[0].body.split("/l/")[1].split()[0].strip('"<>')
    assert get(token).status == 200
    shop.pay(customer)
    shop.deliver()

    page = get(token)

    assert page.status == 200
    assert "<form" not in page.text


def test_only_the_hash_of_a_token_is_stored(customer: str, api_key: str, cloud: Cloud) -> None:
    token = token_for(customer, api_key)

    assert token not in str(everything(cloud))
    assert links.find(token).customer == customer
