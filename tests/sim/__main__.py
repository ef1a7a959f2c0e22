"""`python -m tests.sim`: runs by seed, each told by its number alone. `--seed N --trace` shows what happened in one."""

import argparse
import sys
import time

from tests.sim.broken import BREAKS, broken
from tests.sim.edges import installed
from tests.sim.runs import run, trace


def main() -> int:
    """0 where every run ended right."""
    parser = argparse.ArgumentParser(prog="python -m tests.sim", description=__doc__)
    parser.add_argument("--runs", type=int, default=20_000, help="how many seeds (default 20000)")
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--trace", action="store_true", help="show one run, line by line")
    parser.add_argument("--broken", choices=[one.__name__ for one in BREAKS], help="with a protocol broken on purpose")
    asked = parser.parse_args()
    out, wrong, began = sys.stdout, 0, time.monotonic()
    with installed() as edges, broken(asked.broken):
        if asked.trace:
            out.write(trace(edges, asked.seed) + "\n")
            return 0
        for seed in range(asked.seed, asked.seed + asked.runs):
            found = run(edges, seed)
            if found:
                wrong += 1
                out.write(f"seed {seed}: {found.reason}\n")
    spent = time.monotonic() - began
    out.write(f"{asked.runs} runs, {wrong} wrong, {asked.runs / spent:.0f} runs a second\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
