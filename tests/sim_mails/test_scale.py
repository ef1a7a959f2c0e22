"""What a run costs: as much as there is to send, whatever else there is; and how much it holds in memory: one page."""

import tracemalloc
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.actions.queue_due import queue_due
from chalicelib.aws import queue
from chalicelib.core.model import Kind
from chalicelib.core.window import Guard, Write
from chalicelib.store import keys, objects
from chalicelib.store.objects import News
from chalicelib.store.tables import ObjectRow, bind
from tests.conftest import NOW, SITE
from tests.records import invoice, subscription
from tests.sim.table import Answer, Perform, Table

LATER = NOW + 86_400


class Counted:
    """A table and a queue that count what is asked of them."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.queued = 0
        self.table = Table(self.edge)

    def edge(self, operation: str, perform: Perform) -> Answer:
        """One call of DynamoDB's."""
        self.calls[operation] += 1
        return perform()

    def send_message_batch(self, **asked: Any) -> Answer:
        """One call of SQS's."""
        self.calls["SendMessageBatch"] += 1
        self.queued += len(asked["Entries"])
        return {}


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counted]:
    """An AWS that counts."""
    made = Counted()
    monkeypatch.setenv("MAILS_QUEUE_URL", "https://sqs.invalid/mails")
    monkeypatch.setattr(queue, "client", lambda _service: made)
    ObjectRow._connection = None
    bind()
    ObjectRow._get_connection().connection._client = made.table  # type: ignore[assignment]
    yield made
    ObjectRow._connection = None


def fill(aws: Counted, customers: int, due: int) -> None:
    """So many subscribers, of whom the last payment of some has failed. One item is written for real and copied."""
    sub, failed = (_stored(aws, kind) for kind in (Kind.SUBSCRIPTION, Kind.INVOICE))
    aws.table.items.clear()
    for number in range(customers):
        pk, sk = f"C#{SITE.scope}#cus_{number}", "1#SUB#sub_1"
        aws.table.items[pk, sk] = {**sub, "pk": {"S": pk}, "sk": {"S": sk}}
        if number < due:
            sk, shard = f"5#INV#{number:012d}#in_{number}", {"S": keys.due_shard(f"in_{number}")}
            aws.table.items[pk, sk] = {**failed, "pk": {"S": pk}, "sk": {"S": sk}, "due_shard": shard}
    aws.calls.clear()


def _stored(aws: Counted, kind: Kind) -> dict[str, Any]:
    record = subscription() if kind is Kind.SUBSCRIPTION else invoice()
    key = keys.of_object(SITE.scope, kind, record.id, "cus_1", NOW)
    objects.write(key, News(kind, record, False, NOW), Write(Guard(), NOW, NOW))
    return aws.table.items[key]


def test_a_hundred_due_cost_the_same_calls_among_a_thousand_and_among_a_hundred_thousand(aws: Counted) -> None:
    costs = []
    for customers in (1_000, 100_000):
        fill(aws, customers, due=100)
        assert queue_due(LATER) == 100
        costs.append(dict(aws.calls))

    assert costs[0] == costs[1] == {"Query": 2 * keys.DUE_SHARDS, "SendMessageBatch": 10}


def test_ten_thousand_due_are_handed_over_with_flat_memory(aws: Counted) -> None:
    peaks = []
    for due in (1_000, 10_000):
        fill(aws, due, due)
        aws.queued = 0
        tracemalloc.start()
        assert queue_due(LATER) == aws.queued == due
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()

    # The stand-in sorts a whole shard before it cuts a page, which DynamoDB does not do here: that part is its own.
    assert peaks[1] < peaks[0] + 2_000_000
    assert aws.calls["SendMessageBatch"] == 1_000
    assert aws.calls["Query"] <= keys.DUE_SHARDS * 4
