"""Events in the shapes of older API versions: accepted, never read, and settled by what Stripe says in ours.

The events of tests/fixtures/stripe/<version>/ are of the very objects that the events in our version are of, so that Stripe's
answer is known. What moved between the versions stands in `infra.local.twin.core.older`.
"""

import json
from collections.abc import Callable, Iterator
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest

from chalicelib.actions.receive_event import receive
from chalicelib.core.events import EVENTS
from chalicelib.core.model import Kind
from chalicelib.entrypoints.apply_events import apply_events
from chalicelib.errors import BadRequest
from chalicelib.store import keys, table
from chalicelib.store.objects import record_of
from chalicelib.store.tables import ObjectRow
from chalicelib.stripe_api import shapes
from chalicelib.stripe_api.version import API_VERSION
from tests.builders import FIXTURES, fixture, signed, whole
from tests.conftest import NOW, SITE, Cloud
from tests.edge import TwinEdge
from tests.shop import sqs_event

Raw = dict[str, Any]
FILES = sorted(path for path in FIXTURES.parent.glob("*/*.json") if path.parent.name != API_VERSION)
VERSIONS = ("2020-08-27", "2025-02-24.acacia", "2025-03-31.basil", "2025-09-30.clover", "unversioned")


def deliver(raw: Raw) -> str:
    """Sign an event and deliver it; what became of it."""
    body = json.dumps(raw).encode()
    return receive("default", body, signed(body), NOW)


def answers(raw: Raw | None) -> Callable[[str, str], tuple[str, int, dict[str, str]]]:
    """Stripe, who has this object only."""
    date = {"Date": formatdate(NOW, usegmt=True)}
    if raw is None:
        error = {"error": {"type": "invalid_request_error", "code": "resource_missing", "message": "No such"}}
        return lambda _method, _path: (json.dumps(error), 404, date)
    return lambda _method, _path: (json.dumps(raw), 200, date)


def of_today(name: str) -> tuple[Kind, Raw]:
    """The kind and the object that an event of that type is about, as a GET returns it in our version."""
    if ".discount." not in name:
        raw = fixture(name)["data"]["object"]
        kind = EVENTS[name](shapes.event(fixture(name))).kind
        return kind, whole(kind, raw)
    named = fixture(name)["data"]["object"]
    subscription = fixture("customer.subscription.updated")["data"]["object"]
    return Kind.SUBSCRIPTION, subscription | {"id": named["subscription"], "customer": named["customer"]}


def row_of(kind: Kind, raw: Raw) -> ObjectRow | None:
    """Where an object of our version is stored."""
    return table.get(ObjectRow, keys.of_object(SITE.scope, kind, *shapes.identity(kind, raw)))


def test_there_are_fixtures_of_every_version_that_changed_something() -> None:
    assert {path.parent.name for path in FILES} == set(VERSIONS)
    for path in FILES:
        raw = json.loads(path.read_text())
        assert raw["api_version"] == (None if path.parent.name == "unversioned" else path.parent.name)
        assert raw["type"] == path.stem


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_an_event_of_an_older_version_is_a_doubt_that_stripe_settles_in_ours(
    cloud: Cloud, edge: TwinEdge, path: Path
) -> None:
    kind, raw = of_today(path.stem)

    assert deliver(json.loads(path.read_text())) == "queued"

    (message,) = cloud.messages(cloud.events_url)
    assert row_of(kind, raw) is None, "nothing of another version is stored"
    assert message["kind"] == kind.value
    edge.fail = answers(raw)
    assert apply_events(sqs_event(message), None) == {"batchItemFailures": []}
    row = row_of(kind, raw)
    assert row is not None
    assert record_of(row) == shapes.record(kind, raw)
    assert [path for _, path in edge.calls] == [f"/v1/{shapes.PLURALS[kind]}/{raw['id']}"]


def test_an_older_event_costs_one_ticket_one_read_and_one_write(cloud: Cloud, edge: TwinEdge) -> None:
    kind, raw = of_today("invoice.paid")
    deliver(json.loads((FIXTURES.parent / "2020-08-27" / "invoice.paid.json").read_text()))
    messages = cloud.messages(cloud.events_url)
    edge.fail = answers(raw)
    cloud.dynamodb_requests.clear()

    apply_events(sqs_event(*messages), None)

    assert cloud.dynamodb_requests == ["UpdateItem", "UpdateItem"]
    assert len(edge.calls) == 1
    assert kind is Kind.INVOICE


