"""The target of atheris: one input is a header and a body of anybody's, or a body that is rightly signed.

Whatever it is, the signature check and the reader of bodies refuse it in our own words, or take it; and what our check
takes, Stripe's own takes too.
"""

import json
import random
import sys
import time
from contextlib import suppress
from typing import Any

import atheris

with atheris.instrument_imports(include=["chalicelib"]):
    from chalicelib.actions import apply_event, receive_event
    from chalicelib.core.events import EVENTS
    from chalicelib.errors import BadRequest, UnknownShape
    from chalicelib.stripe_api import shapes, signature

from stripe import WebhookSignature

from tests.fixtures.signatures import NOW, SECRET


def one(data: bytes) -> None:
    """The first byte says which: even, a header up to the next NUL, and then a body; odd, a body that we sign."""
    if not data:
        return
    if data[0] % 2:
        body = data[1:]
        header = f"t={NOW},v1={signature.sign(body, SECRET, NOW)}"
    else:
        before, _, body = data[1:].partition(b"\0")
        header = before.decode("utf-8", "surrogateescape")
    with suppress(BadRequest):
        signature.verify(body, header, [SECRET], NOW)
        with suppress(UnicodeDecodeError):
            assert WebhookSignature.verify_header(body.decode(), header, SECRET, tolerance=signature.TOLERANCE)
        with suppress(RecursionError):  # answered with 400, as everything that is nested too deeply
            understood(body)


def understood(body: bytes) -> None:
    """Read a body as far as it can be read without a call."""
    event = receive_event._parse(body)
    json.dumps(event.object, ensure_ascii=False, allow_nan=False).encode()
    meaning = EVENTS.get(event.type)
    if meaning is not None:
        change = meaning(event)
        with suppress(UnknownShape):
            apply_event.doubt_about(event, change, "acct_1:test", "")
            shapes.record(change.kind, event.object)


def mutate(data: bytes, most: int, seed: int) -> bytes:
    """A change to an input: half the time to the JSON of a signed body, so that it stays JSON; else to the bytes."""
    rng = random.Random(seed)  # noqa: S311 - libFuzzer wants the same again
    if data[:1] == b"\x01" and rng.random() < 0.5:
        with suppress(ValueError, LookupError, TypeError, RecursionError):
            raw = json.loads(data[1:])
            changed = b"\x01" + json.dumps(_changed(raw, rng)).encode()
            if len(changed) <= most:
                return changed
    return bytes(atheris.Mutate(data, most))


ODD: tuple[Any, ...] = (None, True, 0, -1, 2**53 + 1, 1.5, 1e308, "", "evt_1", "#", "\ud800", [], {}, [[]], {"id": 1})


def _changed(raw: Any, rng: random.Random) -> Any:
    """The same JSON with one place gone, odd, or like another one."""
    holders = [raw]
    for holder in holders:
        inner = holder.values() if isinstance(holder, dict) else holder
        holders += [each for each in inner if isinstance(each, dict | list) and each]
    holder, other = rng.choice(holders), rng.choice(holders)
    place = rng.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
    kind = rng.randrange(3)
    if kind == 0:
        del holder[place]
    else:
        same = rng.choice(list(other.values()) if isinstance(other, dict) else other)
        holder[place] = rng.choice(ODD) if kind == 1 else json.loads(json.dumps(same))
    return raw


def fuzz(arguments: list[str]) -> None:
    """Let libFuzzer feed `one`. It ends the process."""
    time.time = lambda: float(NOW)  # Stripe's check asks the clock
    sys.setrecursionlimit(1000)
    atheris.Setup(arguments, one, custom_mutator=mutate)
    atheris.Fuzz()
