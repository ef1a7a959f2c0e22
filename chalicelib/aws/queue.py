"""The queues: events in doubt, customers with a new card, and cases that are due."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import config
from chalicelib.aws.clients import client
from chalicelib.core.events import Doubt, NewCard
from chalicelib.core.model import Kind
from chalicelib.errors import QueueUnavailable, UnknownShape

BATCH = 10
"""SQS takes at most so many messages a call."""


def send_doubt(doubt: Doubt) -> None:
    """Put an event on the queue of doubts. Raises QueueUnavailable."""
    _send("EVENTS_QUEUE_URL", asdict(doubt))


def send_new_card(news: NewCard) -> None:
    """Put a customer with a new card on the queue of those. Raises QueueUnavailable."""
    _send("NEW_CARDS_QUEUE_URL", asdict(news))


def _send(queue: str, message: dict[str, Any]) -> None:
    try:
        client("sqs").send_message(QueueUrl=config.setting(queue), MessageBody=json.dumps(message))
    except (BotoCoreError, ClientError) as error:
        raise QueueUnavailable(f"SQS did not take the event: {type(error).__name__}.") from error


def read_doubt(body: str) -> Doubt:
    """A message of the queue of doubts. Raises UnknownShape where it is not one."""
    try:
        raw = json.loads(body)
        return Doubt(**{**raw, "kind": Kind(raw["kind"])})
    except (ValueError, TypeError, KeyError) as error:
        raise UnknownShape(f"This message is not a doubt: {type(error).__name__}.") from error


def read_new_card(body: str) -> NewCard:
    """A message of the queue of new cards. Raises UnknownShape where it is not one."""
    try:
        raw = json.loads(body)
        return NewCard(**{name: str(raw[name]) for name in ("event", "scope", "customer")})
    except (ValueError, TypeError, KeyError) as error:
        raise UnknownShape(f"This message is not a new card: {type(error).__name__}.") from error


def send_due(cases: Sequence[tuple[str, str]]) -> None:
    """Put due cases, given by key, on the queue of mails. Raises QueueUnavailable unless SQS took every one."""
    for first in range(0, len(cases), BATCH):
        batch = cases[first : first + BATCH]
        entries = [
            {"Id": str(number), "MessageBody": json.dumps({"pk": pk, "sk": sk})}
            for number, (pk, sk) in enumerate(batch)
        ]
        try:
            answer = client("sqs").send_message_batch(QueueUrl=config.setting("MAILS_QUEUE_URL"), Entries=entries)
        except (BotoCoreError, ClientError) as error:
            raise QueueUnavailable(f"SQS did not take the due cases: {type(error).__name__}.") from error
        if answer.get("Failed"):
            raise QueueUnavailable(f"SQS refused {len(answer['Failed'])} of {len(batch)} due cases.")


def read_due(body: str) -> tuple[str, str]:
    """A message of the queue of mails: the key of the case. Raises UnknownShape where it is not one."""
    try:
        raw = json.loads(body)
        return str(raw["pk"]), str(raw["sk"])
    except (ValueError, TypeError, KeyError) as error:
        raise UnknownShape(f"This message is not a due case: {type(error).__name__}.") from error
