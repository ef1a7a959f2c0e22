"""The protocol, broken on purpose: each variant leaves out or alters one decision of the real code, and must be caught."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from weakref import WeakKeyDictionary

import pytest

from chalicelib.actions import apply_event, compare, walks
from chalicelib.aws import queue
from chalicelib.core import window
from chalicelib.core.events import Doubt
from chalicelib.core.reconcile import Place
from chalicelib.core.window import MARGIN, Guard, Verdict, Window, Write
from chalicelib.entrypoints import apply_events
from chalicelib.errors import QueueUnavailable
from chalicelib.store import objects
from chalicelib.store.keys import Key
from chalicelib.store.objects import News
from chalicelib.store.table import Refused
from chalicelib.store.tables import ObjectRow
from infra.redrive import queues
from tests.sim import handlers
from tests.sim.shop import Parcel
from tests.sim.world import Message, World

Break = Callable[[pytest.MonkeyPatch], None]
JUDGE, SNAPSHOT, READING, ADVANCE = window.judge, window.snapshot, window.reading, window.advance
LISTED, AFTER_PAGE = window.listed, Place.after_page


def blind(patch: pytest.MonkeyPatch) -> None:
    """Write every snapshot as it comes."""
    patch.setattr(window, "snapshot", lambda created: SNAPSHOT(created)._replace(guard=Guard()))


def newer(patch: pytest.MonkeyPatch) -> None:
    """Write when `created` is newer than the last one, drop ties."""

    def judge(stored: Window, created: int, *_: object) -> Verdict:
        return Verdict.NEWS if created > stored.seen_to else Verdict.OLD

    patch.setattr(window, "judge", judge)


def no_ticket(patch: pytest.MonkeyPatch) -> None:
    """Write what a GET returned without comparing tickets."""
    _reading(patch, applied_below=None)


def may_sink(patch: pytest.MonkeyPatch) -> None:
    """A late GET may lower seen_from."""
    _reading(patch, seen_from_at_most=None)


def _reading(patch: pytest.MonkeyPatch, **unguarded: None) -> None:
    def reading(ticket: int, start: int, end: int) -> Write:
        write = READING(ticket, start, end)
        return write._replace(guard=write.guard._replace(**unguarded))

    patch.setattr(window, "reading", reading)


def point(patch: pytest.MonkeyPatch) -> None:
    """One instant instead of a window."""

    def reading(ticket: int, start: int, end: int) -> Write:
        return READING(ticket, start, end)._replace(seen_from=end - 1, seen_to=end - 1)

    patch.setattr(window, "reading", reading)


def no_fence(patch: pytest.MonkeyPatch) -> None:
    """A snapshot does not fence off readers under way."""
    actions = objects._window_actions

    def unfenced(change: Write) -> list[Any]:
        return actions(change)[:2] if change.ticket is None else actions(change)

    patch.setattr(objects, "_window_actions", unfenced)


def no_margin(patch: pytest.MonkeyPatch) -> None:
    """Trust that all of Stripe's clocks agree."""
    patch.setattr(window, "snapshot", lambda created: SNAPSHOT(created, 0))
    patch.setattr(window, "reading", lambda ticket, start, end: READING(ticket, start, end, 0))


def equal_is_further(patch: pytest.MonkeyPatch) -> None:
    """Take equal progress for further progress: a tie is then broken by chance."""

    def judge(stored: Window, created: int, progress: window.Pair = (None, None), same: bool = False) -> Verdict:
        ours, theirs = progress
        tied = stored.seen_from < created <= stored.seen_to and ours and theirs and ours >= theirs
        return Verdict.OLD if tied else JUDGE(stored, created, progress, same)

    patch.setattr(window, "judge", judge)


def alike_is_known(patch: pytest.MonkeyPatch) -> None:
    """An event that shows just what is stored is dropped without a write: the window and the fence stay where they are."""

    def judge(stored: Window, created: int, progress: window.Pair = (None, None), same: bool = False) -> Verdict:
        verdict = JUDGE(stored, created, progress, same)
        return Verdict.OLD if same and verdict is Verdict.AHEAD else verdict

    patch.setattr(window, "judge", judge)


def ahead_unguarded(patch: pytest.MonkeyPatch) -> None:
    """Write a snapshot that is ahead without looking whether somebody wrote meanwhile."""
    patch.setattr(window, "advance", lambda *seen: ADVANCE(*seen)._replace(guard=Guard()))


def judged_once(patch: pytest.MonkeyPatch) -> None:
    """A refused reader does not judge its event again: whoever refused it may have known less."""
    write = objects.write

    def dropped(key: Key, news: News, change: Write) -> None:
        try:
            write(key, news, change)
        except Refused as refused:
            if change.ticket is not None:
                refused.row = ObjectRow(seen_from=2**53, seen_to=2**53)
            raise

    patch.setattr(objects, "write", dropped)


def coalesced_by_old(patch: pytest.MonkeyPatch) -> None:
    """Old news settles every other message of the batch about its object, though nobody asked Stripe."""

    def settle(doubt: Doubt, fetch: Any) -> Verdict:
        apply_event.settle(doubt, fetch)
        return Verdict.DOUBT

    patch.setattr(apply_events, "settle", settle)


