"""The webhook endpoint as strangers meet it: the Lambda handler that ships, with a table and a queue in memory behind it.

Nothing of AWS is simulated but what a delivery reaches: so many thousand deliveries a second can be made.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from types import SimpleNamespace
from typing import Any

import pytest

from app import app
from chalicelib import clock, log
from chalicelib.aws import queue, secrets
from chalicelib.store.tables import ObjectRow, bind
from tests.conftest import NOW
from tests.sim.edges import ENVIRONMENT, SECRET, _Nowhere
from tests.sim.table import Answer, Perform, Table

ROUTE = "/webhooks/stripe/{endpoint_name}"


class Door:
    """What comes in, and what it leaves behind: `writes` are calls of DynamoDB, `messages` those of the queue."""

    def __init__(self) -> None:
        self.table = Table(self._called)
        self.writes: list[str] = []
        self.messages: list[dict[str, Any]] = []

    def _called(self, operation: str, perform: Perform) -> Answer:
        self.writes.append(operation)
        return perform()

    def send_message(self, *, QueueUrl: str, MessageBody: str) -> Answer:  # noqa: N803 - boto3's names
        """SQS: a message for the queue of doubts, or of new cards."""
        assert QueueUrl in (ENVIRONMENT["EVENTS_QUEUE_URL"], ENVIRONMENT["NEW_CARDS_QUEUE_URL"])
        self.messages.append(json.loads(MessageBody))
        return {"MessageId": "1"}

    def forget(self) -> None:
        """An empty table and an empty queue."""
        self.table.items.clear()
        self.writes.clear()
        self.messages.clear()

    def post(self, event: dict[str, Any]) -> Any:
        """What the Lambda answers to an event of API Gateway's."""
        return app(event, None)


@contextmanager
def opened() -> Iterator[Door]:
    """The real code, led to a door of ours for a while; the clock stands at NOW."""
    door = Door()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(_Nowhere()):
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        secrets.forget()
        aws = SimpleNamespace(
            send_message=door.send_message, get_secret_value=lambda **_: {"SecretString": json.dumps(SECRET)}
        )
        patch.setattr(queue, "client", lambda _service: aws)
        patch.setattr(secrets, "client", lambda _service: aws)
        patch.setattr(clock, "now", lambda: NOW)
        level = log.logger().log_level
        log.logger().setLevel("CRITICAL")
        bind()
        ObjectRow._get_connection().connection._client = door.table  # type: ignore[assignment]
        yield door
        log.logger().setLevel(level)
        ObjectRow._connection = None
        secrets.forget()
