"""The schedule's hand-over of ten thousand due cases, beside the same calls by botocore alone.

What a run calls does not depend on how many subscriptions there are (tests/sim_mails/test_scale.py counts it), so the stand-in
has due cases only. Lambda gives a run fifteen minutes.
"""

import json
import time
import tracemalloc
from collections.abc import Callable
from typing import Any, NamedTuple

DUE = 10_000
PAGE = 500
"""Cases that a page of the index has here; DynamoDB's pages have at most 1 MB, several thousand."""


class Handed(NamedTuple):
    """One run: cases handed over, CPU and wall seconds."""

    cases: int
    cpu: float
    wall: float


def page(asked: dict[str, Any], shards: int, due: int) -> dict[str, Any]:
    """The stand-in's answer to a Query of the index: every shard has its part of the due cases, a page at a time."""
    last = asked.get("ExclusiveStartKey")
    first = int(last["due_at"]["N"]) if last else 0
    end = min(first + PAGE, due // shards)
    items = [
        {"pk": {"S": f"C#acct_1:test#cus_{n}"}, "sk": {"S": f"5#INV#000000000000#in_{n}"}} for n in range(first, end)
    ]
    more = {"LastEvaluatedKey": {**items[-1], "due_shard": {"S": "D#00"}, "due_at": {"N": str(end)}}}
    return {"Items": items, "Count": len(items), "ScannedCount": len(items), **(more if end < due // shards else {})}


def ours() -> Callable[[], int]:
    """The schedule's work as it ships."""
    from chalicelib.actions.queue_due import queue_due  # noqa: PLC0415 - after the environment names the endpoint

    return lambda: queue_due(int(time.time()))


def floor() -> Callable[[], int]:
    """The same Queries and batches, by botocore as it comes."""
    import botocore.session  # noqa: PLC0415 - after the environment names the endpoint

    from chalicelib.store.keys import due_shards, notice_shards  # noqa: PLC0415

    session = botocore.session.get_session()
    table = session.create_client("dynamodb", region_name="eu-north-1")
    sqs = session.create_client("sqs", region_name="eu-north-1")

    def hand_over() -> int:
        count, now = 0, str(int(time.time()))
        for shard in (*due_shards(), *notice_shards()):
            asked = {
                "TableName": "bench",
                "IndexName": "due",
                "KeyConditionExpression": "due_shard = :s AND due_at <= :n",
                "ExpressionAttributeValues": {":s": {"S": shard}, ":n": {"N": now}},
                "Limit": PAGE,
            }
            for answer in table.get_paginator("query").paginate(**asked):
                found = [json.dumps({"pk": each["pk"]["S"], "sk": each["sk"]["S"]}) for each in answer["Items"]]
                for at in range(0, len(found), 10):
                    entries = [{"Id": str(n), "MessageBody": body} for n, body in enumerate(found[at : at + 10])]
                    sqs.send_message_batch(QueueUrl="https://sqs.invalid/mails", Entries=entries)
                count += len(found)
        return count

    return hand_over


def timed(hand_over: Callable[[], int]) -> Handed:
    """One run."""
    cpu, wall = time.process_time(), time.perf_counter()
    cases = hand_over()
    return Handed(cases, time.process_time() - cpu, time.perf_counter() - wall)


def measure(rounds: int) -> list[tuple[Handed, Handed]]:
    """The rounds, each the floor's and ours."""
    lowest, handler = floor(), ours()
    timed(lowest)
    timed(handler)
    return [(timed(lowest), timed(handler)) for _ in range(rounds)]


def peak() -> int:
    """Bytes that a run of ours allocates and holds at most."""
    hand_over = ours()
    tracemalloc.start()
    try:
        hand_over()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
