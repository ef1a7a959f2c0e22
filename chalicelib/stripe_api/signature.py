"""Stripe's webhook signature, with the standard library only: the webhook path never imports stripe.

Stricter than stripe-python where that costs an honest sender nothing: one `t` only, 300 seconds into the future too, ASCII
only. Source: stripe-python `_webhook.py`; the accepted and refused forms stand in tests/fixtures.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable

from chalicelib.errors import BadRequest

TOLERANCE = 300
"""Seconds that a signature may be old, or ahead of our clock."""

_TIMESTAMP = re.compile(r"[0-9]{1,12}")


def verify(body: bytes, header: str | None, secrets: Iterable[str], now: int) -> None:
    """Raise BadRequest unless `header` signs exactly `body` with one of `secrets`, at most 300 s from `now`.

    A blank secret never verifies anything.
    """
    timestamp, candidates = _parse(header)
    if abs(now - timestamp) > TOLERANCE:
        raise _bad("The signature's time is more than 300 seconds from ours.")
    for secret in secrets:
        expected = sign(body, secret, timestamp).encode() if secret.strip() else None
        if expected and any(hmac.compare_digest(expected, candidate) for candidate in candidates):
            return
    raise _bad("No signature in Stripe-Signature matches the body.")


def sign(body: bytes, secret: str, timestamp: int) -> str:
    """The v1 signature: hex HMAC-SHA-256 of `timestamp.body`, keyed with the whole `whsec_` string."""
    return hmac.new(secret.encode(), b"%d." % timestamp + body, hashlib.sha256).hexdigest()


def _parse(header: str | None) -> tuple[int, list[bytes]]:
    if not header or not header.isascii():
        raise _bad("The Stripe-Signature header is missing or not ASCII.")
    pairs = [part.partition("=") for part in header.split(",")]
    times = [value for name, _, value in pairs if name == "t"]
    candidates = [value.encode() for name, _, value in pairs if name == "v1"]
    bare = any(name == "v1" and not equals for name, equals, _ in pairs)
    if bare or len(times) != 1 or not _TIMESTAMP.fullmatch(times[0]) or not candidates:
        raise _bad("Stripe-Signature must hold one t and at least one v1.")
    return int(times[0]), candidates


def _bad(message: str) -> BadRequest:
    return BadRequest(message, param="Stripe-Signature", code="invalid_signature")
