"""A delivery of Stripe's: verify, understand, and either store its snapshot or put it on the queue of doubts.

Nothing received is lost: what cannot be stored now is queued, and what cannot be queued is refused, so that Stripe retries.
"""

import json
import re
from dataclasses import replace
from math import isfinite
from typing import NoReturn

from chalicelib import config
from chalicelib.actions.apply_event import doubt_about, take_snapshot
from chalicelib.aws import queue, secrets
from chalicelib.core.events import EVENTS, Change, Event, NewCard
from chalicelib.core.site import scope as scope_of
from chalicelib.core.window import Verdict
from chalicelib.errors import BadRequest, Retryable, UnknownShape
from chalicelib.stripe_api import shapes, signature

LARGEST = 256 * 1024
"""Bytes of a body; recorded events are 1 to 12 KB."""

_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


def receive(endpoint: str, body: bytes, header: str | None, now: int) -> str:
    """Take one delivery; what became of it, for the log and the metrics.

    Raises BadRequest for anything that Stripe did not sign or that is no snapshot event, NotFound for an unknown endpoint,
    Retryable where neither the table nor the queue took it.
    """
    if len(body) > LARGEST:
        raise BadRequest(f"The body is larger than {LARGEST} bytes.", code="payload_too_large", status=413)
    _verify(endpoint, body, header, now)
    try:
        return take(_parse(body))
    except RecursionError as error:
        raise BadRequest("The body is nested too deeply.") from error


def receive_unsigned(raw: object) -> str:
    """Take one event that came over a way which only Stripe can use (EventBridge); what became of it.

    Raises BadRequest for what is no snapshot event, Retryable where neither the table nor the queue took it.
    """
    try:
        return take(shapes.event(raw))
    except UnknownShape as error:
        raise BadRequest(error.message, error.param) from error


def take(event: Event) -> str:
    """Store an event's snapshot, or queue its doubt, if it is of our mode and of an account of ours. Raises as above."""
    meaning = EVENTS.get(event.type)
    if meaning is None:
        return "ignored_type"
    if event.livemode != config.livemode():
        return "ignored_mode"
    if not config.takes(event.account):
        return "ignored_account"
    return _apply(event, meaning(event))


def _verify(endpoint: str, body: bytes, header: str | None, now: int) -> None:
    """Check against the cached secrets, then once against fresh ones: one may just have been rolled."""
    known = secrets.webhook_secrets(endpoint)
    try:
        signature.verify(body, header, known, now)
    except BadRequest:
        fresh = secrets.webhook_secrets(endpoint, newest=True)
        if fresh == known:
            raise
        signature.verify(body, header, fresh, now)


def _parse(body: bytes) -> Event:
    try:
        raw = json.loads(body.decode("utf-8"), parse_constant=_no_constant, parse_float=_finite)
        if _SURROGATE.search(body):
            json.dumps(raw, ensure_ascii=False).encode("utf-8")
        return shapes.event(raw)
    except UnknownShape as error:
        raise BadRequest(error.message, error.param) from error
    except (ValueError, RecursionError) as error:
        raise BadRequest("The body is not a JSON event.") from error


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    return number if isfinite(number) else _no_constant(digits[:20])


def _apply(event: Event, change: Change) -> str:
    scope = scope_of(event.account or config.setting("STRIPE_ACCOUNT"), event.livemode)
    try:
        doubt = doubt_about(event, change, scope, "doubt")
    except UnknownShape as error:
        raise BadRequest(error.message, error.param) from error
    try:
        verdict, reason = take_snapshot(event, change, doubt)
    except Retryable as error:
        verdict, reason = Verdict.DOUBT, type(error).__name__
    if verdict is Verdict.DOUBT:
        queue.send_doubt(replace(doubt, reason=reason))
    # Said again by every delivery: whoever crashed before saying it is delivered to again, and twice is harmless.
    customer = shapes.brings_card(change.kind, event.object, event.previous) if change.new_card else None
    if customer:
        queue.send_new_card(NewCard(event.id, scope, customer))
    return "queued" if verdict is Verdict.DOUBT else str(verdict.value)
