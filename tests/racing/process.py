"""One of the sixteen: it lets subscriptions change, delivers the events of that, not always at once, and works on doubts."""

import os
import random
import time
from collections import Counter
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import stripe

from chalicelib import log
from chalicelib.actions import receive_event
from chalicelib.aws import queue, secrets
from chalicelib.core.events import Doubt
from chalicelib.entrypoints.apply_events import apply_events
from chalicelib.errors import Retryable
from chalicelib.store import objects
from tests.builders import signed
from tests.racing.stripe import Answering, Shared, event
from tests.shop import sqs_event

SECRET = {
    "stripe_api_key": "rk_test_racing",
    "webhook_secrets": {"default": ["whsec_test_secret_of_the_default_endpoint"]},
}
HELD = 8
"""Events that are under way at once: they arrive in any order."""


def race(environment: dict[str, str], state: Shared, events: int, seed: int) -> dict[str, int]:
    """The whole of one process; its counts."""
    os.environ |= environment
    log.logger().setLevel("CRITICAL")
    secrets._cached[environment["SECRET_ID"]] = (time.monotonic() + 10**6, SECRET)
    answering = Answering(state)
    stripe.RequestsClient = lambda **_: answering  # type: ignore[misc, assignment]
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):
        counts = Racer(state, random.Random(seed)).run(events)  # noqa: S311 - the seed is told
    return {**counts, "gets": answering.calls}


class Racer:
    """What one process has under way."""

    def __init__(self, state: Shared, rng: random.Random) -> None:
        self.state, self.rng = state, rng
        self.counts: Counter[str] = Counter()
        self.under_way: list[bytes] = []
        self.doubts: list[dict[str, Any]] = []
        queue.send_doubt = self._send
        objects.take_ticket = self._counted(objects.take_ticket, lambda _asked: True)
        objects.write = self._counted(objects.write, lambda asked: asked[-1].ticket is None)

    def run(self, events: int) -> Counter[str]:
        """So many changes, all of whose events are taken in the end."""
        for number in range(events):
            which = self.rng.randrange(len(self.state.versions))
            version, at = self.state.change(which)
            self.under_way.append(event(which, version, at, f"evt_{os.getpid()}_{number}"))
            if len(self.under_way) > HELD:
                self._deliver()
            if len(self.doubts) >= 10:
                self._work()
        while self.under_way:
            self._deliver()
        while self.doubts:
            self._work()
        return self.counts

    def _deliver(self) -> None:
        body = self.under_way.pop(self.rng.randrange(len(self.under_way)))
        now = int(time.time())
        try:
            outcome = receive_event.receive("default", body, signed(body, now), now)
        except Retryable:
            self.under_way.append(body)
            outcome = "refused"
        self.counts[outcome] += 1

    def _send(self, doubt: Doubt) -> None:
        self.doubts.append({**vars(doubt), "kind": doubt.kind.value})

    def _work(self) -> None:
        batch, self.doubts = self.doubts[:10], self.doubts[10:]
        back = {each["itemIdentifier"] for each in apply_events(sqs_event(*batch), None)["batchItemFailures"]}
        self.counts["back"] += len(back)
        self.doubts += [each for number, each in enumerate(batch) if f"message-{number}" in back]

    def _counted(self, call: Callable[..., Any], counts: Callable[[tuple[Any, ...]], bool]) -> Callable[..., Any]:
        """A call that counts as an increment of `issued` where it succeeds."""

        def counting(*asked: Any) -> Any:
            answer = call(*asked)
            self.counts["issued"] += counts(asked)
            return answer

        return counting
