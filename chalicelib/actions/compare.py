"""What Stripe says beside what is stored: name the differences, and mend them through the window of doubt.

A list is a reading of all its objects at once. It may be written without a further call where all that is stored is older
than it (`window.listed`); where something came meanwhile, the object is read singly, as the worker does.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from chalicelib.actions.apply_event import settle
from chalicelib.actions.paced import Paced
from chalicelib.core import window
from chalicelib.core.events import Doubt
from chalicelib.core.frozen import frozen
from chalicelib.core.model import Card, Entitlements, Invoice, Kind
from chalicelib.core.reconcile import LATE, differences
from chalicelib.core.records import Record
from chalicelib.errors import StripeRefused, UnknownShape
from chalicelib.store import keys, objects
from chalicelib.store.keys import Key
from chalicelib.store.objects import News
from chalicelib.store.table import Refused
from chalicelib.store.tables import ObjectRow
from chalicelib.stripe_api import shapes
from chalicelib.stripe_api.fields import Cut

Raw = dict[str, Any]


_WHY: dict[tuple[str, ...], str] = {("missing",): "missing", ("gone",): "gone"}


@frozen
class Finding:
    """A difference. `why`: missing, differs, gone, revived, or unreadable; `fields` are names, never values."""

    scope: str
    kind: Kind
    id: str
    why: str
    fields: tuple[str, ...]


@dataclass
class Walk:
    """One account being walked: what is compared, counted and told. Without `repair` nothing is written."""

    scope: str
    since: int
    stripe: Paced
    repair: bool = True
    tell: Callable[[Finding], None] = lambda _finding: None
    counts: Counter[str] = field(default_factory=Counter)

    def found(self, finding: Finding) -> None:
        """Count a difference and tell it."""
        name = "unreadable" if finding.why == "unreadable" else "drift"
        self.counts[f"{name}.{finding.kind}"] += 1
        self.tell(finding)


@frozen
class _Subject:
    """An object as Stripe has it (`record` None: it exists no more), and Stripe's clock around the call that said so."""

    kind: Kind
    id: str
    customer: str | None
    created: int
    record: Record | None
    start: int
    end: int

    def key(self, scope: str) -> Key:
        return keys.of_object(scope, self.kind, self.id, self.customer, self.created)


def listed(walk: Walk, kind: Kind, raws: Iterable[Raw], start: int, end: int) -> None:
    """Compare the objects of one page: one BatchGet, and a write for each that differs. Raises Retryable."""
    subjects = [subject for raw in raws if (subject := _subject(walk, kind, raw, start, end))]
    rows = objects.rows(subject.key(walk.scope) for subject in subjects)
    for subject in subjects:
        walk.counts[f"seen.{kind}"] += 1
        _compare(walk, subject, rows.get(subject.key(walk.scope)))


def single(walk: Walk, kind: Kind, ident: str, customer: str | None, created: int, remember: bool = False) -> None:
    """Compare one object by a read of its own. `remember` writes its window even where nothing differs.

    Raises Retryable; what Stripe refuses, or what has a shape that we do not know, is counted and left.
    """
    try:
        answer = walk.stripe.fetch(kind, ident)
        record = None if answer.raw is None else shapes.record(kind, answer.raw)
    except (UnknownShape, StripeRefused) as error:
        walk.found(Finding(walk.scope, kind, ident, "unreadable", (error.param or "object",)))
        return
    gone = isinstance(record, Card) and record.customer is None
    subject = _Subject(kind, ident, customer, created, None if gone else record, answer.start, answer.end)
    key = subject.key(walk.scope)
    _compare(walk, subject, objects.rows([key]).get(key), remember)


def _subject(walk: Walk, kind: Kind, raw: Raw, start: int, end: int) -> _Subject | None:
    """An object of a list; None where it has to be read singly (its own list is cut), or cannot be read at all."""
    try:
        ident, customer, created = shapes.identity(kind, raw)
    except UnknownShape as error:
        walk.found(Finding(walk.scope, kind, str(raw.get("id")), "unreadable", (error.param or "object",)))
        return None
    try:
        return _Subject(kind, ident, customer, created, shapes.record(kind, raw), start, end)
    except Cut:
        walk.counts[f"seen.{kind}"] += 1
        single(walk, kind, ident, customer, created)
    except UnknownShape as error:
        walk.found(Finding(walk.scope, kind, ident, "unreadable", (error.param or "object",)))
    return None


def _compare(walk: Walk, subject: _Subject, row: ObjectRow | None, remember: bool = False) -> None:
    stored = objects.record_of(row) if row is not None else None
    gone = row is not None and bool(row.gone)
    if row is None and (subject.record is None or _is_nothing(subject.record)):
        return
    names = differences(stored, gone, subject.record)
    if names:
        why = _WHY.get(names, "differs") if subject.record is None or not gone else "revived"
        walk.found(Finding(walk.scope, subject.kind, subject.id, why, () if why in ("missing", "gone") else names))
    if walk.repair and (names or remember):
        _mend(walk, subject, row)


def _is_nothing(record: Record) -> bool:
    """A customer without entitlements need not be known as one."""
    return isinstance(record, Entitlements) and not record.lookup_keys


def _mend(walk: Walk, subject: _Subject, row: ObjectRow | None) -> None:
    write = window.listed(objects.window_of(row), subject.start, subject.end)
    if write is not None:
        late = isinstance(subject.record, Invoice) and subject.created < subject.start - LATE
        news = News(subject.kind, subject.record, subject.record is None, subject.start, quiet=late)
        try:
            objects.write(subject.key(walk.scope), news, write)
            return
        except Refused:
            pass
    walk.counts["asked"] += 1
    settle(_doubt(walk, subject), walk.stripe.fetch)


def _doubt(walk: Walk, subject: _Subject) -> Doubt:
    """As an event of this very moment: whoever has read the object since knows better."""
    kind, ident, created = subject.kind, subject.id, subject.created
    return Doubt("", "reconcile", kind, ident, subject.customer, created, walk.scope, subject.end, "reconcile")
