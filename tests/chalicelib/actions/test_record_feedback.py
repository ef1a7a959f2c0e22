"""What SES tells of a mail: settled once, an address that bounces or complains is left alone, and too many stop all mails."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from chalicelib import config
from chalicelib.actions import posting
from chalicelib.actions.record_feedback import record_feedback
from chalicelib.aws import clients
from chalicelib.entrypoints.record_mail_feedback import record_mail_feedback
from chalicelib.errors import Misconfigured, UnknownShape
from chalicelib.store import mail_health, outbox
from tests.conftest import NOW, SITE, Cloud, everything
from tests.shop import DAY, Shop, run

SCOPE, TO = SITE.scope, "astrid@example.com"
Told = Callable[..., str]


@pytest.fixture
def tags(monkeypatch: pytest.MonkeyPatch, cloud: Cloud) -> dict[str, str]:
    """The tags of the newest mail."""
    seen: dict[str, str] = {}
    ses = clients.client("sesv2", once=True)
    real = ses.send_email

    def send(**call: Any) -> Any:
        seen.update({tag["Name"]: tag["Value"] for tag in call["EmailTags"]})
        return real(**call)

    monkeypatch.setattr(ses, "send_email", send)
    return seen


def mailed(shop: Shop, cloud: Cloud, **fields: Any) -> str:
    """A customer who got the first mail of a case."""
    customer = shop.fail_renewal(card="pm_twin_expired_card", **fields)
    shop.advance(DAY)
    assert run(shop, cloud) == ["sent"]
    return customer


def told(kind: str, tags: dict[str, str], **about: Any) -> str:
    """A notification as SES publishes it."""
    mail = {"timestamp": "2026-11-23T12:00:00.000Z", "tags": {name: [value] for name, value in tags.items()}}
    return json.dumps({"eventType": kind, "mail": mail, kind.lower(): about})


def bounce(tags: dict[str, str], kind: str = "Permanent") -> str:
    """The mail came back."""
    return told("Bounce", tags, bounceType=kind, bouncedRecipients=[{"emailAddress": TO}])


def complaint(tags: dict[str, str]) -> str:
    """The customer called it spam."""
    return told("Complaint", tags, complainedRecipients=[{"emailAddress": TO.upper()}])


def state(customer: str) -> str:
    """Of the customer's newest mail."""
    return outbox.page(SCOPE, customer, 1, None)[0].state


def recipients(cloud: Cloud) -> list[str]:
    """Of all mails so far."""
    return [address for mail in cloud.mails() for address in mail.destinations["ToAddresses"]]


def test_after_a_hard_bounce_the_step_goes_to_the_second_contact(
    shop: Shop, cloud: Cloud, tags: dict[str, str]
) -> None:
    customer = mailed(shop, cloud, metadata={"billing_email": "pay@example.com"})

    assert record_feedback(bounce(tags), shop.twin.now) == "bounce"
    assert state(customer) == "bounced"
    assert run(shop, cloud) == ["sent"]

    assert recipients(cloud) == [TO, "pay@example.com"]
    assert tags["step"] == "day_0"


