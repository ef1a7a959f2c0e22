"""Stripe's field paths: today's shapes are read whole, and what is missing or misshapen is named, never guessed."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from chalicelib.core.catalogue import Coupon, Price, Tier
from chalicelib.core.model import Entitlements, Kind
from chalicelib.core.payments import Charge, Dispute, PaymentIntent, Refund
from chalicelib.errors import UnknownShape
from chalicelib.stripe_api import shapes
from chalicelib.stripe_api.fields import Cut, Raw, decimal, reference
from tests.builders import fixture, whole

OBJECTS: dict[Kind, Raw] = {
    Kind.CUSTOMER: fixture("customer.updated")["data"]["object"],
    Kind.SUBSCRIPTION: fixture("customer.subscription.updated")["data"]["object"],
    Kind.INVOICE: fixture("invoice.payment_failed")["data"]["object"],
    Kind.CARD: fixture("payment_method.attached")["data"]["object"],
    Kind.PRODUCT: fixture("product.updated")["data"]["object"],
    Kind.SCHEDULE: fixture("subscription_schedule.updated")["data"]["object"],
    Kind.ENTITLEMENTS: fixture("entitlements.active_entitlement_summary.updated")["data"]["object"],
    Kind.INTENT: fixture("payment_intent.payment_failed")["data"]["object"],
    Kind.CHARGE: fixture("charge.failed")["data"]["object"],
    Kind.REFUND: fixture("refund.updated")["data"]["object"],
    Kind.DISPUTE: whole(Kind.DISPUTE, fixture("charge.dispute.updated")["data"]["object"]),
    Kind.INVOICE_PAYMENT: fixture("invoice_payment.paid")["data"]["object"],
    Kind.PRICE: fixture("price.updated")["data"]["object"],
    Kind.COUPON: whole(Kind.COUPON, fixture("coupon.updated")["data"]["object"]),
}
SUBSCRIPTION, INVOICE = OBJECTS[Kind.SUBSCRIPTION], OBJECTS[Kind.INVOICE]
NEEDED = {
    Kind.CUSTOMER: "id created",
    Kind.SUBSCRIPTION: "id customer status items created",
    Kind.INVOICE: "id customer status currency amount_due amount_paid amount_remaining attempted attempt_count created",
    Kind.CARD: "id type created",
    Kind.PRODUCT: "id name active created",
    Kind.SCHEDULE: "id customer status end_behavior phases created",
    Kind.ENTITLEMENTS: "customer entitlements",
    Kind.INTENT: "id status amount currency created",
    Kind.CHARGE: "id status amount amount_refunded currency refunded disputed created",
    Kind.REFUND: "id amount currency created",
    Kind.DISPUTE: "id status amount currency reason created",
    Kind.INVOICE_PAYMENT: "id invoice payment status amount_requested currency is_default created",
    Kind.PRICE: "id product active currency billing_scheme created",
    Kind.COUPON: "id duration valid created",
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

    assert (record.id, record.created) == shapes.identity(kind, OBJECTS[kind])[::2]


@pytest.mark.parametrize("how", ["dropped", "null", "of another type"])
@pytest.mark.parametrize("kind, name", NEEDED_FIELDS)
def test_a_field_that_we_need_is_named_when_it_is_missing(kind: Kind, name: str, how: str) -> None:
    raw = changed(OBJECTS[kind], name, None if how == "null" else object(), drop=how == "dropped")

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


@pytest.mark.parametrize(
    "kind, path",
    [
        (Kind.SUBSCRIPTION, "items.data"),
        (Kind.SCHEDULE, "phases"),
        (Kind.SCHEDULE, "phases.0.items"),
        (Kind.ENTITLEMENTS, "entitlements.data"),
        (Kind.PRICE, "tiers"),
    ],
)
def test_a_list_of_anything_but_objects_is_refused(kind: Kind, path: str) -> None:
    with pytest.raises(UnknownShape) as unknown:
        shapes.record(kind, changed(OBJECTS[kind], path, ["x"]))

    assert unknown.value.param == path.rsplit(".", maxsplit=1)[-1]


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


def test_the_state_is_of_the_address_that_has_the_country() -> None:
    shipped = OBJECTS[Kind.CUSTOMER] | {"shipping": {"name": "A", "address": {"country": "US", "state": "CA"}}}

    assert shapes.customer(shipped | {"address": {"country": "AU", "state": "NSW"}}).state == "NSW"
    assert shapes.customer(shipped | {"address": {"country": "SE"}}).state is None
    assert shapes.customer(shipped | {"address": {"country": None, "state": "NSW"}}).state == "CA"


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


OWNERS: dict[Kind, Callable[[Raw], str | None]] = {
    Kind.CUSTOMER: lambda raw: raw["id"],
    Kind.INTENT: lambda raw: raw["id"],
    Kind.INVOICE_PAYMENT: lambda raw: raw["payment"]["payment_intent"],
    **dict.fromkeys((Kind.CHARGE, Kind.REFUND, Kind.DISPUTE), lambda raw: raw["payment_intent"]),
    **dict.fromkeys((Kind.PRODUCT, Kind.PRICE, Kind.COUPON), lambda _raw: None),
}
"""Whose an object is; by default its customer's."""


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_an_identity(kind: Kind) -> None:
    raw = OBJECTS[kind]
    owner = OWNERS[kind](raw) if kind in OWNERS else raw["customer"]

    assert owner is None or owner.partition("_")[0] in ("cus", "pi")
    ident = owner if kind is Kind.ENTITLEMENTS else raw["id"]
    assert shapes.identity(kind, raw) == (ident, owner, raw.get("created", 0))


