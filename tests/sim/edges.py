"""Where the real code leaves the process: DynamoDB, SQS, Secrets Manager, Stripe and the clock, all led to one `World`."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from io import TextIOBase
from types import SimpleNamespace
from typing import Any

import pytest
import stripe
from botocore.exceptions import ClientError, ReadTimeoutError

from chalicelib import clock, log
from chalicelib.actions import paced, reconcile
from chalicelib.aws import queue, secrets
from chalicelib.core.bucket import Bucket
from chalicelib.store.tables import ObjectRow, bind
from chalicelib.stripe_api import gateway
from chalicelib.stripe_api import lists as stripe_lists
from tests.conftest import ACCOUNT, WEBHOOK_SECRET
from tests.sim import lists
from tests.sim.table import Answer, Perform, Table, refusal
from tests.sim.tasks import give_way
from tests.sim.wire import Light, Wire
from tests.sim.world import Message, World

EVENTS, DEAD = "https://sqs.invalid/events", "https://sqs.invalid/events-dead"
ENVIRONMENT = {
    "STAGE": "dev",
    "TABLE_NAME": "simulated",
    "EVENTS_QUEUE_URL": EVENTS,
    "NEW_CARDS_QUEUE_URL": "https://sqs.invalid/new-cards",
    "SECRET_ID": "simulated",
    "STRIPE_ACCOUNT": ACCOUNT,
    "LIVEMODE": "false",
}
SECRET = {"stripe_api_key": "rk_test_simulated", "webhook_secrets": {"default": [WEBHOOK_SECRET]}}


class Edges:
    """The outside of the handlers. `world` is the run that goes on; `table` is emptied for each."""

    def __init__(self) -> None:
        self.table = Table(self.dynamodb)
        self.world: World

    def begin(self, world: World) -> None:
        """From now on everything belongs to this run."""
        self.world = world
        self.table.items.clear()
        reconcile._kept.clear()  # the pace of a world that is no more
        paced.forget()
        world.stacks = SimpleNamespace(
            data={"EventsDeadUrl": DEAD, "EventsUrl": EVENTS}, client=lambda _name: self.sqs()
        )

    def dynamodb(self, operation: str, perform: Perform) -> Answer:
        """One call of DynamoDB's."""
        fault = self.world.reach(operation, "crash after", "throttled", "answer lost", "twice")
        if fault == "throttled":
            raise refusal(operation, "ProvisionedThroughputExceededException", "too fast")
        return self._performed(fault, perform)

    def sleep(self, seconds: float) -> None:
        """Wait: time passes, and others go on."""
        self.world.now += seconds
        give_way()

    def send_message(self, *, QueueUrl: str, MessageBody: str) -> Answer:  # noqa: N803 - boto3's names
        """SQS: a message for the queue of doubts. What is said of new cards is heard by nobody here."""
        told = {"reason": "a new card", **json.loads(MessageBody)}
        fault = self.world.reach(
            f"SendMessage {told['event']}: {told['reason']}", "crash after", "sqs refuses", "answer lost", "twice"
        )
        if fault == "sqs refuses":
            raise refusal("SendMessage", "ServiceUnavailable", "later")
        return self._performed(fault, lambda: self._queued(MessageBody) if QueueUrl == EVENTS else {})

    def sqs(self) -> Any:
        """SQS as redrive uses it: a queue whose messages are looked at, and given back."""
        return SimpleNamespace(
            receive_message=self.receive_message,
            send_message=self.send_message,
            delete_message=lambda **asked: self._called("DeleteMessage", lambda: self._deleted(asked["ReceiptHandle"])),
            change_message_visibility=lambda **asked: self._called(
                "ChangeMessageVisibility", lambda: self._shown(asked["ReceiptHandle"])
            ),
        )

    def _called(self, call: str, perform: Perform) -> Answer:
        fault = self.world.reach(call, "crash after", "sqs refuses", "answer lost", "twice")
        if fault == "sqs refuses":
            raise refusal(call, "ServiceUnavailable", "later")
        return self._performed(fault, perform)

    def receive_message(self, **_asked: Any) -> Answer:
        """SQS: parked messages, hidden from others from now on."""
        return self._called("ReceiveMessage", self._received)

    def _received(self) -> Answer:
        world = self.world
        found = [message for message in world.dead if message.holder is None][: world.rng.choice((1, 10))]
        for message in found:
            message.holder = world.current
        sent = {"SentTimestamp": str(int(world.now * 1000))}
        return {
            "Messages": [
                {"MessageId": each.id, "Body": each.body, "ReceiptHandle": each.id, "Attributes": sent}
                for each in found
            ]
        }

    def _deleted(self, receipt: str) -> Answer:
        self.world.dead = [message for message in self.world.dead if message.id != receipt]
        return {}

    def _shown(self, receipt: str) -> Answer:
        for message in self.world.dead:
            message.holder = None if message.id == receipt else message.holder
        return {}

    def _queued(self, body: str) -> Answer:
        self.world.started += 1
        self.world.queue.append(Message(f"message {self.world.started}", body))
        return {"MessageId": "1"}

    def _performed(self, fault: str | None, perform: Perform) -> Answer:
        """Carry a call out, lose what the fault says is lost, and let others go on while the answer is on its way."""
        if fault == "twice":
            with suppress(ClientError):
                perform()
        try:
            return perform()
        finally:
            if fault == "crash after":
                self.world.die()
            give_way()
            if fault == "answer lost":
                raise ReadTimeoutError(endpoint_url="https://aws.invalid")

    def get(self, path: str, asked: dict[str, Any]) -> tuple[str, int, dict[str, str]]:
        """Stripe: a GET whose value and Date are of some moments between its beginning and its end."""
        world = self.world
        fault = world.reach(f"GET {path}", "stripe 429", "stripe 500", "stripe silent", "stripe undated")
        if fault == "stripe silent":
            raise stripe.APIConnectionError("no answer", should_retry=True)  # type: ignore[no-untyped-call]
        if fault in ("stripe 429", "stripe 500"):
            return json.dumps({"error": {"message": fault}}), int(fault[-3:]), {"Date": world.shop.date(world.now)}
        stamp = world.shop.date(world.now) if world.rng.random() < 0.5 else None
        give_way()
        if path.count("/") == 3:
            status, body = world.shop.get(path)
        else:
            status, body = lists.page(world.shop, path, asked, give_way)
        world.note(world.current.name if world.current else "", f"GET {path} reads what is now")
        give_way()
        stamp = stamp or world.shop.date(world.now)
        give_way()
        return body, status, {} if fault == "stripe undated" else {"Date": stamp}


