"""Sixteen processes deliver and work at once: the final state is Stripe's, and no increment is lost.

`RACING_EVENTS` says how many events each process has (`make race EVENTS=1000`).
"""

import multiprocessing
import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Empty
from random import Random
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from chalicelib.core.model import Kind, Subscription
from chalicelib.store import keys, table
from chalicelib.store.objects import record_of
from chalicelib.store.tables import ObjectRow
from infra.local.aws import Aws, command, environment, free_port
from infra.local.processes import Processes
from tests.conftest import ACCOUNT, create_table
from tests.racing.process import race
from tests.racing.stripe import raw, shared

pytestmark = pytest.mark.stack

PROCESSES = 16
EVENTS = int(os.environ.get("RACING_EVENTS", "40"))
SPAWNING = multiprocessing.get_context("spawn")


@pytest.fixture
def dynamodb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """A DynamoDB in a process of its own, with our table; the environment that leads to it."""
    processes, port = Processes(tmp_path), free_port()
    cloud = Aws(f"http://127.0.0.1:{port}")
    processes.start("aws", command(), environment(port, tmp_path, {}), f"{cloud.url}/_ministack/health")
    settings = {
        **cloud.environment(),
        **{name: os.environ[name] for name in ("STAGE", "TABLE_NAME", "SECRET_ID", "STRIPE_ACCOUNT", "LIVEMODE")},
        "STRIPE_READS_PER_SECOND": "100",
        "EVENTS_QUEUE_URL": "https://sqs.invalid",
        "AWS_SESSION_TOKEN": "",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    ObjectRow._connection = None
    try:
        create_table()
        yield settings
    finally:
        processes.stop()
        ObjectRow._connection = None


def together(target: Any, *given: Any) -> list[Any]:
    """Sixteen processes, begun together; what each has put on the queue of results."""
    results, gate = SPAWNING.Queue(), SPAWNING.Barrier(PROCESSES)
    started = [
        SPAWNING.Process(target=entered, args=(gate, results, target, *given, number)) for number in range(PROCESSES)
    ]
    for process in started:
        process.start()
    found: list[Any] = []
    while len(found) < PROCESSES:
        try:
            found.append(results.get(timeout=5))
        except Empty:
            assert all(process.exitcode in (None, 0) for process in started), "a process has died"
    for process in started:
        process.join()
    assert [process.exitcode for process in started] == [0] * PROCESSES
    return found


def entered(gate: Any, results: Any, target: Callable[..., Any], *given: Any) -> None:
    """One process: waits for the others."""
    gate.wait()
    results.put(target(*given))


def counting(settings: dict[str, str], number: int) -> int:
    """Add one, fifty times; and try to be the first at fifty places, each in an order of one's own. How often that was so."""
    os.environ |= settings
    client, won = boto3.client("dynamodb"), 0
    name = settings["TABLE_NAME"]
    for place in Random(number).sample(range(50), 50):  # noqa: S311 - in one order, whoever leads would win everywhere
        client.update_item(
            TableName=name,
            Key={"pk": {"S": "counter"}, "sk": {"S": "0"}},
            UpdateExpression="ADD n :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
        )
        item = {"pk": {"S": "place"}, "sk": {"S": str(place)}, "by": {"N": str(number)}}
        try:
            client.put_item(TableName=name, Item=item, ConditionExpression="attribute_not_exists(pk)")
            won += 1
        except ClientError as refused:
            assert refused.response["Error"]["Code"] == "ConditionalCheckFailedException"  # noqa: PT017
    return won


def test_the_stand_ins_conditional_writes_are_atomic_between_processes(dynamodb: dict[str, str]) -> None:
    """Else the tests below would prove nothing: they could only fail by the stand-in, or pass by luck."""
    won = together(counting, dynamodb)

    item = boto3.client("dynamodb").get_item(
        TableName=dynamodb["TABLE_NAME"], Key={"pk": {"S": "counter"}, "sk": {"S": "0"}}
    )["Item"]
    assert item["n"] == {"N": str(50 * PROCESSES)}
    assert sum(won) == 50
    assert sum(each > 0 for each in won) > 1, "one process won everywhere: they did not run at once"


@pytest.mark.parametrize("subscriptions", [1, 100])
def test_the_final_state_is_stripes_and_no_increment_is_lost(dynamodb: dict[str, str], subscriptions: int) -> None:
    state = shared(subscriptions)

    counts = sum(map(Counter, together(race, dynamodb, state, EVENTS)), Counter[str]())

    assert sum(state.versions) == PROCESSES * EVENTS
    issued = 0
    for number in (each for each in range(subscriptions) if state.now(each)):
        row = stored(number)
        issued += int(row.issued)
        assert isinstance(record := record_of(row), Subscription)
        assert record.metadata == {"v": str(state.now(number))}
    assert issued == counts["issued"], counts
    assert counts["news"] + counts["ahead"] + counts["old"] + counts["queued"] == PROCESSES * EVENTS
    assert counts["queued"] > 0
    assert counts["gets"] > 0
    print(f"{subscriptions} subscriptions: {dict(counts)}")  # noqa: T201 - shown by pytest -s


def stored(number: int) -> ObjectRow:
    """The row of a subscription."""
    whole = raw(number, 0)
    key = keys.of_object(f"{ACCOUNT}:test", Kind.SUBSCRIPTION, whole["id"], whole["customer"], whole["created"])
    row = table.get(ObjectRow, key, consistent=True)
    assert row is not None
    return row