@pytest.mark.parametrize("kind", [Kind.CHARGE, Kind.REFUND, Kind.DISPUTE])
def test_what_has_no_intent_belongs_to_its_charge_and_without_the_field_only_stripe_knows(kind: Kind) -> None:
    raw = OBJECTS[kind] | {"payment_intent": None, "charge": "ch_7"}
    alone = raw | {"charge": None}

    assert shapes.identity(kind, raw)[1] == "ch_7"
    assert shapes.identity(kind, alone)[1] == raw["id"]
    with pytest.raises(UnknownShape, match="payment_intent"):
        shapes.identity(kind, {name: value for name, value in raw.items() if name != "payment_intent"})


@pytest.mark.parametrize("named", [{"charge": "ch_1"}, {"payment_record": "pr_1"}, {"payment_intent": {"id": "pi_1"}}])
def test_an_invoice_is_paid_by_an_intent_a_charge_or_a_record(named: Raw) -> None:
    raw = OBJECTS[Kind.INVOICE_PAYMENT] | {"payment": {"type": "x", **named}}
    expected = named.get("charge") or named.get("payment_record") or "pi_1"

    assert shapes.identity(Kind.INVOICE_PAYMENT, raw)[1] == expected
    with pytest.raises(UnknownShape, match="payment"):
        shapes.identity(Kind.INVOICE_PAYMENT, raw | {"payment": {"type": "x"}})


@pytest.mark.parametrize("kind", [Kind.REFUND, Kind.DISPUTE])
def test_whose_money_it_is_only_the_charge_may_say(kind: Kind) -> None:
    nobody = {name: value for name, value in OBJECTS[kind].items() if name != "customer"}

    with pytest.raises(UnknownShape) as unknown:
        shapes.record(kind, nobody | {"charge": "ch_1"})
    expanded = shapes.record(kind, nobody | {"charge": {"id": "ch_1", "customer": "cus_9"}})
    guest = shapes.record(kind, nobody | {"charge": {"id": "ch_1", "customer": None}})

    assert unknown.value.param == "customer"
    assert isinstance(expanded, Refund | Dispute)
    assert isinstance(guest, Refund | Dispute)
    assert (expanded.customer, expanded.charge, guest.customer) == ("cus_9", "ch_1", None)


def test_the_reason_of_a_charge_is_a_decline_code_only_where_it_failed() -> None:
    failed = shapes.record(Kind.CHARGE, OBJECTS[Kind.CHARGE])
    raw = OBJECTS[Kind.CHARGE] | {"status": "succeeded", "outcome": {"reason": "elevated_risk_level"}}
    passed = shapes.record(Kind.CHARGE, raw)

    assert isinstance(failed, Charge)
    assert isinstance(passed, Charge)
    assert (failed.decline_code, failed.advice_code, failed.network_decline_code, failed.last4) == (
        "generic_decline",
        "try_again_later",
        "01",
        "0341",
    )
    assert passed.decline_code is None


def test_a_failed_payment_says_why_in_its_intent_too() -> None:
    intent = shapes.record(Kind.INTENT, OBJECTS[Kind.INTENT])

    assert isinstance(intent, PaymentIntent)
    assert (intent.code, intent.decline_code, intent.advice_code, intent.last4) == (
        "card_declined",
        "generic_decline",
        "try_again_later",
        "0341",
    )


def test_discounts_that_are_only_named_are_not_whole() -> None:
    for path in ("discounts", "items.data.0.discounts"):
        with pytest.raises(Cut) as cut:
            shapes.subscription(changed(SUBSCRIPTION, path, ["di_1"]))
        assert cut.value.param == "discounts"

    full = fixture("customer.discount.created")["data"]["object"]
    read = shapes.subscription(changed(changed(SUBSCRIPTION, "discounts", [full]), "items.data.0.discounts", [full]))

    (one,) = read.discounts
    assert (one.id, one.coupon, one.start, one.end) == (full["id"], full["source"]["coupon"], full["start"], None)
    assert read.items[0].discounts == read.discounts


def test_a_customer_may_have_a_discount() -> None:
    full = fixture("customer.discount.created")["data"]["object"]
    read = shapes.customer(OBJECTS[Kind.CUSTOMER] | {"discount": full})

    assert read.discount is not None
    assert read.discount.id == full["id"]
    assert shapes.customer(OBJECTS[Kind.CUSTOMER]).discount is None


