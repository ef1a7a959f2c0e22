"""Idempotency keys: what was asked with one, since when, and whether it was done. Never an answer: ours hold secrets."""

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib.store.keys import Key
from chalicelib.store.objects import whole
from chalicelib.store.table import Refused, update
from chalicelib.store.tables import OnceRow

KEPT = 86_400
LEASE = 30
"""Seconds for which a request under way holds its key: longer than the Lambda may run."""


class Conflict(Exception):
    """The key was used with another request."""


class InProgress(Exception):
    """A request with this key is under way."""


def begin(key: Key, request: str, now: int) -> int:
    """Take the key for this request (a fingerprint of it), for the first time or again: one write.

    Returns the second of its first use: the request is made as of then, so that it comes out the same. Raises Conflict,
    InProgress, StoreUnavailable.
    """
    try:
        return _take(key, request, now, [OnceRow.at.set(OnceRow.at | now)], _free(request, now))
    except Refused as refused:
        row: OnceRow = refused.row
        if int(row.expires_at or 0) <= now:  # DynamoDB drops what is over some time later
            return _take(key, request, now, [OnceRow.at.set(now), OnceRow.done.remove()], None)
        if row.request != request:
            raise Conflict from refused
        if not row.done:
            raise InProgress from refused
        return int(row.at)


def finish(key: Key) -> None:
    """The request was done: from now on it only comes out the same."""
    update(OnceRow, key, [OnceRow.done.set(True)])


def release(key: Key) -> None:
    """Nothing came of the request: the key may be used again, with another request too."""
    update(OnceRow, key, [OnceRow.request.remove(), OnceRow.lease_until.remove()])


def _take(key: Key, request: str, now: int, first: list[Action], condition: Condition | None) -> int:
    ours = [OnceRow.request.set(request), OnceRow.lease_until.set(now + LEASE), OnceRow.expires_at.set(now + KEPT)]
    row = update(OnceRow, key, [*ours, *first], condition, "ALL_NEW")
    assert row is not None
    return whole(row.at) or now


def _free(request: str, now: int) -> Condition:
    """Nobody has used it; or the same request, which came to no end in its time."""
    again = (OnceRow.request == request) & OnceRow.done.does_not_exist() & (OnceRow.lease_until <= now)
    fresh = OnceRow.expires_at.does_not_exist() | (OnceRow.expires_at > now)
    free: Condition = (OnceRow.request.does_not_exist() | again) & fresh
    return free
