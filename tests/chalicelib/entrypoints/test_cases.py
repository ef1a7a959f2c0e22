"""/v1/cases, and a customer's access and mails: what people in support see and do."""

from dataclasses import replace

import pytest

from chalicelib.actions.queue_due import queue_due
from chalicelib.core.site import AccessPolicy
from chalicelib.entrypoints.send_mails import send_mails
from chalicelib.store import api_keys, sites
from tests.chalicelib.entrypoints.caller import Answer, call
from tests.conftest import NOW, SITE, Cloud
from tests.edge import TwinEdge
from tests.shop import DAY, Shop, sqs_event

CASES, ACCESS, MAILS = "/v1/cases", "/v1/customers/{customer_id}/access", "/v1/customers/{customer_id}/mails"


@pytest.fixture
def admin(cloud: Cloud) -> str:
    """A key that may do everything."""
    return api_keys.create(SITE.id, ("admin",), NOW)


def act(what: str, invoice: str, key: str | None) -> Answer:
    """One of the things that one can do with a case."""
    return call("POST", f"/v1/cases/{{invoice_id}}/{what}", key=key, invoice_id=invoice)


def mailed(cloud: Cloud) -> int:
    """Let the mailer do what is queued; the number of mails so far."""
    messages = cloud.messages(cloud.mails_url)
    if messages:
        assert send_mails(sqs_event(*messages), None) == {"batchItemFailures": []}
    return len(cloud.mails())


def run(shop: Shop, cloud: Cloud) -> int:
    """A run of the schedule and the mailer behind it."""
    queue_due(shop.twin.now)
    return mailed(cloud)


def test_an_open_case_is_listed_with_what_is_owed_and_what_was_sent(shop: Shop, cloud: Cloud, admin: str) -> None:
    customer = shop.fail_renewal(card="pm_twin_expired_card")
    shop.advance(DAY)
    run(shop, cloud)

    listed = call("GET", CASES, key=admin, query={"state": "open"}).json

    (case,) = listed["data"]
    assert (listed["has_more"], listed["next_cursor"]) == (False, None)
    assert (case["customer"], case["amount_remaining"], case["currency"]) == (customer, 14900, "sek")
    assert (case["state"], case["campaign"], case["step"]) == ("open", "monthly_14", "day_0")
    assert [each["step"] for each in case["sent"]] == ["day_0"]
    assert call("GET", CASES, key=admin, query={"customer": customer}).json["data"] == [case]


def test_a_stopped_case_sends_nothing_until_it_is_resumed(shop: Shop, cloud: Cloud, admin: str) -> None:
    customer = shop.fail_renewal(card="pm_twin_expired_card")
    invoice = shop.newest_invoice(customer)["id"]

    stopped = act("stop", invoice, admin)
    shop.advance(4 * DAY)

    assert (stopped.status, stopped.json["state"], stopped.json["reason"]) == (200, "closed", "stopped")
    assert run(shop, cloud) == 0
    assert act("send-now", invoice, admin).status == 409
    assert act("resume", invoice, admin).json["state"] == "open"
    for _ in range(30):
        shop.advance(3600)
        run(shop, cloud)
    assert len(cloud.mails()) == 1


def test_a_mail_sent_now_leaves_at_once_at_any_hour_and_only_once(shop: Shop, cloud: Cloud, admin: str) -> None:
    customer = shop.fail_renewal(card="pm_twin_expired_card")
    invoice = shop.newest_invoice(customer)["id"]
    shop.twin.advance(60)

    answer = act("send-now", invoice, admin)

    assert answer.status == 202
    assert mailed(cloud) == 1
    assert run(shop, cloud) == 1
    assert act("send-now", invoice, admin).status == 202
    assert mailed(cloud) == 2


def test_a_paid_case_is_left_alone_by_everything(shop: Shop, cloud: Cloud, admin: str) -> None:
    customer = shop.fail_renewal()
    invoice = shop.newest_invoice(customer)["id"]
    shop.card(customer, "pm_card_visa")
    shop.do("POST", f"invoices/{invoice}/pay")
    shop.deliver()

    for what in ("stop", "resume", "send-now"):
        refused = act(what, invoice, admin)
        assert (refused.status, refused.code) == (409, "conflict")
    (case,) = call("GET", CASES, key=admin, query={"customer": customer, "state": "recovered"}).json["data"]
    assert case["invoice"] == invoice
    assert run(shop, cloud) == 0


@pytest.mark.parametrize("what", ["stop", "resume", "send-now"])
def test_only_an_admin_key_may_act_on_a_case(shop: Shop, cloud: Cloud, what: str, api_key: str) -> None:
    assert act(what, "in_1", None).status == 401
    assert act(what, "in_1", api_key).status == 403


