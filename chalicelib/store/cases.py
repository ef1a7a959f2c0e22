"""Dunning cases on their invoices: who is due, the claim with its lease, and what was done.

A claim that lapses means that its mailer died between asking SES and writing it down. The lease outlives the mailer by the
time in which SES's SEND notification would have told us (`record_sent`), so whoever claims next knows that no mail left.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pynamodb.expressions.update import Action

from chalicelib.core.model import Invoice
from chalicelib.store import keys
from chalicelib.store.keys import Key
from chalicelib.store.objects import record_of
from chalicelib.store.table import Refused, store_errors, update
from chalicelib.store.tables import ObjectRow, bind

LEASE = 120 + 60 + 15 * 60
"""Seconds: the mailer's longest life, a minute of clocks, and a quarter of an hour for SES's notification."""


@dataclass(frozen=True)
class Claim:
    """A case that is ours until `lease_until` (UTC seconds)."""

    key: Key
    invoice: Invoice
    opened_at: int
    campaign: str
    handled: str | None
    lease_until: int


def due(now: int) -> Iterator[tuple[str, str]]:
    """The keys of all cases due by `now`: one Query per shard and page of the sparse index."""
    bind()
    for shard in keys.due_shards():
        with store_errors():
            for row in ObjectRow.due.query(shard, ObjectRow.due_at <= now):
                yield row.pk, row.sk


def claim(key: Key, now: int) -> Claim | None:
    """Claim a due case; None where it is not due any more, or is somebody else's."""
    lease_until = now + LEASE
    free = ObjectRow.case_lease_until.does_not_exist() | (ObjectRow.case_lease_until < now)
    try:
        row = update(
            ObjectRow, key, [ObjectRow.case_lease_until.set(lease_until)], (ObjectRow.due_at <= now) & free, "ALL_NEW"
        )
    except Refused:
        return None
    assert row is not None
    invoice = record_of(row)
    assert isinstance(invoice, Invoice)
    return Claim(key, invoice, int(row.case_opened_at), row.case_campaign, row.case_handled, lease_until)


def release(claimed: Claim) -> None:
    """Give a case back as it was: nothing was done."""
    try:
        update(
            ObjectRow,
            claimed.key,
            [ObjectRow.case_lease_until.remove()],
            ObjectRow.case_lease_until == claimed.lease_until,
        )
    except Refused:
        return


def hold(claimed: Claim, until: int) -> None:
    """Look again at `until` (UTC seconds)."""
    _finish(claimed, [], until)


def close(claimed: Claim, reason: str) -> None:
    """Nothing more will be sent; `reason` is shown to people."""
    _finish(claimed, [ObjectRow.case_closed.set(reason)], None)


def sent(claimed: Claim, step: str, at: int, next_at: int) -> None:
    """A mail has left; look again at `next_at`."""
    _finish(claimed, _sent_actions(step, at), next_at)


def record_sent(key: Key, step: str, at: int, lease_until: int) -> bool:
    """SES says that the mail of a claim left: write it down unless its mailer has. True where it had not."""
    actions = [*_sent_actions(step, at), ObjectRow.case_lease_until.remove()]
    try:
        update(ObjectRow, key, actions, ObjectRow.case_lease_until == lease_until)
    except Refused:
        return False
    return True


def collected(key: Key, card: str, steps: Iterable[str], at: int) -> None:
    """Write down on an invoice what was done with a new card, in order. Raises StoreUnavailable."""
    lines: list[Any] = [{"card": card, "step": step, "at": at} for step in steps]
    action = ObjectRow.case_collected.set((ObjectRow.case_collected | []).append(lines))
    try:
        update(ObjectRow, key, [action], ObjectRow.pk.exists())
    except Refused:
        return


def _sent_actions(step: str, at: int) -> list[Action]:
    line: list[Any] = [{"step": step, "at": at}]
    return [ObjectRow.case_handled.set(step), ObjectRow.case_sent.set((ObjectRow.case_sent | []).append(line))]


def _finish(claimed: Claim, actions: list[Action], due_at: int | None) -> None:
    """Write down and give back in one write. A payment meanwhile has taken the case out of the index: it stays out."""
    ours = ObjectRow.case_lease_until == claimed.lease_until
    freed = [*actions, ObjectRow.case_lease_until.remove()]
    if due_at is None:
        return _write(claimed, [*freed, ObjectRow.due_at.remove(), ObjectRow.due_shard.remove()], ours)
    try:
        update(ObjectRow, claimed.key, [*freed, ObjectRow.due_at.set(due_at)], ours & ObjectRow.due_at.exists())
    except Refused:
        _write(claimed, freed, ours)


def _write(claimed: Claim, actions: list[Action], condition: Any) -> None:
    """A refusal means that SES's notification came first and has written the same down."""
    try:
        update(ObjectRow, claimed.key, actions, condition)
    except Refused:
        return
