"""Stored Stripe objects and their windows of doubt: the guards of `core.window` as DynamoDB conditions."""

from collections.abc import Iterable
from typing import Any

from chalicelib.core.cases import FIRST_LOOK, SETTLED, closes_case, opens_case
from chalicelib.core.frozen import frozen
from chalicelib.core.model import Card, Invoice, Kind, Subscription
from chalicelib.core.payments import Charge, Dispute, InvoicePayment, PaymentIntent, Refund
from chalicelib.core.records import Record
from chalicelib.core.upcoming import first_look
from chalicelib.core.window import NEVER, UNKNOWN, Guard, Window, Write
from chalicelib.store.keys import Key, due_shard, notice_shard, ref_customer, ref_invoice, scope_of
from chalicelib.store.maps import as_record
from chalicelib.store.table import store_errors, update, write_parts
from chalicelib.store.tables import ObjectRow, bind
from chalicelib.store.writing import Part, drop, put, put_once

NOTHING_DUE = [drop("due_at"), drop("due_shard")]

_FENCE = "if_not_exists(#issued, :zero) + :one"
"""A ticket that is nobody's: readers who hold an older one find theirs applied already."""


@frozen
class News:
    """What is to be stored of an object: its state (None: keep the stored one), or that it is gone, as seen `at`.

    `quiet`: whatever it says of a failed payment makes no mail due.
    """

    kind: Kind
    record: Record | None
    gone: bool
    at: int
    quiet: bool = False


def write(key: Key, news: News, change: Write) -> None:
    """Store the state under the guard of `change`: one UpdateItem. Raises Refused with the row that stood in the way."""
    parts = [*_window_actions(change), *_state_actions(key, news), *_ref_actions(key, news), *condition(change.guard)]
    write_parts(ObjectRow, key, parts)


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
    return as_record(Kind(row.kind), stored.as_dict())


def condition(guard: Guard) -> list[Part]:
    """The DynamoDB condition that means what `core.window.holds` means; absent attributes are those of `UNKNOWN`."""
    parts: list[Part] = []
    if guard.seen_to_below is not None:
        parts.append(_absent_or("seen_to", "<", "seen_to_below", guard.seen_to_below))
    if guard.applied_below is not None:
        parts.append(_absent_or("applied", "<", "applied_below", guard.applied_below))
    if guard.seen_from_at_most is not None:
        parts.append(_absent_or("seen_from", "<=", "seen_from_at_most", guard.seen_from_at_most))
    if guard.unchanged is not None:
        parts += _unchanged(guard.unchanged)
    return parts


def _absent_or(name: str, sign: str, bound: str, value: int) -> Part:
    return Part("IF", f"(attribute_not_exists(#{name}) OR #{name} {sign} :{bound})", {bound: value})


def _unchanged(window: Window) -> list[Part]:
    return [
        _same("seen_from", window.seen_from, NEVER),
        _same("seen_to", window.seen_to, NEVER),
        _same("issued", window.issued, 0),
        _same("applied", window.applied, 0),
    ]


def _same(name: str, value: int, absent: int) -> Part:
    if value == absent:
        return Part("IF", f"attribute_not_exists(#{name})")
    return Part("IF", f"#{name} = :{name}_was", {f"{name}_was": value})


def _window_actions(change: Write) -> list[Part]:
    tickets = (
        Part("SET", f"#issued = {_FENCE}, #applied = {_FENCE}", {"zero": 0, "one": 1})
        if change.ticket is None
        else put("applied", change.ticket)
    )
    return [put("seen_from", change.seen_from), put("seen_to", change.seen_to), tickets]


def _state_actions(key: Key, news: News) -> list[Part]:
    parts = [put("kind", news.kind.value), put("gone", True) if news.gone else drop("gone")]
    if news.record is not None:
        parts.append(put("state", news.record))
    if isinstance(news.record, Invoice):
        parts += _case_actions(scope_of(key.pk), news, news.record)
    elif news.kind in (Kind.SUBSCRIPTION, Kind.CARD):
        parts += _notice_actions(news)
    elif news.kind is Kind.INVOICE:
        parts += NOTHING_DUE
    return parts


def _notice_actions(news: News) -> list[Part]:
    """When to look for a notice next, told anew by every state: a look knows itself what was sent already."""
    record = news.record
    if news.gone or not isinstance(record, Subscription | Card):
        return NOTHING_DUE if news.gone else []
    at = first_look(record, news.at)
    return NOTHING_DUE if at is None else [put("due_at", at), put("due_shard", notice_shard(record.id))]


def _ref_actions(key: Key, news: News) -> list[Part]:
    """Where the index `ref` finds what belongs to a payment: by its customer, or by the invoice that it pays."""
    record = news.record
    if isinstance(record, InvoicePayment):
        ref = ref_invoice(scope_of(key.pk), record.invoice)
    elif isinstance(record, PaymentIntent | Charge | Refund | Dispute) and record.customer:
        ref = ref_customer(scope_of(key.pk), record.customer, news.kind)
    else:
        return []
    return [put("ref", ref), put("ref_at", record.created)]


def _case_actions(scope: str, news: News, invoice: Invoice) -> list[Part]:
    """A failed attempt opens the case once, in the same write as the state; payment makes it due at once, to be closed.

    An invoice without a case has no `due_shard` and so is in no index, whatever its `due_at` says.
    What is told of recovery later goes by how things stood when the case opened, and by the try that failed last.
    """
    if opens_case(invoice) and not news.gone:
        if news.quiet:
            return []
        return [
            put_once("case_opened_at", news.at),
            put_once("case_scope", scope),
            put_once("case_amount", invoice.amount_remaining),
            put_once("case_paid", invoice.amount_paid),
            put("case_attempts", invoice.attempt_count),
            put_once("due_at", news.at + int(FIRST_LOOK.total_seconds())),
            put("due_shard", due_shard(invoice.id)),
        ]
    if news.gone or (closes_case(invoice) and news.quiet):
        return NOTHING_DUE
    return [put("due_at", SETTLED)] if closes_case(invoice) else []
