"""What the mailer reads out of one failed invoice: the facts for the gate, and who is written to about what."""

from copy import deepcopy
from typing import Any

import pytest

from chalicelib.core.choice import Payer
from chalicelib.core.declines import Decline
from chalicelib.errors import UnknownShape
from chalicelib.stripe_api import facts, gateway, shapes
from chalicelib.stripe_api.facts import debtor
from tests.builders import fixture
from tests.conftest import Cloud
from tests.edge import TwinEdge
from tests.shop import Shop

INVOICE = fixture("invoice.payment_failed")["data"]["object"]
CUSTOMER = fixture("customer.updated")["data"]["object"] | {
    "address": {"country": "SE"},
    "email": "astrid@example.com",
    "metadata": {"timezone": "Asia/Tokyo"},
    "name": "Astrid Berg",
    "preferred_locales": ["sv", "en"],
}
SUBSCRIPTION = fixture("customer.subscription.updated")["data"]["object"]
ERROR = {
    "code": "card_declined",
    "decline_code": "insufficient_funds",
    "advice_code": "try_again_later",
    "payment_method": {"card": {"last4": "9995"}},
}


def intent(created: int = 1, error: Any = None, status: str = "requires_payment_method") -> dict[str, Any]:
    """A payment intent with its last error."""
    return {"id": f"pi_{created}", "created": created, "status": status, "last_payment_error": error}


def invoice(*intents: Any, customer: Any = CUSTOMER, subscription: Any = SUBSCRIPTION) -> dict[str, Any]:
    """The invoice with its customer, subscription and payment intents expanded."""
    raw: dict[str, Any] = deepcopy(INVOICE) | {"customer": customer}
    raw["parent"] = {"subscription_details": {"subscription": subscription}}
    raw["payments"] = {"data": [{"payment": {"payment_intent": each}} for each in intents], "has_more": False}
    return raw


def test_a_real_failed_renewal_is_read_in_full(cloud: Cloud, edge: TwinEdge) -> None:
    shop = Shop(edge.twin, cloud)
    customer = shop.fail_renewal(card="pm_twin_insufficient_funds", preferred_locales=["sv"], address={"country": "SE"})
    raw = gateway.fetch_invoice(gateway.client("rk_test_twin_key", None), shop.newest_invoice(customer)["id"])
    assert raw is not None

    found = debtor(raw)

    assert found.facts.invoice == shapes.invoice(shop.newest_invoice(customer))
    assert (found.facts.subscription_status, found.facts.customer_gone) == ("past_due", False)
    assert (found.facts.email, found.name, found.locales, found.country) == (
        "astrid@example.com",
        "Astrid Berg",
        ("sv",),
        "SE",
    )
    assert found.facts.decline.code == "insufficient_funds"
    assert found.facts.decline.last4 is not None
    assert found.products == (shop.product,)


def test_a_direct_debit_that_failed_is_no_card() -> None:
    debit = {"id": "pm_2", "type": "sepa_debit", "sepa_debit": {"last4": "3000"}}

    found = debtor(invoice(intent(1, {"code": "insufficient_funds", "payment_method": debit})))

    assert found.facts.decline == Decline("insufficient_funds", None, None, "pm_2", "sepa_debit")


def test_the_reason_is_that_of_the_newest_attempt() -> None:
    newer = {**ERROR, "decline_code": "expired_card", "payment_method": {"card": {"last4": "0069"}}}

    found = debtor(invoice(intent(2, newer), intent(1, ERROR)))

    assert found.facts.decline == Decline("expired_card", "try_again_later", "0069")