def test_after_a_hard_bounce_without_a_second_contact_the_merchant_is_told(
    shop: Shop,
    cloud: Cloud,
    tags: dict[str, str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    logged: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr(posting, "note", lambda message, **fields: logged.append((message, fields)))
    mailed(shop, cloud)
    record_feedback(bounce(tags), shop.twin.now)

    assert run(shop, cloud) == ["closed"]

    assert recipients(cloud) == [TO]
    assert "CustomersUnreachable" in capsys.readouterr().out
    assert logged == [("customer unreachable", {"case": tags["case"]})]
    assert "address_suppressed" in str(everything(cloud))


def test_a_soft_bounce_changes_nothing(shop: Shop, cloud: Cloud, tags: dict[str, str]) -> None:
    customer = mailed(shop, cloud)

    assert record_feedback(bounce(tags, "Transient"), shop.twin.now) == "soft_bounce"
    assert state(customer) == "sent"
    assert mail_health.look(SCOPE, [TO]) == ({}, False)


def test_after_a_complaint_the_address_gets_no_more_and_nothing_is_sent_again(
    shop: Shop, cloud: Cloud, tags: dict[str, str]
) -> None:
    customer = mailed(shop, cloud)

    assert record_feedback(complaint(tags), shop.twin.now) == "complaint"

    assert state(customer) == "complained"
    assert mail_health.look(SCOPE, [TO]) == ({TO: "complaint"}, False)
    shop.advance(4 * DAY)
    assert run(shop, cloud) == ["closed"]
    assert recipients(cloud) == [TO]


def test_an_address_is_kept_by_its_hash_only(cloud: Cloud) -> None:
    mail_health.suppress(SCOPE, TO, "bounce", NOW)

    assert TO not in str([item for item in everything(cloud) if item["pk"]["S"].startswith("E#")])
    assert mail_health.look(SCOPE, [" Astrid@Example.com "])[0] == {" Astrid@Example.com ": "bounce"}
    assert mail_health.look("acct_other:test", [TO]) == ({}, False)


@pytest.mark.parametrize(
    "kind, shown", [("Delivery", "delivered"), ("DeliveryDelay", "delayed"), ("Reject", "rejected")]
)
def test_what_became_of_a_mail_stands_in_the_history(
    shop: Shop, cloud: Cloud, tags: dict[str, str], kind: str, shown: str
) -> None:
    customer = mailed(shop, cloud)

    assert record_feedback(told(kind, tags), shop.twin.now) == kind.lower()
    assert state(customer) == shown


@pytest.mark.parametrize(
    "kind, shown", [("Delivery", "delivered"), ("DeliveryDelay", "delayed"), ("Reject", "rejected")]
)
def test_any_word_of_a_mail_says_that_it_has_left(
    shop: Shop, cloud: Cloud, tags: dict[str, str], monkeypatch: pytest.MonkeyPatch, kind: str, shown: str
) -> None:
    """SES's answer and its SEND notification are both lost: it does not go out again."""
    with monkeypatch.context() as broken:
        broken.setattr(outbox, "sent", lambda *_: True)
        customer = mailed(shop, cloud)
    assert state(customer) == "sending"

    record_feedback(told(kind, tags), shop.twin.now)

    assert state(customer) == shown
    shop.advance(outbox.LEASE + 3600)
    assert run(shop, cloud) == []


def test_after_a_complaint_the_second_contact_gets_nothing_either(
    shop: Shop, cloud: Cloud, tags: dict[str, str]
) -> None:
    mailed(shop, cloud, metadata={"billing_email": "pay@example.com"})
    record_feedback(complaint(tags), shop.twin.now)

    shop.advance(4 * DAY)

    assert run(shop, cloud) == ["closed"]
    assert recipients(cloud) == [TO]


def test_a_late_delivery_does_not_hide_a_bounce(shop: Shop, cloud: Cloud, tags: dict[str, str]) -> None:
    customer = mailed(shop, cloud)
    record_feedback(bounce(tags), shop.twin.now)

    record_feedback(told("Delivery", tags), shop.twin.now)

    assert state(customer) == "bounced"


def test_a_bounce_twice_opens_the_step_once(shop: Shop, cloud: Cloud, tags: dict[str, str]) -> None:
    mailed(shop, cloud, metadata={"billing_email": "pay@example.com"})
    first = dict(tags)
    record_feedback(bounce(first), shop.twin.now)
    run(shop, cloud)

    record_feedback(bounce(first), shop.twin.now)
    shop.advance(3600)

    assert run(shop, cloud) in ([], ["held"])
    assert recipients(cloud) == [TO, "pay@example.com"]


def test_the_mails_of_others_in_the_account_pass(cloud: Cloud) -> None:
    strange = json.dumps({"eventType": "Send", "mail": {"timestamp": "2026-11-02T12:00:00.000Z", "tags": {}}})

    assert record_feedback(strange, NOW) == "send"


@pytest.mark.parametrize("message", ["", "[]", "null", '{"eventType": "Bounce", "mail": {"tags": {}}, "bounce": {}}'])
def test_what_ses_never_sends_is_parked(cloud: Cloud, message: str) -> None:
    with pytest.raises(UnknownShape, match="no notification of SES"):
        record_feedback(message, NOW)


def test_too_many_bounces_pause_all_mails_until_somebody_resumes(
    shop: Shop, cloud: Cloud, tags: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    shop.fail_renewal(card="pm_twin_expired_card")
    shop.advance(DAY)
    now = shop.twin.now
    for _ in range(200):
        mail_health.count("sends", now)
    for _ in range(7):
        mail_health.count("bounces", now)
    assert mail_health.paused() is None

    record_feedback(bounce({"customer": "cus_else", "mail": "1", "claim": "1"}).replace(TO, "else@example.com"), now)

    assert mail_health.paused() == mail_health.Pause("bounces", now)
    assert "MailsPaused" in capsys.readouterr().out
    assert run(shop, cloud) == ["held"]
    assert recipients(cloud) == []
    mail_health.resume(now)
    shop.advance(3600)
    assert run(shop, cloud) == ["sent"]
    assert mail_health.window(shop.twin.now + 3600) == []


def test_a_notification_of_another_topic_is_refused(cloud: Cloud) -> None:
    def event(topic: str) -> dict[str, Any]:
        sns: dict[str, Any] = {"TopicArn": topic, "Message": told("Open", {}), "Subject": None, "MessageAttributes": {}}
        return {"Records": [{"Sns": sns}]}

    record_mail_feedback(event(config.setting("MAIL_FEEDBACK_TOPIC")), None)
    with pytest.raises(Misconfigured, match="another topic"):
        record_mail_feedback(event("arn:aws:sns:eu-north-1:999999999999:feedback"), None)
