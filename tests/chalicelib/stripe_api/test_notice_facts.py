"""What a notice may say of money, told from one subscription with its customer expanded."""

from copy import deepcopy
from typing import Any

import pytest

from chalicelib.core.model import Money
from chalicelib.stripe_api.notice_facts import Subscriber, subscriber
from tests.builders import fixture

SUBSCRIPTION = fixture("customer.subscription.updated")["data"]["object"]
CUSTOMER = fixture("customer.updated")["data"]["object"]
DEBIT = {"id": "pm_2", "object": "payment_method", "type": "sepa_debit", "customer": CUSTOMER["id"], "created": 1}
CARD = {
    **DEBIT,
    "id": "pm_1",
    "type": "card",
    "card": {"brand": "visa", "last4": "4242", "exp_month": 12, "exp_year": 2030},
}
TAX = [{"id": "txr_1", "object": "tax_rate", "percentage": 25.0, "inclusive": False}]
DISCOUNT = {"id": "di_1", "object": "discount", "source": {"type": "coupon", "coupon": "STAY"}, "start": 1, "end": None}


def told(
    own: Any = None, customer: dict[str, Any] | None = None, item: dict[str, Any] | None = None, **changes: Any
) -> Subscriber:
    """A subscription of one price, changed where asked; `own` is its payment method."""
    raw = deepcopy(SUBSCRIPTION) | {"default_payment_method": own, "discounts": [], **changes}
    raw["customer"] = CUSTOMER | {"invoice_settings": {"default_payment_method": None}} | (customer or {})
    (only,) = raw["items"]["data"]
    raw["items"]["data"] = [only | {"discounts": [], "quantity": 1} | (item or {})]
    return subscriber(raw)


def default(method: dict[str, Any]) -> dict[str, Any]:
    """A customer's fields with a default payment method."""
    return {"invoice_settings": {"default_payment_method": method}}


@pytest.mark.parametrize(
    "found, payable, card",
    [
        (told(), False, None),
        (told(own=CARD), True, "pm_1"),
        (told(own=DEBIT), True, None),
        (told(own=DEBIT, customer=default(CARD)), True, None),
        (told(customer=default(CARD)), True, "pm_1"),
        (told(customer={"default_source": "card_1"}), True, None),
        (told(customer={**default(CARD), "default_source": "card_1"}), True, "pm_1"),
        (told(default_source="src_1", customer=default(CARD)), True, None),
        (told(own=CARD, default_source="src_1"), True, "pm_1"),
    ],
)
def test_what_will_be_charged_is_what_stripe_takes_first_and_a_card_only_where_it_is_one(
    found: Subscriber, payable: bool, card: str | None
) -> None:
    assert (found.payable, found.card.id if found.card else None) == (payable, card)


def test_a_plain_price_is_named_with_its_interval() -> None:
    price = SUBSCRIPTION["items"]["data"][0]["price"]
    interval = price["recurring"]["interval"]

    assert (told().amount, told().interval) == (Money(price["unit_amount"], price["currency"]), interval)
    assert told(customer={"balance": 0, "discount": None}).amount is not None


@pytest.mark.parametrize(
    "changes",
    [
        {"customer": {"discount": DISCOUNT}},
        {"customer": {"balance": -5000}},
        {"customer": {"balance": 5000}},
        {"item": {"tax_rates": TAX}},
        {"item": {"discounts": [DISCOUNT]}},
        {"discounts": [DISCOUNT]},
        {"default_tax_rates": TAX},
        {"automatic_tax": {"enabled": True}},
        {"schedule": "sub_sched_1"},
    ],
)
def test_a_price_that_something_alters_is_not_named(changes: dict[str, Any]) -> None:
    found = told(**changes)

    assert (found.amount, found.interval) == (None, None)


def test_a_price_for_packages_of_several_is_not_named() -> None:
    price = SUBSCRIPTION["items"]["data"][0]["price"]
    packed = price | {"transform_quantity": {"divide_by": 10, "round": "up"}}

    assert told(item={"price": packed}).amount is None
