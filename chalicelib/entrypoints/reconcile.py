"""Every fifteen minutes: go on with the reconciling under way, or begin the night's."""

from typing import TYPE_CHECKING

from chalice.app import Blueprint, CloudWatchEvent, Rate

from chalicelib import clock, config
from chalicelib.errors import Misconfigured
from chalicelib.log import count, note, observed, report

if TYPE_CHECKING:
    from chalicelib.core.reconcile import Run

blueprint = Blueprint(__name__)

SECONDS = 600
"""Of work in one call; the function may run two minutes longer, for the page under way."""


@blueprint.schedule(Rate(15, unit=Rate.MINUTES))
@observed
def reconcile(event: CloudWatchEvent) -> dict[str, object]:
    """Do a part of the run; twice at once, or late, is harmless."""
    from chalicelib.actions.reconcile import reconcile as go_on
    from chalicelib.store.jobs import Taken

    try:
        run = go_on(clock.now, SECONDS)
    except Taken:
        return {"state": "taken"}
    except Misconfigured as error:
        if error.param != "stripe_api_key":
            raise
        report(error, function="reconcile")  # not set up yet: that is no failure of a run, and `doctor` says so too
        return {"state": "no_key"}
    if run is None:
        return {"state": "not_due"}
    if run.place is None:
        _told(run)
    note("reconcile", **_summary(run))
    return _summary(run)


def _told(run: "Run") -> None:
    """What a whole run has found. The backfill's findings are no drift: nothing was there before."""
    found = {name.removeprefix("drift."): n for name, n in run.counts.items() if name.startswith("drift.")}
    name = "Backfilled" if run.first else "Drift"
    count(name, sum(found.values()), function=config.optional("AWS_LAMBDA_FUNCTION_NAME") or "reconcile")
    for kind, number in found.items():
        count(f"{name}ByKind", number, kind=kind)


def _summary(run: "Run") -> dict[str, object]:
    state = "finished" if run.place is None else run.place.phase
    return {"state": state, "first": run.first, "started_at": run.started_at, "counts": dict(run.counts)}
