"""One life of one customer's failed payments: a clock, Stripe, the queue, SES and SNS, and our handlers under way.

The handlers are the real ones. The clock leaps to whatever comes next; while handlers run it creeps, and anything may happen
in between: a payment, another run of the schedule, a second worker with the same message, the end of a Lambda.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Any

from chalicelib.actions import handle_case
from chalicelib.core.cases import closes_case
from chalicelib.core.model import Invoice, Kind
from chalicelib.core.site import Site
from chalicelib.core.window import Guard, Write
from chalicelib.entrypoints.record_mail_feedback import record_mail_feedback
from chalicelib.entrypoints.schedule_reminders import schedule_reminders
from chalicelib.entrypoints.send_mails import send_mails
from chalicelib.errors import StamkundError
from chalicelib.store import keys, objects
from chalicelib.store.keys import Key
from chalicelib.store.objects import News
from chalicelib.stripe_api import shapes
from tests.conftest import NOW, SITE
from tests.sim.tasks import Crash, Task, give_way
from tests.sim_mails.story import DAY, HOUR, MINUTE, Customer, Fact, Owed

QUARTER, VISIBLE_AFTER, TRIES = 15 * MINUTE, 360, 5
LIFE = 45 * DAY
LONGEST_TASK = 110
"""Seconds until Lambda ends a handler, wherever it is: sixty, and half as many again for one that dies late."""

SOON = 4 * HOUR
"""What would happen within so many seconds may happen while handlers are under way: at the worst moment, that is."""

AT_ONCE = 4
"""Handlers that may be under way together."""

MOST_STEPS = 10_000
RUN: dict[str, Any] = {"detail": {}, "resources": [], "time": ""} | dict.fromkeys(
    ("version", "account", "region", "detail-type", "source", "id"), "x"
)
FAULTS = (
    *("crash before", "crash after", "throttled", "answer lost", "twice", "conflict"),
    *("sqs refuses", "sqs takes a part", "stripe 500", "stripe silent"),
    *("ses throttles", "ses refuses", "ses lost before", "ses lost after"),
)


class Restless(Exception):
    """The life does not come to an end."""


@dataclass(eq=False)
class Message:
    """A message of the queue of mails. Invisible until `visible_at`; `dead` after too many tries."""

    body: str
    visible_at: float
    received: int = 0
    dead: bool = False


@dataclass
class Notice:
    """A notification of SES's, on its way to us."""

    at: float
    body: dict[str, Any]


@dataclass(eq=False)
class Sent:
    """A mail that SES took. `decided` is the second of the gate; `doubtful`: nobody will ever learn that it left."""

    at: float
    to: str
    tags: dict[str, str]
    covers: tuple[tuple[str, str], ...]
    seen: dict[str, str]
    task: str
    bounced: bool = False
    doubtful: bool = False
    told: bool = False
    by_hand: bool = False


