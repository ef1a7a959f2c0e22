"""One run: a clock, Stripe, a mail bag of events, a queue, and handlers under way. The seed decides who comes next.

The handlers are the real ones; what they reach (DynamoDB, SQS, Stripe) is `edges`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Any

from tests.conftest import NOW
from tests.sim import handlers
from tests.sim.profile import Profile, draw
from tests.sim.shop import Parcel, Shop
from tests.sim.tasks import Crash, Task, give_way

DAY = 86_400
MOST_CALLS = 200
MOST_STEPS = 20_000
"""A run that has not come to rest by then never will."""


@dataclass(eq=False)
class Message:
    """A message of the queue of doubts. `holder` is the worker to whom it is invisible to others."""

    id: str
    body: str
    received: int = 0
    holder: Task | None = None


class Restless(Exception):
    """The run does not come to rest: some message or delivery fails for ever."""


@dataclass(eq=False)
class World:
    """Everything, at one moment."""

    seed: int
    lines: list[str] | None = None
    now: float = float(NOW)
    mail: list[Parcel] = field(default_factory=list)
    queue: list[Message] = field(default_factory=list)
    dead: list[Message] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)
    batches: dict[Task, list[Message]] = field(default_factory=dict)
    current: Task | None = None
    started: int = 0
    draw: Callable[[Random], Profile] = draw

    def __post_init__(self) -> None:
        self.rng = Random(self.seed)  # noqa: S311 - the seed must give the same run again
        self.profile = self.draw(self.rng)
        self.faults_left = self.profile.faults
        self.reconciles_left = self.profile.reconciles
        self.leaps_left = 3
        self.stacks: Any = None
        self.answered, self.run_began = "", 0
        self.shop = Shop(self.rng, self.profile)
        self.now += self.rng.random()

    def run(self) -> None:
        """Let things happen until nothing is left to happen. Raises Restless."""
        self.note("", f"{self.profile}")
        for _ in range(MOST_STEPS):
            happenings = self.possible()
            if len(happenings) == 1:
                return
            weights = [weight for weight, _ in happenings]
            self.rng.choices(happenings, weights)[0][1]()
        raise Restless(f"{len(self.mail)} deliveries, {len(self.queue)} messages, {len(self.tasks)} handlers left")

    def possible(self) -> list[tuple[float, Any]]:
        """All that may happen next, each with its weight; the clock alone means rest."""
        haste = self.profile.haste
        found: list[tuple[float, Any]] = []
        found += [(haste["stripe"], partial(self.change, thing)) for thing in self.shop.unfinished()]
        found += [(haste["mail"] * parcel.haste, partial(self.deliver, parcel)) for parcel in self.mail]
        found += [(haste["run"] * task.haste, partial(self.go_on, task)) for task in self.tasks]
        if any(message.holder is None for message in self.queue):
            found.append((haste["poll"], self.poll))
        if self.dead and not any(task.name.startswith("redrive") for task in self.tasks):
            found.append((haste["poll"], self.redrive))
        if self.reconciles_left:
            found.append((haste["reconcile"], self.reconcile))
        if self.faults_left and self.profile.rates["visible again"]:
            found += [(0.1, partial(self.show_again, task)) for task in self.batches]
        found.append((haste["clock"] * sum(weight for weight, _ in found), self.tick))
        return found

    def tick(self) -> None:
        """Time passes: mostly fractions of a second, seldom hours, and a day up to three times."""
        if self.rng.random() >= self.profile.leap:
            self.now += self.rng.random() * 2 * self.profile.tick
        elif self.leaps_left and self.rng.random() < 0.2:
            self.leaps_left -= 1
            self.now += DAY
        else:
            self.now += self.rng.uniform(60, 7200)

    def change(self, thing: Any) -> None:
        """Something happens to an object at Stripe."""
        parcels = self.shop.change(thing, self.now)
        self.note("stripe", f"{thing.told}: {', '.join(p.told for p in parcels) or 'nobody hears of it'}")
        self.mail += parcels

    def deliver(self, parcel: Parcel) -> None:
        """Stripe delivers an event."""
        self.mail.remove(parcel)
        self.start("webhook", partial(handlers.deliver, self, parcel), partial(handlers.delivered, self, parcel))
        self.note(self.tasks[-1].name, f"takes {parcel.told}")

    def poll(self) -> None:
        """Lambda takes a batch of messages for a worker, in no order."""
        visible = [message for message in self.queue if message.holder is None]
        self.take(self.rng.sample(visible, self.rng.choice((1, min(10, len(visible))))))

    def take(self, batch: list[Message]) -> None:
        """A worker gets a batch, which is invisible to others from now on."""
        task = self.start("worker", partial(handlers.work, self, batch), partial(handlers.worked, self, batch))
        self.batches[task] = batch
        for message in batch:
            message.holder, message.received = task, message.received + 1
        self.note(task.name, f"takes {', '.join(message.id for message in batch)}")

    def show_again(self, task: Task) -> None:
        """A worker's time is up, but it goes on: its messages come to others too."""
        self.faults_left -= 1
        for message in self.batches.pop(task):
            if message.holder is task:
                message.holder = None
        self.note(task.name, "is too late: its messages are visible again")

    def park(self, message: Message) -> None:
        """SQS gives a message up after its last try."""
        self.queue.remove(message)
        self.dead.append(message)
        self.note("sqs", f"parks {message.id}")

    def redrive(self) -> None:
        """Somebody replays what is parked."""
        self.start("redrive", partial(handlers.redrive, self), partial(handlers.ended, self))

    def reconcile(self) -> None:
        """The schedule fires, or somebody reconciles by hand, with force or without."""
        self.reconciles_left -= 1
        by_hand: list[Callable[[World], str]] = [partial(handlers.reconcile_by_hand, force) for force in (True, False)]
        one = handlers.reconcile_customer
        work = self.rng.choice([handlers.reconcile, one, one, *by_hand])
        self.start("reconcile", partial(work, self), partial(handlers.ended, self))

    def night(self) -> None:
        """A whole run of reconciling that begins after this moment, resumed as often as need be. Raises Restless."""
        rest = self.now
        for _ in range(MOST_CALLS):
            self.reconcile_now()
            if self.answered == "finished" and self.run_began >= rest:
                return
            self.now = self._next_night() if self.answered in ("finished", "not_due") else self.now + 900
        raise Restless("reconciling does not come to its end")

    def reconcile_now(self) -> None:
        """One call of the nightly Lambda, from beginning to end; `answered` and `run_began` say what became of it."""
        self.answered, self.run_began = "", 0
        task = self.start("reconcile", partial(handlers.reconcile, self), partial(handlers.ended, self))
        while task in self.tasks:
            self.go_on(task)
        self.answered = "crashed" if task.crashed else str(task.answer)

    def _next_night(self) -> float:
        """Two o'clock."""
        return (self.now // DAY + 1) * DAY + 2 * 3600

    def start(self, name: str, work: Any, after: Any) -> Task:
        """Start a handler; it has not done anything yet."""
        self.started += 1
        self.tasks.append(Task(f"{name} {self.started}", work, after))
        return self.tasks[-1]

    def go_on(self, task: Task) -> None:
        """A handler does what it does up to its next call."""
        self.current = task
        ended = task.go_on()
        self.current = None
        task.haste = self.shop.haste()
        if ended:
            self.tasks.remove(task)
            self.batches.pop(task, None)
            task.after(task)

    def reach(self, call: str, *faults: str) -> str | None:
        """A handler calls the outside: others go first; then the fault that befalls the call, if any. May raise Crash."""
        if self.current and self.current.crashed:
            raise Crash  # nothing that cleans up on the way out reaches the outside
        give_way()
        fault = self.strike("crash before", *faults)
        self.note(self.current.name if self.current else "", f"{call}{f' ({fault})' if fault else ''}")
        if fault == "crash before":
            self.die()
        return fault

    def die(self) -> None:
        """The handler that runs dies here. Raises Crash."""
        if self.current:
            self.current.crashed = True
        raise Crash

    def strike(self, *faults: str) -> str | None:
        """One of these faults, or none; there is an end to faults."""
        if not self.faults_left:
            return None
        roll = self.rng.random()
        for fault in faults:
            roll -= self.profile.rates[fault]
            if roll < 0:
                self.faults_left -= 1
                return fault
        return None

    def note(self, who: str, what: str) -> None:
        """One line of the trace, where one is kept."""
        if self.lines is not None:
            self.lines.append(f"{self.now - NOW:10.3f}  {who:<12} {what}")
