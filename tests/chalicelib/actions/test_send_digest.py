"""The merchant's digest, through the schedule and the mailer that ship: once a day, and never twice."""

import json
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from chalicelib import clock
from chalicelib.actions import send_digest
from chalicelib.actions.record_feedback import record_feedback
from chalicelib.aws import clients
from chalicelib.entrypoints.schedule_reminders import schedule_reminders
from chalicelib.entrypoints.send_mails import send_mails
from chalicelib.store import mail_health, outbox, sites
from tests.conftest import SITE, Cloud
from tests.edge import TwinEdge
from tests.shop import DAY, Shop, sqs_event

HOUR = 3600
MERCHANT = "astrid@nordlys.example"
EVENT = {
    **dict.fromkeys(("id", "source", "account", "region", "version", "time", "detail-type"), ""),
    "detail": {},
    "resources": [],
}


@pytest.fixture
def shop(cloud: Cloud, edge: TwinEdge, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """The shop, whose merchant wants digests; it is noon."""
    monkeypatch.setattr(clock, "now", lambda: edge.twin.now)
    sites.put(replace(SITE, digest_to=MERCHANT, reminders="off"))
    return Shop(edge.twin, cloud)


def run(cloud: Cloud) -> int:
    """A run of the schedule, and of the mailer behind it; how many messages there were."""
    schedule_reminders(EVENT, None)
    messages = cloud.messages(cloud.mails_url)
    if messages:
        send_mails(sqs_event(*messages), None)
    return len(messages)


def digests(cloud: Cloud) -> list[Any]:
    """The mails to the merchant."""
    return [mail for mail in cloud.mails() if mail.destinations["ToAddresses"] == [MERCHANT]]


def morning(shop: Shop) -> None:
    """Go on to ten in the morning of the next day."""
    shop.advance(DAY - (shop.twin.now + HOUR) % DAY + 10 * HOUR)  # Stockholm's winter


def test_a_day_is_told_once_however_often_the_schedule_runs(shop: Shop, cloud: Cloud) -> None:
    shop.fail_renewal(card="pm_twin_expired_card")
    morning(shop)

    queued = [run(cloud) for _ in range(4)]

    (mail,) = digests(cloud)
    assert mail.subject == "Payments at Nordlys on 2 December"
    assert "149" in mail.body
    assert "https://dashboard.stripe.com/acct_1TwinNordlys/test/invoices" in mail.body
    assert queued == [2, 0, 0, 0]  # the digest, and the case of a site whose reminders are off


def test_every_day_has_its_own(shop: Shop, cloud: Cloud) -> None:
    for _ in range(3):
        morning(shop)
        run(cloud)

    subjects = [mail.subject for mail in digests(cloud)]
    assert subjects == [f"Payments at Nordlys on {day} November" for day in (2, 3, 4)]


def test_a_quiet_day_is_told_as_one(shop: Shop, cloud: Cloud) -> None:
    morning(shop)

    run(cloud)

    assert "No payment failed, none was recovered, and none is open." in digests(cloud)[0].body


def test_canceled_without_a_word_to_the_owner(shop: Shop, cloud: Cloud, texts: list[str]) -> None:
    """Subscribie 1308: the day on which a subscription ends unpaid is told of, and no other."""
    shop.fail_renewal(card="pm_twin_expired_card")
    for _ in range(17):
        morning(shop)
        run(cloud)

    ended = [text for text in texts if "Ended unpaid – 149" in text]

    assert len(texts) == 17
    assert len(ended) == 1
    assert row(ended[0], "Ended unpaid").endswith("(1)")
    assert row(ended[0], "Open at the end of the day") == "0"


def test_the_numbers_are_those_of_the_day(shop: Shop, cloud: Cloud, texts: list[str]) -> None:
    customer = shop.fail_renewal(card="pm_twin_expired_card")
    morning(shop)
    run(cloud)
    shop.pay(customer)
    morning(shop)
    run(cloud)

    first, second = texts

    assert row(first, "Failed").endswith("(1)")
    assert row(first, "Recovered") == "0"
    assert row(first, "Open at the end of the day").endswith("(1)")
    assert row(second, "Failed") == "0"
    assert row(second, "Recovered").endswith("(1)")
    assert row(second, "Open at the end of the day") == "0"


def row(text: str, label: str) -> str:
    """What stands beside a label of the text part."""
    return next(line.split(" – ", 1)[1].strip() for line in text.splitlines() if line.startswith(f"{label} – "))


def test_nobody_is_told_who_did_not_ask(shop: Shop, cloud: Cloud) -> None:
    sites.put(replace(SITE, digest_to=None))
    morning(shop)

    assert run(cloud) == 0
    assert cloud.mails() == []


def test_before_eight_nothing_is_told(shop: Shop, cloud: Cloud) -> None:
    shop.twin.advance(DAY - (shop.twin.now + HOUR) % DAY + 8 * HOUR - 1)

    assert run(cloud) == 0


def test_two_messages_of_one_day_are_one_mail(shop: Shop, cloud: Cloud) -> None:
    morning(shop)
    schedule_reminders(EVENT, None)
    schedule_reminders(EVENT, None)
    messages = cloud.messages(cloud.mails_url)
    assert len(messages) == 2

    send_mails(sqs_event(*messages), None)

    assert len(digests(cloud)) == 1


def test_a_message_that_comes_a_day_late_tells_nothing(shop: Shop, cloud: Cloud) -> None:
    morning(shop)
    schedule_reminders(EVENT, None)
    (late,) = cloud.messages(cloud.mails_url)
    shop.twin.advance(DAY)

    send_mails(sqs_event(late), None)

    assert digests(cloud) == []


def test_what_a_digest_costs(shop: Shop, cloud: Cloud, edge: TwinEdge) -> None:
    shop.fail_renewal(card="pm_twin_expired_card")
    morning(shop)
    run(cloud)
    morning(shop)
    sites.find(SITE.id)
    cloud.dynamodb_requests.clear()
    edge.calls.clear()

    assert send_digest.queue_digest(shop.twin.now)
    assert cloud.dynamodb_requests == ["GetItem"]  # whether it has left
    messages = cloud.messages(cloud.mails_url)
    cloud.dynamodb_requests.clear()
    send_mails(sqs_event(*messages), None)

    assert cloud.dynamodb_requests == [
        "BatchGetItem",  # the address, and whether mails are paused
        "Query",  # the cases of 62 days
        "BatchGetItem",  # their subscriptions
        "TransactWriteItems",  # the claim
        "TransactWriteItems",  # it has left
    ]
    assert edge.calls == []
    assert len(digests(cloud)) == 2


def test_a_lost_answer_of_ses_is_settled_by_its_notification(
    shop: Shop, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    tags: dict[str, str] = {}
    morning(shop)
    with monkeypatch.context() as broken:
        answer_ses(broken, ReadTimeoutError(endpoint_url="https://ses"), tags)
        run(cloud)

    assert run(cloud) == 0  # it may be leaving
    assert record_feedback(notification(tags), shop.twin.now) == "settled"
    shop.twin.advance(outbox.LEASE + 1)
    assert run(cloud) == 0
    assert digests(cloud) == []


def test_a_claim_whose_mail_never_left_is_taken_over(shop: Shop, cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    morning(shop)
    with monkeypatch.context() as broken:
        answer_ses(broken, ReadTimeoutError(endpoint_url="https://ses"), {})
        run(cloud)
    shop.twin.advance(outbox.LEASE + 1)

    run(cloud)

    assert len(digests(cloud)) == 1


def test_throttled_by_ses_it_comes_again(shop: Shop, cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    morning(shop)
    with monkeypatch.context() as broken:
        answer_ses(broken, ClientError({"Error": {"Code": "TooManyRequestsException"}}, "SendEmail"), {})
        run(cloud)

    run(cloud)

    assert len(digests(cloud)) == 1


def test_what_ses_refuses_for_good_is_left_until_tomorrow(
    shop: Shop, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    morning(shop)
    refused = {"Error": {"Code": "MessageRejected"}, "ResponseMetadata": {"HTTPStatusCode": 400}}
    with monkeypatch.context() as broken:
        answer_ses(broken, ClientError(refused, "SendEmail"), {})
        run(cloud)

    assert run(cloud) == 0
    morning(shop)
    run(cloud)
    assert len(digests(cloud)) == 1


def test_a_site_that_cannot_be_written_for_is_logged_once_a_day(
    shop: Shop, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    sites.put(replace(SITE, digest_to=MERCHANT, accent="no colour"))
    morning(shop)

    assert [run(cloud), run(cloud)] == [1, 0]
    assert digests(cloud) == []


def test_more_than_can_be_counted_is_not_told_in_part(
    shop: Shop, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(send_digest, "MOST", 0)
    shop.fail_renewal()
    morning(shop)

    run(cloud)

    assert digests(cloud) == []


def test_an_address_that_bounced_and_a_pause_hold_it_back(shop: Shop, cloud: Cloud) -> None:
    morning(shop)
    mail_health.suppress(SITE.scope, MERCHANT, "bounce", shop.twin.now)
    run(cloud)
    mail_health.lift(SITE.scope, MERCHANT)
    mail_health.pause("bounces", shop.twin.now)
    run(cloud)
    assert digests(cloud) == []

    mail_health.resume(shop.twin.now)
    run(cloud)

    assert len(digests(cloud)) == 1


def test_a_deployment_without_its_site_tells_nobody(shop: Shop, cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SITE", "nobody")
    morning(shop)

    assert schedule_reminders(EVENT, None) == {"queued": 0}


def answer_ses(monkeypatch: pytest.MonkeyPatch, error: Exception, tags: dict[str, str]) -> None:
    """SES raises; the tags of the mail are written down."""

    def fail(**call: Any) -> None:
        tags.update({tag["Name"]: tag["Value"] for tag in call["EmailTags"]})
        raise error

    monkeypatch.setattr(clients.client("sesv2", once=True), "send_email", fail)


def notification(tags: dict[str, str]) -> str:
    """What SES publishes when a mail has left."""
    mail = {"timestamp": "2026-12-24T10:00:00.000Z", "messageId": "m", "tags": {k: [v] for k, v in tags.items()}}
    return json.dumps({"eventType": "Send", "mail": mail, "send": {}})
