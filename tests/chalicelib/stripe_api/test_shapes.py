"""Stripe's field paths: today's shapes are read whole, and what is missing or misshapen is named, never guessed."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from chalicelib.core.model import Kind
from chalicelib.errors import UnknownShape
from chalicelib.stripe_api import shapes
from chalicelib.stripe_api.fields import Cut, Raw, reference
from tests.builders import fixture

OBJECTS: dict[Kind, Raw] = {
    Kind.CUSTOMER: fixture("customer.updated")["data"]["object"],
    Kind.SUBSCRIPTION: fixture("customer.subscription.updated")["data"]["object"],
    Kind.INVOICE: fixture("invoice.payment_failed")["data"]["object"],
    Kind.CARD: fixture("payment_method.attached")["data"]["object"],
    Kind.PRODUCT: fixture("product.updated")["data"]["object"],
}
SUBSCRIPTION, INVOICE = OBJECTS[Kind.SUBSCRIPTION], OBJECTS[Kind.INVOICE]
NEEDED = {
    Kind.CUSTOMER: "id created",
    Kind.SUBSCRIPTION: "id customer status items created",
    Kind.INVOICE: "id customer status currency amount_due amount_paid amount_remaining attempted attempt_count created",
    Kind.CARD: "id type created",
    Kind.PRODUCT: "id name active created",
}
NEEDED_FIELDS = [(kind, name) for kind, names in NEEDED.items() for name in names.split()]


def changed(raw: Raw, path: str, value: Any = None, *, drop: bool = False) -> Raw:
    """A copy with the field at a dotted path replaced, or dropped."""
    copy = deepcopy(raw)
    *above, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    node: Any = copy
    for part in above:
        node = node[part]
    if drop:
        del node[last]
    else:
        node[last] = value
    return copy


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_is_read_from_todays_shape(kind: Kind) -> None:
    record = shapes.record(kind, OBJECTS[kind])

    assert (record.id, record.created) == (OBJECTS[kind]["id"], OBJECTS[kind]["created"])


@pytest.mark.parametrize("how", ["dropped", "null", "of another type"])
@pytest.mark.parametrize("kind, name", NEEDED_FIELDS)
def test_a_field_that_we_need_is_named_when_it_is_missing(kind: Kind, name: str, how: str) -> None:
    raw = changed(OBJECTS[kind], name, None if how == "null" else [], drop=how == "dropped")

    with pytest.raises(UnknownShape) as unknown:
        shapes.record(kind, raw)

    assert unknown.value.param == name
    assert str(OBJECTS[kind]["object"]) in unknown.value.message


@pytest.mark.parametrize(
    "path",
    ["id", "price", "price.id", "price.currency", "price.product", "current_period_start", "current_period_end"],
)
def test_an_item_names_what_it_lacks(path: str) -> None:
    with pytest.raises(UnknownShape) as unknown:
        shapes.subscription(changed(SUBSCRIPTION, f"items.data.0.{path}", drop=True))

    assert unknown.value.param == path.rsplit(".", maxsplit=1)[-1]


@pytest.mark.parametrize("value", ["12", 12.0, True, 2**53 + 1, -(2**53) - 1, float("nan")])
def test_an_amount_is_a_whole_number_that_stripe_could_send(value: object) -> None:
    with pytest.raises(UnknownShape, match="amount_due"):
        shapes.invoice(changed(INVOICE, "amount_due", value))


@pytest.mark.parametrize(
    "kind, path, value",
    [
        (Kind.CUSTOMER, "email", 1),
        (Kind.CUSTOMER, "preferred_locales", "sv"),
        (Kind.CUSTOMER, "address", "Stockholm"),
        (Kind.SUBSCRIPTION, "trial_end", "tomorrow"),
        (Kind.SUBSCRIPTION, "cancel_at_period_end", 1),
        (Kind.SUBSCRIPTION, "items.data.0.price.unit_amount", "100"),
        (Kind.INVOICE, "next_payment_attempt", "tomorrow"),
        (Kind.INVOICE, "parent", "sub_1"),
        (Kind.CARD, "card.exp_year", "2030"),
    ],
)
def test_an_optional_field_of_another_type_is_refused_too(kind: Kind, path: str, value: object) -> None:
    with pytest.raises(UnknownShape) as unknown:
        shapes.record(kind, changed(OBJECTS[kind], path, value))

    assert unknown.value.param == path.rsplit(".", maxsplit=1)[-1]


OPTIONAL: list[tuple[Kind, str, str]] = [
    *((Kind.CUSTOMER, name, name) for name in ("email", "name")),
    (Kind.CUSTOMER, "address", "country"),
    *((Kind.SUBSCRIPTION, name, name) for name in ("cancel_at", "trial_end", "pause_collection", "latest_invoice")),
    *((Kind.INVOICE, name, name) for name in ("number", "due_date", "hosted_invoice_url", "next_payment_attempt")),
    (Kind.INVOICE, "parent", "subscription"),
    *((Kind.CARD, "card", name) for name in ("brand", "last4", "exp_month")),
    (Kind.CARD, "customer", "customer"),
]


@pytest.mark.parametrize("kind, path, name", OPTIONAL)
@pytest.mark.parametrize("drop", [True, False])
def test_what_may_be_null_or_absent_reads_as_none(kind: Kind, path: str, name: str, drop: bool) -> None:
    record = shapes.record(kind, changed(OBJECTS[kind], path, None, drop=drop))

    assert getattr(record, name) is None


def test_items_that_are_cut_are_no_subscription() -> None:
    with pytest.raises(Cut) as cut:
        shapes.subscription(changed(SUBSCRIPTION, "items.has_more", True))

    assert cut.value.param == "items"


REFERENCES: list[tuple[Callable[[Raw], Any], Raw, str, str]] = [
    (shapes.subscription, SUBSCRIPTION, "customer", "customer"),
    (shapes.subscription, SUBSCRIPTION, "default_payment_method", "default_payment_method"),
    (shapes.subscription, SUBSCRIPTION, "latest_invoice", "latest_invoice"),
    (shapes.invoice, INVOICE, "customer", "customer"),
    (shapes.invoice, INVOICE, "parent.subscription_details.subscription", "subscription"),
    (shapes.card, OBJECTS[Kind.CARD], "customer", "customer"),
    (shapes.item, SUBSCRIPTION["items"]["data"][0], "price.product", "product"),
    (
        shapes.customer,
        OBJECTS[Kind.CUSTOMER],
        "invoice_settings.default_payment_method",
        "default_payment_method",
    ),
]


@pytest.mark.parametrize("read, raw, path, name", REFERENCES)
def test_a_reference_reads_alike_expanded_or_not(read: Callable[[Raw], Any], raw: Raw, path: str, name: str) -> None:
    bare = read(changed(raw, path, "x_1"))
    expanded = read(changed(raw, path, {"id": "x_1", "object": "x", "more": {}}))

    assert getattr(bare, name) == getattr(expanded, name) == "x_1"


@pytest.mark.parametrize("value", [None, "", {}, {"id": ""}, {"id": 7}, 7, ["x_1"]])
def test_what_is_no_reference_is_none(value: object) -> None:
    assert reference(value) is None


@pytest.mark.parametrize("key, value", [("country", "NO"), ("country", "")])
def test_the_country_is_that_of_the_address_else_of_the_shipping_address(key: str, value: str) -> None:
    shipped = OBJECTS[Kind.CUSTOMER] | {"shipping": {"name": "A", "address": {"country": "FI"}}}

    assert shapes.customer(shipped | {"address": {key: value}}).country == (value or "FI")
    assert shapes.customer(shipped | {"address": None}).country == "FI"
    assert shapes.customer(shipped | {"address": None, "shipping": None}).country is None


def test_the_shapes_of_older_versions_are_not_guessed_at() -> None:
    """Before basil the subscription of an invoice, and the periods of a subscription, stood at the top."""
    old_invoice = changed(INVOICE, "parent", drop=True) | {"subscription": "sub_1"}
    old_subscription = changed(SUBSCRIPTION, "items.data.0.current_period_end", drop=True)

    assert shapes.invoice(old_invoice).subscription is None
    with pytest.raises(UnknownShape, match="current_period_end"):
        shapes.subscription(old_subscription | {"current_period_start": 1, "current_period_end": 2})


def test_a_one_off_price_has_no_interval() -> None:
    raw = changed(SUBSCRIPTION, "items.data.0.price.recurring", None)

    (line,) = shapes.subscription(raw).items

    assert (line.interval, line.interval_count) == (None, None)


def test_an_envelope_is_read_whole() -> None:
    raw = fixture("customer.updated")

    event = shapes.event(raw | {"account": "acct_x"})

    assert (event.id, event.type, event.created) == (raw["id"], "customer.updated", raw["created"])
    assert (event.account, event.api_version, event.livemode) == ("acct_x", raw["api_version"], False)
    assert event.object == raw["data"]["object"]
    assert event.previous == raw["data"]["previous_attributes"]


@pytest.mark.parametrize("name", ["id", "type", "created", "livemode", "data"])
def test_an_envelope_names_what_it_lacks(name: str) -> None:
    with pytest.raises(UnknownShape) as unknown:
        shapes.event(changed(fixture("customer.updated"), name, drop=True))

    assert unknown.value.param == name


@pytest.mark.parametrize("raw", [None, [], "event", 7, {}, {"object": "v2.core.event"}, {"object": "customer"}])
def test_what_is_no_snapshot_event_is_refused(raw: object) -> None:
    with pytest.raises(UnknownShape) as unknown:
        shapes.event(raw)

    assert unknown.value.param == "object"


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_an_identity(kind: Kind) -> None:
    raw = OBJECTS[kind]
    owner = None if kind is Kind.PRODUCT else raw["id"] if kind is Kind.CUSTOMER else raw["customer"]

    assert shapes.identity(kind, raw) == (raw["id"], owner, raw["created"])


def test_the_owner_of_a_detached_card_stands_in_what_was_before() -> None:
    event = fixture("payment_method.detached")["data"]

    _, owner, _ = shapes.identity(Kind.CARD, event["object"], event["previous_attributes"])

    assert event["object"]["customer"] is None
    assert owner == event["previous_attributes"]["customer"]


@pytest.mark.parametrize("raw, deleted", [({"deleted": True}, True), ({"deleted": False}, False), ({}, False)])
def test_the_stub_of_a_deleted_object_is_known(raw: Raw, deleted: bool) -> None:
    assert shapes.is_deleted(raw) is deleted
