"""Where the real code leaves the process: DynamoDB, SQS, Secrets Manager, Stripe and the clock, all led to one `World`."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout, suppress
from io import TextIOBase
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
import stripe
from botocore.exceptions import ClientError, ReadTimeoutError

from chalicelib import clock, log
from chalicelib.aws import queue, secrets
from chalicelib.store.tables import ObjectRow, bind
from chalicelib.stripe_api import gateway
from tests.conftest import ACCOUNT, WEBHOOK_SECRET
from tests.sim.shop import PLURALS
from tests.sim.table import Answer, Perform, Table, refusal
from tests.sim.tasks import Crash, give_way
from tests.sim.world import Message, World

ENVIRONMENT = {
    "STAGE": "dev",
    "TABLE_NAME": "simulated",
    "EVENTS_QUEUE_URL": "https://sqs.invalid/events",
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

    def dynamodb(self, operation: str, perform: Perform) -> Answer:
        """One call of DynamoDB's."""
        fault = self.world.reach(operation, "crash after", "throttled", "answer lost", "twice")
        if fault == "throttled":
            raise refusal(operation, "ProvisionedThroughputExceededException", "too fast")
        return self._performed(fault, perform)

    def send_message(self, *, QueueUrl: str, MessageBody: str) -> Answer:  # noqa: N803 - boto3's names
        """SQS: a message for the queue of doubts."""
        assert ENVIRONMENT["EVENTS_QUEUE_URL"] == QueueUrl
        told = json.loads(MessageBody)
        fault = self.world.reach(
            f"SendMessage {told['event']}: {told['reason']}", "crash after", "sqs refuses", "answer lost", "twice"
        )
        if fault == "sqs refuses":
            raise refusal("SendMessage", "ServiceUnavailable", "later")
        return self._performed(fault, lambda: self._queued(MessageBody))

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
                raise Crash
            give_way()
            if fault == "answer lost":
                raise ReadTimeoutError(endpoint_url="https://aws.invalid")

    def get(self, path: str) -> tuple[str, int, dict[str, str]]:
        """Stripe: a GET whose value and Date are of some moments between its beginning and its end."""
        world = self.world
        fault = world.reach(f"GET {path}", "stripe 429", "stripe 500", "stripe silent", "stripe undated")
        if fault == "stripe silent":
            raise stripe.APIConnectionError("no answer", should_retry=True)  # type: ignore[no-untyped-call]
        if fault in ("stripe 429", "stripe 500"):
            return json.dumps({"error": {"message": fault}}), int(fault[-3:]), {"Date": world.shop.date(world.now)}
        stamp = world.shop.date(world.now) if world.rng.random() < 0.5 else None
        give_way()
        status, body = world.shop.get(path)
        world.note(world.current.name if world.current else "", f"GET {path} reads what is now")
        give_way()
        stamp = stamp or world.shop.date(world.now)
        give_way()
        return body, status, {} if fault == "stripe undated" else {"Date": stamp}


class Wire(stripe.HTTPClient):
    """The SDK's HTTP client, led to `Edges.get`."""

    name = "simulated"

    def __init__(self, edges: Edges) -> None:
        super().__init__()
        self.edges = edges

    def request(
        self,
        method: str,  # noqa: ARG002 - the SDK's signature; only GETs come here
        url: str,
        headers: Mapping[str, str] | None = None,  # noqa: ARG002
        post_data: Any = None,  # noqa: ARG002
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, dict[str, str]]:
        """One request."""
        return self.edges.get(urlsplit(url).path)

    def _sleep_time_seconds(self, *_: Any, **__: Any) -> float:
        return 0

    def close(self) -> None:
        """Nothing is open."""


class Light:
    """What `gateway.fetch` needs of a StripeClient, thirty times as fast: most runs do without the SDK's objects."""

    def __init__(self, edges: Edges) -> None:
        readers = {name: SimpleNamespace(retrieve=self._reader(edges, name)) for name in PLURALS}
        self.v1 = SimpleNamespace(**readers)

    @staticmethod
    def _reader(edges: Edges, plural: str) -> Callable[..., Any]:
        def retrieve(ident: str, *_params: Any) -> Any:
            body, status, headers = edges.get(f"/v1/{plural}/{ident}")
            if status == 404:
                raise stripe.InvalidRequestError(  # type: ignore[no-untyped-call]
                    "No such", None, code="resource_missing", http_status=404, headers=headers
                )
            if status == 429:
                raise stripe.RateLimitError("too fast", http_status=429)
            if status >= 500:
                raise stripe.APIError("broken", http_status=status)
            raw = json.loads(body)
            return SimpleNamespace(last_response=SimpleNamespace(headers=headers), to_dict=lambda **_: raw)

        return retrieve


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
        patch.setattr(gateway, "time", SimpleNamespace(monotonic=lambda: edges.world.now))
        _install_stripe(patch, edges)
        level = log.logger.log_level
        log.logger.setLevel("CRITICAL")
        bind()
        ObjectRow._get_connection().connection._client = edges.table  # type: ignore[assignment]
        yield edges
        log.logger.setLevel(level)
        ObjectRow._connection = None
        secrets.forget()


def _install_stripe(patch: pytest.MonkeyPatch, edges: Edges) -> None:
    with pytest.MonkeyPatch.context() as wiring:
        wiring.setattr(stripe, "RequestsClient", lambda **_: Wire(edges))
        real = gateway.client.__wrapped__(SECRET["stripe_api_key"], None)
    light = Light(edges)
    patch.setattr(gateway, "client", lambda *_: real if edges.world.profile.through_sdk else light)
