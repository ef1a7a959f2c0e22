"""GET /done/{link_id}: back from the portal that a mailed link had opened."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.entrypoints.collect_payments import collect_payments
from chalicelib.store import keys, links, sites, table
from chalicelib.store.tables import LinkRow
from tests.canaries import leaked
from tests.chalicelib.core.tricks import tricks
from tests.chalicelib.entrypoints.caller import Answer, call
from tests.chalicelib.entrypoints.test_links import card_page, post  # noqa: F401 - a fixture
from tests.conftest import SITE, Cloud
from tests.edge import TwinEdge
from tests.shop import DAY, Shop, run, sqs_event

ROUTE = "/done/{link_id}"
RETURN = f"{SITE.home_url}/back"
AFTER = f"{SITE.home_url}/thanks"


@pytest.fixture(autouse=True)
def eager(shop: Shop) -> None:
    """The site wants new cards to pay at once."""
    sites.put(replace(SITE, pay_open_invoices=True))


@pytest.fixture
def customer(shop: Shop) -> str:
    """A customer whom our table knows."""
    made = shop.customer()
    shop.deliver()
    shop.cloud.messages(shop.cloud.cards_url)
    return made


def link(customer: str, api_key: str, **fields: object) -> tuple[str, str]:
    """(id, token) of a new link to the customer's card."""
    body = {"customer": customer, "flow": {"type": "payment_method_update"}, **fields}
    made = call("POST", "/v1/portal-links", body, key=api_key).json
    return made["id"], made["url"].rsplit("/", 1)[1]


def come_back(ident: str, flow: str | None = None, language: str = "en") -> Answer:
    """As the portal lets a customer out."""
    return call(
        "GET", ROUTE, headers={"accept-language": language}, query={"flow": flow} if flow else {}, link_id=ident
    )


def told(cloud: Cloud) -> list[Any]:
    """What the worker behind new cards is told."""
    return cloud.messages(cloud.cards_url)


def failing(shop: Shop, cloud: Cloud) -> tuple[str, str]:
    """(customer, token) of a reminder about a failed renewal."""
    customer = shop.fail_renewal()
    shop.advance(DAY)
    assert run(shop, cloud) == ["sent"]
    told(cloud)
    return customer, cloud.mails()[0].body.split("/l/")[1].split()[0].strip('"<>')


def test_the_portal_of_a_reminder_leads_over_our_page_and_pays_before_stripe_has_told_us(
    shop: Shop, cloud: Cloud
) -> None:
    customer, token = failing(shop, cloud)
    assert post(token).status == 303
    (session,) = shop.twin.objects("billing_portal.session")
    address = f"{SITE.base_url}/done/{links.find(token).id}"
    ends = session["flow"]["after_completion"]["redirect"]["return_url"]
    shop.card(customer, "pm_card_visa")  # its events are still on the way

    page = come_back(ends.removeprefix(f"{SITE.base_url}/done/").removesuffix("?flow=done"), "done")
    assert collect_payments(sqs_event(*told(cloud)), None) == {"batchItemFailures": []}

    assert (session["return_url"], ends) == (address, f"{address}?flow=done")
    assert page.status == 200
    assert f'href="{SITE.home_url}"' in page.text
    assert shop.newest_invoice(customer)["status"] == "paid"


def test_the_news_of_the_return_and_of_the_events_pay_once(shop: Shop, cloud: Cloud, edge: TwinEdge) -> None:
    customer, token = failing(shop, cloud)
    shop.card(customer, "pm_card_visa")
    for _ in range(3):
        come_back(links.find(token).id, "done")
    shop.deliver()
    news = told(cloud)
    edge.calls.clear()

    assert collect_payments(sqs_event(*news), None) == {"batchItemFailures": []}

    assert len([each for each in news if each["event"] == f"return:{links.find(token).id}"]) == 3
    assert len(news) >= 5
    assert [path for method, path in edge.calls if method == "POST"] == [
        f"/v1/invoices/{shop.newest_invoice(customer)['id']}/pay"
    ]


def test_whoever_comes_without_a_new_card_changes_nothing(shop: Shop, cloud: Cloud, edge: TwinEdge) -> None:
    """A scanner, or a customer who looked and left: the card that failed is not tried again, and nothing is written."""
    customer, token = failing(shop, cloud)
    edge.calls.clear()

    assert {come_back(links.find(token).id).status for _ in range(10)} == {200}
    cloud.dynamodb_requests.clear()
    assert collect_payments(sqs_event(*told(cloud)), None) == {"batchItemFailures": []}

    assert {method for method, _ in edge.calls} == {"GET"}
    assert set(cloud.dynamodb_requests) == {"Query"}
    assert shop.newest_invoice(customer)["status"] == "open"


def test_with_nothing_open_stripe_is_not_asked(customer: str, api_key: str, cloud: Cloud, edge: TwinEdge) -> None:
    ident, _ = link(customer, api_key)
    come_back(ident)
    edge.calls.clear()

    assert collect_payments(sqs_event(*told(cloud)), None) == {"batchItemFailures": []}

    assert edge.calls == []


def test_a_return_costs_one_read_no_write_and_one_message(
    customer: str, api_key: str, cloud: Cloud, edge: TwinEdge
) -> None:
    ident, _ = link(customer, api_key)
    sites.find(SITE.id)
    cloud.dynamodb_requests.clear()
    edge.calls.clear()

    come_back(ident)

    assert cloud.dynamodb_requests == ["GetItem"]
    assert edge.calls == []
    assert told(cloud) == [{"event": f"return:{ident}", "scope": SITE.scope, "customer": customer}]


