"""Dunning cases on their invoices: who is due, how a case stands, and what an operator wants of it.

Every write names what it has read, when the case was due and its newest mail: whoever decided by an older look changes nothing.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Protocol

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib.core.cases import opens_case
from chalicelib.core.frozen import frozen
from chalicelib.core.model import Invoice
from chalicelib.store import keys
from chalicelib.store.keys import Key, due_shard
from chalicelib.store.objects import record_of, whole
from chalicelib.store.table import Refused, get, store_errors, update
from chalicelib.store.tables import ObjectRow, bind

_CURSOR = re.compile(
    r"(?P<shard>[0-9]{1,2})\|(?P<pk>C#[\w:]{1,300}#[\w]{1,255})\|(?P<sk>5#INV#[0-9]{12}#\w{1,255})\|(?P<due_at>[0-9]{1,12})",
    re.ASCII,
)

PAGE = 500
"""Keys that are held in memory at once, however many are due."""

STOPPED = "stopped"
"""Why a case is closed that an operator has stopped: nothing but an operator opens it again."""


class Entry(Protocol):
    """A row in the index `due`, as it was read: a case, or a subscription or card that a notice may be due about.

    `mail` is the number of the newest mail that was claimed about it.
    """

    @property
    def key(self) -> Key: ...

    @property
    def due_at(self) -> int: ...

    @property
    def mail(self) -> int | None: ...


@frozen
class OpenCase:
    """A case with something due, now or later. `plan` is its campaign, frozen at the first look (None: none was taken)."""

    key: Key
    invoice: Invoice
    opened_at: int
    due_at: int
    plan: Mapping[str, Any] | None
    variant: str | None
    handled: str | None
    stopped: bool
    send_now: bool
    mail: int | None = None

    @property
    def end_day(self) -> int | None:
        """The day on which its campaign ends, if it follows one already."""
        return int(self.plan["end_day"]) if self.plan else None


@frozen
class Frozen:
    """What a case follows from its first look on, and the code of the decline that Stripe told then."""

    plan: Mapping[str, Any]
    variant: str | None
    decline: str | None = None


def due(now: int) -> Iterator[tuple[str, str]]:
    """The keys of all that is due by `now`, cases before notices: one Query per shard and page of the sparse index."""
    bind()
    for shard in (*keys.due_shards(), *keys.notice_shards()):
        with store_errors():
            for row in ObjectRow.due.query(shard, ObjectRow.due_at <= now, page_size=PAGE):
                yield row.pk, row.sk


def of_customer(pk: str) -> dict[Key, OpenCase]:
    """All open cases of a customer, as they are now: one Query."""
    cases = (_case(row) for row in _invoices(pk, ObjectRow.due_shard.exists()))
    return {case.key: case for case in cases if case is not None}


def owes(key: Key) -> bool:
    """Whether the customer has an open invoice beside the one at `key`, be its case closed or none: one Query."""
    unsettled = ObjectRow.gone.does_not_exist() & (ObjectRow.state["status"] == "open")
    records = (record_of(row) for row in _invoices(key.pk, unsettled) if row.sk != key.sk)
    return any(isinstance(record, Invoice) and record.amount_remaining > 0 for record in records)


def _invoices(pk: str, condition: Condition) -> list[ObjectRow]:
    """The rows of a customer's invoices that hold a condition, as they are now: one Query."""
    bind()
    span = ObjectRow.sk.between(keys.INVOICES, f"{keys.INVOICES}\uffff")
    with store_errors():
        return list(ObjectRow.query(pk, span, condition, consistent_read=True))


def _case(row: ObjectRow) -> OpenCase | None:
    invoice, plan = record_of(row), _plain(row.case_plan)
    if not isinstance(invoice, Invoice):
        return None
    return OpenCase(
        key=Key(row.pk, row.sk),
        invoice=invoice,
        opened_at=int(row.case_opened_at),
        due_at=int(row.due_at),
        plan=plan,
        variant=row.case_variant,
        handled=row.case_handled,
        stopped=row.case_closed == STOPPED,
        send_now=bool(row.case_now),
        mail=whole(row.case_mail),
    )


def _plain(stored: Any) -> dict[str, Any] | None:
    return None if stored is None else stored.as_dict()


def freezing(what: Frozen | None) -> list[Action]:
    """The part of a write that freezes a campaign into a case; nothing where it is frozen already."""
    if what is None:
        return []
    return [
        ObjectRow.case_plan.set(dict(what.plan)),
        ObjectRow.case_campaign.set(what.plan["id"]),
        ObjectRow.case_version.set(what.plan["version"]),
        ObjectRow.case_variant.set(what.variant) if what.variant else ObjectRow.case_variant.remove(),
        *([ObjectRow.case_decline.set(what.decline)] if what.decline else []),
    ]


def unchanged(case: Entry) -> Condition:
    """The condition that a case, or a notice's row, is as it was read, and that nobody has claimed a mail about it since."""
    newest = ObjectRow.case_mail.does_not_exist() if case.mail is None else ObjectRow.case_mail == case.mail
    as_read: Condition = (ObjectRow.due_at == case.due_at) & newest
    return as_read


def hold(case: Entry, until: int, freeze: Frozen | None = None) -> bool:
    """Look again at `until` (UTC seconds): one write. False where the case has changed meanwhile.

    A mail that somebody wants at once is still wanted then.
    """
    return _write(case, [*freezing(freeze), ObjectRow.due_at.set(until)])


def park(case: Entry, until: int) -> bool:
    """As `hold`, though the mailer that parks it may have claimed a mail about it, which SES then refused."""
    return _stored(case.key, [ObjectRow.due_at.set(until)], ObjectRow.due_at == case.due_at)


