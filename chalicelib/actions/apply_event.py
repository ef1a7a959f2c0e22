"""From an event to the stored state: the cheap way by its snapshot, the certain way by asking Stripe. See `core.window`."""

from collections.abc import Callable
from dataclasses import replace

from chalicelib.core import window
from chalicelib.core.events import Change, Doubt, Event
from chalicelib.core.model import Card, Invoice, Kind
from chalicelib.core.payments import PaymentIntent
from chalicelib.core.records import Record
from chalicelib.core.window import Pair, Progress, Verdict
from chalicelib.errors import StoreUnavailable, UnknownShape
from chalicelib.store import keys, objects
from chalicelib.store.objects import News
from chalicelib.store.table import Refused
from chalicelib.store.tables import ObjectRow
from chalicelib.stripe_api import shapes
from chalicelib.stripe_api.fields import Cut, reference
from chalicelib.stripe_api.shapes import Answer
from chalicelib.stripe_api.version import API_VERSION

TRIES = 3
"""Writes of one delivery before it goes (back) to the queue; each needs somebody else's write in between to fail."""


def doubt_about(event: Event, change: Change, scope: str, reason: str) -> Doubt:
    """What the queue needs to know of an event. Raises UnknownShape where its object has no identity.

    An event of another API version needs no more than an id: where its object belongs can be asked.
    """
    kind, obj = change.kind, event.object
    try:
        ident, owner, created = shapes.rung(kind, obj) if change.rings else shapes.identity(kind, obj, event.previous)
    except UnknownShape:
        named = reference(obj)
        if change.rings or event.api_version == API_VERSION or named is None:
            raise
        return Doubt(event.id, event.type, kind, named, None, 0, scope, event.created, reason, placed=False)
    placed = owner is not None or kind not in shapes.OWNED
    return Doubt(event.id, event.type, kind, ident, owner, created, scope, event.created, reason, placed)


def take_snapshot(event: Event, change: Change, doubt: Doubt) -> tuple[Verdict, str]:
    """Store the event's snapshot if it is news: one conditional write. The verdict, and why it is a doubt if it is one.

    Raises StoreUnavailable.
    """
    if change.rings:
        return Verdict.DOUBT, "doorbell"
    if event.api_version != API_VERSION:
        return Verdict.DOUBT, "api_version"
    record: Record | None = None
    try:
        record = shapes.record(change.kind, event.object)
    except UnknownShape as error:
        # What is gone needs no state: the one that is stored is kept below the tombstone.
        if not (change.gone and isinstance(error, Cut)):
            return Verdict.DOUBT, f"shape:{error.param}"
    return _offer(News(change.kind, record, change.gone, event.created), doubt)


def _offer(news: News, doubt: Doubt) -> tuple[Verdict, str]:
    key, verdict, write = key_of(doubt), Verdict.NEWS, window.snapshot(doubt.created)
    for _ in range(TRIES):
        try:
            objects.write(key, news, write)
        except Refused as refused:
            verdict = _judged(refused.row, doubt.created, news)
            if verdict in (Verdict.OLD, Verdict.DOUBT):
                return verdict, "same_time"
            stored = objects.window_of(refused.row)
            ahead = verdict is Verdict.AHEAD
            write = window.advance(stored, doubt.created) if ahead else window.snapshot(doubt.created)
        else:
            return verdict, ""
    return Verdict.DOUBT, "contended"


def settle(doubt: Doubt, fetch: Callable[[Kind, str], Answer]) -> Verdict:
    """Ask Stripe and store what it says, unless somebody who knew at least as much wrote meanwhile.

    Raises StoreUnavailable, StripeUnavailable, UnknownShape: the message then comes again, or is parked with its reason.
    """
    if not doubt.placed:
        found = _placed(doubt, fetch(doubt.kind, doubt.id))
        if found is None:
            return Verdict.OLD
        doubt = found
    key = key_of(doubt)
    for _ in range(TRIES):
        row = objects.take_ticket(key, doubt.kind)
        if window.judge(objects.window_of(row), doubt.created) is Verdict.OLD:
            return Verdict.OLD
        answer = fetch(doubt.kind, doubt.id)
        write = window.reading(int(row.issued), answer.start, answer.end)
        try:
            objects.write(key, _news(doubt, answer), write)
        except Refused as refused:
            if window.judge(objects.window_of(refused.row), doubt.created) is Verdict.OLD:
                return Verdict.OLD
        else:
            return Verdict.DOUBT
    raise StoreUnavailable(f"Others kept writing {doubt.kind} {doubt.id}.")


def _placed(doubt: Doubt, answer: Answer) -> Doubt | None:
    """The doubt with the place that Stripe's answer names, or None where the object is no more.

    Whatever we have of it then was stored under a name that this event does not know; reconciling finds it.
    """
    if answer.raw is None:
        return None
    shapes.record(doubt.kind, answer.raw)  # what cannot be read must not leave a ticket at a place that is none
    ident, owner, created = shapes.identity(doubt.kind, answer.raw)
    return replace(doubt, id=ident, customer=owner, object_created=created, placed=True)


def _news(doubt: Doubt, answer: Answer) -> News:
    record: Record | None = None if answer.raw is None else shapes.record(doubt.kind, answer.raw)
    gone = record is None or (isinstance(record, Card) and record.customer is None)
    return News(doubt.kind, record, gone, answer.start)


def key_of(doubt: Doubt) -> keys.Key:
    """Where the object of a doubt is stored."""
    return keys.of_object(doubt.scope, doubt.kind, doubt.id, doubt.customer, doubt.object_created)


def _judged(row: ObjectRow | None, created: int, news: News) -> Verdict:
    stored = objects.record_of(row) if row is not None else None
    same = stored is not None and stored == news.record and bool(row and row.gone) == news.gone
    return window.judge(objects.window_of(row), created, _progress(stored, news.record), same)


def _progress(stored: Record | None, record: Record | None) -> Pair:
    """How far the stored and the new object are, where its life only goes forward; the others have no progress."""
    return _how_far(stored), _how_far(record)


def _how_far(record: Record | None) -> Progress | None:
    if isinstance(record, Invoice):
        return window.invoice_progress(record.status, record.attempt_count)
    return window.intent_progress(record.status) if isinstance(record, PaymentIntent) else None