@dataclass(eq=False)
class World:
    """Everything, at one moment. `wanted`: the cases whose next mail somebody in support wants at once.

    `calm`: nothing is lost or late in this life, and nobody in support acts.
    """

    seed: int
    lines: list[str] | None = None
    now: float = float(NOW)
    queue: list[Message] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    news: list[tuple[float, Owed]] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)
    began: dict[Task, float] = field(default_factory=dict)
    seen: dict[str, dict[str, str]] = field(default_factory=dict)
    mails: list[Sent] = field(default_factory=list)
    wishes: list[tuple[float, str]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    stopped: set[str] = field(default_factory=set)
    heard: set[str] = field(default_factory=set)
    wanted: set[str] = field(default_factory=set)
    calm: bool = False
    current: Task | None = None
    started: int = 0
    scheduled: float = 0.0
    life: int = LIFE
    site: Site = SITE
    due: Callable[[], float | None] = lambda: None

    def __post_init__(self) -> None:
        rng = self.rng = Random(self.seed)  # noqa: S311 - the seed must give the same life again
        self.customer = self.born(rng)
        self.facts = sorted(self.customer.facts, key=lambda fact: fact.at)
        self.faults_left = rng.choice((0, 0, 1, 3, 8))
        self.rates = {fault: rng.choice((0.0, 0.0, 0.05, 0.3)) for fault in FAULTS}
        self.lost, self.late, self.doubled = (rng.choice((0.0, 0.0, 0.2)) for _ in range(3))
        self.bouncing = rng.random() < 0.08
        self.webhooks_lost = rng.choice((0.0, 0.0, 0.3))
        if rng.random() < 0.1:
            begin = self.facts[0].at + rng.randrange(5 * DAY)
            self.wishes = [(begin, rng.choice(("stop", "send-now"))), (begin + rng.randrange(2 * DAY), "resume")]
        self.calm = not (
            self.faults_left or self.lost or self.late or self.bouncing or self.webhooks_lost or self.wishes
        )

    def born(self, rng: Random) -> Any:
        """Whose life it is."""
        return Customer(rng)

    def run(self) -> None:
        """Let things happen until nothing is left to happen, or the life is over."""
        for _ in range(MOST_STEPS):
            if self.tasks:
                self.creep()
            elif not self.leap():
                return
        raise Restless(f"{len(self.queue)} messages, {len(self.tasks)} handlers left")

    def creep(self) -> None:
        """Handlers are under way: one goes on, or something else happens at this very moment."""
        roll = self.rng.random()
        if roll < 0.04:
            self.now += self.rng.choice((0.2, 5.0, 40.0))
            self.end_late_tasks()
        elif roll < 0.07 and self.facts and self.facts[0].at < self.now + SOON:
            self.happen(self.facts.pop(0))
        elif roll < 0.10 and len(self.tasks) < AT_ONCE:
            self.poll()
        elif roll < 0.12 and self.notices:
            self.notify(self.rng.choice(self.notices))
        elif roll < 0.125 and len(self.tasks) < AT_ONCE and self.now > self.scheduled + MINUTE:
            self.schedule()
        elif roll < 0.15 and self.news:
            self.hear(self.rng.choice(self.news))
        else:
            self.go_on(self.rng.choice(self.tasks))

    def leap(self) -> bool:
        """Nothing is under way: the clock goes to what comes next. False where nothing ever will."""
        found: list[tuple[float, int, Callable[[], None]]] = []
        found += [(fact.at, 0, partial(self.next_fact, fact)) for fact in self.facts[:1]]
        found += [(item[0], 1, partial(self.hear, item)) for item in self.news]
        found += [(notice.at, 2, partial(self.notify, notice)) for notice in self.notices]
        found += [(wish[0], 3, partial(self.wish, wish)) for wish in self.wishes]
        if visible := [message.visible_at for message in self.queue if not message.dead]:
            found.append((min(visible), 4, self.poll))
        due = self.due()
        if due is not None:
            at = max(due, self.scheduled + 1)
            found.append((at + QUARTER - at % QUARTER if at % QUARTER else at, 5, self.schedule))
        if not found or min(item[0] for item in found) > NOW + self.life:
            return False
        at, _, happen = min(found, key=lambda item: item[:2])
        self.now = max(self.now, at)
        if self.rng.random() < 0.02:
            self.redrive()
        happen()
        return True

    def next_fact(self, fact: Fact) -> None:
        self.facts.remove(fact)
        self.happen(fact)

    def happen(self, fact: Fact) -> None:
        """Something changes at Stripe; the webhook about an invoice comes soon, late, or by the nightly walk."""
        fact.happen()
        self.note("stripe", fact.what)
        if fact.invoice is not None:
            fact.invoice.history.append((self.now, fact.invoice.status))
            lost = self.rng.random() < self.webhooks_lost
            self.news.append((self.now + (DAY if lost else self.rng.choice((1, 30, HOUR))), fact.invoice))

    def hear(self, item: tuple[float, Owed]) -> None:
        """The webhook: what Stripe has is stored, in the write that ships."""
        self.news.remove(item)
        record: Invoice = shapes.invoice(item[1].raw())
        at = int(self.now)
        news = News(Kind.INVOICE, record, gone=False, at=at)
        self.quietly(lambda: objects.write(key_of(item[1]), news, Write(Guard(), at, at)))
        if closes_case(record):
            self.heard.add(record.id)

    def quietly(self, act: Callable[[], Any]) -> Any:
        """Something that is not under test here happens at once and does not fail."""
        rates, self.rates = self.rates, dict.fromkeys(FAULTS, 0.0)
        current, self.current = self.current, None
        try:
            return act()
        finally:
            self.rates, self.current = rates, current

    def schedule(self) -> None:
        """The run of each quarter of an hour; now and then EventBridge starts it twice."""
        self.scheduled = self.now
        for _ in range(2 if self.rng.random() < 0.05 else 1):
            self.start("schedule", lambda: schedule_reminders(RUN, None), lambda _task: None)

    def poll(self) -> None:
        """Lambda takes a batch for a worker. SQS may hand a message to two."""
        visible = [each for each in self.queue if not each.dead and each.visible_at <= self.now]
        if not visible:
            return
        batch = self.rng.sample(visible, self.rng.choice((1, min(10, len(visible)))))
        for message in batch:
            message.received += 1
            if self.rng.random() > 0.03:
                message.visible_at = self.now + VISIBLE_AFTER
        event = {"Records": [record(message, number) for number, message in enumerate(batch)]}
        self.start("mailer", lambda: send_mails(event, None), partial(self.worked, batch))

    def worked(self, batch: list[Message], task: Task) -> None:
        """Delete what did not fail; park what failed too often."""
        failed = {each["itemIdentifier"] for each in task.answer["batchItemFailures"]} if not task.crashed else None
        for number, message in enumerate(batch):
            if failed is not None and f"m{number}" not in failed:
                if message in self.queue and self.rng.random() > 0.02:
                    self.queue.remove(message)
            elif message.received >= TRIES:
                message.dead = True

    def redrive(self) -> None:
        """Somebody replays the dead letters."""
        for message in self.queue:
            if message.dead:
                message.dead, message.received, message.visible_at = False, 0, self.now

    def notify(self, notice: Notice) -> None:
        """SNS hands a notification over; it tries again where the handler failed."""
        self.notices.remove(notice)
        sns: dict[str, Any] = {
            "TopicArn": "topic",
            "Message": json.dumps(notice.body),
            "Subject": None,
            "MessageAttributes": {},
        }
        event = {"Records": [{"Sns": sns}]}

        def after(task: Task) -> None:
            if task.crashed:
                self.notices.append(Notice(self.now + 20, notice.body))

        self.start("feedback", lambda: record_mail_feedback(event, None), after)

    def wish(self, wish: tuple[float, str]) -> None:
        """Somebody in support acts on the customer's first case."""
        self.wishes.remove(wish)
        if not self.customer.owed:
            return
        ident = self.customer.owed[0].id
        act = {"stop": handle_case.stop, "resume": handle_case.resume, "send-now": handle_case.send_now}[wish[1]]
        self.note("support", f"{wish[1]} {ident}")
        try:
            self.quietly(lambda: act(SITE, ident, int(self.now)))
        except StamkundError as error:
            self.note("support", error.message)
            return
        if wish[1] == "send-now":
            self.wanted.add(ident)
        (self.stopped.add if wish[1] == "stop" else self.stopped.discard)(ident)

    def start(self, name: str, work: Callable[[], Any], after: Callable[[Task], None]) -> None:
        """Start a handler; one that raises comes to nothing, as one that crashes."""

        def guarded() -> Any:
            try:
                return work()
            except Exception as error:
                if not isinstance(error, StamkundError):
                    raise
                self.note("", f"raises {type(error).__name__}")
                raise Crash from error

        self.started += 1
        task = Task(f"{name} {self.started}", guarded, after)
        self.tasks.append(task)
        self.began[task] = self.now

    def go_on(self, task: Task) -> None:
        """A handler does what it does up to its next call."""
        self.current = task
        ended = task.go_on()
        self.current = None
        self.now += 0.01
        if ended:
            self.ended(task)

    def end_late_tasks(self) -> None:
        """Lambda ends what has run too long, and nobody hears of it."""
        for task in [each for each in self.tasks if self.now - self.began[each] > LONGEST_TASK]:
            task.crashed = True
            task.abandon()
            self.note(task.name, "is ended by Lambda")
            self.ended(task)

    def ended(self, task: Task) -> None:
        self.tasks.remove(task)
        del self.began[task]
        task.after(task)
        self.note(task.name, f"ends: {'crashed' if task.crashed else task.answer}")

    def reach(self, call: str, *faults: str) -> str | None:
        """A handler calls the outside: others go first; then the fault that befalls the call, if any."""
        if self.current is None:
            return None
        give_way()
        fault = self.strike("crash before", *faults)
        self.note(self.current.name, f"{call}{f' ({fault})' if fault else ''}")
        if fault == "crash before":
            raise Crash
        return fault

    def strike(self, *faults: str) -> str | None:
        """One of these faults, or none; there is an end to faults."""
        if not self.faults_left:
            return None
        for fault in faults:
            if self.rng.random() < self.rates[fault]:
                self.faults_left -= 1
                return fault
        return None

    def note(self, who: str, what: str) -> None:
        """One line of the trace, where one is kept."""
        if self.lines is not None:
            self.lines.append(f"{(self.now - NOW) / DAY:9.4f}  {who:<12} {what}")


def key_of(owed: Owed) -> Key:
    """Where an invoice is stored."""
    return keys.of_object(SITE.scope, Kind.INVOICE, owed.id, "cus_1", owed.created)


def record(message: Message, number: int) -> dict[str, Any]:
    """A message as SQS hands it to Lambda."""
    return {
        "messageId": f"m{number}",
        "receiptHandle": f"m{number}",
        "body": message.body,
        "attributes": {"ApproximateReceiveCount": str(min(message.received, TRIES - 1))},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-north-1:000000000000:mails",
        "awsRegion": "eu-north-1",
    }
