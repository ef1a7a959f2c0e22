"""From a new card to a paid invoice, through the real webhook and the real worker, with the twin as Stripe."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.actions import ask_stripe
from chalicelib.entrypoints.collect_payments import collect_payments
from chalicelib.store import customers, sites
from tests.conftest import SITE, Cloud, everything
from tests.edge import TwinEdge
from tests.shop import Shop, sqs_event


@pytest.fixture
def shop(cloud: Cloud, edge: TwinEdge) -> Shop:
    """A shop whose site wants new cards to pay at once."""
    sites.put(replace(SITE, pay_open_invoices=True))
    made = Shop(edge.twin, cloud)
    edge.calls.clear()
    return made


def collected(shop: Shop) -> dict[str, Any]:
    """Let the worker take what is on its queue."""
    shop.deliver()
    answer: dict[str, Any] = collect_payments(sqs_event(*shop.cloud.messages(shop.cloud.cards_url)), None)
    return answer


def new_card(shop: Shop, customer: str, card: str = "pm_card_visa") -> str:
    """As a customer does in the portal: a card, made the default; then Stripe's events, and the worker."""
    made = shop.card(customer, card)
    assert collected(shop) == {"batchItemFailures": []}
    shop.deliver()
    return made


def own_card(shop: Shop, customer: str) -> tuple[str, str]:
    """Give the customer's subscription the failing card as its own; (subscription, card)."""
    (sub,) = shop.do("GET", "subscriptions", customer=customer)["data"]
    card = shop.do("GET", f"customers/{customer}")["invoice_settings"]["default_payment_method"]
    shop.do("POST", f"subscriptions/{sub['id']}", default_payment_method=card)
    shop.deliver()
    return sub["id"], card


def steps(customer: str) -> list[tuple[str, str]]:
    """(card, step) of all that was done about the customer's invoices."""
    found = customers.find(SITE.scope, customer).invoices
    return [(card, step) for invoice in found for card, step, _ in invoice.collected]


def test_a_new_default_card_pays_the_open_invoice_at_once(shop: Shop, cloud: Cloud) -> None:
    customer = shop.fail_renewal()
    cloud.messages(cloud.cards_url)

    card = new_card(shop, customer)

    assert shop.newest_invoice(customer)["status"] == "paid"
    assert steps(customer) == [(card, "paid")]
    (invoice,) = [each for each in customers.find(SITE.scope, customer).invoices if each.opened_at]
    assert (invoice.invoice.status, invoice.next_at) == ("paid", None)


def test_the_new_default_is_copied_to_a_subscription_whose_own_card_failed(shop: Shop, cloud: Cloud) -> None:
    """Stripe charges the subscription's own card before the default: without the copy the old one fails again."""
    customer = shop.fail_renewal()
    subscription, _ = own_card(shop, customer)
    cloud.messages(cloud.cards_url)

    card = new_card(shop, customer)

    assert shop.do("GET", f"subscriptions/{subscription}")["default_payment_method"] == card
    assert shop.newest_invoice(customer)["status"] == "paid"
    assert steps(customer) == [(card, "card_replaced"), (card, "paid")]


def test_a_site_that_has_not_asked_for_it_pays_nothing(shop: Shop, cloud: Cloud, edge: TwinEdge) -> None:
    sites.put(SITE)
    customer = shop.fail_renewal()
    edge.calls.clear()

    new_card(shop, customer)

    assert [path for _, path in edge.calls if path.startswith("/v1/invoices")] == []
    assert shop.newest_invoice(customer)["status"] == "open"


def test_the_same_news_twice_pays_once(shop: Shop, cloud: Cloud, edge: TwinEdge) -> None:
    customer = shop.fail_renewal()
    cloud.messages(cloud.cards_url)
    shop.card(customer, "pm_card_visa")
    shop.deliver()
    news = cloud.messages(cloud.cards_url)
    edge.calls.clear()

    assert len({each["customer"] for each in news}) == 1
    for _ in range(2):
        assert collect_payments(sqs_event(*news), None) == {"batchItemFailures": []}

    pays = [path for method, path in edge.calls if method == "POST"]
    assert len(pays) == len(set(pays)) == 1
    charges = [each for each in shop.twin.objects("charge") if each["status"] == "succeeded"]
    assert len(charges) == 2  # the first month, and this one