def close(case: OpenCase, reason: str, freeze: Frozen | None = None) -> bool:
    """Nothing more will be sent; `reason` is shown to people. One write; False where the case has changed meanwhile."""
    return _write(case, [*freezing(freeze), ObjectRow.case_closed.set(reason), *_nothing_due()])


def rest(entry: Entry) -> bool:
    """Nothing is due any more in a notice's row: one write. False where it has changed meanwhile."""
    return _write(entry, _nothing_due())


def _nothing_due() -> list[Action]:
    return [ObjectRow.due_at.remove(), ObjectRow.due_shard.remove(), ObjectRow.case_now.remove()]


def _write(case: Entry, actions: list[Action]) -> bool:
    return _stored(case.key, actions, unchanged(case))


def _stored(key: Key, actions: list[Action], condition: Condition) -> bool:
    """One write; False where the row does not hold the condition."""
    try:
        update(ObjectRow, key, actions, condition)
    except Refused:
        return False
    return True


def collected(key: Key, card: str, steps: Iterable[str], at: int) -> None:
    """Write down on an invoice what was done with a new card, in order. Raises StoreUnavailable."""
    lines: list[Any] = [{"card": card, "step": step, "at": at} for step in steps]
    action = ObjectRow.case_collected.set((ObjectRow.case_collected | []).append(lines))
    _stored(key, [action], ObjectRow.pk.exists())


def clicked(key: Key, at: int) -> None:
    """Somebody followed the link of a mail about this case (UTC seconds): one write. Raises StoreUnavailable."""
    _stored(key, [ObjectRow.case_clicked_at.set(at)], ObjectRow.case_opened_at.exists())


def sent_action(step: str, at: int) -> Action:
    """The part of a write that says that a mail of this step has left."""
    line: list[Any] = [{"step": step, "at": at}]
    return ObjectRow.case_sent.set((ObjectRow.case_sent | []).append(line))


def find(key: Key) -> ObjectRow | None:
    """The row of an invoice with a case, or None: one read."""
    row: Any = get(ObjectRow, key, consistent=True)
    return None if row is None or row.case_opened_at is None or row.gone else row


def stop(key: Key) -> bool:
    """No more mails until somebody resumes: one write. False where there is no such case."""
    return _by_hand(key, [ObjectRow.case_closed.set(STOPPED), *_nothing_due()])


def resume(key: Key, invoice: str, now: int, send_now: bool = False) -> bool:
    """Look at a case at the next run; with `send_now`, send its next mail then, whatever the hour. One write.

    False where there is no such case, or it was stopped and `send_now` is asked for: somebody stopped it for a reason.
    """
    shard = due_shard(invoice)
    again = [ObjectRow.due_at.set(now), ObjectRow.due_shard.set(shard)]
    if send_now:
        not_stopped = ObjectRow.case_closed.does_not_exist() | (ObjectRow.case_closed != STOPPED)
        return _by_hand(key, [*again, ObjectRow.case_now.set(True)], not_stopped)
    return _by_hand(key, [*again, ObjectRow.case_closed.remove()])


def _by_hand(key: Key, actions: list[Action], also: Condition | None = None) -> bool:
    there = ObjectRow.case_opened_at.exists() & (ObjectRow.state["status"] == "open")
    return _stored(key, actions, there if also is None else there & also)


def is_open(row: ObjectRow) -> bool:
    """Whether the invoice of a case still asks for its money."""
    record = record_of(row)
    return isinstance(record, Invoice) and opens_case(record)


def listed(scope: str, cursor: str | None, limit: int) -> tuple[list[ObjectRow], str | None]:
    """A page of an account's open cases, shard by shard and the most urgent first in each; and the cursor of the next.

    Raises ValueError for a cursor that is none.
    """
    found = list(islice(_open(keys.of_customer(scope, ""), *_place(cursor)), limit + 1))
    page = found[:limit]
    return _rows([Key(row.pk, row.sk) for row in page]), _cursor(page[-1]) if len(found) > limit else None


def _open(prefix: str, shard: int, after: Any) -> Iterator[ObjectRow]:
    """Index rows from a place on. What belongs to other accounts is passed over here: no cursor may name it."""
    bind()
    for number in range(shard, keys.DUE_SHARDS):
        start = after if number == shard else None
        with store_errors():
            for row in ObjectRow.due.query(keys.due_shards()[number], page_size=100, last_evaluated_key=start):
                if row.pk.startswith(prefix):
                    yield row


def _rows(found: list[Key]) -> list[ObjectRow]:
    with store_errors():
        rows = {Key(row.pk, row.sk): row for row in ObjectRow.batch_get([tuple(key) for key in found])} if found else {}
    return [rows[key] for key in found if key in rows]


def _cursor(row: ObjectRow) -> str:
    return "|".join([str(keys.due_shards().index(row.due_shard)), row.pk, row.sk, str(int(row.due_at))])


def _place(cursor: str | None) -> tuple[int, Any]:
    """Where a cursor points. Raises ValueError for what is none."""
    if cursor is None:
        return 0, None
    found = _CURSOR.fullmatch(cursor)
    if not found or int(found["shard"]) >= keys.DUE_SHARDS:
        raise ValueError("no such place")
    shard = int(found["shard"])
    names = {"pk": {"S": found["pk"]}, "sk": {"S": found["sk"]}, "due_at": {"N": found["due_at"]}}
    return shard, {**names, "due_shard": {"S": keys.due_shards()[shard]}}
