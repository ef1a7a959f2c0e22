"""Reconcile: walk Stripe's lists and our table, and make the second equal to the first. Resumable, page by page.

The first run is the backfill. A later one repairs what the live path has lost and counts it: that drift should be nothing.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from chalicelib import config
from chalicelib.actions.compare import Finding, Walk
from chalicelib.actions.paced import Paced
from chalicelib.actions.walks import WALKS
from chalicelib.core.reconcile import Place, Run, next_run
from chalicelib.core.site import scope as scope_of
from chalicelib.store import jobs

NAME = "reconcile"
SAVE_EVERY = 20
"""Seconds of work that a kill may cost."""

Tell = Callable[[Finding], None]
Progress = Callable[[Run], None]


def reconcile(tick: Callable[[], int], seconds: int) -> Run | None:
    """Go on with the run under way, or start the one that is due, for about so many seconds. The run, or None.

    One read where nothing is due. Raises Retryable and Permanent; the next call then goes on from the last page.
    """
    scope, now = config.account_scope(), tick()
    if next_run(jobs.find(scope, NAME), config.setting("STRIPE_ACCOUNT"), now) is None:
        return None
    return work(tick, seconds)


def work(
    tick: Callable[[], int],
    seconds: int,
    begin: Run | None = None,
    force: bool = False,
    tell: Tell = lambda _finding: None,
    progress: Progress = lambda _run: None,
) -> Run | None:
    """Claim the job and work on it; `begin` starts anew. None where nothing is due. Raises jobs.Taken, and as `reconcile`."""
    scope, account, now = config.account_scope(), config.setting("STRIPE_ACCOUNT"), tick()
    last = jobs.claim(scope, NAME, now, force)
    mine, saved = now + jobs.LEASE, now
    run = begin or next_run(last, account, now)
    try:
        while run is not None and run.place is not None and tick() - now < seconds:
            run = advance(run, tick(), tell)
            progress(run)
            if tick() - saved >= SAVE_EVERY:
                saved = tick()
                mine = jobs.save(scope, NAME, run, mine, saved)
    finally:
        jobs.release(scope, NAME, run, mine)
    return run


def advance(run: Run, now: int, tell: Tell = lambda _finding: None, repair: bool = True) -> Run:
    """Do one page of a run; the run after it."""
    assert run.place is not None
    place = run.place
    walk = walk_of(place.account, run.since, repair, tell)
    following = place.after_page(WALKS[place.phase](walk, place.cursor))
    if following is None:
        account = next_account(place.account)
        following = Place(account) if account else None
    counts = Counter(run.counts) + walk.counts
    return replace(run, place=following, counts=counts, finished_at=None if following else now)


def walk_of(account: str, since: int, repair: bool, tell: Tell) -> Walk:
    """A walk of an account, in our mode."""
    scope = scope_of(account, config.livemode())
    return Walk(scope, since, _paced(scope, config.stripe_reads_per_second()), repair, tell)


_kept: dict[tuple[str, int], Paced] = {}


def _paced(scope: str, rate: int) -> Paced:
    """One bucket for each account, kept from page to page."""
    return _kept.setdefault((scope, rate), Paced(scope, rate))


def next_account(account: str) -> str | None:
    """The account that is walked after this one: our own first, then the connected ones, by their list."""
    own, connected = config.setting("STRIPE_ACCOUNT"), config.connected_accounts()
    if connected is not None:
        later = sorted(each for each in connected if account == own or each > account)
        return next((each for each in later if each != own), None)
    cursor = None if account == own else f"{account}@0"
    page = _paced(config.account_scope(), config.stripe_reads_per_second()).page("/v1/accounts", {"limit": 1}, cursor)
    return str(page.data[0]["id"]) if page.data else None
