"""Stripe as sixteen processes share it: objects whose versions go up, and GETs that answer with the moment."""

import json
import multiprocessing
import time
from collections.abc import Mapping
from email.utils import formatdate
from typing import Any
from urllib.parse import urlsplit

import stripe

from tests.builders import fixture

EVENT = "customer.subscription.updated"


class Shared:
    """The version of each subscription, in memory that all processes see."""

    def __init__(self, context: Any, objects: int) -> None:
        self.versions = context.Array("l", objects, lock=False)
        self.lock = context.Lock()

    def change(self, number: int) -> tuple[int, float]:
        """A subscription changes: its new version, and when (Stripe's one clock)."""
        with self.lock:
            self.versions[number] += 1
            return int(self.versions[number]), time.time()

    def now(self, number: int) -> int:
        """The version of a subscription at this moment."""
        with self.lock:
            return int(self.versions[number])


def shared(objects: int) -> Shared:
    """Memory for processes that are spawned."""
    return Shared(multiprocessing.get_context("spawn"), objects)


def raw(number: int, version: int) -> dict[str, Any]:
    """A whole subscription at one of its versions."""
    made: dict[str, Any] = fixture(EVENT)["data"]["object"]
    return made | {"id": f"sub_{number}", "customer": f"cus_{number}", "metadata": {"v": str(version)}}


def event(number: int, version: int, at: float, ident: str) -> bytes:
    """The event of a change."""
    made = fixture(EVENT)
    made |= {"id": ident, "created": int(at)}
    made["data"]["object"] = raw(number, version)
    return json.dumps(made).encode()


class Answering(stripe.HTTPClient):
    """The SDK's HTTP client, led to the shared memory."""

    name = "racing"

    def __init__(self, state: Shared) -> None:
        super().__init__()
        self.state, self.calls = state, 0

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
        self.calls += 1
        number = int(urlsplit(url).path.rpartition("sub_")[2])
        body = json.dumps(raw(number, self.state.now(number)))
        return body, 200, {"Date": formatdate(time.time(), usegmt=True)}

    def close(self) -> None:
        """Nothing is open."""
