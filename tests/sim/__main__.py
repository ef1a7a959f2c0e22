"""`python -m tests.sim`: runs by seed, each told by its number alone. `--seed N --trace` shows what happened in one.

Runs are shared out among `--jobs` processes; which of them does a run changes nothing in it.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

from tests.sim.broken import BREAKS, broken
from tests.sim.edges import Edges, installed
from tests.sim.runs import Divergence, run, trace

CHUNK = 100
"""Runs that a process does in one go."""

TOLD_EVERY = 10
"""Seconds between two lines of progress."""


def main() -> int:
    """0 where every run ended right."""
    parser = argparse.ArgumentParser(prog="python -m tests.sim", description=__doc__)
    parser.add_argument("--runs", type=int, default=20_000, help="how many seeds (default 20000)")
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--jobs", type=int, default=1, help="how many processes (default 1)")
    parser.add_argument("--trace", action="store_true", help="show one run, line by line")
    parser.add_argument("--broken", choices=[one.__name__ for one in BREAKS], help="with a protocol broken on purpose")
    asked = parser.parse_args()
    out = sys.stdout
    if asked.trace:
        with installed() as edges, broken(asked.broken):
            out.write(trace(edges, asked.seed) + "\n")
        return 0
    began, told, done, wrong = time.monotonic(), time.monotonic(), 0, 0
    for number, found in shared(asked.seed, asked.runs, asked.jobs, asked.broken):
        done, wrong = done + number, wrong + len(found)
        out.writelines(f"seed {each.seed}: {each.reason}\n" for each in found)
        now = time.monotonic()
        if now - told >= TOLD_EVERY or done == asked.runs:
            told = now
            out.write(f"{done} of {asked.runs} runs, {wrong} wrong, {done / (now - began):.0f} runs a second\n")
        out.flush()
    return 1 if wrong else 0


def shared(first: int, runs: int, jobs: int, name: str | None) -> Iterator[tuple[int, list[Divergence]]]:
    """How many runs were done, and those that ended wrong, chunk by chunk, in the order of seeds."""
    chunks = [(at, min(at + CHUNK, first + runs), name) for at in range(first, first + runs, CHUNK)]
    if jobs == 1:
        yield from map(chunk, chunks)
        return
    with ProcessPoolExecutor(jobs) as pool:
        for start in range(0, len(chunks), 50 * jobs):  # no more than these wait at once
            yield from pool.map(chunk, chunks[start : start + 50 * jobs])


def chunk(asked: tuple[int, int, str | None]) -> tuple[int, list[Divergence]]:
    """Some runs, in this process."""
    first, end, name = asked
    with installed() as edges, broken(name):
        found = [each for seed in range(first, end) if (each := judged(edges, seed))]
        return end - first, found


def judged(edges: Edges, seed: int) -> Divergence | None:
    """One run; an error that nobody handled is wrong as well, and `--trace` shows where it came from."""
    try:
        return run(edges, seed)
    except Exception as error:  # noqa: BLE001 - one run must not end all of them
        return Divergence(seed, f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    sys.exit(main())