def test_two_workers_at_once_pay_once_and_it_is_told_once(
    shop: Shop, cloud: Cloud, edge: TwinEdge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both read the invoice while it is open; Stripe answers the second one's key as it answered the first's."""
    customer = shop.fail_renewal()
    cloud.messages(cloud.cards_url)
    card = shop.card(customer, "pm_card_visa")
    shop.deliver()
    news = cloud.messages(cloud.cards_url)[-1:]
    while_open = ask_stripe.fetch_invoice(shop.newest_invoice(customer)["id"], SITE.scope)
    monkeypatch.setattr(ask_stripe, "fetch_invoice", lambda *_: while_open)

    for _ in range(2):
        assert collect_payments(sqs_event(*news), None) == {"batchItemFailures": []}

    assert steps(customer) == [(card, "paid")]
    assert (
        len([each for each in shop.twin.objects("charge") if each["status"] == "succeeded"]) == 2
    )  # and the first month


def test_a_payment_whose_answer_was_lost_is_asked_for_with_the_same_key(
    shop: Shop, cloud: Cloud, edge: TwinEdge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stripe then answers as it did the first time, and charges nothing more."""
    customer = shop.fail_renewal()
    cloud.messages(cloud.cards_url)
    shop.card(customer, "pm_card_visa")
    shop.deliver()
    keys: list[str] = []
    ask = edge.twin.request

    def request(method: str, path: str, params: Any = None, headers: Any = None) -> Any:
        answer = ask(method, path, params, headers)
        if method == "POST" and path.endswith("/pay"):
            keys.append(dict(headers)["Idempotency-Key"])
            if len(keys) <= 2:  # the SDK tries twice
                return 500, {}, {"error": {"message": "lost", "type": "api_error"}}
        return answer

    monkeypatch.setattr(edge.twin, "request", request)
    monkeypatch.setattr(edge, "_sleep_time_seconds", lambda *_, **__: 0)
    news = cloud.messages(cloud.cards_url)
    failed = collect_payments(sqs_event(*news), None)
    again = collect_payments(sqs_event(*news), None)

    assert failed["batchItemFailures"]
    assert again == {"batchItemFailures": []}
    invoice = shop.newest_invoice(customer)
    assert set(keys) == {f"pay:{invoice['id']}:{invoice['default_payment_method'] or default_of(shop, customer)}"}
    assert len([each for each in shop.twin.objects("charge") if each["status"] == "succeeded"]) == 2


def default_of(shop: Shop, customer: str) -> str:
    """The customer's default card at Stripe."""
    return str(shop.do("GET", f"customers/{customer}")["invoice_settings"]["default_payment_method"])


def test_a_new_card_that_is_declined_too_is_written_down_and_the_case_goes_on(shop: Shop, cloud: Cloud) -> None:
    customer = shop.fail_renewal()
    cloud.messages(cloud.cards_url)

    card = new_card(shop, customer, "pm_twin_expired_card")

    assert steps(customer) == [(card, "expired_card")]
    (invoice,) = [each for each in customers.find(SITE.scope, customer).invoices if each.opened_at]
    assert invoice.invoice.status == "open"
    assert invoice.next_at is not None


def test_the_card_that_failed_is_not_charged_again_by_us(shop: Shop, cloud: Cloud, edge: TwinEdge) -> None:
    customer = shop.fail_renewal()
    edge.calls.clear()

    assert collected(shop) == {"batchItemFailures": []}

    assert [method for method, _ in edge.calls if method == "POST"] == []
    assert steps(customer) == []


def test_it_costs_one_query_one_get_and_one_post_and_one_write_an_invoice(
    shop: Shop, cloud: Cloud, edge: TwinEdge
) -> None:
    customer = shop.fail_renewal()
    cloud.messages(cloud.cards_url)
    shop.card(customer, "pm_card_visa")
    shop.deliver()
    news = cloud.messages(cloud.cards_url)[-1:]
    sites.find(SITE.id)
    cloud.dynamodb_requests.clear()
    edge.calls.clear()

    collect_payments(sqs_event(*news), None)

    invoice = shop.newest_invoice(customer)["id"]
    assert edge.calls == [("GET", f"/v1/invoices/{invoice}"), ("POST", f"/v1/invoices/{invoice}/pay")]
    assert cloud.dynamodb_requests == ["Query", "UpdateItem"]


def test_a_customer_of_another_account_that_the_site_may_not_see_is_left_alone(shop: Shop, edge: TwinEdge) -> None:
    news = {"event": "evt_1", "scope": "acct_other:test", "customer": "cus_1"}
    edge.calls.clear()

    assert collect_payments(sqs_event(news), None) == {"batchItemFailures": []}

    assert edge.calls == []


def test_nothing_of_a_card_but_its_id_is_stored_with_the_case(shop: Shop, cloud: Cloud) -> None:
    customer = shop.fail_renewal()
    cloud.messages(cloud.cards_url)

    new_card(shop, customer)

    lines = [each["case_collected"]["L"][0]["M"] for each in everything(cloud) if "case_collected" in each]
    assert [sorted(line) for line in lines] == [["at", "card", "step"]]


def test_only_an_event_that_brings_a_card_is_told_to_the_worker(shop: Shop, cloud: Cloud) -> None:
    customer = shop.customer()
    shop.deliver()
    attached, defaulted = cloud.messages(cloud.cards_url)
    shop.do("POST", f"customers/{customer}", name="Astrid B.")
    shop.subscribe(customer)
    shop.deliver()

    assert (attached["customer"], defaulted["customer"]) == (customer, customer)
    assert cloud.messages(cloud.cards_url) == []
