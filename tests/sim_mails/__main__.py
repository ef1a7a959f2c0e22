"""`python -m tests.sim_mails`: lives by seed, each told by its number alone. `--seed N --trace` shows what happened in one."""

import argparse
import sys
from functools import partial

from tests.seeds import Pace, shared
from tests.sim_mails import lives, notice_lives
from tests.sim_mails.broken import BREAKS, broken
from tests.sim_mails.edges import Edges, installed
from tests.sim_mails.lives import Life, Verdict

LIVES: dict[bool, Life] = {False: lives.live, True: notice_lives.live}


def main() -> int:
    """0 where every life came out right."""
    parser = argparse.ArgumentParser(prog="python -m tests.sim_mails", description=__doc__)
    parser.add_argument("--runs", type=int, default=20_000, help="how many seeds (default 20000)")
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--jobs", type=int, default=1, help="how many processes (default 1)")
    parser.add_argument("--trace", action="store_true", help="show one life, line by line")
    parser.add_argument(
        "--broken", choices=[one.__name__ for one in BREAKS], help="with the protocol broken on purpose"
    )
    parser.add_argument("--notices", action="store_true", help="lives of trials, renewals, cards and ends instead")
    asked = parser.parse_args()
    out = sys.stdout
    if asked.trace:
        with installed() as edges, broken(asked.broken):
            out.write(lives.trace(edges, asked.seed, LIVES[asked.notices]) + "\n")
        return 0
    pace, done, mails, remains, wrong = Pace(asked.runs), 0, 0, 0, 0
    for found in shared(partial(chunk, asked.notices, asked.broken), asked.seed, asked.runs, asked.jobs):
        done, mails = done + len(found), mails + sum(each.mails for each in found)
        remains, wrong = remains + sum(each.remains for each in found), wrong + sum(bool(each.wrong) for each in found)
        out.writelines(f"seed {each.seed}: {'; '.join(each.wrong)}\n" for each in found if each.wrong)
        out.write(pace.line(done, f"lives, {mails} mails", wrong))
        out.flush()
    out.write(f"{remains} mails left twice where SES's answer and its SEND notification were both lost or late\n")
    return 1 if wrong else 0


def chunk(notices: bool, name: str | None, seeds: range) -> list[Verdict]:
    """Some lives, in this process."""
    with installed() as edges, broken(name):
        return [judged(edges, seed, LIVES[notices]) for seed in seeds]


def judged(edges: Edges, seed: int, life: Life) -> Verdict:
    """One life; an error that nobody handled is wrong as well, and `--trace` shows where it came from."""
    try:
        return life(edges, seed)
    except Exception as error:  # noqa: BLE001 - one life must not end all of them
        return Verdict(seed, (f"{type(error).__name__}: {error}",), 0, 0)


if __name__ == "__main__":
    sys.exit(main())
