"""A row that a notice may be due about, and what else of its customer decides about that."""

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from chalicelib.core.frozen import frozen
from chalicelib.core.model import Card, Customer, Invoice, Subscription
from chalicelib.store.customers import AT_ONCE
from chalicelib.store.keys import Key
from chalicelib.store.objects import record_of, whole
from chalicelib.store.table import store_errors
from chalicelib.store.tables import ObjectRow, bind


@frozen
class DueRow:
    """A subscription or a card in the index `due`.

    `handled` is the key of the notice about it that left last, `mail` the number of the mail that was claimed last.
    """

    key: Key
    record: Subscription | Card
    due_at: int
    handled: str | None
    mail: int | None = None


@frozen
class Shelf:
    """A due row with its surroundings. `failed_at`: by subscription, when its newest unpaid invoice first failed."""

    row: DueRow
    customer: Customer | None
    subscriptions: tuple[Subscription, ...]
    failed_at: Mapping[str, int] = field(default_factory=dict)


def find(key: Key) -> Shelf | None:
    """The row at `key` as it is now, if something is due in it: one Query of its customer."""
    bind()
    with store_errors():
        rows = list(ObjectRow.query(key.pk, limit=AT_ONCE, consistent_read=True))
    records = [(row, record_of(row)) for row in rows if not row.gone]
    due = next((_due(row, record) for row, record in records if row.sk == key.sk), None)
    if due is None:
        return None
    return Shelf(
        row=due,
        customer=next((record for _, record in records if isinstance(record, Customer)), None),
        subscriptions=tuple(record for _, record in records if isinstance(record, Subscription)),
        failed_at=_failed_at(records),
    )


def _due(row: Any, record: object) -> DueRow | None:
    if row.due_shard is None or not isinstance(record, Subscription | Card):
        return None
    return DueRow(Key(row.pk, row.sk), record, int(row.due_at), row.case_handled, whole(row.case_mail))


def _failed_at(records: list[Any]) -> dict[str, int]:
    """Invoices stand newest first, so the first of a subscription counts."""
    found: dict[str, int] = {}
    for row, record in records:
        unpaid = isinstance(record, Invoice) and record.status in ("open", "uncollectible")
        if unpaid and record.subscription and row.case_opened_at is not None:
            found.setdefault(record.subscription, int(row.case_opened_at))
    return found
