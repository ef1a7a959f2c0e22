"""Stripe for a job, which is patient where it does not answer, and for a worker, which is not: never faster than it may be."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

from chalicelib import config
from chalicelib.actions import ask_stripe
from chalicelib.core.bucket import Bucket
from chalicelib.core.model import Kind
from chalicelib.errors import StripeRefused, StripeUnavailable
from chalicelib.stripe_api import paging
from chalicelib.stripe_api.paging import Page
from chalicelib.stripe_api.shapes import Answer

T = TypeVar("T")

PATIENCE = (1, 2, 4, 8)
"""Seconds to wait before each further try."""

WORKERS = 5
"""Workers of the queue of doubts at once, at most (`MaximumConcurrency` in infra/template.yaml; a test compares the two)."""


class Paced:
    """Reads of one account and mode, `rate` a second at most. `calls` counts them."""

    def __init__(self, scope: str, rate: int) -> None:
        self.scope, self.calls = scope, 0
        self._bucket = Bucket(rate)

    def fetch(self, kind: Kind, ident: str) -> Answer:
        """One object. Raises StripeUnavailable after five tries, StripeRefused."""
        return self._patiently(lambda: ask_stripe.fetch(kind, ident, self.scope))

    def page(self, path: str, params: dict[str, Any], cursor: str | None = None) -> Page:
        """The page after `cursor`, also where the object at the cursor was deleted meanwhile. Raises as `fetch`."""
        try:
            return self._patiently(lambda: ask_stripe.page(path, paging.after(params, cursor), self.scope))
        except StripeRefused as refused:
            if cursor is None or refused.param != "starting_after":
                raise
        return self._patiently(lambda: ask_stripe.page(path, paging.beside(params, cursor), self.scope))

    def _patiently(self, call: Callable[[], T]) -> T:
        for wait in PATIENCE:
            try:
                return self._now(call)
            except StripeUnavailable:
                time.sleep(wait)
        return self._now(call)

    def _now(self, call: Callable[[], T]) -> T:
        wait = self._bucket.take(time.monotonic())
        if wait:
            time.sleep(wait)
        self.calls += 1
        return call()


_buckets: dict[tuple[str, float], Bucket] = {}


def reader(scope: str) -> Callable[[Kind, str], Answer]:
    """`ask_stripe.reader` at this worker's share of what an account may be asked in a second, one try each.

    Workers share nothing but that number, so each takes an equal part, however many there are. Raises as `ask_stripe`:
    what Stripe limits goes back to the queue. One bucket for each account lives as long as the Lambda.
    """
    rate = config.stripe_reads_per_second() / WORKERS
    bucket, ask = _buckets.setdefault((scope, rate), Bucket(rate)), ask_stripe.reader(scope)

    def read(kind: Kind, ident: str) -> Answer:
        wait = bucket.take(time.monotonic())
        if wait:
            time.sleep(wait)
        return ask(kind, ident)

    return read


def forget() -> None:
    """Empty buckets: what was asked before does not count (tests)."""
    _buckets.clear()
