"""The two queues: what is put on them comes back as it was, and nothing is thought to be queued that is not."""

import json
from dataclasses import asdict
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.aws import queue
from chalicelib.aws.clients import client
from chalicelib.core.events import Doubt
from chalicelib.core.model import Kind
from chalicelib.errors import QueueUnavailable, UnknownShape
from tests.conftest import NOW, Cloud

DOUBT = Doubt("evt_1", "invoice.paid", Kind.INVOICE, "in_1", "cus_1", NOW, "acct_x:test", NOW + 5, "same_time")
LOST = EndpointConnectionError(endpoint_url="https://sqs")
THROTTLED = ClientError({"Error": {"Code": "ThrottlingException"}}, "SendMessage")


def failing(monkeypatch: pytest.MonkeyPatch, operation: str, error: Exception) -> None:
    """SQS fails so."""

    def fail(**_: Any) -> None:
        raise error

    monkeypatch.setattr(client("sqs"), operation, fail)


def test_a_doubt_comes_back_as_it_was_and_holds_no_body(cloud: Cloud) -> None:
    queue.send_doubt(DOUBT)

    (message,) = cloud.messages(cloud.events_url)
    assert queue.read_doubt(json.dumps(message)) == DOUBT
    assert set(message) == set(asdict(DOUBT))


@given(
    st.builds(
        Doubt,
        event=st.text(),
        type=st.text(),
        kind=st.sampled_from(Kind),
        id=st.text(),
        customer=st.none() | st.text(),
        object_created=st.integers(),
        scope=st.text(),
        created=st.integers(),
        reason=st.text(),
    )
)
def test_any_doubt_can_be_written_and_read(doubt: Doubt) -> None:
    assert queue.read_doubt(json.dumps(asdict(doubt))) == doubt


@pytest.mark.parametrize(
    "body",
    [
        *("", "{", "[]", "null", "7", '"doubt"', "{}", '{"kind": "invoice"}'),
        json.dumps({**asdict(DOUBT), "kind": "payout"}),
        json.dumps({**asdict(DOUBT), "more": 1}),
        json.dumps({name: value for name, value in asdict(DOUBT).items() if name != "scope"}),
    ],
)
def test_what_is_no_doubt_is_told(body: str) -> None:
    with pytest.raises(UnknownShape):
        queue.read_doubt(body)


@pytest.mark.parametrize("body", ["", "[]", "null", "7", '"x"', "{}", '{"pk": "a"}', '{"sk": "b"}'])
def test_what_is_no_due_case_is_told(body: str) -> None:
    with pytest.raises(UnknownShape):
        queue.read_due(body)


@pytest.mark.parametrize("number", [0, 1, 9, 10, 11, 25])
def test_due_cases_go_in_batches_of_ten_and_every_one_arrives(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    cases = [(f"C#acct_x:test#cus_{each}", f"5#INV#1#in_{each}") for each in range(number)]
    sizes: list[int] = []
    real = client("sqs").send_message_batch

    def watched(**call: Any) -> Any:
        sizes.append(len(call["Entries"]))
        return real(**call)

    monkeypatch.setattr(client("sqs"), "send_message_batch", watched)

    queue.send_due(cases)

    assert sorted(queue.read_due(json.dumps(each)) for each in cloud.messages(cloud.mails_url)) == sorted(cases)
    assert sizes == [10] * (number // 10) + ([number % 10] if number % 10 else [])


@pytest.mark.parametrize("error", [LOST, THROTTLED])
def test_a_queue_that_does_not_answer_is_unavailable(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    failing(monkeypatch, "send_message", error)
    failing(monkeypatch, "send_message_batch", error)

    with pytest.raises(QueueUnavailable):
        queue.send_doubt(DOUBT)
    with pytest.raises(QueueUnavailable):
        queue.send_due([("pk", "sk")])


def test_a_batch_of_which_sqs_refused_a_part_is_not_taken_for_sent(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = {"Successful": [{"Id": "0"}], "Failed": [{"Id": "1", "Code": "InternalError", "SenderFault": False}]}
    monkeypatch.setattr(client("sqs"), "send_message_batch", lambda **_: answer)

    with pytest.raises(QueueUnavailable, match="1 of 2"):
        queue.send_due([("a", "b"), ("c", "d")])
