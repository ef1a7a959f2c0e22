"""Seeded runs, shared out among processes: which of them does a run changes nothing in it."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

CHUNK = 100
"""Runs that a process does in one go."""

TOLD_EVERY = 10
"""Seconds between two lines of progress."""

Found = TypeVar("Found")


def shared(do: Callable[[range], Found], first: int, runs: int, jobs: int) -> Iterator[Found]:
    """What `do` finds in each chunk of seeds, in their order. With more than one job it must be a function of a module."""
    chunks = [range(at, min(at + CHUNK, first + runs)) for at in range(first, first + runs, CHUNK)]
    if jobs == 1:
        yield from map(do, chunks)
        return
    with ProcessPoolExecutor(jobs) as pool:
        for start in range(0, len(chunks), 50 * jobs):  # no more than these wait at once
            yield from pool.map(do, chunks[start : start + 50 * jobs])


class Pace:
    """How far a long run has come: a line every ten seconds, and one at its end."""

    def __init__(self, runs: int) -> None:
        self.runs, self.began = runs, time.monotonic()
        self.told = self.began

    def line(self, done: int, what: str, wrong: int) -> str:
        """The line, or nothing where the last one is young."""
        now = time.monotonic()
        if now - self.told < TOLD_EVERY and done < self.runs:
            return ""
        self.told = now
        return f"{done} of {self.runs} {what}, {wrong} wrong, {done / (now - self.began):.0f} a second\n"
