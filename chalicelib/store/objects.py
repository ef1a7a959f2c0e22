"""Stored Stripe objects and their windows of doubt: the guards of `core.window` as DynamoDB conditions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_
from typing import Any

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib.core.dunning import FIRST_LOOK, closes_case, opens_case
from chalicelib.core.model import Card, Customer, Invoice, Item, Kind, Product, Subscription
from chalicelib.core.window import NEVER, UNKNOWN, Guard, Window, Write
from chalicelib.store.keys import Key, due_shard
from chalicelib.store.table import as_map, store_errors, update
from chalicelib.store.tables import ObjectRow, bind

Record = Customer | Subscription | Invoice | Card | Product
_TYPES: dict[Kind, type[Any]] = {
    Kind.CUSTOMER: Customer,
    Kind.SUBSCRIPTION: Subscription,
    Kind.INVOICE: Invoice,
    Kind.CARD: Card,
    Kind.PRODUCT: Product,
}


@dataclass(frozen=True)
class News:
    """What is to be stored of an object: its state (None: keep the stored one), or that it is gone, as seen `at`.

    `quiet`: whatever it says of a failed payment opens no dunning case.
    """

    kind: Kind
    record: Record | None
    gone: bool
    at: int
    quiet: bool = False


def write(key: Key, news: News, change: Write) -> None:
    """Store the state under the guard of `change`: one UpdateItem. Raises Refused with the row that stood in the way."""
    update(ObjectRow, key, [*_window_actions(change), *_state_actions(news)], condition(change.guard))


def rows(wanted: Iterable[Key]) -> dict[Key, ObjectRow]:
    """The rows that there are of these keys, as they are now: one BatchGet for each hundred. Raises StoreUnavailable."""
    bind()
    with store_errors():
        found = ObjectRow.batch_get([tuple(key) for key in dict.fromkeys(wanted)], consistent_read=True)
        return {Key(row.pk, row.sk): row for row in found}


def take_ticket(key: Key, kind: Kind) -> ObjectRow:
    """Count a ticket for a read of Stripe; the row with it (`issued` is the ticket)."""
    row = update(ObjectRow, key, [ObjectRow.issued.add(1), ObjectRow.kind.set(kind.value)], returns="ALL_NEW")
    assert row is not None
    return row


def window_of(row: ObjectRow | None) -> Window:
    """The window of a stored row; `UNKNOWN` where there is none."""
    if row is None:
        return UNKNOWN
    counts = [whole(row.issued), whole(row.applied)]
    seen = [whole(row.seen_from), whole(row.seen_to)]
    return Window(*(NEVER if second is None else second for second in seen), *(count or 0 for count in counts))


def whole(value: Any) -> int | None:
    """A number attribute, which may be absent whatever its annotation says."""
    return None if value is None else int(value)


def record_of(row: ObjectRow) -> Record | None:
    """The stored state as a value, or None where only a ticket was taken so far."""
    stored: Any = row.state
    if stored is None:
        return None
    kind, state = Kind(row.kind), stored.as_dict()
    if kind is Kind.SUBSCRIPTION:
        return Subscription(**{**state, "items": tuple(Item(**each) for each in state["items"])})
    if kind is Kind.CUSTOMER:
        return Customer(**{**state, "locales": tuple(state["locales"])})
    record: Record = _TYPES[kind](**state)
    return record


def condition(guard: Guard) -> Condition | None:
    """The DynamoDB condition that means what `core.window.holds` means; absent attributes are those of `UNKNOWN`."""
    parts: list[Condition] = []
    if guard.seen_to_below is not None:
        parts.append(ObjectRow.seen_to.does_not_exist() | (ObjectRow.seen_to < guard.seen_to_below))
    if guard.applied_below is not None:
        parts.append(ObjectRow.applied.does_not_exist() | (ObjectRow.applied < guard.applied_below))
    if guard.seen_from_at_most is not None:
        parts.append(ObjectRow.seen_from.does_not_exist() | (ObjectRow.seen_from <= guard.seen_from_at_most))
    if guard.unchanged is not None:
        parts.append(_unchanged(guard.unchanged))
    return reduce(and_, parts) if parts else None


def _unchanged(window: Window) -> Condition:
    return reduce(
        and_,
        (
            _same(ObjectRow.seen_from, window.seen_from, NEVER),
            _same(ObjectRow.seen_to, window.seen_to, NEVER),
            _same(ObjectRow.issued, window.issued, 0),
            _same(ObjectRow.applied, window.applied, 0),
        ),
    )


def _same(attribute: Any, value: int, absent: int) -> Condition:
    same: Condition = attribute.does_not_exist() if value == absent else attribute == value
    return same


def _window_actions(change: Write) -> list[Action]:
    fence = (ObjectRow.issued | 0) + 1
    tickets = (
        [ObjectRow.issued.set(fence), ObjectRow.applied.set(fence)]
        if change.ticket is None
        else [ObjectRow.applied.set(change.ticket)]
    )
    return [ObjectRow.seen_from.set(change.seen_from), ObjectRow.seen_to.set(change.seen_to), *tickets]


def _state_actions(news: News) -> Sequence[Action]:
    actions: list[Action] = [ObjectRow.kind.set(news.kind.value)]
    if news.record is not None:
        actions.append(ObjectRow.state.set(as_map(news.record)))
    actions.append(ObjectRow.gone.set(True) if news.gone else ObjectRow.gone.remove())
    if isinstance(news.record, Invoice):
        actions += _case_actions(news, news.record)
    elif news.kind is Kind.INVOICE:
        actions += [ObjectRow.due_at.remove(), ObjectRow.due_shard.remove()]
    return actions


def _case_actions(news: News, invoice: Invoice) -> list[Action]:
    """A failed attempt opens the case once; payment takes it out of the index. In the same write as the state."""
    if opens_case(invoice) and not news.gone:
        if news.quiet:
            return []
        first_look = news.at + int(FIRST_LOOK.total_seconds())
        return [
            ObjectRow.case_opened_at.set(ObjectRow.case_opened_at | news.at),
            ObjectRow.due_at.set(ObjectRow.due_at | first_look),
            ObjectRow.due_shard.set(due_shard(invoice.id)),
        ]
    if closes_case(invoice) or news.gone:
        return [ObjectRow.due_at.remove(), ObjectRow.due_shard.remove()]
    return []
