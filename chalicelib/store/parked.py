"""Why a message was given up: written at its last try, read by `python -m infra.redrive`.

SQS parks a message after so many tries and says nothing of why. The reason is found by the message's id, which SQS keeps.
"""

from chalicelib.core.frozen import frozen
from chalicelib.store import keys
from chalicelib.store.table import get, update
from chalicelib.store.tables import ParkedRow

LIFETIME = 15 * 86_400
"""Seconds; a day longer than a dead-letter queue keeps a message."""


@frozen
class Parked:
    """The last failure of a message: the error's class, our own words, how often it was tried, and when (UTC seconds)."""

    error: str
    reason: str
    tries: int
    at: int


def put(worker: str, message: str, parked: Parked) -> None:
    """Write down why `worker` gave a message up: one write. Raises StoreUnavailable."""
    update(
        ParkedRow,
        keys.parked(worker, message),
        [
            ParkedRow.error.set(parked.error),
            ParkedRow.reason.set(parked.reason),
            ParkedRow.tries.set(parked.tries),
            ParkedRow.at.set(parked.at),
            ParkedRow.expires_at.set(parked.at + LIFETIME),
        ],
    )


def find(worker: str, message: str) -> Parked | None:
    """Why a message was given up, or None where its worker died before it could say so. Raises StoreUnavailable."""
    row = get(ParkedRow, keys.parked(worker, message))
    return Parked(row.error, row.reason, int(row.tries), int(row.at)) if row else None
