"""The real handlers, called as Lambda calls them, and what Stripe and SQS make of their answers."""

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import clock
from chalicelib.actions import receive_event, walks
from chalicelib.actions import reconcile as reconciling
from chalicelib.core.reconcile import start
from chalicelib.entrypoints import reconcile as nightly
from chalicelib.entrypoints.apply_events import apply_events
from chalicelib.entrypoints.batches import LAST_TRY
from chalicelib.errors import Retryable, StamkundError
from chalicelib.store.jobs import Taken
from infra.redrive import queues
from tests.builders import rest_event, signed
from tests.conftest import ACCOUNT
from tests.sim.shop import Parcel
from tests.sim.tasks import Task

if TYPE_CHECKING:
    from tests.sim.world import Message, World

REDELIVERED = (500, 503)
SCHEDULE: dict[str, Any] = {
    **dict.fromkeys(("version", "account", "region", "detail-type", "source", "time", "id"), ""),
    "detail": {},
    "resources": [],
}
"""What EventBridge's schedule sends: nothing in it matters."""


def deliver(world: "World", parcel: Parcel) -> tuple[int, str]:
    """One delivery, through the action or, now and then, through the whole REST Lambda; status and outcome."""
    header = signed(parcel.body, int(world.now))
    if world.rng.random() < world.profile.through_rest:
        headers = {"stripe-signature": header, "content-type": "application/json"}
        path = "/webhooks/stripe/{endpoint_name}"
        answer = _app()(rest_event("POST", path, parcel.body, headers, endpoint_name="default"), None)
        return int(answer["statusCode"]), str(answer["body"])
    try:
        return 200, receive_event.receive("default", parcel.body, header, int(world.now))
    except Retryable as error:
        return error.status, type(error).__name__


@cache
def _app() -> Any:
    from app import app  # noqa: PLC0415 - a second, spared by runs that do not need it

    return app


def delivered(world: "World", parcel: Parcel, task: Task) -> None:
    """Stripe delivers again what was not answered with 2xx."""
    status, outcome = (500, "crashed") if task.crashed else task.answer
    world.note(task.name, f"ends: {status} {outcome}")
    if status in REDELIVERED:
        world.mail.append(replace(parcel, haste=world.shop.haste()))
    elif status != 200:
        raise AssertionError(f"{status} for {parcel.told}: {outcome}")
    else:
        world.shop.untaken.pop(parcel.event, None)


def work(world: "World", batch: list["Message"]) -> set[str]:
    """One batch through the worker's Lambda; the ids of the messages that go back to the queue."""
    answer = apply_events({"Records": [_record(message) for message in batch]}, None)
    return {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}


def _record(message: "Message") -> dict[str, Any]:
    return {
        "messageId": message.id,
        "receiptHandle": f"{message.id}-{message.received}",
        "body": message.body,
        "attributes": {"ApproximateReceiveCount": str(message.received)},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-north-1:000000000000:events",
        "awsRegion": "eu-north-1",
    }


def worked(world: "World", batch: list["Message"], task: Task) -> None:
    """Lambda deletes what did not fail. A receipt that is out of date deletes nothing or everything: both happen."""
    back = {message.id for message in batch} if task.crashed else task.answer
    world.note(task.name, f"ends: {'crashed' if task.crashed else f'back go {sorted(back)}' if back else 'done'}")
    for message in batch:
        ours = message.holder is task
        if message.id in back or world.strike("not deleted"):
            message.holder = None if ours else message.holder
            if ours and message.received >= LAST_TRY and message in world.queue:
                world.park(message)
        elif message in world.queue and (ours or world.rng.random() < 0.5):
            world.queue.remove(message)


def reconcile(world: "World") -> str:
    """The Lambda of every quarter of an hour, which begins a run or goes on with one; what became of it."""
    try:
        told = nightly.reconcile(SCHEDULE, None)
        world.run_began = int(told.get("started_at", 0))
        return str(told["state"])
    except Retryable as error:
        return type(error).__name__


def reconcile_by_hand(force: bool, _world: "World") -> str:
    """`python -m infra.reconcile --restart`, which may take over from a run that is at work."""
    now = clock.now()
    try:
        run = reconciling.work(clock.now, 10**9, start(ACCOUNT, now), force)
    except Taken:
        return "taken"
    except Retryable as error:
        return type(error).__name__
    return "finished" if run and run.place is None else "stopped"


def reconcile_customer(_world: "World") -> str:
    """`python -m infra.reconcile --customer cus_1`, beside whatever run is at work."""
    now = clock.now()
    try:
        walks.customer(reconciling.walk_of(ACCOUNT, start(ACCOUNT, now).since, True, lambda _finding: None), "cus_1")
    except Retryable as error:
        return type(error).__name__
    return "walked"


def redrive(world: "World") -> str:
    """`python -m infra.redrive replay --all --queue events`."""
    try:
        return f"{len(queues.replay(world.stacks, 'events', None, 1000))} replayed"
    except (StamkundError, BotoCoreError, ClientError) as error:
        return type(error).__name__


def ended(world: "World", task: Task) -> None:
    """Whoever called looks at the answer; what a crash left hidden is seen again."""
    world.note(task.name, f"ends: {'crashed' if task.crashed else task.answer}")
    for message in world.dead:
        message.holder = None if message.holder is task else message.holder
