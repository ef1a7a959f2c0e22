"""Orders of things that random runs meet seldom, told step by step: the real protocol ends right, each broken one wrong."""

from collections.abc import Callable
from functools import partial
from random import Random
from typing import Any

import pytest

from chalicelib.core.model import Kind
from tests.conftest import NOW
from tests.sim import handlers
from tests.sim.broken import broken
from tests.sim.edges import Edges
from tests.sim.lives import Change, template
from tests.sim.profile import Profile, draw
from tests.sim.runs import differences
from tests.sim.shop import Parcel, Thing
from tests.sim.tasks import Task
from tests.sim.world import World

A_TICKET = 2
"""Turns of a worker: its call goes out, and is carried out."""

A_READ = A_TICKET + 4
"""And then: the GET goes out, the value is read, the Date is written, and the answer is on its way back."""


class Even(Random):
    """Chance that favours nothing: no fault, no delay, and every Date is written after the value was read."""

    def random(self) -> float:
        """Always the same."""
        return 0.9


class Story:
    """A world in which nothing happens but what is told. One customer, all clocks right, no faults."""

    def __init__(self, edges: Edges, *names: str) -> None:
        self.world = World(0, lines=[], draw=calm)
        self.world.rng = self.world.shop.rng = Even(0)
        edges.begin(self.world)
        changes = [Change({"name": name}, "customer.updated") for name in names]
        self.thing = Thing(Kind.CUSTOMER, "cus_1", template(Kind.CUSTOMER) | {"id": "cus_1"}, changes)
        self.world.shop.things = [self.thing]
        self.edges = edges

    def change(self, at: int, foreign: bool = False) -> Parcel:
        """The customer changes at a second; the event of it, which must be asked about where it is `foreign`."""
        self.world.now = NOW + at + 0.5
        (parcel,) = self.world.shop.change(self.thing, self.world.now)
        if foreign:
            parcel.body = parcel.body.replace(b"2026-10-28.endive", b"2025-03-31.basil")
        self.world.mail.append(parcel)
        return parcel

    def deliver(self, parcel: Parcel) -> str:
        """One delivery from beginning to end; its outcome."""
        if parcel not in self.world.mail:
            self.world.mail.append(parcel)
        self.world.deliver(parcel)
        return str(self.finish(self.world.tasks[-1]).answer[1])

    def worker(self) -> Task:
        """A worker takes all visible messages, oldest first, and has not done anything yet."""
        self.world.take([message for message in self.world.queue if message.holder is None])
        return self.world.tasks[-1]

    def turns(self, task: Task, number: int) -> None:
        """A handler takes so many turns, and waits."""
        for _ in range(number):
            self.world.go_on(task)

    def reconciler(self) -> Task:
        """Somebody reconciles the customer, and has not done anything yet."""
        work = partial(handlers.reconcile_customer, self.world)
        return self.world.start("reconcile", work, partial(handlers.ended, self.world))

    def until(self, task: Task, call: str) -> None:
        """A handler goes on until such a call of its has been carried out, or to its end."""
        lines = self.world.lines or []
        seen = len(lines)
        while task in self.world.tasks and not any(task.name in line and call in line for line in lines[seen:]):
            self.world.go_on(task)

    def finish(self, task: Task) -> Task:
        """A handler goes on to its end."""
        while task in self.world.tasks:
            self.world.go_on(task)
        return task

    def wrong(self) -> list[str]:
        """What is stored wrong once all that is under way has come to its end."""
        assert [self.world.mail, self.world.queue, self.world.tasks] == [[], [], []]
        return differences(self.edges, self.thing)


def calm(rng: Random) -> Profile:
    """No faults, no doubles, clocks that agree."""
    seeds = (draw(Random(seed)) for seed in range(1000))  # noqa: S311 - nothing secret
    return next(
        p
        for p in seeds
        if not (p.faults or p.foreign or p.skew_events or p.doubled or p.repeated or p.lost or p.reconciles)
    )


