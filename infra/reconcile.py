"""`python -m infra.reconcile`: compare what is stored with Stripe, say what differs and why, and repair it.

Without options it goes on with the run under way, or begins one: the first is the backfill. It may be killed at any time;
the next call, or the nightly function, goes on where it was.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime

from chalicelib import clock, config
from chalicelib.actions import reconcile as action
from chalicelib.actions import walks
from chalicelib.actions.compare import Finding
from chalicelib.core.reconcile import PHASES, Place, Run, start
from chalicelib.errors import StamkundError
from chalicelib.store import jobs
from infra import stacks
from infra.stacks import NoStack

WHY = {
    "missing": "never stored: its events were lost, or are older than this deployment",
    "differs": "an event was lost",
    "gone": "deleted at Stripe: that event was lost",
    "revived": "stored as deleted, and there again",
    "unreadable": "its shape is not known to this version, or the API key may not read it",
}
LONG = 10**9
"""Seconds: by hand, a run works until it is done."""


def main(arguments: list[str]) -> int:
    """0 where nothing differs any more; 1 where something could not be read, or in a dry run differs; 2 for failures."""
    options = read(arguments)
    try:
        stacks.enter(stacks.chosen(options), options.stripe_url)
        counts = look(options)
    except jobs.Taken:
        print("Another run is at work (the nightly one?). Wait, or take it over with --force.", file=sys.stderr)
        return 2
    except (NoStack, StamkundError) as error:
        print(f"\n{error}\nWhat was done is kept: the same command goes on from there.", file=sys.stderr)
        return 2
    print(summary(counts, options.dry_run))
    wrong = [
        name for name in counts if name.startswith(("unreadable.", "drift.") if options.dry_run else "unreadable.")
    ]
    return 1 if wrong else 0


def read(arguments: list[str]) -> argparse.Namespace:
    """The command line. Exits where it makes no sense."""
    parser = argparse.ArgumentParser(prog="python -m infra.reconcile", description=__doc__)
    parser.add_argument("--dry-run", action="store_true", help="change nothing; exit 1 where something differs")
    parser.add_argument("--since", type=day, metavar="DATE", help="compare invoices from that day on (2026-01-31, UTC)")
    parser.add_argument("--customer", metavar="cus_...", help="one customer only")
    parser.add_argument("--account", metavar="acct_...", help="one connected account only (in one go, not resumable)")
    parser.add_argument("--restart", action="store_true", help="begin anew instead of going on with the run under way")
    parser.add_argument("--force", action="store_true", help="take over from a run that seems to be at work")
    parser.add_argument("--stripe-url", help="on the stage local: what `infra.local up --json` calls `stripe`")
    stacks.arguments(parser)
    return parser.parse_args(arguments)


def day(text: str) -> int:
    """The first second (UTC) of a day. Raises ValueError, which argparse tells."""
    return int(datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).timestamp())


def look(options: argparse.Namespace) -> Mapping[str, int]:
    """Do what the options ask; the counts."""
    account = options.account or config.setting("STRIPE_ACCOUNT")
    last = jobs.find(config.account_scope(), action.NAME)
    now = clock.now()
    begin = start(account, now, first=last is None, since=options.since)
    if options.customer:
        walk = action.walk_of(account, begin.since, not options.dry_run, tell)
        walks.customer(walk, options.customer)
        return walk.counts
    if options.dry_run or options.account:
        return alone(begin, account, options)
    going_on = last is not None and last.place is not None and not options.restart and options.since is None
    if going_on and last is not None:
        print(
            f"Going on with the run of {moment(last.started_at)}, at {last.place and last.place.phase}.",
            file=sys.stderr,
        )
    shown = Progress()
    begun = None if going_on else begin
    done = action.work(clock.now, LONG, begun, options.force, tell, shown)
    shown.end()
    return done.counts if done else {}


def alone(run: Run, account: str, options: argparse.Namespace) -> Mapping[str, int]:
    """Walk without a job: nothing is remembered, so nothing is resumed."""
    shown = Progress()
    while run.place is not None and (run.place.account == account or not options.account):
        run = action.advance(run, clock.now(), tell, repair=not options.dry_run)
        shown(run)
    shown.end()
    return run.counts


class Progress:
    """One line on standard error that says how far a run is, at most twice a second."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.shown = float("-inf")
        self.before: int | None = None

    def __call__(self, run: Run) -> None:
        """Show a run."""
        now, done = time.monotonic(), seen(run.counts)
        self.before = done if self.before is None else self.before
        if now - self.shown < 0.5:
            return
        self.shown = now
        place = run.place or Place("")
        rate = (done - self.before) / max(now - self.began, 0.001)
        step = f"{PHASES.index(place.phase) + 1}/{len(PHASES)} {place.phase}"
        print(f"\r{step:<24} {done:>10,} compared {rate:>8,.0f}/s", end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        """Leave the line."""
        print(file=sys.stderr)


def seen(counts: Mapping[str, int]) -> int:
    """How many objects were compared."""
    return sum(number for name, number in counts.items() if name.startswith("seen."))


def tell(finding: Finding) -> None:
    """A line for a difference: names of fields, and never what is in them."""
    what = f"{finding.why}: {', '.join(finding.fields)}" if finding.fields else finding.why
    print(f"{finding.kind:<15} {finding.id:<30} {what}  ({finding.scope})")


def summary(counts: Mapping[str, int], dry: bool) -> str:
    """The whole in a few lines."""
    sums: dict[str, Counter[str]] = {"seen": Counter(), "drift": Counter(), "unreadable": Counter()}
    for name, number in counts.items():
        group, _, kind = name.partition(".")
        if group in sums:
            sums[group][kind] += number
    verb = "differ" if dry else "repaired"
    rows = [f"{'':<15} {'compared':>10} {verb:>10} {'unreadable':>10}"]
    kinds = sorted(set().union(*sums.values()))
    rows += [f"{kind:<15} " + " ".join(f"{sums[group][kind]:>10,}" for group in sums) for kind in kinds]
    legend = [f"{why}: {words}" for why, words in WHY.items()] if sum(sums["drift"].values()) else []
    return "\n".join([*rows, *legend])


def moment(at: int) -> str:
    """A time as people read it, in UTC."""
    return time.strftime("%Y-%m-%d %H:%MZ", time.gmtime(at))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
