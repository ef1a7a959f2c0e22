"""`python -m tests.sim_mails`: lives by seed, each told by its number alone. `--seed N --trace` shows what happened in one."""

import argparse
import sys
import time

from tests.sim_mails import lives, notice_lives
from tests.sim_mails.broken import BREAKS, broken
from tests.sim_mails.edges import installed


def main() -> int:
    """0 where every life came out right."""
    parser = argparse.ArgumentParser(prog="python -m tests.sim_mails", description=__doc__)
    parser.add_argument("--runs", type=int, default=20_000, help="how many seeds (default 20000)")
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--trace", action="store_true", help="show one life, line by line")
    parser.add_argument(
        "--broken", choices=[one.__name__ for one in BREAKS], help="with the protocol broken on purpose"
    )
    parser.add_argument("--notices", action="store_true", help="lives of trials, renewals, cards and ends instead")
    asked = parser.parse_args()
    life = notice_lives.live if asked.notices else lives.live
    out, wrong, mails, remains, began = sys.stdout, 0, 0, 0, time.monotonic()
    with installed() as edges, broken(asked.broken):
        if asked.trace:
            out.write(lives.trace(edges, asked.seed, life) + "\n")
            return 0
        for number, seed in enumerate(range(asked.seed, asked.seed + asked.runs), 1):
            found = life(edges, seed)
            mails, remains, wrong = mails + found.mails, remains + found.remains, wrong + bool(found.wrong)
            if found.wrong:
                out.write(f"seed {seed}: {'; '.join(found.wrong)}\n")
            if number % 10_000 == 0:
                out.write(f"  {number} lives, {mails} mails, {wrong} wrong, {time.monotonic() - began:.0f} s\n")
                out.flush()
    spent = time.monotonic() - began
    out.write(f"{asked.runs} lives, {mails} mails, {wrong} wrong, {asked.runs / spent:.0f} lives a second\n")
    out.write(f"{remains} mails left twice where SES's answer and its SEND notification were both lost or late\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
