"""The queues that hold what failed: looking without taking, and giving back to where it came from."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from chalicelib.store import parked
from chalicelib.store.parked import Parked
from infra.stacks import Stacks

WAIT = 1
"""Seconds that an empty answer may take: with none, SQS asks only some of its servers."""

LOOK = 60
"""Seconds for which a message that we look at is hidden from others; it is shown again at the end."""


@dataclass(frozen=True)
class Source:
    """A dead-letter queue (output of the data stack), and what its messages were meant for: a queue and its worker."""

    dead: str
    queue: str | None
    worker: str | None


SOURCES = {
    "events": Source("EventsDeadUrl", "EventsUrl", "apply_events"),
    "new_cards": Source("NewCardsDeadUrl", "NewCardsUrl", "collect_payments"),
    "mails": Source("MailsDeadUrl", "MailsUrl", "send_mails"),
    "undelivered": Source("UndeliveredUrl", None, None),
}


@dataclass(frozen=True)
class Letter:
    """A parked message. `why` is what its worker wrote down, or what the service said that could not hand it over."""

    queue: str
    id: str
    body: str
    sent_at: int
    why: Parked | None
    receipt: str

    @property
    def fields(self) -> dict[str, Any]:
        """The body, where it is a JSON object; else nothing."""
        try:
            raw = json.loads(self.body)
        except ValueError:
            return {}
        return raw if isinstance(raw, dict) else {}


def letters(stacks: Stacks, queue: str, most: int) -> list[Letter]:
    """Up to `most` parked messages, oldest first, all of them visible to others again afterwards."""
    url, sqs = stacks.data[SOURCES[queue].dead], stacks.client("sqs")
    found: dict[str, Letter] = {}
    try:
        for letter in _taken(sqs, url, queue):
            if letter.id in found or len(found) == most:
                break
            found[letter.id] = letter
    finally:
        for letter in found.values():
            sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=letter.receipt, VisibilityTimeout=0)
    return sorted(found.values(), key=lambda letter: (letter.sent_at, letter.id))


def replay(stacks: Stacks, queue: str, wanted: set[str] | None, most: int) -> list[str]:
    """Give messages back (those named, or all): the ids of those that went. Sent first, then deleted: twice is harmless."""
    url, sqs = stacks.data[SOURCES[queue].dead], stacks.client("sqs")
    gone: list[str] = []
    left: list[Letter] = []
    for letter in _taken(sqs, url, queue):
        if letter.id in {each.id for each in left} or len(gone) == most:
            left.append(letter)
            break
        if wanted is not None and letter.id not in wanted:
            left.append(letter)
            continue
        _give_back(stacks, letter)
        sqs.delete_message(QueueUrl=url, ReceiptHandle=letter.receipt)
        gone.append(letter.id)
    for letter in left:
        sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=letter.receipt, VisibilityTimeout=0)
    return gone


def _taken(sqs: Any, url: str, queue: str) -> Iterator[Letter]:
    """Messages, each hidden from others for LOOK seconds."""
    asked = {"AttributeNames": ["All"], "MessageAttributeNames": ["All"], "MaxNumberOfMessages": 10}
    while batch := sqs.receive_message(QueueUrl=url, VisibilityTimeout=LOOK, WaitTimeSeconds=WAIT, **asked).get(
        "Messages"
    ):
        for message in batch:
            yield _letter(queue, message)


def _letter(queue: str, message: dict[str, Any]) -> Letter:
    worker = SOURCES[queue].worker
    sent_at = int(message["Attributes"]["SentTimestamp"]) // 1000
    why = parked.find(worker, message["MessageId"]) if worker else _told(message, sent_at)
    return Letter(queue, message["MessageId"], message["Body"], sent_at, why, message["ReceiptHandle"])


def _told(message: dict[str, Any], at: int) -> Parked | None:
    """What Lambda (ErrorCode, ErrorMessage) or EventBridge (ERROR_CODE, ERROR_MESSAGE) wrote on the message."""
    said = {name: each.get("StringValue", "") for name, each in message.get("MessageAttributes", {}).items()}
    code = said.get("ERROR_CODE") or said.get("ErrorCode")
    reason = said.get("ERROR_MESSAGE") or said.get("ErrorMessage") or ""
    tries = int(said.get("RETRY_ATTEMPTS") or 2) + 1
    return Parked(code, reason[:300], tries, at) if code else None


def _give_back(stacks: Stacks, letter: Letter) -> None:
    queue = SOURCES[letter.queue].queue
    if queue is not None:
        stacks.client("sqs").send_message(QueueUrl=stacks.data[queue], MessageBody=letter.body)
        return
    function, event = target(letter.body)
    stacks.client("lambda").invoke(
        FunctionName=stacks.functions[function], InvocationType="Event", Payload=json.dumps(event).encode()
    )


class NoTarget(Exception):
    """A message of which nobody knows for whom it was."""


def target(body: str) -> tuple[str, dict[str, Any]]:
    """(logical id of the function, its event) of an undelivered message, told from its shape. Raises NoTarget."""
    try:
        raw = json.loads(body)
    except ValueError as error:
        raise NoTarget("This message is no JSON.") from error
    if isinstance(raw, dict) and raw.get("Type") == "Notification":
        sns = {"Message": raw["Message"], "MessageId": raw.get("MessageId"), "Subject": raw.get("Subject")}
        return "RecordMailFeedback", {
            "Records": [{"EventSource": "aws:sns", "Sns": sns | {"TopicArn": raw["TopicArn"]}}]
        }
    if isinstance(raw, dict) and raw.get("Records"):
        return "RecordMailFeedback", raw
    if isinstance(raw, dict) and str(raw.get("source", "")).startswith("aws.partner/stripe.com"):
        return "TakePartnerEvent", raw
    if isinstance(raw, dict) and raw.get("source") == "aws.events":
        rules = " ".join(map(str, raw.get("resources") or []))
        return ("Reconcile" if "Reconcile" in rules else "ScheduleReminders"), raw
    raise NoTarget("This message is of no function of ours.")