class _OwnBuckets(dict[Any, Bucket]):
    """Buckets of which each worker has its own: every handler under way is a Lambda by itself."""

    def __init__(self, edges: Edges) -> None:
        super().__init__()
        self._edges = edges

    def setdefault(self, key: Any, default: Any = None) -> Any:
        return super().setdefault((self._edges.world.current, key), default)


class _Nowhere(TextIOBase):
    """Where metrics are printed."""

    def write(self, text: str) -> int:
        return len(text)


@contextmanager
def installed() -> Iterator[Edges]:
    """Lead the real code to edges of ours for a while."""
    edges = Edges()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(_Nowhere()):
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        secrets.forget()
        aws = SimpleNamespace(
            send_message=edges.send_message, get_secret_value=lambda **_: {"SecretString": json.dumps(SECRET)}
        )
        patch.setattr(queue, "client", lambda _service: aws)
        patch.setattr(secrets, "client", lambda _service: aws)
        patch.setattr(clock, "now", lambda: int(edges.world.now))
        for module in (gateway, stripe_lists, paced):
            patch.setattr(module, "time", SimpleNamespace(monotonic=lambda: edges.world.now, sleep=edges.sleep))
        patch.setattr(paced, "_buckets", _OwnBuckets(edges))
        _install_stripe(patch, edges)
        level = log.logger().log_level
        log.logger().setLevel("CRITICAL")
        bind()
        ObjectRow._get_connection().connection._client = edges.table  # type: ignore[assignment]
        yield edges
        log.logger().setLevel(level)
        ObjectRow._connection = None
        secrets.forget()


def _install_stripe(patch: pytest.MonkeyPatch, edges: Edges) -> None:
    with pytest.MonkeyPatch.context() as wiring:
        wiring.setattr(stripe, "RequestsClient", lambda **_: Wire(edges))
        real = gateway.client.__wrapped__(SECRET["stripe_api_key"], None)
    light = Light(edges)
    patch.setattr(gateway, "client", lambda *_: real if edges.world.profile.through_sdk else light)
