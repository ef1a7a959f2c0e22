"""The window of doubt: what an event, or a read, may do to the stored state of one object.

Stripe's events carry a snapshot and a `created` in whole seconds. They come in any order, more than once, and two changes
can share a second. So each stored object keeps the seconds `(seen_from, seen_to]` about which we cannot be sure, and two
counters of tickets. All times are Stripe's, in UTC seconds.

- An event later than `seen_to` is news: its snapshot is written, and every reader under way is fenced off.
- An event no later than `seen_from` is old news: the stored state was taken after it.
- Anything else is doubt: take a ticket, read the object from Stripe, and write what came back unless a newer ticket, or a
  snapshot, was written meanwhile. A refused reader judges its event again: whoever refused it may have known less.

A write is a value: a `Guard` that must hold and the `Window` it leaves. The store turns guards into DynamoDB conditions;
`holds` says what they mean, and tests/sim visits every interleaving of these very functions.
"""

from enum import Enum
from typing import NamedTuple

MARGIN = 2
"""Seconds by which any two of Stripe's clocks, and a change and its event, may differ."""

NEVER = -(2**53)
"""Before every event."""


Progress = tuple[int, int]
"""How far an invoice (or a payment intent) has come: the rank of its status and its attempt count. Neither ever goes back."""

Pair = tuple[Progress | None, Progress | None]
"""The stored and the event's progress; None where there is none to compare."""


class Window(NamedTuple):
    """The doubt about one stored object. `issued` counts tickets; `applied` is the ticket of the last write."""

    seen_from: int = NEVER
    seen_to: int = NEVER
    issued: int = 0
    applied: int = 0


UNKNOWN = Window()
"""The window of an object that we have never stored."""


class Verdict(Enum):
    """What an event means for a stored object."""

    NEWS = "news"
    OLD = "old"
    AHEAD = "ahead"
    DOUBT = "doubt"


class Guard(NamedTuple):
    """The condition of one write; a part that is None is not asked. All parts asked for must hold."""

    seen_to_below: int | None = None
    applied_below: int | None = None
    seen_from_at_most: int | None = None
    unchanged: Window | None = None


class Write(NamedTuple):
    """A conditional write of a state: the guard, and the window afterwards.

    `ticket` None means that the write fences: `issued` and `applied` both become the stored `issued` plus one.
    """

    guard: Guard
    seen_from: int
    seen_to: int
    ticket: int | None = None


def judge(stored: Window, created: int, progress: Pair = (None, None), same: bool = False) -> Verdict:
    """Say what an event of second `created` means for an object whose window is `stored`.

    `progress` is the stored and the event's progress for an object whose life only goes forward (an invoice), else None:
    where one of the two is plainly further, the tie of seconds is broken without asking Stripe. `same` says that the event
    shows just the state that is stored (a delivery made twice, most often): then only the window and the fence move.
    """
    if created > stored.seen_to:
        return Verdict.NEWS
    if created <= stored.seen_from:
        return Verdict.OLD
    ours, theirs = progress
    if ours and theirs and further(ours, theirs):
        return Verdict.OLD
    ahead = same or (ours and theirs and further(theirs, ours))
    return Verdict.AHEAD if ahead else Verdict.DOUBT


def snapshot(created: int, margin: int = MARGIN) -> Write:
    """The write of an event that is news: one conditional write, no read."""
    return Write(Guard(seen_to_below=created), created - 2 * margin - 1, created + 2 * margin)


def advance(stored: Window, created: int, margin: int = MARGIN) -> Write:
    """The write of an event in doubt whose snapshot is plainly further than, or the same as, the state under `stored`.

    What was certain stays certain (`seen_from`), and the fence makes every reader under way judge again.
    """
    return Write(Guard(unchanged=stored), stored.seen_from, max(stored.seen_to, created + 2 * margin))


def reading(ticket: int, start: int, end: int, margin: int = MARGIN) -> Write:
    """The write of what a GET between `start` and `end` (Stripe's clock) returned, under `ticket` taken before it."""
    seen_from = start - margin - 1
    return Write(Guard(applied_below=ticket, seen_from_at_most=seen_from), seen_from, end + margin, ticket)


def listed(stored: Window, start: int, end: int, margin: int = MARGIN) -> Write | None:
    """The write of what a list returned between `start` and `end` (Stripe's clock), over `stored`, which was read after it.

    No ticket was taken before the list, so it may speak only where all that is stored is certainly older than the call, and
    nobody has come since; it fences like a snapshot. None where that is not certain: then the object is read singly.
    """
    if stored.seen_to >= start - margin:
        return None
    return Write(Guard(unchanged=stored), start - margin - 1, end + margin)


def holds(guard: Guard, stored: Window) -> bool:
    """Whether `guard` lets a write pass over an object with the window `stored` (`UNKNOWN` where there is none)."""
    return (
        (guard.seen_to_below is None or stored.seen_to < guard.seen_to_below)
        and (guard.applied_below is None or stored.applied < guard.applied_below)
        and (guard.seen_from_at_most is None or stored.seen_from <= guard.seen_from_at_most)
        and (guard.unchanged is None or stored == guard.unchanged)
    )


def after(write: Write, stored: Window) -> Window:
    """The window that `write` leaves on an object with the window `stored`."""
    if write.ticket is None:
        fence = stored.issued + 1
        return Window(write.seen_from, write.seen_to, fence, fence)
    return Window(write.seen_from, write.seen_to, stored.issued, write.ticket)


STATUS_RANKS = {"draft": 0, "open": 1, "uncollectible": 2, "paid": 3, "void": 3}


def invoice_progress(status: str, attempt_count: int) -> Progress | None:
    """The progress of an invoice, or None for a status that we do not know (then a tie is always a doubt)."""
    rank = STATUS_RANKS.get(status)
    return None if rank is None else (rank, attempt_count)


ENDED_INTENTS = frozenset({"succeeded", "canceled"})


def intent_progress(status: str) -> Progress:
    """The progress of a payment intent: it may go back and forth until it has succeeded or is canceled, and then stays so."""
    return int(status in ENDED_INTENTS), 0


def further(one: Progress, other: Progress) -> bool:
    """Whether `one` is certainly later than `other`: ahead in one part and behind in none."""
    return one != other and one[0] >= other[0] and one[1] >= other[1]
