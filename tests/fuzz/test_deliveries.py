"""Whatever is delivered: no 5xx, nothing of it in the answer, and no trace unless Stripe signed it and it is an event of ours.

`FUZZ_CASES` says how many are made in all (2,000 if left out); `make cases CASES=100000` makes more.
"""

import binascii
import json
import os
import re
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from stripe import WebhookSignature

from chalicelib.core.events import EVENTS
from chalicelib.core.model import Kind
from tests.builders import FIXTURES
from tests.conftest import ACCOUNT, NOW, WEBHOOK_SECRET
from tests.fuzz.deliveries import FAMILIES, Delivery, delivery, signed
from tests.fuzz.door import Door, opened

CASES = int(os.environ.get("FUZZ_CASES", "2000"))
many = settings(
    max_examples=max(1, CASES // len(FAMILIES)), deadline=None, database=None, suppress_health_check=list(HealthCheck)
)

SAID = re.compile(
    r"The body is larger than 262144 bytes\.|The body is not valid UTF-8\.|The body is not a JSON event\."
    r"|The body is nested too deeply\.|This is not a snapshot event of Stripe\.|There is no such webhook endpoint\."
    r"|The signature's time is more than 300 seconds from ours\.|No signature in Stripe-Signature matches the body\."
    r"|The Stripe-Signature header is missing or not ASCII\.|Stripe-Signature must hold one t and at least one v1\."
    rf"|A Stripe (object|event|subscription_item|{'|'.join(Kind)}) has no usable field [a-z_]+\."
)
"""All that a refusal says: none of it can come from a body."""


@pytest.fixture
def door() -> Iterator[Door]:
    """The endpoint, for all cases of a test."""
    with opened() as made, pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "time", lambda: float(NOW))  # Stripe's own check asks the clock
        yield made


def ours(given: Delivery) -> bool:
    """Whether Stripe signed a delivery, by Stripe's own check, and it is an event that we take, by the words of its body."""
    body = sent(given)
    try:
        assert body is not None
        WebhookSignature.verify_header(body, given.signature, WEBHOOK_SECRET, 300)
        raw: Any = json.loads(body)
    except Exception:  # noqa: BLE001 - whatever it trips over is not accepted
        return False
    return (
        given.endpoint == "default"
        and isinstance(raw, dict)
        and raw.get("object") == "event"
        and raw.get("type") in EVENTS
        and raw.get("livemode") is False
        and raw.get("account") in (None, ACCOUNT)
    )


def sent(given: Delivery) -> bytes | None:
    """The body's bytes as API Gateway means them."""
    if given.text is None:
        return given.body
    try:
        return binascii.a2b_base64(given.text)
    except ValueError:
        return None


def judge(door: Door, given: Delivery) -> int:
    """Deliver, and hold the answer and what was left behind against the promise; the status."""
    door.forget()
    answer = door.post(given.event())

    said = json.loads(answer["body"])
    if answer["statusCode"] == 200:
        assert said.keys() == {"received", "outcome"}
        assert said["outcome"] in {"news", "queued", "ignored_type", "ignored_mode", "ignored_account"}
    else:
        assert answer["statusCode"] in (400, 404, 413)
        assert said.keys() == {"error"}
        assert said["error"].keys() == {"code", "message", "param"}
        assert SAID.fullmatch(said["error"]["message"]), said
        assert (door.writes, door.messages) == ([], [])
    if door.writes or door.messages:
        assert ours(given)
    return int(answer["statusCode"])


@pytest.mark.parametrize("family", FAMILIES)
def test_whatever_is_delivered_the_promise_holds(door: Door, family: str) -> None:
    seen: Counter[int] = Counter()

    @many
    @given(FAMILIES[family])
    def deliver(made: Delivery) -> None:
        seen[judge(door, made)] += 1

    deliver()

    assert seen[400] > 0
    assert family in ("bytes", "json") or CASES < 500 or seen[200] > 0


def test_what_a_real_event_leaves_behind_is_seen(door: Door) -> None:
    """The judge can tell: an event leaves a write, and one of another version a message."""
    body = (FIXTURES / "product.updated.json").read_bytes()

    assert judge(door, delivery(body, signed(body))) == 200
    assert door.writes == ["UpdateItem"]
    older = body.replace(b"2026-10-28.endive", b"2020-08-27")
    assert judge(door, delivery(older, signed(older))) == 200
    assert [each["reason"] for each in door.messages] == ["api_version"]
