"""Every type that we take has a whole event in today's shape, and every event is of a type that we take."""

from dataclasses import replace

import pytest

from chalicelib.core.events import EVENTS, enabled_events
from chalicelib.core.model import Kind
from chalicelib.core.records import TYPES
from chalicelib.stripe_api import shapes
from chalicelib.stripe_api.version import API_VERSION
from tests.builders import FIXTURES, fixture, whole


def test_every_type_has_a_fixture_and_no_fixture_is_left_over() -> None:
    assert sorted(path.stem for path in FIXTURES.glob("*.json")) == enabled_events()


@pytest.mark.parametrize("event_type", EVENTS)
def test_each_fixture_is_an_event_of_its_type_in_our_version(event_type: str) -> None:
    event = shapes.event(fixture(event_type))

    assert (event.type, event.api_version) == (event_type, API_VERSION)


@pytest.mark.parametrize("event_type", [name for name in EVENTS if ".discount." not in name])
def test_each_fixture_is_read_into_the_value_that_its_meaning_names(event_type: str) -> None:
    event = shapes.event(fixture(event_type))
    kind = EVENTS[event_type](event).kind

    record = shapes.record(kind, whole(kind, event.object))

    assert (record.id, record.created) == shapes.identity(kind, event.object)[::2]
    assert event.object["object"] == kind.value
    assert type(record) is TYPES[kind]


@pytest.mark.parametrize("event_type", [name for name in EVENTS if ".discount." in name])
def test_a_discount_rings_at_its_subscription_else_at_its_customer(event_type: str) -> None:
    raw = fixture(event_type)
    event = shapes.event(raw)
    named, customer = event.object["subscription"], event.object["customer"]

    change = EVENTS[event_type](event)
    alone = EVENTS[event_type](replace(event, object={**event.object, "subscription": None}))

    assert (change.kind, change.rings, change.gone) == (Kind.SUBSCRIPTION, True, False)
    assert shapes.rung(change.kind, event.object) == (named, customer, 0)
    assert alone.kind is Kind.CUSTOMER
    assert shapes.rung(alone.kind, event.object) == (customer, customer, 0)


def test_what_holds_up_billing_or_says_a_thing_twice_is_not_taken() -> None:
    assert not {"invoice.created", "invoice.upcoming", "invoice.payment_succeeded", "plan.updated"} & EVENTS.keys()


def test_every_kind_is_told_of_by_some_event() -> None:
    assert {EVENTS[name](shapes.event(fixture(name))).kind for name in EVENTS} == set(Kind)
