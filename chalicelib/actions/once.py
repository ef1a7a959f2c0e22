"""Idempotency-Key: the same request again comes out the same, another one is refused. See docs/api.md.

No answer is stored, since ours hold secrets: an answer is made anew from a seed that only the caller's API key gives. From it
come a link's token, and Stripe's own idempotency key, by which Stripe returns the session that it made the first time.
"""

import hashlib
import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from chalicelib.core.frozen import frozen
from chalicelib.errors import BadRequest
from chalicelib.store import keys, once
from chalicelib.store.once import Conflict, InProgress

HEADER = "Idempotency-Key"


@frozen
class Attempt:
    """A request under way, as of second `at`; `seed` is None for one without a key."""

    at: int
    seed: bytes | None = None

    @property
    def token(self) -> str | None:
        """256 bits that nobody without the API key can know: the token of a link."""
        return self._derived("token")

    def stripe_key(self, asked: Any) -> str | None:
        """Stripe's idempotency key for parameters: with others (a language that has changed) it is another session."""
        return self._derived(json.dumps(asked, sort_keys=True))

    def _derived(self, purpose: str) -> str | None:
        if self.seed is None:
            return None
        return urlsafe_b64encode(hmac.new(self.seed, purpose.encode(), hashlib.sha256).digest()).rstrip(b"=").decode()


@contextmanager
def attempt(api_key: str, idempotency_key: str | None, request: Any, now: int) -> Iterator[Attempt]:
    """Make a request once: no write without a key, two with one. Where it fails the key is free again.

    Raises BadRequest: for a strange key 400, for another request with a key that was used 409, for one under way 409.
    """
    if idempotency_key is None:
        yield Attempt(now)
        return
    if not 1 <= len(idempotency_key) <= 255 or not idempotency_key.isascii() or not idempotency_key.isprintable():
        raise BadRequest("The key must be 1 to 255 printable ASCII characters.", HEADER)
    key = keys.once(api_key, idempotency_key)
    fingerprint = keys.digest(json.dumps(request, sort_keys=True))
    at = _begin(key, fingerprint, now)
    seed = hmac.new(api_key.encode(), f"{idempotency_key}\n{at}\n{fingerprint}".encode(), hashlib.sha256).digest()
    try:
        yield Attempt(at, seed)
    except Exception:
        once.release(key)
        raise
    once.finish(key)


def _begin(key: keys.Key, request: str, now: int) -> int:
    try:
        return once.begin(key, request, now)
    except Conflict as error:
        raise BadRequest("The key was used with another request.", HEADER, "idempotency_conflict", 409) from error
    except InProgress as error:
        raise BadRequest("A request with this key is under way.", HEADER, "idempotency_in_progress", 409) from error