def acknowledged_first(patch: pytest.MonkeyPatch) -> None:
    """Delete a message before its write."""
    work = handlers.work

    def hasty(world: World, batch: list[Message]) -> set[str]:
        world.queue = [message for message in world.queue if message not in batch]
        return work(world, batch)

    patch.setattr(handlers, "work", hasty)


def whole_batch(patch: pytest.MonkeyPatch) -> None:
    """Nobody reads the partial failures of a batch (Chalice does not switch that on): all of it is deleted."""
    work = handlers.work

    def deaf(world: World, batch: list[Message]) -> set[str]:
        work(world, batch)
        return set()

    patch.setattr(handlers, "work", deaf)


def marked_first(patch: pytest.MonkeyPatch) -> None:
    """De-duplicate on the event's id, marked before the event is stored or queued."""
    deliver = handlers.deliver
    seen: WeakKeyDictionary[World, set[str]] = WeakKeyDictionary()

    def once(world: World, parcel: Parcel) -> tuple[int, str]:
        marks = seen.setdefault(world, set())
        if parcel.event in marks:
            return 200, "duplicate"
        marks.add(parcel.event)
        return deliver(world, parcel)

    patch.setattr(handlers, "deliver", once)


def answered_anyway(patch: pytest.MonkeyPatch) -> None:
    """Answer 200 though neither the table nor the queue took the event."""
    send = queue.send_doubt

    def swallow(doubt: Doubt) -> None:
        with suppress(QueueUnavailable):
            send(doubt)

    patch.setattr(queue, "send_doubt", swallow)


def not_older(patch: pytest.MonkeyPatch) -> None:
    """Write when `created` is no older than the last one: of a tie, the last to come wins."""
    patch.setattr(window, "snapshot", lambda at: Write(Guard(seen_to_below=at + 1), at - 1, at))

    def judge(stored: Window, created: int, *_: object) -> Verdict:
        return Verdict.NEWS if created >= stored.seen_to else Verdict.OLD

    patch.setattr(window, "judge", judge)


def stamped_after(patch: pytest.MonkeyPatch) -> None:
    """Take the ticket after the object was read."""
    settle = apply_event.settle

    def late(doubt: Doubt, fetch: Any) -> Verdict:
        answer = fetch(doubt.kind, doubt.id)
        return settle(doubt, lambda *_: answer)

    for module in (apply_events, compare):
        patch.setattr(module, "settle", late)


def no_condition(patch: pytest.MonkeyPatch) -> None:
    """Write what a GET returned, whatever stands there."""
    _reading(patch, applied_below=None, seen_from_at_most=None)


def listed_blind(patch: pytest.MonkeyPatch) -> None:
    """Write what a list shows without looking at the window of what is stored."""
    patch.setattr(window, "listed", lambda _stored, start, end: Write(Guard(), start - MARGIN - 1, end + MARGIN))


def listed_unguarded(patch: pytest.MonkeyPatch) -> None:
    """Look at the window before a list is written, but not whether somebody came meanwhile."""

    def listed(*seen: Any) -> Write | None:
        write = LISTED(*seen)
        return write and write._replace(guard=Guard())

    patch.setattr(window, "listed", listed)


def deaf_to_deletions(patch: pytest.MonkeyPatch) -> None:
    """Compare what Stripe lists, and nothing that only we know of."""
    for phase in ("known_products", "known_customers"):
        patch.setitem(walks.WALKS, phase, lambda _walk, _cursor: None)


def first_page_only(patch: pytest.MonkeyPatch) -> None:
    """Forget that a list goes on."""
    patch.setattr(Place, "after_page", lambda place, _cursor: AFTER_PAGE(place, None))


def always_quiet(patch: pytest.MonkeyPatch) -> None:
    """Open no case for an invoice that reconciling finds."""
    patch.setattr(compare, "LATE", -(10**9))


def deleted_before_replayed(patch: pytest.MonkeyPatch) -> None:
    """Take a parked message away before it is back on its queue."""

    def replay(stacks: Any, queue: str, *_: Any) -> list[str]:
        sqs, url = stacks.client("sqs"), stacks.data["EventsDeadUrl"]
        for letter in queues._taken(sqs, url, queue):
            sqs.delete_message(QueueUrl=url, ReceiptHandle=letter.receipt)
            queues._give_back(stacks, letter)
        return []

    patch.setattr(queues, "replay", replay)


BREAKS: tuple[Break, ...] = (
    blind,
    newer,
    not_older,
    stamped_after,
    no_condition,
    listed_blind,
    listed_unguarded,
    deaf_to_deletions,
    first_page_only,
    always_quiet,
    deleted_before_replayed,
    no_ticket,
    may_sink,
    point,
    no_fence,
    no_margin,
    equal_is_further,
    alike_is_known,
    ahead_unguarded,
    judged_once,
    coalesced_by_old,
    acknowledged_first,
    whole_batch,
    marked_first,
    answered_anyway,
)


@contextmanager
def broken(name: str | None) -> Iterator[None]:
    """The protocol with one of its decisions replaced, or as it is."""
    with pytest.MonkeyPatch.context() as patch:
        for one in BREAKS:
            if one.__name__ == name:
                one(patch)
        yield