@pytest.mark.parametrize(
    "error, decline",
    [
        (ERROR, Decline("insufficient_funds", "try_again_later", "9995")),
        ({"code": "expired_card"}, Decline("expired_card")),
        ({"code": "x", "payment_method": None}, Decline("x")),
        ({"code": "x", "payment_method": "pm_1"}, Decline("x", card="pm_1")),
        ({"code": "x", "payment_method": {"type": "sepa_debit"}}, Decline("x", means="sepa_debit")),
        ({}, Decline()),
        (None, Decline()),
    ],
)
def test_a_reason_is_read_as_far_as_it_is_told(error: Any, decline: Decline) -> None:
    assert debtor(invoice(intent(error=error))).facts.decline == decline


def test_a_bank_that_waits_for_a_confirmation_is_a_reason_too() -> None:
    assert debtor(invoice(intent(status="requires_action"))).facts.decline == Decline("authentication_required")


@pytest.mark.parametrize(
    "statuses, processing", [((), False), (("requires_payment_method",), False), (("canceled", "processing"), True)]
)
def test_a_payment_under_way_is_seen_among_all_attempts(statuses: tuple[str, ...], processing: bool) -> None:
    attempts = [intent(number, status=status) for number, status in enumerate(statuses)]

    assert debtor(invoice(*attempts)).facts.processing is processing


@pytest.mark.parametrize("intents", [(), (None,), ("pi_unexpanded",)])
def test_without_an_attempt_to_look_at_nothing_is_said_of_it(intents: tuple[Any, ...]) -> None:
    found = debtor(invoice(*intents)).facts

    assert (found.decline, found.processing) == (Decline(), False)


@pytest.mark.parametrize("raw", [{"payments": None}, {"payments": {}}])
def test_an_invoice_without_payments_is_read(raw: dict[str, Any]) -> None:
    assert debtor(invoice() | raw).facts.decline == Decline()


def test_a_deleted_customer_is_gone_and_has_nothing_that_could_be_written_to() -> None:
    found = debtor(invoice(customer={"id": "cus_1", "object": "customer", "deleted": True}))

    assert found.facts.customer_gone
    assert (found.facts.email, found.name, found.locales, found.country, found.time_zone) == (
        None,
        None,
        (),
        None,
        None,
    )


@pytest.mark.parametrize("subscription", [None, "sub_unexpanded"])
def test_an_invoice_without_a_subscription_has_no_plan(subscription: str | None) -> None:
    found = debtor(invoice(subscription=subscription))

    assert (found.facts.subscription_status, found.products) == (None, ())


def test_the_products_come_in_the_order_of_the_items_expanded_or_not() -> None:
    first, second = deepcopy(SUBSCRIPTION["items"]["data"][0]), deepcopy(SUBSCRIPTION["items"]["data"][0])
    first["price"]["product"], second["price"]["product"] = {"id": "prod_b"}, "prod_a"
    subscription = SUBSCRIPTION | {"items": {"data": [first, second], "has_more": False}}

    assert debtor(invoice(subscription=subscription)).products == ("prod_b", "prod_a")


@pytest.mark.parametrize(
    "name, zone",
    [
        ("Asia/Tokyo", "Asia/Tokyo"),
        ("America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"),
        ("UTC", "UTC"),
        ("asia/tokyo", None),
        ("Tokyo", None),
        ("+09:00", None),
        ("", None),
        ("../../etc/passwd", None),
        ("/etc/localtime", None),
        ("Europe", None),
    ],
)
def test_a_time_zone_counts_only_by_its_iana_name(name: str, zone: str | None) -> None:
    customer = CUSTOMER | {"metadata": {"timezone": name}, "address": None}
    assert debtor(invoice(customer=customer)).time_zone == zone


@pytest.mark.parametrize(
    "metadata, address, zone",
    [
        ({"timezone": "Asia/Tokyo"}, {"country": "SE"}, "Asia/Tokyo"),
        ({"timezone": "Tokyo"}, {"country": "SE"}, "Europe/Stockholm"),
        ({}, {"country": "JP"}, "Asia/Tokyo"),
        ({}, {"country": "US", "state": "CA"}, "America/Los_Angeles"),
        ({}, {"country": "US", "state": None}, "America/Chicago"),
        ({}, {"country": None, "state": "CA"}, None),
        ({}, None, None),
    ],
)
def test_the_zone_is_that_of_the_metadata_else_of_the_address(
    metadata: dict[str, str], address: dict[str, str | None] | None, zone: str | None
) -> None:
    customer = CUSTOMER | {"metadata": metadata, "address": address}
    assert debtor(invoice(customer=customer)).time_zone == zone


