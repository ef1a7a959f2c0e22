"""Whether the webhook handler keeps anything: what Python holds, and what the process holds, over many events."""

import gc
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from infra.bench.webhook import body_maker, ours, signed

PAGE = 4096


class Held(NamedTuple):
    """After so many events: Python's live blocks of memory, and the bytes resident (0 where Linux is not)."""

    events: int
    blocks: int
    resident: int


def measure(events: int, looks: int = 10) -> Iterator[Held]:
    """What is held after the first thousand events (by then every cache is filled), and at each tenth of the rest."""
    handle, make = ours(), body_maker()
    stops = [1000 + (events - 1000) * look // looks for look in range(looks + 1)]
    for number in range(1, events + 1):
        now = int(time.time())
        body = make(number)
        handle(body, signed(body, now), now)
        if number in stops:
            gc.collect()
            yield Held(number, sys.getallocatedblocks(), _resident())


def _resident() -> int:
    statm = Path("/proc/self/statm")
    return int(statm.read_text(encoding="ascii").split()[1]) * PAGE if statm.exists() else 0