def test_a_merchants_addresses_stay_what_they_asked_for(shop: Shop, customer: str, api_key: str) -> None:
    after = {"type": "redirect", "redirect": {"return_url": AFTER}}
    ident, token = link(
        customer, api_key, return_url=RETURN, flow={"type": "payment_method_update", "after_completion": after}
    )
    assert post(token).status == 303
    (session,) = shop.twin.objects("billing_portal.session")
    assert session["return_url"] == f"{SITE.base_url}/done/{ident}"
    assert session["flow"]["after_completion"]["redirect"]["return_url"] == f"{SITE.base_url}/done/{ident}?flow=done"

    left, ended = come_back(ident), come_back(ident, "done")

    assert (left.status, left.headers["Location"]) == (303, RETURN)
    assert (ended.status, ended.headers["Location"]) == (303, AFTER)


@pytest.mark.parametrize("after", [None, {"type": "portal_homepage"}, {"type": "hosted_confirmation"}])
def test_what_comes_after_a_flow_is_the_merchants_to_say(
    shop: Shop, customer: str, api_key: str, after: dict[str, Any] | None
) -> None:
    _, token = link(customer, api_key, flow={"type": "payment_method_update", "after_completion": after})
    post(token)

    (session,) = shop.twin.objects("billing_portal.session")
    completion = session["flow"]["after_completion"]
    assert completion["type"] == (after or {"type": "portal_homepage"})["type"]
    assert not completion.get("redirect")


def test_sessions_that_a_back_end_asks_for_lead_straight_back(shop: Shop, customer: str, api_key: str) -> None:
    call("POST", "/v1/portal-sessions", {"customer": customer, "return_url": RETURN}, key=api_key)

    (session,) = shop.twin.objects("billing_portal.session")
    assert session["return_url"] == RETURN


def test_no_request_says_where_it_leads(customer: str, api_key: str) -> None:
    ident, _ = link(customer, api_key)

    for _, trick in list(tricks())[::10]:
        query = {"flow": trick, "return_url": trick, "next": trick, "url": trick}
        answer = call("GET", ROUTE, query=query, link_id=ident)
        assert (answer.status, answer.headers.get("Location")) == (200, None)


def test_an_address_that_is_no_longer_on_the_list_is_not_gone_to(customer: str, api_key: str) -> None:
    ident, _ = link(customer, api_key, return_url=RETURN)
    sites.put(replace(SITE, home_url="https://new.example/", return_urls=("https://new.example",)))

    answer = come_back(ident)

    assert (answer.status, answer.headers.get("Location")) == (200, None)
    assert 'href="https://new.example/"' in answer.text


def test_a_site_that_has_not_asked_for_it_tells_nobody(customer: str, api_key: str, cloud: Cloud) -> None:
    sites.put(SITE)

    assert come_back(link(customer, api_key)[0]).status == 200

    assert told(cloud) == []


def test_a_link_that_is_long_over_tells_nobody(shop: Shop, customer: str, api_key: str, cloud: Cloud) -> None:
    ident, _ = link(customer, api_key, expires_in=60)
    shop.twin.advance(60)
    assert come_back(ident).status == 200
    assert len(told(cloud)) == 1

    shop.twin.advance(3600)
    assert come_back(ident).status == 200
    assert told(cloud) == []


def test_a_used_or_revoked_link_still_leads_back(shop: Shop, customer: str, api_key: str, cloud: Cloud) -> None:
    ident, token = link(customer, api_key, single_use=True, return_url=RETURN)
    assert post(token).status == 303
    table.update(LinkRow, keys.link(token), [LinkRow.revoked_at.set(shop.twin.now)])

    assert come_back(ident).headers["Location"] == RETURN
    assert len(told(cloud)) == 1


def test_with_the_queue_down_the_customer_still_gets_on(
    customer: str, api_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ident, _ = link(customer, api_key, return_url=RETURN)
    monkeypatch.setenv("NEW_CARDS_QUEUE_URL", "https://sqs.eu-north-1.amazonaws.com/123456789012/no-such-queue")

    assert come_back(ident).headers["Location"] == RETURN


def test_with_the_table_down_a_page_says_so(customer: str, api_key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ident, _ = link(customer, api_key)
    sites.find(SITE.id)
    monkeypatch.setenv("TABLE_NAME", "no-such-table")

    answer = come_back(ident)

    assert answer.status == 503
    assert "<h1" in answer.text


@pytest.mark.parametrize("ident", ["unknown", "lnk_", "lnk_" + "0" * 64, "lnk_" + "0" * 65, "%2e%2e", "a" * 3000])
def test_an_unknown_link_is_a_page_too(cloud: Cloud, shop: Shop, ident: str) -> None:
    answer = come_back(ident, language="sv")

    assert answer.status == 404
    assert 'lang="sv' in answer.text
    assert told(cloud) == []


def test_the_token_itself_is_no_way_back_and_stripe_never_sees_it(
    shop: Shop, customer: str, api_key: str, cloud: Cloud
) -> None:
    """Stripe keeps return addresses, and shows them in its dashboard: the token would open the portal for seven days."""
    _, token = link(customer, api_key)
    post(token)

    assert leaked(str(shop.twin.objects("billing_portal.session")[0]["return_url"])) == []
    assert come_back(token).status == 404
    assert told(cloud) == []


def test_the_page_speaks_the_mails_language_else_the_browsers(
    shop: Shop, cloud: Cloud, customer: str, api_key: str
) -> None:
    _, token = failing(shop, cloud)
    ident, _ = link(customer, api_key)

    assert f'lang="{links.find(token).language}' in come_back(links.find(token).id, language="fi").text
    assert 'lang="fi' in come_back(ident, language="fi").text