def overtaken_reader(story: Story) -> None:
    """A reader with an early ticket reads late; one with a late ticket read early, and writes last."""
    first = story.change(0, foreign=True)
    story.deliver(first)
    early = story.worker()
    story.turns(early, A_TICKET)
    story.deliver(first)
    late = story.worker()
    story.turns(late, A_READ)
    second = story.change(1)
    story.world.now += 10
    story.finish(early)
    assert story.deliver(second) == "old"
    story.finish(late)


def there_and_back(story: Story) -> None:
    """While a reader has the state in between in its hands, an event tells that all is again as stored."""
    story.deliver(story.change(0))
    story.deliver(story.change(0))
    reader = story.worker()
    story.turns(reader, A_READ)
    story.deliver(story.change(0))
    story.finish(reader)
    while story.world.queue:
        story.finish(story.worker())


def old_and_new_in_one_batch(story: Story) -> None:
    """A batch holds two events about one object: the first is old news, the second nobody knows."""
    old = story.change(0, foreign=True)
    story.deliver(old)
    story.deliver(story.change(20))
    story.deliver(story.change(20))
    story.finish(story.worker())


def crossing_readers(story: Story) -> None:
    """Two readers in one second: the one with the earlier ticket read before the change, and writes last."""
    story.deliver(story.change(0, foreign=True))
    slow = story.worker()
    story.turns(slow, A_READ)
    story.deliver(story.change(0, foreign=True))
    story.finish(story.worker())
    story.finish(slow)


def snapshot_behind_a_reader(story: Story) -> None:
    """A reader of the first state writes after a snapshot of the second that came a little later."""
    story.deliver(story.change(0, foreign=True))
    slow = story.worker()
    story.turns(slow, A_READ)
    story.deliver(story.change(1))
    story.finish(slow)


def snapshot_that_knows_less(story: Story) -> None:
    """A reader has read the newest state; the snapshot that fences it off is older."""
    story.deliver(story.change(0))
    before, newest = story.change(20), story.change(21, foreign=True)
    story.deliver(newest)
    reader = story.worker()
    story.turns(reader, A_READ)
    story.deliver(before)
    story.finish(reader)


def overtaken_list(story: Story) -> None:
    """Reconciling has seen that what is stored is old; before it writes what it read, the next event comes. Then it dies."""
    story.deliver(story.change(0))
    story.world.mail.remove(story.change(100))
    reconciler = story.reconciler()
    story.until(reconciler, "BatchGetItem")
    story.deliver(story.change(101))
    story.until(reconciler, "GET /v1/subscriptions")
    story.world.tasks = []


TRAPS: list[tuple[Callable[[Story], None], str, tuple[str, ...]]] = [
    (overtaken_reader, "may_sink", ("Ada", "Bea")),
    (there_and_back, "alike_is_known", ("Ada", "Bea", "Ada")),
    (old_and_new_in_one_batch, "coalesced_by_old", ("Ada", "Bea", "Cleo")),
    (crossing_readers, "no_ticket", ("Ada", "Bea")),
    (snapshot_behind_a_reader, "no_fence", ("Ada", "Bea")),
    (overtaken_list, "listed_unguarded", ("Ada", "Bea", "Cleo")),
    (overtaken_list, "listed_blind", ("Ada", "Bea", "Cleo")),
    (snapshot_that_knows_less, "judged_once", ("Ada", "Bea", "Cleo")),
]


@pytest.mark.parametrize(
    "trap, variant, names", TRAPS, ids=[f"{trap.__name__}-{variant}" for trap, variant, _ in TRAPS]
)
def test_only_a_broken_protocol_falls_into_the_trap(
    edges: Edges, trap: Callable[[Story], None], variant: str, names: tuple[Any, ...]
) -> None:
    told = Story(edges, *names)
    trap(told)

    assert told.wrong() == []
    with broken(variant):
        told = Story(edges, *names)
        trap(told)
        assert len(told.wrong()) == 1