@pytest.mark.parametrize("what", ["stop", "resume", "send-now"])
@pytest.mark.parametrize("invoice", ["in_none", "cus_1", "in_#"])
def test_an_unknown_invoice_is_404(shop: Shop, admin: str, what: str, invoice: str) -> None:
    assert act(what, invoice, admin).status == 404


def test_an_invoice_that_never_failed_has_no_case(shop: Shop, admin: str) -> None:
    customer = shop.customer()
    shop.subscribe(customer)
    shop.deliver()

    assert act("stop", shop.newest_invoice(customer)["id"], admin).code == "not_found"


@pytest.mark.parametrize(
    "query, param",
    [
        ({"state": "lost"}, "state"),
        ({"state": "angry"}, "state"),
        ({"customer": "in_1"}, "customer"),
        ({"limit": "0"}, "limit"),
        ({"cursor": "1|2"}, "cursor"),
        ({"cursor": "99|C#a#c|5#INV#000000000000#in_1|1"}, "cursor"),
    ],
)
def test_a_wrong_question_is_400_and_names_what(cloud: Cloud, admin: str, query: dict[str, str], param: str) -> None:
    refused = call("GET", CASES, key=admin, query=query)

    assert (refused.status, refused.json["error"]["param"]) == (400, param)


def test_a_customers_mails_are_told_without_an_address(shop: Shop, cloud: Cloud, admin: str, api_key: str) -> None:
    customer = shop.fail_renewal(card="pm_twin_expired_card")
    invoice = shop.newest_invoice(customer)["id"]
    shop.advance(DAY)
    run(shop, cloud)
    shop.advance(60)
    act("send-now", invoice, admin)
    mailed(cloud)

    first = call("GET", MAILS, key=api_key, customer_id=customer, query={"limit": "1"})
    second = call("GET", MAILS, key=api_key, customer_id=customer, query={"cursor": first.json["next_cursor"]})

    assert "@" not in first.text
    (newer,), (older,) = first.json["data"], second.json["data"]
    assert (newer["number"], older["number"], second.json["has_more"]) == (2, 1, False)
    assert (older["state"], older["kind"], older["track"]) == ("sent", "failed_payment", "new_card")
    assert older["cases"] == [{"invoice": invoice, "step": "day_0"}]
    assert call("GET", MAILS, key=api_key, customer_id="cus_none").json["data"] == []
    assert call("GET", MAILS, key=api_key, customer_id=customer, query={"cursor": "x"}).status == 400


def test_access_falls_with_the_days_and_comes_back_with_the_money(shop: Shop, cloud: Cloud, api_key: str) -> None:
    customer = shop.fail_renewal(card="pm_twin_expired_card")

    def told() -> tuple[str, str]:
        found = call("GET", ACCESS, key=api_key, customer_id=customer).json
        return found["access"], found["reason"]

    grace = call("GET", ACCESS, key=api_key, customer_id=customer).json
    assert (grace["access"], grace["unpaid"]) == (
        "full",
        {"count": 1, "amounts": [{"currency": "sek", "amount": 14900}]},
    )
    shop.advance(grace["until"] - shop.twin.now)
    assert told() == ("limited", "days_unpaid")
    shop.pay(customer)
    shop.deliver()
    assert told() == ("full", "nothing_unpaid")


def test_what_stripe_gave_up_is_still_owed_as_long_as_the_subscription_runs(
    shop: Shop, cloud: Cloud, api_key: str
) -> None:
    customer = shop.fail_renewal(card="pm_twin_expired_card")
    shop.do("POST", f"invoices/{shop.newest_invoice(customer)['id']}/mark_uncollectible")
    shop.advance(8 * DAY)

    found = call("GET", ACCESS, key=api_key, customer_id=customer).json

    assert (found["access"], found["reason"], found["unpaid"]["count"]) == ("limited", "days_unpaid", 1)


def test_a_look_at_access_writes_nothing_and_asks_nobody(
    shop: Shop, cloud: Cloud, edge: TwinEdge, api_key: str
) -> None:
    customer = shop.fail_renewal()
    sites.put(replace(SITE, access=AccessPolicy(blocked_invoices=1)))
    call("GET", ACCESS, key=api_key, customer_id=customer)  # the key's last use, once an hour
    cloud.dynamodb_requests.clear()
    edge.calls.clear()

    assert call("GET", ACCESS, key=api_key, customer_id=customer).json["access"] == "blocked"
    assert cloud.dynamodb_requests == ["GetItem", "Query"]
    assert edge.calls == []


def test_the_access_of_a_stranger_is_404(cloud: Cloud, api_key: str) -> None:
    assert call("GET", ACCESS, key=api_key, customer_id="cus_none").code == "not_found"
