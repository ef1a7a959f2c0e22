"""Jobs that go on from Lambda to Lambda: where they stand, and who works on them. Only one does at a time."""

from dataclasses import asdict
from typing import Any

from chalicelib.core.reconcile import Place, Run
from chalicelib.store import keys
from chalicelib.store.table import Refused, get, update
from chalicelib.store.tables import JobRow

LEASE = 300
"""Seconds for which a job belongs to whoever works on it; every saved place renews it."""


class Taken(Exception):
    """Somebody else works on the job, or has taken it over."""


def find(scope: str, name: str) -> Run | None:
    """Where a job stands, or None where it never ran: one read. Raises StoreUnavailable."""
    row = get(JobRow, keys.job(scope, name), consistent=True)
    state: Any = row.state if row is not None else None
    return _run(state.as_dict()) if state is not None else None


def claim(scope: str, name: str, now: int, force: bool = False) -> Run | None:
    """Take a job over and learn where it stands (None: it never ran): one write. Raises Taken, StoreUnavailable."""
    free = None if force else (JobRow.lease_until.does_not_exist() | (JobRow.lease_until < now))
    try:
        row = update(JobRow, keys.job(scope, name), [JobRow.lease_until.set(now + LEASE)], free, "ALL_NEW")
    except Refused as refused:
        raise Taken from refused
    state: Any = row.state if row is not None else None
    return _run(state.as_dict()) if state is not None else None


def save(scope: str, name: str, run: Run, mine: int, now: int) -> int:
    """Write down where the job stands and keep it; the new end of the lease (`mine` is the old). Raises Taken."""
    until = now + LEASE
    _write(scope, name, [JobRow.state.set(_state(run)), JobRow.lease_until.set(until)], mine)
    return until


def release(scope: str, name: str, run: Run | None, mine: int) -> None:
    """Write down where the job stands, if it ran, and let go of it. Raises Taken."""
    kept = [JobRow.state.set(_state(run))] if run is not None else []
    _write(scope, name, [*kept, JobRow.lease_until.remove()], mine)


def _write(scope: str, name: str, actions: list[Any], mine: int) -> None:
    try:
        update(JobRow, keys.job(scope, name), actions, JobRow.lease_until == mine)
    except Refused as refused:
        raise Taken from refused


def _state(run: Run) -> dict[str, Any]:
    return {**asdict(run), "counts": dict(run.counts)}


def _run(state: dict[str, Any]) -> Run:
    place = state["place"]
    return Run(**{**state, "place": Place(**place) if place else None, "counts": dict(state["counts"])})