def test_a_tiered_price_is_whole_with_its_tiers() -> None:
    tiered = OBJECTS[Kind.PRICE] | {"billing_scheme": "tiered", "tiers_mode": "volume", "unit_amount": None}
    tier = {"up_to": None, "unit_amount": None, "unit_amount_decimal": "50.50", "flat_amount": 20}

    with pytest.raises(Cut, match="tiers"):
        shapes.record(Kind.PRICE, tiered)
    read = shapes.record(Kind.PRICE, tiered | {"tiers": [tier]})

    assert isinstance(read, Price)
    assert read.tiers == (Tier(None, None, "50.5", 20, None),)


def test_a_coupon_is_whole_only_where_its_products_were_asked_for() -> None:
    raw = {name: value for name, value in OBJECTS[Kind.COUPON].items() if name != "applies_to"}

    with pytest.raises(Cut, match="applies_to"):
        shapes.record(Kind.COUPON, raw)
    for answered, products in ((raw, ()), (raw | {"applies_to": {"products": ["prod_1"]}}, ("prod_1",))):
        read = shapes.record(Kind.COUPON, shapes.asked(Kind.COUPON, answered))
        assert isinstance(read, Coupon)
        assert (read.percent_off, read.products) == ("25", products)


@pytest.mark.parametrize("value, digits", [(25, "25"), (25.0, "25"), (33.3, "33.3"), ("50.50", "50.5"), ("100", "100")])
def test_a_decimal_is_read_alike_as_a_number_and_as_a_string(value: object, digits: str) -> None:
    assert decimal({"percent_off": value}, "percent_off") == digits


@pytest.mark.parametrize("value", [True, "x", "1e9", "", [], float("nan"), float("inf"), 10**20])
def test_what_is_no_decimal_is_named(value: object) -> None:
    with pytest.raises(UnknownShape, match="percent_off"):
        decimal({"percent_off": value}, "percent_off")


def test_entitlements_are_whole_only_where_the_list_is() -> None:
    raw = OBJECTS[Kind.ENTITLEMENTS]

    with pytest.raises(Cut, match="entitlements"):
        shapes.record(Kind.ENTITLEMENTS, changed(raw, "entitlements.has_more", True))
    read = shapes.record(Kind.ENTITLEMENTS, raw)

    assert isinstance(read, Entitlements)
    assert (read.id, read.lookup_keys) == (raw["customer"], ("export",))


def test_a_paused_and_an_ended_subscription_say_why() -> None:
    paused = {"status_details": {"paused": {"type": "subscription", "subscription": {"type": "first_payment_failure"}}}}
    ended = {"cancellation_details": {"reason": "payment_failed", "feedback": None, "comment": "never kept"}}
    read = shapes.subscription(SUBSCRIPTION | paused | ended)

    assert (read.paused, read.cancellation_reason, read.cancellation_feedback) == (
        "first_payment_failure",
        "payment_failed",
        None,
    )


def test_an_invoice_that_was_given_up_says_why() -> None:
    raw = INVOICE | {"status_details": {"uncollectible": {"reason": "max_payment_attempts"}}}

    assert shapes.invoice(raw).uncollectible == "max_payment_attempts"
    assert shapes.invoice(INVOICE).uncollectible is None


def test_the_owner_of_a_detached_card_stands_in_what_was_before() -> None:
    event = fixture("payment_method.detached")["data"]

    _, owner, _ = shapes.identity(Kind.CARD, event["object"], event["previous_attributes"])

    assert event["object"]["customer"] is None
    assert owner == event["previous_attributes"]["customer"]


@pytest.mark.parametrize("raw, deleted", [({"deleted": True}, True), ({"deleted": False}, False), ({}, False)])
def test_the_stub_of_a_deleted_object_is_known(raw: Raw, deleted: bool) -> None:
    assert shapes.is_deleted(raw) is deleted


def test_an_invoice_is_told_by_its_first_line_that_is_no_proration() -> None:
    (line,) = INVOICE["lines"]["data"]
    proration = changed(line, "parent.subscription_item_details.proration", True)
    proration["pricing"]["price_details"]["price"] = "price_before"
    both = changed(INVOICE, "lines.data", [proration, line])

    found = shapes.invoice(both)

    assert found.price == line["pricing"]["price_details"]["price"] != "price_before"
    assert found.period_start == line["period"]["start"]
    assert shapes.invoice(changed(INVOICE, "lines.data", [proration])).price == "price_before"
    assert shapes.invoice(changed(INVOICE, "lines.data", [])).price is None
    assert shapes.invoice(changed(INVOICE, "lines", drop=True)).price is None


def test_an_invoice_says_when_and_where_it_was_paid() -> None:
    paid = changed(INVOICE, "status_transitions.paid_at", 5)

    assert shapes.invoice(paid).paid_at == 5
    assert shapes.invoice(changed(INVOICE, "status_transitions.marked_uncollectible_at", 6)).given_up_at == 6
    assert shapes.invoice(changed(INVOICE, "amount_paid_off_stripe", 14900)).off_stripe == 14900