def test_the_language_of_the_country_comes_after_the_customers_own() -> None:
    customer = CUSTOMER | {"address": {"country": "FI"}}
    assert debtor(invoice(customer=customer)).locales == ("sv", "en", "fi")


def test_a_misshapen_invoice_is_told_not_guessed() -> None:
    with pytest.raises(UnknownShape, match="amount_remaining"):
        facts.debtor(invoice() | {"amount_remaining": None})


def test_what_a_campaign_is_chosen_by_is_read() -> None:
    customer = CUSTOMER | {"metadata": {"stamkund_campaign": "annual_60"}}
    items = [
        {"price": {"id": "price_b", "recurring": {"interval": "year"}}},
        {"price": {"id": "price_a", "recurring": None}},
    ]
    subscription = SUBSCRIPTION | {"items": {"data": items}}

    found = debtor(invoice(customer=customer, subscription=subscription)).payer

    assert found == Payer("annual_60", ("price_b", "price_a"), ("year",), "SE")
    assert debtor(invoice(customer={"id": "cus_1", "deleted": True}, subscription=None)).payer == Payer()


@pytest.mark.parametrize(
    "metadata, email",
    [
        ({"billing_email": " pay@example.com "}, "pay@example.com"),
        ({"stamkund_billing_email": "a@example.com", "billing_email": "b@example.com"}, "a@example.com"),
        ({"billing_email": ""}, None),
        ({"billing_email": "pay"}, None),
        ({"billing_email": "@example.com"}, None),
        ({"billing_email": "a@b@example.com"}, None),
        ({"billing_email": "a@example.com, b@example.com"}, None),
        ({"billing_email": "a@example.com\nBcc: b@example.com"}, None),
        ({"billing_email": "Pay <a@example.com>"}, None),
        ({}, None),
    ],
)
def test_a_second_contact_counts_only_as_one_plain_address(metadata: dict[str, str], email: str | None) -> None:
    assert debtor(invoice(customer=CUSTOMER | {"metadata": metadata})).facts.second_email == email


@pytest.mark.parametrize(
    "default, own, failed, new",
    [
        ("pm_new", None, "pm_old", True),
        ("pm_old", None, "pm_old", False),
        ("pm_new", "pm_old", "pm_old", False),  # the subscription's own card is charged, not the default
        ("pm_old", "pm_new", "pm_old", True),
        (None, None, "pm_old", False),
        ("pm_new", None, None, False),
    ],
)
def test_a_new_card_is_one_that_would_be_charged_and_has_not_failed(
    default: str | None, own: str | None, failed: str | None, new: bool
) -> None:
    customer = CUSTOMER | {"invoice_settings": {"default_payment_method": default}}
    subscription = SUBSCRIPTION | {"default_payment_method": own}
    error = ERROR | {"payment_method": {"id": failed, "card": {"last4": "9995"}} if failed else None}

    found = debtor(invoice(intent(error=error), customer=customer, subscription=subscription))

    assert found.facts.new_card is new


def test_an_invoice_of_a_list_tells_its_subscription_and_what_its_campaign_goes_by() -> None:
    found = facts.owed(invoice())
    item = SUBSCRIPTION["items"]["data"][0]

    assert (found.invoice.id, found.subscription_status) == (INVOICE["id"], SUBSCRIPTION["status"])
    assert (found.prices, found.intervals) == ((item["price"]["id"],), (item["price"]["recurring"]["interval"],))
    assert facts.owed(invoice(subscription="sub_1")).subscription_status is None
