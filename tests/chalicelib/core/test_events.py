"""Every type that we take has a whole event in today's shape, and every event is of a type that we take."""

import json

import pytest

from chalicelib.core.events import EVENTS, enabled_events
from chalicelib.stripe_api import shapes
from chalicelib.stripe_api.version import API_VERSION
from tests.builders import FIXTURES, fixture


def test_every_type_has_a_fixture_and_no_fixture_is_left_over() -> None:
    assert sorted(path.stem for path in FIXTURES.glob("*.json")) == enabled_events()


@pytest.mark.parametrize("event_type", EVENTS)
def test_each_fixture_is_an_event_of_its_type_in_our_version(event_type: str) -> None:
    event = shapes.event(fixture(event_type))

    assert (event.type, event.api_version) == (event_type, API_VERSION)


@pytest.mark.parametrize("event_type", EVENTS)
def test_each_fixture_is_read_into_the_value_that_its_meaning_names(event_type: str) -> None:
    event = shapes.event(fixture(event_type))
    change = EVENTS[event_type](event)

    record = shapes.record(change.kind, event.object)

    assert record.id == event.object["id"]
    assert json.loads(json.dumps(event.object))["object"] == change.kind.value
