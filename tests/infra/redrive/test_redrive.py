"""What failed five times is found again with its reason, and goes back to where it came from."""

import json
from typing import Any

import pytest

from chalicelib.core.model import Kind
from chalicelib.entrypoints.apply_events import apply_events
from chalicelib.entrypoints.send_mails import send_mails
from chalicelib.errors import MailUnavailable
from chalicelib.store import cases, keys, parked
from chalicelib.store.parked import LIFETIME, find
from infra.redrive import __main__ as redrive
from infra.redrive import queues
from infra.redrive.queues import NoTarget, target
from infra.redrive.words import ADVICE, UNFORESEEN, UNTOLD
from infra.stacks import Stacks
from tests.conftest import NOW, SITE, Cloud, everything
from tests.edge import TwinEdge
from tests.infra.deployment import tell
from tests.shop import sqs_event

STAGE = ("--stage", "dev")


@pytest.fixture
def outputs(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The data stack's outputs."""
    monkeypatch.setattr("chalicelib.clock.now", lambda: NOW)
    monkeypatch.setattr(queues, "WAIT", 0)
    return tell(monkeypatch, cloud)


def doubt(customer: str = "cus_1") -> dict[str, Any]:
    """A message of the queue of doubts."""
    named = {"event": "evt_1", "type": "customer.updated", "kind": "customer", "id": customer, "customer": customer}
    return {**named, "object_created": 0, "scope": SITE.scope, "created": NOW, "reason": "same_time"}


def park(cloud: Cloud, url: str, body: Any) -> str:
    """Put a message into a queue of what failed, as SQS does after five tries; its id."""
    sent = cloud.sqs.send_message(QueueUrl=url, MessageBody=body if isinstance(body, str) else json.dumps(body))
    return str(sent["MessageId"])


def tried(message: str, body: dict[str, Any], times: int = 5) -> dict[str, Any]:
    """A batch of that one message at its so-manieth try."""
    batch = sqs_event(body)
    batch["Records"][0]["messageId"] = message
    batch["Records"][0]["attributes"]["ApproximateReceiveCount"] = str(times)
    return batch


def give_up(cloud: Cloud, edge: TwinEdge, url: str) -> str:
    """An event that Stripe did not answer about five times; the message's id."""
    message = park(cloud, url, doubt())
    edge.fail = lambda _method, _path: ("{}", 500, {})
    apply_events(tried(message, doubt()), None)
    return message


def test_nothing_parked_is_said_queue_by_queue(outputs: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert redrive.main(["list", *STAGE]) == 0

    printed = capsys.readouterr().out
    assert (
        printed
        == "events: nothing parked\nnew_cards: nothing parked\nmails: nothing parked\nundelivered: nothing parked\n"
    )


def test_a_parked_event_is_listed_with_what_it_is_about_and_why(
    outputs: dict[str, str], cloud: Cloud, edge: TwinEdge, capsys: pytest.CaptureFixture[str]
) -> None:
    message = give_up(cloud, edge, outputs["EventsDeadUrl"])

    redrive.main(["list", "--queue", "events", *STAGE])

    printed = capsys.readouterr().out
    assert message in printed
    assert f"customer.updated evt_1 cus_1 {SITE.scope}  StripeUnavailable" in printed


def test_looking_takes_nothing_and_can_be_done_again_at_once(
    outputs: dict[str, str], cloud: Cloud, edge: TwinEdge, capsys: pytest.CaptureFixture[str]
) -> None:
    give_up(cloud, edge, outputs["EventsDeadUrl"])

    for _ in range(2):
        redrive.main(["list", "--queue", "events", *STAGE])

    first, second = capsys.readouterr().out.split("events: ")[1:]
    assert first == second
    assert first.startswith("1 parked")


def test_show_says_in_words_what_to_do(
    outputs: dict[str, str], cloud: Cloud, edge: TwinEdge, capsys: pytest.CaptureFixture[str]
) -> None:
    message = give_up(cloud, edge, outputs["EventsDeadUrl"])

    assert redrive.main(["show", message, *STAGE]) == 0

    printed = capsys.readouterr().out
    assert ADVICE["StripeUnavailable"] in printed
    assert "tries      5" in printed
    assert "failed at  2026-11-02 12:00:00Z" in printed


def test_a_worker_that_died_leaves_no_reason_and_that_is_said(
    outputs: dict[str, str], cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    message = park(cloud, outputs["EventsDeadUrl"], doubt())

    redrive.main(["show", message, *STAGE])

    assert UNTOLD in capsys.readouterr().out


def test_the_reason_is_written_at_the_last_try_only_and_expires(
    outputs: dict[str, str], cloud: Cloud, edge: TwinEdge
) -> None:
    edge.fail = lambda _method, _path: ("{}", 500, {})
    for times in (1, 2, 3, 4):
        apply_events(tried("message-1", doubt(), times), None)
    assert find("apply_events", "message-1") is None
    cloud.dynamodb_requests.clear()

    apply_events(tried("message-1", doubt()), None)
    assert cloud.dynamodb_requests == ["UpdateItem", "UpdateItem"], "a ticket, and the reason"

    (item,) = [each for each in everything(cloud) if each["pk"]["S"] == "Q#apply_events"]
    assert (item["error"]["S"], item["tries"]["N"]) == ("StripeUnavailable", "5")
    assert item["expires_at"]["N"] == str(NOW + LIFETIME)


def test_an_event_that_succeeds_at_its_last_try_writes_no_reason(
    outputs: dict[str, str], cloud: Cloud, edge: TwinEdge
) -> None:
    cloud.dynamodb_requests.clear()

    apply_events(tried("message-1", doubt()), None)

    assert cloud.dynamodb_requests == ["UpdateItem", "UpdateItem"]


def test_words_that_are_not_ours_are_not_kept(
    outputs: dict[str, str], cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise ValueError("astrid@example.com is wrong")

    monkeypatch.setattr("chalicelib.entrypoints.apply_events.settle", broken)

    apply_events(tried("message-1", doubt()), None)

    why = find("apply_events", "message-1")
    assert why
    assert why.error == "ValueError"
    assert "astrid" not in why.reason


def test_a_reason_that_cannot_be_written_holds_nothing_up(
    outputs: dict[str, str], cloud: Cloud, edge: TwinEdge, monkeypatch: pytest.MonkeyPatch
) -> None:
    edge.fail = lambda _method, _path: ("{}", 500, {})

    def full(*_: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(parked, "put", full)

    answer = apply_events(tried("message-1", doubt()), None)

    assert answer == {"batchItemFailures": [{"itemIdentifier": "message-1"}]}


def test_a_mail_that_ses_refused_names_its_invoice(
    outputs: dict[str, str], cloud: Cloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    key = keys.of_object(SITE.scope, Kind.INVOICE, "in_1", "cus_1", NOW)
    body = {"pk": key.pk, "sk": key.sk}
    message = park(cloud, outputs["MailsDeadUrl"], body)

    def refuse(*_: Any) -> None:
        raise MailUnavailable("SES did not take the mail: Throttling.")

    monkeypatch.setattr(cases, "of_customer", refuse)
    send_mails(tried(message, body), None)

    redrive.main(["show", message, *STAGE])

    printed = capsys.readouterr().out
    assert "in_1" in printed
    assert "cus_1" in printed
    assert "MailUnavailable: SES did not take the mail: Throttling." in printed


def test_one_message_is_replayed_and_the_others_stay(
    outputs: dict[str, str], cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    url = outputs["EventsDeadUrl"]
    one, other = park(cloud, url, doubt()), park(cloud, url, doubt("cus_2"))

    assert redrive.main(["replay", one, *STAGE]) == 0

    assert cloud.messages(cloud.events_url) == [doubt()]
    redrive.main(["list", "--queue", "events", *STAGE])
    printed = capsys.readouterr().out
    assert one not in printed.partition("events:")[2]
    assert other in printed


def test_all_are_replayed_each_to_its_own_queue(outputs: dict[str, str], cloud: Cloud) -> None:
    for n in range(25):
        park(cloud, outputs["EventsDeadUrl"], doubt(f"cus_{n}"))
    park(cloud, outputs["MailsDeadUrl"], {"pk": "C#x#cus_1", "sk": "5#INV#1#in_1"})

    assert redrive.main(["replay", "--all", *STAGE]) == 0

    assert sorted(each["id"] for each in cloud.messages(cloud.events_url)) == sorted(f"cus_{n}" for n in range(25))
    assert cloud.messages(cloud.mails_url) == [{"pk": "C#x#cus_1", "sk": "5#INV#1#in_1"}]
    assert cloud.messages(outputs["EventsDeadUrl"]) == []


def test_replaying_twice_ends_in_the_same_state(outputs: dict[str, str], cloud: Cloud, edge: TwinEdge) -> None:
    customer = edge.twin.request("POST", "/v1/customers", {"email": "a@example.com"})[2]["id"]
    park(cloud, outputs["EventsDeadUrl"], doubt(customer))
    redrive.main(["replay", "--all", *STAGE])
    (message,) = cloud.messages(cloud.events_url)
    apply_events(sqs_event(message), None)
    before = {each["sk"]["S"]: each.get("state") for each in everything(cloud)}

    park(cloud, outputs["EventsDeadUrl"], message)
    redrive.main(["replay", "--all", *STAGE])
    apply_events(sqs_event(*cloud.messages(cloud.events_url)), None)

    assert {each["sk"]["S"]: each.get("state") for each in everything(cloud)} == before
    assert cloud.mails() == []


def test_a_message_that_is_not_there_is_an_error(outputs: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert redrive.main(["replay", "message-9", *STAGE]) == 1
    assert redrive.main(["show", "message-9", *STAGE]) == 1
    assert "message-9 is not parked" in capsys.readouterr().out


@pytest.mark.parametrize("words", [["replay"], ["replay", "a", "--all"], ["show"], ["list", "--queue", "other"]])
def test_a_command_that_makes_no_sense_is_refused(words: list[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        redrive.main(words)
    assert refused.value.code == 2


def test_a_message_that_is_no_json_can_be_listed_and_shown(
    outputs: dict[str, str], cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    message = park(cloud, outputs["EventsDeadUrl"], "certainly no JSON")

    redrive.main(["list", "--queue", "events", *STAGE])
    redrive.main(["show", message, *STAGE])

    printed = capsys.readouterr().out
    assert f"{message}" in printed
    assert "unreadable" in printed
    assert "certainly" not in printed


def test_what_a_service_could_not_hand_over_tells_its_own_reason(
    outputs: dict[str, str], cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    said = {"ErrorCode": "200", "ErrorMessage": "2026 Task timed out after 20.00 seconds"}
    cloud.sqs.send_message(
        QueueUrl=outputs["UndeliveredUrl"],
        MessageBody=json.dumps(
            {"source": "aws.events", "resources": ["arn:...Schedule"], "detail-type": "Scheduled Event"}
        ),
        MessageAttributes={name: {"DataType": "String", "StringValue": value} for name, value in said.items()},
    )

    redrive.main(["list", "--queue", "undelivered", *STAGE])

    assert "Scheduled Event  200" in capsys.readouterr().out


def test_an_undelivered_notification_goes_to_the_function_it_was_for(
    outputs: dict[str, str], cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoked: list[dict[str, Any]] = []

    class Lambda:
        def invoke(self, **asked: Any) -> None:
            invoked.append(asked)

    real = Stacks.client
    monkeypatch.setattr(Stacks, "client", lambda self, name: Lambda() if name == "lambda" else real(self, name))
    park(cloud, outputs["UndeliveredUrl"], {"Type": "Notification", "Message": "{}", "TopicArn": "arn:topic"})

    assert redrive.main(["replay", "--all", "--queue", "undelivered", *STAGE]) == 0

    (asked,) = invoked
    assert (asked["FunctionName"], asked["InvocationType"]) == ("feedback-1", "Event")
    assert json.loads(asked["Payload"])["Records"][0]["Sns"]["Message"] == "{}"


@pytest.mark.parametrize(
    "body, function",
    [
        ({"Records": [{"EventSource": "aws:sns", "Sns": {}}]}, "RecordMailFeedback"),
        (
            {"source": "aws.events", "resources": ["arn:aws:events:x:1:rule/app-ScheduleReminders-1"]},
            "ScheduleReminders",
        ),
        ({"source": "aws.events", "resources": ["arn:aws:events:x:1:rule/app-ReconcileEvent-1"]}, "Reconcile"),
        ({"source": "aws.partner/stripe.com/ed_1", "detail": {}}, "TakePartnerEvent"),
    ],
)
def test_an_undelivered_message_is_known_by_its_shape(body: dict[str, Any], function: str) -> None:
    assert target(json.dumps(body))[0] == function


@pytest.mark.parametrize("body", ["no json", "[]", "{}", '{"source": "aws.ec2"}'])
def test_a_message_of_nobody_is_left_where_it_is(body: str) -> None:
    with pytest.raises(NoTarget):
        target(body)


def test_every_error_of_ours_that_can_park_a_message_has_its_advice() -> None:
    assert set(ADVICE) >= {"StripeUnavailable", "StoreUnavailable", "StripeRefused", "UnknownShape", "Misconfigured"}
    assert UNFORESEEN not in ADVICE.values()


def test_a_digest_is_told_from_a_due_case(
    outputs: dict[str, str], cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    message = park(
        cloud, outputs["MailsDeadUrl"], dict(zip(("pk", "sk"), keys.mail(SITE.scope, "site_nordlys", 7), strict=True))
    )

    redrive.main(["show", message, *STAGE])

    assert "digest" in capsys.readouterr().out
