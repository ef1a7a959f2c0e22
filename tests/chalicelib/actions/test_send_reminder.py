"""From a failed renewal to the mails, through the real actions, on the twin's clock."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from chalicelib.actions.queue_due import queue_due
from chalicelib.actions.record_feedback import record_feedback
from chalicelib.actions.send_reminder import send_reminder
from chalicelib.aws import clients
from chalicelib.errors import MailUnavailable, StoreUnavailable, StripeUnavailable
from chalicelib.store import customers, outbox, sites
from chalicelib.store.keys import Key
from infra.local.twin.core import disputes
from tests.conftest import SITE, Cloud
from tests.edge import TwinEdge
from tests.shop import DAY, Shop

SCOPE = SITE.scope


def run(shop: Shop, cloud: Cloud) -> list[str]:
    """One run of the schedule and of the mailer of reminders behind it: what else is due is nobody's matter here."""
    queue_due(shop.twin.now)
    return [
        send_reminder(Key(message["pk"], message["sk"]), shop.twin.now) for message in cloud.messages(cloud.mails_url)
    ]


def live(shop: Shop, cloud: Cloud, days: int) -> list[tuple[int, str]]:
    """Let days pass, with the schedule every quarter of an hour of the daytime; (hours since, outcome) of each look."""
    began, done = shop.twin.now, []
    while shop.twin.now < began + days * DAY:
        shop.advance(3600)
        done += [((shop.twin.now - began) // 3600, outcome) for outcome in run(shop, cloud)]
    return done


def subjects(cloud: Cloud) -> list[str]:
    """Of the mails sent so far."""
    return [mail.subject for mail in cloud.mails()]


def test_a_mail_goes_out_after_a_failed_payment_and_none_after_the_next_run(shop: Shop, cloud: Cloud) -> None:
    shop.fail_renewal(preferred_locales=["sv"], card="pm_twin_expired_card")

    shop.advance(DAY)
    first = run(shop, cloud)
    second = run(shop, cloud)

    assert (first, second) == (["sent"], [])
    assert subjects(cloud) == ["Betalningen på 149 kr till Nordlys gick inte igenom"]
    (mail,) = cloud.mails()
    assert mail.destinations["ToAddresses"] == ["astrid@example.com"]


def test_who_names_no_language_is_written_to_in_that_of_their_country(shop: Shop, cloud: Cloud) -> None:
    shop.fail_renewal(address={"country": "DE"}, card="pm_twin_expired_card")

    shop.advance(DAY)

    assert run(shop, cloud) == ["sent"]
    assert subjects(cloud) == ["Deine Zahlung über 149 SEK an Nordlys hat nicht geklappt"]


def test_the_campaign_sends_its_four_mails_on_their_days_and_no_more(shop: Shop, cloud: Cloud) -> None:
    customer = shop.fail_renewal(card="pm_twin_expired_card")

    live(shop, cloud, 16)

    (invoice,) = [each for each in customers.find(SCOPE, customer).invoices if each.opened_at]
    assert [step for step, _ in invoice.sent] == ["day_0", "day_3", "day_7", "day_11"]
    assert len(cloud.mails()) == 4
    assert invoice.next_at is None


def test_a_lack_of_funds_is_silent_until_the_first_retry_failed(shop: Shop, cloud: Cloud) -> None:
    customer = shop.fail_renewal(card="pm_twin_insufficient_funds")
    shop.advance(4 * 3600)

    assert run(shop, cloud) == ["held"]
    assert cloud.mails() == []
    live(shop, cloud, 4)
    assert shop.newest_invoice(customer)["attempt_count"] > 1
    assert len(cloud.mails()) >= 1


def test_no_mail_goes_out_after_payment_even_if_its_event_was_lost(shop: Shop, cloud: Cloud, edge: TwinEdge) -> None:
    customer = shop.fail_renewal()
    shop.twin.advance(DAY)
    queue_due(shop.twin.now)
    shop.pay(customer)
    (due,) = cloud.messages(cloud.mails_url)

    assert send_reminder(Key(due["pk"], due["sk"]), shop.twin.now) == "closed"
    assert cloud.mails() == []
    assert run(shop, cloud) == []


def test_a_customer_whose_bank_disputes_a_payment_is_not_reminded(shop: Shop, cloud: Cloud) -> None:
    customer = shop.fail_renewal(card="pm_twin_expired_card")
    paid = next(each for each in shop.do("GET", "charges", customer=customer)["data"] if each["paid"])
    disputes.open_(shop.twin.world, shop.twin.world.get("charge", paid["id"]))
    shop.advance(DAY)

    assert run(shop, cloud) == ["closed"]

    assert cloud.mails() == []
    (invoice,) = [each for each in customers.find(SCOPE, customer).invoices if each.opened_at]
    assert (invoice.closed, invoice.next_at) == ("disputed", None)


def test_a_payment_before_any_mail_closes_the_case_without_a_word(shop: Shop, cloud: Cloud, edge: TwinEdge) -> None:
    customer = shop.fail_renewal()
    shop.pay(customer)
    shop.deliver()

    assert [outcome for _, outcome in live(shop, cloud, 15)] == ["closed"]
    assert cloud.mails() == []
    (invoice,) = [each for each in customers.find(SCOPE, customer).invoices if each.opened_at]
    assert (invoice.closed, invoice.next_at) == ("invoice_paid", None)


def test_a_case_queued_twice_sends_one_mail(shop: Shop, cloud: Cloud) -> None:
    shop.fail_renewal()
    shop.advance(DAY)
    queue_due(shop.twin.now)
    queue_due(shop.twin.now)
    messages = cloud.messages(cloud.mails_url)

    outcomes = [send_reminder(Key(each["pk"], each["sk"]), shop.twin.now) for each in messages]

    assert outcomes == ["sent", "not_due"]
    assert len(cloud.mails()) == 1


def test_a_run_with_nothing_due_asks_nobody(shop: Shop, cloud: Cloud, edge: TwinEdge) -> None:
    customer = shop.customer()
    shop.subscribe(customer)
    shop.deliver()
    edge.calls.clear()

    assert run(shop, cloud) == []
    assert edge.calls == []


def test_one_mail_costs_one_read_of_stripe_one_call_to_ses_and_two_writes(
    shop: Shop, cloud: Cloud, edge: TwinEdge
) -> None:
    shop.fail_renewal()
    shop.advance(DAY)
    queue_due(shop.twin.now)
    (due,) = cloud.messages(cloud.mails_url)
    sites.find(SITE.id)  # kept for a minute
    edge.calls.clear()
    cloud.dynamodb_requests.clear()

    send_reminder(Key(due["pk"], due["sk"]), shop.twin.now)

    assert [method for method, _ in edge.calls] == ["GET"]
    assert cloud.dynamodb_requests == [
        "Query",  # the customer's newest mails
        "Query",  # the customer's open cases
        "Query",  # the customer's open disputes
        "BatchGetItem",  # the address, and whether mails are paused
        "BatchGetItem",  # the name of the plan
        "TransactWriteItems",  # the claim, its link, the case's campaign
        "TransactWriteItems",  # it has left
    ]
    assert len(cloud.mails()) == 1


def test_a_look_that_sends_nothing_costs_one_write(shop: Shop, cloud: Cloud, edge: TwinEdge) -> None:
    shop.fail_renewal(card="pm_twin_insufficient_funds")
    shop.advance(3 * 3600)
    queue_due(shop.twin.now)
    (due,) = cloud.messages(cloud.mails_url)
    sites.find(SITE.id)
    cloud.dynamodb_requests.clear()

    assert send_reminder(Key(due["pk"], due["sk"]), shop.twin.now) == "held"
    assert cloud.dynamodb_requests == ["Query", "Query", "Query", "BatchGetItem", "UpdateItem"]


def test_with_stripe_down_the_case_is_given_back_and_comes_again(shop: Shop, cloud: Cloud, edge: TwinEdge) -> None:
    shop.fail_renewal()
    shop.advance(DAY)
    queue_due(shop.twin.now)
    (due,) = cloud.messages(cloud.mails_url)
    key = Key(due["pk"], due["sk"])
    edge.fail = lambda _method, _path: ("{}", 500, {})

    with pytest.raises(StripeUnavailable):
        send_reminder(key, shop.twin.now)
    edge.fail = lambda _method, _path: None

    assert send_reminder(key, shop.twin.now) == "sent"


def test_throttled_by_ses_the_case_is_given_back_and_comes_again(
    shop: Shop, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = due_case(shop, cloud)
    with monkeypatch.context() as broken:
        answer_ses(broken, ClientError({"Error": {"Code": "TooManyRequestsException"}}, "SendEmail"))
        with pytest.raises(MailUnavailable):
            send_reminder(key, shop.twin.now)

    assert send_reminder(key, shop.twin.now) == "sent"


def test_throttled_by_ses_nothing_is_lost_and_the_order_is_kept(
    shop: Shop, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    several = [shop.customer(email=f"{number}@example.com") for number in range(3)]
    for customer in several:
        shop.subscribe(customer)
        shop.advance(1800)
    shop.twin.advance(20 * DAY)
    for customer in several:
        shop.card(customer, "pm_twin_expired_card")
    while shop.newest_invoice(several[-1])["status"] != "open":
        shop.advance(1800)
    shop.advance(DAY)
    queue_due(shop.twin.now)
    due = [Key(each["pk"], each["sk"]) for each in cloud.messages(cloud.mails_url)]
    assert send_reminder(due[0], shop.twin.now) == "sent"
    with monkeypatch.context() as broken:
        answer_ses(broken, ClientError({"Error": {"Code": "TooManyRequestsException"}}, "SendEmail"))
        for key in due[1:]:
            with pytest.raises(MailUnavailable):
                send_reminder(key, shop.twin.now)

    assert run(shop, cloud) == ["sent", "sent"]

    assert [mail.destinations["ToAddresses"] for mail in cloud.mails()] == [[f"{n}@example.com"] for n in range(3)]


def test_a_mail_that_ses_refuses_for_good_is_parked_with_an_alarm_and_does_not_spin(
    shop: Shop, cloud: Cloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    key = due_case(shop, cloud)
    refused = ClientError(
        {"Error": {"Code": "MessageRejected"}, "ResponseMetadata": {"HTTPStatusCode": 400}}, "SendEmail"
    )
    with monkeypatch.context() as broken:
        answer_ses(broken, refused)
        assert send_reminder(key, shop.twin.now) == "parked"

    assert "MailsParked" in capsys.readouterr().out
    assert run(shop, cloud) == []
    shop.twin.advance(DAY)
    assert run(shop, cloud) == ["sent"]


def test_a_lost_answer_of_ses_is_settled_by_its_notification(
    shop: Shop, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = due_case(shop, cloud)
    tags: dict[str, str] = {}
    with monkeypatch.context() as broken:
        answer_ses(broken, ReadTimeoutError(endpoint_url="https://ses"), tags)
        assert send_reminder(key, shop.twin.now) == "unknown"

    assert send_reminder(key, shop.twin.now) == "busy"
    assert record_feedback(send_notification(tags), shop.twin.now) == "settled"
    assert record_feedback(send_notification(tags), shop.twin.now) == "send"
    shop.advance(3600)
    assert run(shop, cloud) == []
    assert cloud.mails() == []


def test_a_mail_that_left_but_could_not_be_written_down_is_not_sent_again(
    shop: Shop, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = due_case(shop, cloud)

    def fail(*_: Any) -> None:
        raise StoreUnavailable("throttled")

    with monkeypatch.context() as broken:
        broken.setattr(outbox, "sent", fail)
        assert send_reminder(key, shop.twin.now) == "unknown"

    assert send_reminder(key, shop.twin.now) == "busy"
    assert len(cloud.mails()) == 1


def test_a_lost_answer_without_a_notification_is_sent_again_after_the_lease(
    shop: Shop, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = due_case(shop, cloud)
    with monkeypatch.context() as broken:
        answer_ses(broken, ReadTimeoutError(endpoint_url="https://ses"))
        send_reminder(key, shop.twin.now)
    shop.twin.advance(outbox.LEASE + 1)

    assert send_reminder(key, shop.twin.now) == "sent"
    assert len(cloud.mails()) == 1


def test_the_mailer_asks_ses_once_only() -> None:
    assert clients.ONCE.retries == {"total_max_attempts": 1, "mode": "standard"}


def test_a_mail_carries_a_link_of_our_own_and_tags_that_settle_it(
    shop: Shop, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = due_case(shop, cloud)
    call: dict[str, Any] = {}
    real = clients.client("sesv2", once=True).send_email

    def note(**given: Any) -> Any:
        call.update(given)
        return real(**given)

    monkeypatch.setattr(clients.client("sesv2", once=True), "send_email", note)

    send_reminder(key, shop.twin.now)

    text = call["Content"]["Simple"]["Body"]["Text"]["Data"]
    assert "https://pay.nordlys.example/l/" in text
    assert "stripe" not in text.lower()
    assert {tag["Name"] for tag in call["EmailTags"]} == {
        *("case", "customer", "mail", "step", "claim", "campaign", "kind")
    }
    assert call["ConfigurationSetName"] == "stamkund-test"


def due_case(shop: Shop, cloud: Cloud) -> Key:
    """The key of a case whose first mail is due."""
    shop.fail_renewal()
    shop.advance(DAY)
    queue_due(shop.twin.now)
    (due,) = cloud.messages(cloud.mails_url)
    return Key(due["pk"], due["sk"])


def answer_ses(monkeypatch: pytest.MonkeyPatch, error: Exception, tags: dict[str, str] | None = None) -> None:
    """SES raises; the tags of the mail are written down."""

    def fail(**call: Any) -> None:
        (tags if tags is not None else {}).update({tag["Name"]: tag["Value"] for tag in call["EmailTags"]})
        raise error

    monkeypatch.setattr(clients.client("sesv2", once=True), "send_email", fail)


def send_notification(tags: dict[str, str]) -> str:
    """What SES publishes when a mail has left."""

    mail = {"timestamp": "2026-12-24T10:00:00.000Z", "messageId": "m", "tags": {k: [v] for k, v in tags.items()}}
    return json.dumps({"eventType": "Send", "mail": mail, "send": {}})
