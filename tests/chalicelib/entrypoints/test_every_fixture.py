"""Every recorded event, signed, through the Lambda handler that ships.

`EVENT_FIXTURES=folder` takes the events of another folder; tests/fixtures/README.md says what is asked of them.
"""

import json
import os
from collections.abc import Iterator, Mapping
from email.utils import formatdate
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import boto3
import pytest
import stripe

from app import app
from chalicelib import clock
from chalicelib.actions import apply_event
from chalicelib.core.events import EVENTS, Change, Event
from chalicelib.core.site import scope
from chalicelib.entrypoints.apply_events import apply_events
from chalicelib.errors import UnknownShape
from chalicelib.store import table
from chalicelib.store.objects import record_of
from chalicelib.store.tables import ObjectRow
from chalicelib.stripe_api import shapes
from tests.builders import rest_event, signed, whole
from tests.conftest import ACCOUNT, NOW, WEBHOOK_SECRET, Cloud, everything
from tests.shop import sqs_event

OURS = Path(__file__).parents[2] / "fixtures" / "stripe"
FOLDER = Path(os.environ.get("EVENT_FIXTURES") or OURS)


class Recorded(NamedTuple):
    """An event, and the very bytes of it."""

    name: str
    raw: dict[str, Any]
    body: bytes


def recorded(folder: Path) -> Iterator[Recorded]:
    """Every snapshot event below a folder; other JSON is passed over."""
    for path in sorted(folder.rglob("*.json")):
        body = path.read_bytes()
        found = json.loads(body)
        many = isinstance(found, list)
        for number, raw in enumerate(found if many else [found]):
            if isinstance(raw, dict) and raw.get("object") == "event":
                name = str(path.relative_to(folder)) + (f"[{number}]" if many else "")
                yield Recorded(name, raw, json.dumps(raw).encode() if many else body)


class Answering(stripe.HTTPClient):
    """Stripe, which has just the object of one event: gone, where the event says so."""

    name = "fixture"

    def __init__(self, event: Event, change: Change) -> None:
        super().__init__()
        self.event, self.change = event, change

    def request(
        self,
        method: str,  # noqa: ARG002 - the SDK's signature; only GETs come here
        url: str,
        headers: Mapping[str, str] | None = None,  # noqa: ARG002
        post_data: Any = None,  # noqa: ARG002
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, dict[str, str]]:
        """One GET."""
        raw, date = self.event.object, {"Date": formatdate(NOW, usegmt=True)}
        if urlsplit(url).path.endswith("/subscription_items"):
            return json.dumps({**raw["items"], "has_more": False}), 200, date
        if self.change.gone and raw["object"] != "payment_method":
            return json.dumps({"error": {"code": "resource_missing", "message": "No such object"}}), 404, date
        return json.dumps(answered(self.event, self.change)), 200, date

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def deployed(cloud: Cloud, monkeypatch: pytest.MonkeyPatch, case: Recorded) -> Cloud:
    """A deployment of the mode and the account of the event."""
    live = case.raw.get("livemode") is True
    value = {
        "stripe_api_key": f"rk_{'live' if live else 'test'}_fixture",
        "webhook_secrets": {"default": [WEBHOOK_SECRET]},
    }
    boto3.client("secretsmanager").put_secret_value(SecretId="stamkund-test", SecretString=json.dumps(value))
    monkeypatch.setenv("LIVEMODE", "true" if live else "false")
    monkeypatch.setenv("CONNECTED_ACCOUNTS", "*")
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return cloud


CASES = list(recorded(FOLDER))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_it_is_answered_with_200_and_the_state_is_as_its_object_says(
    deployed: Cloud, monkeypatch: pytest.MonkeyPatch, case: Recorded
) -> None:
    before = everything(deployed)

    status, outcome = deliver(case.body)
    messages = deployed.messages(deployed.events_url)

    assert status == 200
    event = shapes.event(case.raw)
    if event.type not in EVENTS:
        assert (outcome, messages, everything(deployed)) == ("ignored_type", [], before)
        return
    change = EVENTS[event.type](event)
    if outcome == "queued":
        assert everything(deployed) == before
        assert len(messages) == 1
        settle(monkeypatch, event, change, messages[0])
        return
    assert (outcome, messages) == ("news", [])
    assert_stored(event, change)


def deliver(body: bytes) -> tuple[int, str | None]:
    """One delivery; status and outcome."""
    headers = {"content-type": "application/json; charset=utf-8", "stripe-signature": signed(body)}
    answer = app(rest_event("POST", "/webhooks/stripe/{endpoint_name}", body, headers, endpoint_name="default"), None)
    return answer["statusCode"], json.loads(answer["body"]).get("outcome")


def settle(monkeypatch: pytest.MonkeyPatch, event: Event, change: Change, message: dict[str, Any]) -> None:
    """A worker reads the object from Stripe: stored, or kept on the queue where its shape is none of ours."""
    monkeypatch.setattr(stripe, "RequestsClient", lambda **_: Answering(event, change))

    back = apply_events(sqs_event(message), None)["batchItemFailures"]

    try:
        shapes.record(change.kind, uncut(answered(event, change)))
    except UnknownShape:
        if not change.gone:
            assert len(back) == 1
            assert_stored(event, change, nothing=True)
            return
    assert back == []
    assert_stored(event, change)


def answered(event: Event, change: Change) -> dict[str, Any]:
    """The event's object as a GET that asks for all of it returns it; a doorbell has no object of that kind."""
    return event.object if change.rings else whole(change.kind, event.object)


def uncut(raw: dict[str, Any]) -> dict[str, Any]:
    """The object with all of its items, as reading them singly gives them."""
    items = raw.get("items")
    return {**raw, "items": {**items, "has_more": False}} if isinstance(items, dict) else raw


def assert_stored(event: Event, change: Change, nothing: bool = False) -> None:
    """The row says what the object says; of what is gone, only that."""
    about = apply_event.doubt_about(event, change, scope(event.account or ACCOUNT, event.livemode), "")
    row = table.get(ObjectRow, apply_event.key_of(about))
    assert row is not None
    if nothing:
        assert record_of(row) is None
        return
    assert bool(row.gone) == change.gone
    if not change.gone:
        assert record_of(row) == shapes.record(change.kind, uncut(answered(event, change)))


def test_there_are_events_in_the_folder() -> None:
    assert CASES, f"no snapshot event below {FOLDER}"


def test_ours_have_every_type_that_we_take() -> None:
    assert {case.raw["type"] for case in recorded(OURS)} >= set(EVENTS)