def older_still() -> Iterator[Any]:
    """Shapes from before there was all that a key needs."""
    invoice = fixture("invoice.payment_failed")
    del invoice["data"]["object"]["created"]
    invoice["data"]["object"]["date"] = 1
    yield pytest.param(invoice, id="an invoice with a date instead of created (before 2019)")
    charge = fixture("charge.refunded")
    del charge["data"]["object"]["payment_intent"]
    yield pytest.param(charge, id="a charge that does not name its intent")
    subscription = fixture("customer.subscription.updated")
    subscription["data"]["object"]["customer"] = None
    yield pytest.param(subscription, id="a subscription without its customer")
    payment = fixture("invoice_payment.paid")
    payment["data"]["object"]["payment"] = {"type": "payment_intent"}
    yield pytest.param(payment, id="an invoice payment without its payment")


@pytest.mark.parametrize("raw", list(older_still()))
def test_where_the_place_of_an_object_cannot_be_told_stripe_is_asked_for_that_too(
    cloud: Cloud, edge: TwinEdge, raw: Raw
) -> None:
    kind, today = of_today(raw["type"])

    assert deliver(raw | {"api_version": "2017-01-27"}) == "queued"

    messages = cloud.messages(cloud.events_url)
    assert messages[0]["placed"] is False
    edge.fail = answers(today)
    cloud.dynamodb_requests.clear()
    assert apply_events(sqs_event(*messages), None) == {"batchItemFailures": []}
    assert (len(edge.calls), cloud.dynamodb_requests) == (2, ["UpdateItem", "UpdateItem"])
    row = row_of(kind, today)
    assert row is not None
    assert record_of(row) == shapes.record(kind, today)


@pytest.mark.parametrize("raw", list(older_still()))
def test_an_object_without_a_place_that_is_gone_at_stripe_leaves_no_trace(
    cloud: Cloud, edge: TwinEdge, raw: Raw
) -> None:
    deliver(raw | {"api_version": "2017-01-27"})
    edge.fail = answers(None)

    assert apply_events(sqs_event(*cloud.messages(cloud.events_url)), None) == {"batchItemFailures": []}
    assert len(list(ObjectRow.scan())) == 1


def test_a_doorbell_that_names_no_customer_is_placed_by_stripes_answer(cloud: Cloud, edge: TwinEdge) -> None:
    raw = fixture("customer.discount.created")
    raw["data"]["object"]["customer"] = None
    kind, today = of_today(raw["type"])

    assert deliver(raw) == "queued"

    edge.fail = answers(today)
    assert apply_events(sqs_event(*cloud.messages(cloud.events_url)), None) == {"batchItemFailures": []}
    assert row_of(kind, today) is not None


def test_a_doorbell_that_names_nobody_is_refused(cloud: Cloud) -> None:
    raw = fixture("customer.discount.created")
    raw["data"]["object"] |= {"customer": None, "subscription": None}

    for version in (API_VERSION, "2020-08-27"):
        with pytest.raises(BadRequest):
            deliver(raw | {"api_version": version})


def test_what_has_no_customer_at_stripe_either_is_parked_and_leaves_no_ticket(cloud: Cloud, edge: TwinEdge) -> None:
    raw = fixture("customer.subscription.updated")
    raw["data"]["object"]["customer"] = None
    assert deliver(raw) == "queued"
    edge.fail = answers(raw["data"]["object"])

    answer = apply_events(sqs_event(*cloud.messages(cloud.events_url)), None)

    assert len(answer["batchItemFailures"]) == 1
    assert len(list(ObjectRow.scan())) == 1


@pytest.mark.parametrize("raw", [each for each in older_still() if each.id and "subscription" not in each.id])
def test_in_our_own_version_such_an_object_is_refused(cloud: Cloud, raw: Raw) -> None:
    with pytest.raises(BadRequest):
        deliver(raw)


@pytest.mark.parametrize("version", ["2020-08-27", None, "2031-01-01.zebra"])
def test_every_type_in_any_other_version_is_queued_and_not_stored(cloud: Cloud, version: str | None) -> None:
    assert {deliver(fixture(name) | {"api_version": version}) for name in EVENTS} == {"queued"}

    reasons = {each["type"]: each["reason"] for each in cloud.messages(cloud.events_url)}
    assert reasons == {name: "doorbell" if ".discount." in name else "api_version" for name in EVENTS}
    assert len(list(ObjectRow.scan())) == 1
