"""Everything the twin shows, and everything it takes, is Stripe's: field by field, against the installed SDK."""

import ast

import pytest

from infra.local.twin.core.event_types import TYPES
from infra.local.twin.core.routes import ROUTES, Route
from tests.infra.local.twin import story
from tests.infra.local.twin.sdk_params import unknown_parameters
from tests.infra.local.twin.sdk_shapes import complaints, shape_of


@pytest.fixture(scope="module")
def told() -> story.Told:
    """A story in which every kind of object occurs, in several states."""
    return story.tell()


def test_every_answer_of_the_story_has_the_shape_that_the_sdk_declares(told: story.Told) -> None:
    found = [c for body in told.answers for c in complaints(body, body["object"])]

    assert sorted(set(found)) == []


def test_every_object_at_the_end_has_the_shape_that_the_sdk_declares(told: story.Told) -> None:
    objects = [o for kind in told.shop.twin.world.tables if kind != "event" for o in told.shop.twin.objects(kind)]

    assert sorted({c for o in objects for c in complaints(o, o["object"])}) == []
    assert {o["object"] for o in objects} >= story.KINDS


def test_every_event_and_the_object_in_it_conform(told: story.Told) -> None:
    assert len(told.events) > 200
    found = {c for e in told.events for c in complaints(e, "event")}
    for event in told.events:
        obj = event["data"]["object"]
        upcoming = {"id": "in_x"} if event["type"] == "invoice.upcoming" else {}
        found |= set(complaints({**obj, **upcoming}, obj["object"]))

    assert sorted(found) == []


def test_previous_attributes_name_fields_that_the_object_has(told: story.Told) -> None:
    changed = [e for e in told.events if "previous_attributes" in e["data"]]

    assert {e["type"] for e in changed} > {"customer.subscription.updated", "invoice.updated", "customer.updated"}
    for event in changed:
        known = shape_of(event["data"]["object"]["object"]).fields
        assert set(event["data"]["previous_attributes"]) <= set(known), event["type"]


def test_the_event_types_are_those_of_the_sdk(told: story.Told) -> None:
    note = shape_of("event").fields["type"]
    declared = {n.value for n in ast.walk(note) if isinstance(n, ast.Constant) and "." in str(n.value)}

    assert declared == TYPES
    assert {e["type"] for e in told.events} <= declared


@pytest.mark.parametrize("route", ROUTES, ids=lambda r: f"{r.method} {r.path}")
def test_every_parameter_is_one_that_the_sdk_sends(route: Route) -> None:
    assert unknown_parameters(route) == []
