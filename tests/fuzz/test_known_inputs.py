"""Inputs that have broken, or slipped through, code like this: each by its name, at the door that ships."""

import inspect
import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest

from chalicelib import clock
from chalicelib.stripe_api.signature import verify
from tests.builders import event
from tests.chalicelib.entrypoints.caller import Answer, call
from tests.conftest import NOW, Cloud, everything
from tests.fuzz.deliveries import Delivery, delivery, signed
from tests.fuzz.door import Door, opened

YEARS = 10 * 31_557_600
GOOD = json.dumps(event("customer.updated")).encode()
SUBSCRIPTION = event("customer.subscription.updated")


@pytest.fixture
def door() -> Iterator[Door]:
    """The webhook endpoint."""
    with opened() as made:
        yield made


def signed_body(body: bytes) -> Delivery:
    """A body under a right signature."""
    return delivery(body, signed(body))


def changed(change: Callable[[Any], None]) -> Delivery:
    """A signed event of a subscription with something odd in it."""
    raw = json.loads(json.dumps(SUBSCRIPTION))
    change(raw)
    return signed_body(json.dumps(raw).encode())


AT_THE_WEBHOOK: dict[str, Delivery] = {
    "a signature beyond ASCII": delivery(GOOD, f"t={NOW},v1=é"),
    "a body that is not UTF-8": signed_body(b'{"id": "\xff\xfe"}'),
    "a signed array": signed_body(b"[]"),
    "a signed null": signed_body(b"null"),
    "a signed number": signed_body(b"1"),
    "a signed object of nothing": signed_body(b"{}"),
    "a signed text that is no JSON": signed_body(b"not json"),
    "a signed thin event": signed_body(
        b'{"object": "v2.core.event", "id": "evt_1", "type": "v1.billing.meter.no_meter_found", "related_object": null}'
    ),
    "a signed nesting of 100,000": signed_body(b"[" * 100_000 + b"]" * 100_000),
    "a time ten years ahead": delivery(GOOD, signed(GOOD, NOW + YEARS)),
    "two times": delivery(GOOD, f"t={NOW},{signed(GOOD)}"),
    "a time of any age, where others may switch the tolerance off": delivery(GOOD, signed(GOOD, NOW - YEARS)),
    "a number beyond any": signed_body(GOOD.replace(b'"metadata": {}', b'"metadata": {"n": 1e400}')),
    "a nesting of 900 within an event": signed_body(
        GOOD.replace(b'"metadata": {}', b'"metadata": ' + b'{"a":' * 900 + b"1" + b"}" * 900)
    ),
    "words of their own for the name of an object": changed(
        lambda raw: raw["data"].update(object={"object": "<b>Hi</b>"})
    ),
}


def test_the_odd_bodies_are_odd() -> None:
    assert all(each.body != GOOD for name, each in AT_THE_WEBHOOK.items() if name.startswith(("a number", "a nesting")))


@pytest.mark.parametrize("name", AT_THE_WEBHOOK)
def test_the_webhook_refuses_it_with_400_and_no_trace(door: Door, name: str) -> None:
    answer = door.post(AT_THE_WEBHOOK[name].event())

    assert answer["statusCode"] == 400
    assert json.loads(answer["body"])["error"].keys() == {"code", "message", "param"}
    assert "Hi" not in answer["body"]
    assert (door.writes, door.messages) == ([], [])


def test_a_list_of_ids_where_objects_belong_is_a_doubt(door: Door) -> None:
    made = changed(lambda raw: raw["data"]["object"]["items"].update(data=["si_1"]))

    assert door.post(made.event())["statusCode"] == 200
    assert [each["reason"] for each in door.messages] == ["shape:data"]
    assert door.writes == []


def test_no_setting_switches_the_tolerance_off() -> None:
    assert list(inspect.signature(verify).parameters) == ["body", "header", "secrets", "now"]


@pytest.mark.parametrize("blank", ["", " ", "\t"])
def test_a_forged_event_is_not_accepted_where_the_secret_is_blank(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, blank: str
) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    value = {"stripe_api_key": "rk_test_x", "webhook_secrets": {"default": [blank]}}
    boto3.client("secretsmanager").put_secret_value(SecretId="stamkund-test", SecretString=json.dumps(value))
    before = everything(cloud)

    headers = {"stripe-signature": signed(GOOD, secret=blank)}
    answer = call("POST", "/webhooks/stripe/{endpoint_name}", GOOD, headers=headers, endpoint_name="default")

    assert (answer.status, answer.code) == (500, "internal_error")
    assert everything(cloud) == before
    assert cloud.messages(cloud.events_url) == []


AT_THE_API: dict[str, tuple[Any, str]] = {
    "a missing member": ("{}", "application/json"),
    "an array": ("[]", "application/json"),
    "null": ("null", "application/json"),
    "a nesting of 100,000": ("[" * 100_000, "application/json"),
    "another case of the content type": ('{"customer": 1}', "Application/JSON"),
    "not a number": ('{"customer": NaN}', "application/json"),
    "a lone surrogate": ('{"customer": "\\ud800"}', "application/json"),
}


@pytest.mark.parametrize("path", ["/v1/portal-sessions", "/v1/portal-links"])
@pytest.mark.parametrize("name", AT_THE_API)
def test_the_api_refuses_it_with_400(cloud: Cloud, api_key: str, name: str, path: str) -> None:
    body, kind = AT_THE_API[name]

    answer: Answer = call("POST", path, body, key=api_key, headers={"content-type": kind})

    assert (answer.status, answer.code) == (400, "invalid_request") or answer.status == 413
