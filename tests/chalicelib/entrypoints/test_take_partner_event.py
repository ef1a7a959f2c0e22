"""Stripe's EventBridge destination, as Lambda calls it: the same action as the webhook, without a signature."""

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from chalicelib.actions.receive_event import receive
from chalicelib.aws import clients
from chalicelib.core.events import EVENTS
from chalicelib.entrypoints.take_partner_event import take_partner_event
from chalicelib.errors import BadRequest, QueueUnavailable
from chalicelib.store.tables import ObjectRow
from tests.builders import asks, event, fixture, signed
from tests.conftest import NOW, Cloud, everything


def partner(raw: Any) -> dict[str, Any]:
    """What EventBridge hands to Lambda."""
    return {
        "version": "0",
        "id": "00000000-0000-4000-8000-000000000001",
        "detail-type": raw.get("type") if isinstance(raw, dict) else "x",
        "source": "aws.partner/stripe.com/ed_test_1",
        "account": "123456789012",
        "time": "2026-11-02T12:00:00Z",
        "region": "eu-north-1",
        "resources": ["arn:aws:events:eu-north-1::event-source/aws.partner/stripe.com/ed_test_1"],
        "detail": raw,
    }


@pytest.mark.parametrize("event_type", EVENTS)
def test_every_type_is_taken(cloud: Cloud, event_type: str) -> None:
    taken = "queued" if asks(event_type) else "news"

    assert take_partner_event(partner(fixture(event_type) | {"created": NOW}), None) == {"outcome": taken}


def test_it_ends_in_the_same_item_as_the_webhook(cloud: Cloud) -> None:
    raw = event("customer.updated")
    take_partner_event(partner(raw), None)
    over_the_bus = everything(cloud)
    for row in ObjectRow.scan():
        if row.sk == "0#CUSTOMER":
            row.delete()
    body = json.dumps(raw).encode()

    receive("default", body, signed(body), NOW)

    assert everything(cloud) == over_the_bus


def test_an_event_that_comes_both_ways_changes_nothing_the_second_time(cloud: Cloud) -> None:
    raw = event("customer.updated")
    take_partner_event(partner(raw), None)
    (before,) = [each["state"] for each in everything(cloud) if each["sk"]["S"] == "0#CUSTOMER"]

    take_partner_event(partner(raw), None)

    (after,) = [each["state"] for each in everything(cloud) if each["sk"]["S"] == "0#CUSTOMER"]
    assert before == after
    assert cloud.messages(cloud.events_url) == []


def test_the_ordinary_event_costs_one_write_and_needs_no_secret(cloud: Cloud) -> None:
    boto3.client("secretsmanager").delete_secret(SecretId="stamkund-test", ForceDeleteWithoutRecovery=True)
    cloud.dynamodb_requests.clear()

    take_partner_event(partner(event("invoice.finalized")), None)

    assert cloud.dynamodb_requests == ["UpdateItem"]


def test_a_doubt_goes_to_the_queue(cloud: Cloud) -> None:
    raw = event("customer.updated") | {"api_version": "2024-06-20"}

    assert take_partner_event(partner(raw), None) == {"outcome": "queued"}
    assert [each["reason"] for each in cloud.messages(cloud.events_url)] == ["api_version"]


@pytest.mark.parametrize(
    "changes, outcome",
    [
        ({"type": "coffee.brewed"}, "ignored_type"),
        ({"livemode": True}, "ignored_mode"),
        ({"account": "acct_stranger"}, "ignored_account"),
    ],
)
def test_what_is_none_of_our_business_is_counted_and_left(cloud: Cloud, changes: dict[str, Any], outcome: str) -> None:
    assert take_partner_event(partner(event("customer.updated") | changes), None) == {"outcome": outcome}
    assert len(everything(cloud)) == 1


@pytest.mark.parametrize("detail", [{}, {"object": "v2.core.event"}, [], None])
def test_what_is_no_event_fails_so_that_it_is_parked(cloud: Cloud, detail: Any) -> None:
    with pytest.raises(BadRequest):
        take_partner_event(partner(detail), None)


def test_what_neither_table_nor_queue_took_fails_so_that_lambda_tries_again(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Down:
        def send_message(self, **_: Any) -> None:
            raise ClientError({"Error": {"Code": "ServiceUnavailable"}}, "SendMessage")

    monkeypatch.setattr("chalicelib.aws.queue.client", lambda _name: Down())
    clients.client.cache_clear()

    with pytest.raises(QueueUnavailable):
        take_partner_event(partner(event("customer.updated") | {"api_version": "2024-06-20"}), None)
