"""Visit every interleaving of the webhook protocol over small cases, with the real decisions of `core.window`.

One object changes 1, 2 .. K times. Each change makes one event: `created` is the second of the change, moved by up to
`skew` (Stripe's clocks apart). Events are delivered in any order, some twice, some never, to concurrent workers; a GET
returns the value of its moment, and a crash is a delivery made again from the start. At the end the stored value must be at
least as new as the newest event that was delivered.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from chalicelib.core import window
from chalicelib.core.window import UNKNOWN, Pair, Progress, Verdict, Window, Write

MOST_TICKETS = 12
"""A broken protocol may refuse its readers for ever; after so many tickets a worker gives up and its end counts."""


ALL_NEW = "123456"


class Store(NamedTuple):
    """The stored object: the number of the change it shows (0: none) and its window."""

    value: int
    window: Window


class Worker(NamedTuple):
    """One delivery under way. `at` names the atomic step that comes next."""

    change: int
    at: str = "new"
    seen: Window = UNKNOWN
    ticket: int = 0
    began: int = 0
    answer: int = 0


class State(NamedTuple):
    """A moment of the whole world."""

    clock: int
    created: tuple[int, ...]
    store: Store
    workers: tuple[Worker, ...]


class Protocol(NamedTuple):
    """The decisions under test; a broken variant replaces one of them."""

    judge: Callable[[Window, int, Pair, bool], Verdict] = window.judge
    snapshot: Callable[[int, int], Write] = window.snapshot
    advance: Callable[[Window, int, int], Write] = window.advance
    reading: Callable[[int, int, int, int], Write] = window.reading
    after: Callable[[Write, Window], Window] = window.after
    judges_again: bool = True


class Case(NamedTuple):
    """Which change each delivery carries; how far the object is after each change (for invoices).

    `states` names the state after each change where one comes back (A, B, A); by default every change makes a new one.
    """

    deliveries: tuple[int, ...]
    seconds: int = 2
    skew: int = 0
    margin: int = 0
    progress: tuple[Progress, ...] | None = None
    states: str | None = None


def explore(case: Case, protocol: Protocol) -> tuple[int, int]:
    """Return (states visited, wrong ends)."""
    changes = max(case.deliveries)
    start = State(0, (), Store(0, UNKNOWN), tuple(Worker(change) for change in case.deliveries))
    seen, stack, wrong = {start}, [start], 0
    while stack:
        state = stack.pop()
        if len(state.created) == changes and all(worker.at == "done" for worker in state.workers):
            wrong += not _right(case, state.store.value, changes)
            continue
        for following in successors(state, case, protocol, changes):
            if following not in seen:
                seen.add(following)
                stack.append(following)
    return len(seen), wrong


def _right(case: Case, value: int, changes: int) -> bool:
    """At least as new as the newest delivered change, or in the same state."""
    states = case.states or ALL_NEW
    return value >= changes or (value > 0 and states[value - 1] == states[changes - 1])


def successors(state: State, case: Case, protocol: Protocol, changes: int) -> Iterator[State]:
    """Every state one atomic step away: the clock ticks, the object changes, or a worker does its next step."""
    if state.clock < case.seconds:
        yield state._replace(clock=state.clock + 1)
    if len(state.created) < changes:
        for shift in range(-case.skew, case.skew + 1):
            yield state._replace(created=(*state.created, state.clock + shift))
    for i, worker in enumerate(state.workers):
        if worker.at != "done" and worker.change <= len(state.created):
            store, moved = step(worker, state, case, protocol)
            yield state._replace(store=store, workers=(*state.workers[:i], moved, *state.workers[i + 1 :]))


def step(worker: Worker, state: State, case: Case, protocol: Protocol) -> tuple[Store, Worker]:
    """One atomic step of one delivery, as `actions.apply_event` takes it."""
    store, created = state.store, state.created[worker.change - 1]
    match worker.at:
        case "doubt":
            return take_ticket(store, worker)
        case "asking":
            return store, worker._replace(at="reading", began=state.clock)
        case "reading":
            return store, worker._replace(at="answered", answer=len(state.created))
        case "new":
            value, attempt = worker.change, protocol.snapshot(created, case.margin)
        case "ahead":
            value, attempt = worker.change, protocol.advance(worker.seen, created, case.margin)
        case _:
            value = worker.answer
            attempt = protocol.reading(worker.ticket, worker.began, state.clock, case.margin)
    written = write(store, value, attempt, protocol)
    if written or (worker.at == "answered" and not protocol.judges_again):
        return written or store, Worker(worker.change, "done")
    return store, decide(worker.change, store, created, case, protocol)


def take_ticket(store: Store, worker: Worker) -> tuple[Store, Worker]:
    """Count a ticket, unless this worker's protocol refuses its readers for ever."""
    ticket = store.window.issued + 1
    if ticket > MOST_TICKETS:
        return store, Worker(worker.change, "done")
    return Store(store.value, store.window._replace(issued=ticket)), Worker(worker.change, "asking", ticket=ticket)


def decide(change: int, store: Store, created: int, case: Case, protocol: Protocol) -> Worker:
    """Where a refused delivery goes on: the refusing store hands back what it holds, and the event is judged against it."""
    progress = case.progress
    ours = progress[store.value - 1] if progress and store.value else None
    same = store.value > 0 and (case.states or ALL_NEW)[store.value - 1] == (case.states or ALL_NEW)[change - 1]
    verdict = protocol.judge(store.window, created, (ours, progress[change - 1] if progress else None), same)
    at = {Verdict.NEWS: "new", Verdict.OLD: "done", Verdict.AHEAD: "ahead", Verdict.DOUBT: "doubt"}[verdict]
    return Worker(change, at, seen=store.window if at == "ahead" else UNKNOWN)


def write(store: Store, value: int, change: Write, protocol: Protocol) -> Store | None:
    """The store after a conditional write, or None where the guard refused it."""
    if not window.holds(change.guard, store.window):
        return None
    return Store(value, protocol.after(change, store.window))
