"""Time and work by hand: move the clock, fire the schedule, and wait until all that it set going is done."""

import json
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from infra.local.aws import Aws
from infra.local.stack import Stack

DAY = 86400
NOON = 11 * 3600
"""Noon, or an hour past it, where the demo's merchant lives; seconds into the day in UTC."""
PATIENCE = 60
"""Seconds in which what was set going must be done."""


COUNTS = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


class NotDrained(Exception):
    """Messages were left when the time was up."""


class FunctionFailed(Exception):
    """A function that was called directly raised."""


def now(stack: Stack) -> int:
    """The time that the twin and the functions share, in UTC seconds."""
    path = Path(stack.clock_file)
    return int(time.time()) + (int(path.read_text()) if path.exists() else 0)


def advance(stack: Stack, seconds: int, passed: Callable[[int], None] = lambda _days: None) -> None:
    """Move the time of the twin and of the functions, with all that happens on the way.

    The schedule really runs every quarter of an hour; here it runs at noon of each day on the way, when mails may go
    out, and at the end. Before and after each run the webhooks are delivered and the queues drained. `passed` is told
    how many noons have gone by.
    """
    at, target = now(stack), now(stack) + seconds
    noons = 0
    while at < target:
        noon = at - at % DAY + NOON + (DAY if at % DAY >= NOON else 0)
        at = min(noon, target)
        twin(stack, "advance", {"to": at})
        settle(stack)
        fire_schedule(stack, at)
        settle(stack)
        noons += at == noon
        passed(noons)


def settle(stack: Stack) -> None:
    """Wait until Stripe has delivered its events and the queues are empty. Raises NotDrained."""
    flush(stack)
    while drain(stack):
        flush(stack)  # what was on a queue may have made Stripe say more: a payment with a new card


def flush(stack: Stack) -> None:
    """Wait until Stripe has delivered its events. Raises NotDrained."""
    pending = twin(stack, "flush", {"timeout": PATIENCE})["pending"] if stack.twin else 0
    if pending:
        raise NotDrained(f"after {PATIENCE} s the twin still has {pending} webhooks to deliver")


def skip(stack: Stack, seconds: int) -> None:
    """Move the time without the schedule, through days on which nothing is due to anybody."""
    twin(stack, "advance", {"seconds": seconds})
    settle(stack)


def twin(stack: Stack, verb: str, body: dict[str, Any]) -> dict[str, Any]:
    """Ask the twin's control API."""
    request = urllib.request.Request(f"{stack.stripe}/_twin/{verb}", method="POST", data=json.dumps(body).encode())
    with urllib.request.urlopen(request, timeout=2 * PATIENCE) as reply:
        answer: dict[str, Any] = json.load(reply)
        return answer


def fire_schedule(stack: Stack, at: int) -> None:
    """Run the reminder schedule once, as EventBridge would at the time `at`. Raises FunctionFailed."""
    event = {
        "version": "0",
        "id": "00000000-0000-4000-8000-000000000000",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "000000000000",
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at)),
        "region": "eu-north-1",
        "resources": [],
        "detail": {},
    }
    answer = (
        Aws(stack.aws)
        .client("lambda")
        .invoke(FunctionName=stack.functions["ScheduleReminders"], Payload=json.dumps(event).encode())
    )
    if answer.get("FunctionError"):
        raise FunctionFailed(answer["Payload"].read().decode())


def drain(stack: Stack, seconds: float = PATIENCE) -> bool:
    """Wait until the queues are empty and nobody works on them; whether there was work. Raises NotDrained, with what is left.

    A message counts until its function is done with it, so one that is passed on is never missed; two looks, because the
    queues are looked at one after the other.
    """
    sqs = Aws(stack.aws).client("sqs")
    deadline = time.monotonic() + seconds
    empty, worked = 0, False
    while empty < 2:
        left = {url: _waiting(sqs, url) for url in stack.queues}
        empty = 0 if any(left.values()) else empty + 1
        worked = worked or not empty
        if not empty and time.monotonic() > deadline:
            raise NotDrained(f"after {seconds:.0f} s there is still work: {left}")
        time.sleep(0.02)
    return worked


def dead_letters(stack: Stack) -> int:
    """How many messages lie in the queues of what failed."""
    sqs = Aws(stack.aws).client("sqs")
    return sum(_waiting(sqs, url) for url in stack.dead)


def _waiting(sqs: Any, url: str) -> int:
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(COUNTS))["Attributes"]
    return sum(int(attributes[name]) for name in COUNTS)
