"""`python -m tests.sim`: runs by seed, each told by its number alone. `--seed N --trace` shows what happened in one."""

import argparse
import sys
from functools import partial

from tests.seeds import Pace, shared
from tests.sim.broken import BREAKS, broken
from tests.sim.edges import Edges, installed
from tests.sim.runs import Divergence, run, trace


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
    pace, done, wrong = Pace(asked.runs), 0, 0
    for number, found in shared(partial(chunk, asked.broken), asked.seed, asked.runs, asked.jobs):
        done, wrong = done + number, wrong + len(found)
        out.writelines(f"seed {each.seed}: {each.reason}\n" for each in found)
        out.write(pace.line(done, "runs", wrong))
        out.flush()
    return 1 if wrong else 0


def chunk(name: str | None, seeds: range) -> tuple[int, list[Divergence]]:
    """How many runs, in this process, and those that ended wrong."""
    with installed() as edges, broken(name):
        return len(seeds), [each for seed in seeds if (each := judged(edges, seed))]


def judged(edges: Edges, seed: int) -> Divergence | None:
    """One run; an error that nobody handled is wrong as well, and `--trace` shows where it came from."""
    try:
        return run(edges, seed)
    except Exception as error:  # noqa: BLE001 - one run must not end all of them
        return Divergence(seed, f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    sys.exit(main())
