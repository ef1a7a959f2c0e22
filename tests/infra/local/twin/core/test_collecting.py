"""Failed payments: declines, retries, what ends them."""

from typing import Any

import pytest

from tests.infra.local.twin.shop import DAY, Refused, Shop


def failing(shop: Shop, card: str = "pm_card_chargeCustomerFail") -> tuple[Any, Any]:
    """A customer whose card is refused at the first renewal, which has just been tried."""
    customer = shop.customer()
    sub = shop.subscribe(customer, shop.price())
    shop.new_default(customer, card)
    shop.renewal(sub)
    return customer, sub


def test_a_failed_renewal_makes_the_subscription_past_due_and_is_tried_eight_times_in_two_weeks(shop: Shop) -> None:
    _, sub = failing(shop)
    invoice = shop.latest(sub)
    first = invoice["status_transitions"]["finalized_at"]

    assert (invoice["status"], invoice["attempt_count"], shop.sub(sub)["status"]) == ("open", 1, "past_due")
    tries = []
    while invoice["next_payment_attempt"]:
        tries.append((invoice["next_payment_attempt"] - first) / DAY)
        shop.twin.advance(to=invoice["next_payment_attempt"])
        invoice = shop.latest(sub)

    assert tries == [1, 3, 4.5, 6, 8, 10, 12, 14]
    assert (invoice["attempt_count"], invoice["status"], invoice["auto_advance"]) == (9, "open", False)
    assert shop.sub(sub)["status"] == "canceled"
    assert shop.sub(sub)["cancellation_details"]["reason"] == "payment_failed"


def test_the_events_of_a_failed_renewal_name_its_invoice_attempt_and_charge(shop: Shop) -> None:
    failing(shop)

    after = shop.types()[shop.types().index("charge.failed") :]
    assert after[:3] == ["charge.failed", "payment_intent.payment_failed", "invoice.updated"]
    assert after[3:] == ["invoice.payment_failed", "customer.updated", "customer.subscription.updated"]
    failed = shop.events("invoice.payment_failed")[0]
    assert failed["request"] == {"id": None, "idempotency_key": None}
    assert (failed["data"]["object"]["attempt_count"], "payments" in failed["data"]["object"]) == (1, False)


@pytest.mark.parametrize("action, status", [("unpaid", "unpaid"), ("past_due", "past_due"), ("pause", "paused")])
def test_the_end_of_the_tries_is_the_merchants_choice(shop: Shop, action: str, status: str) -> None:
    shop.twin.world.settings.change({"end_action": action, "retries": [DAY, 2 * DAY]})
    _, sub = failing(shop)

    shop.twin.advance(3 * DAY)

    assert (shop.sub(sub)["status"], shop.latest(sub)["attempt_count"]) == (status, 3)
    if action == "pause":
        assert shop.sub(sub)["status_details"]["paused"]["subscription"]["type"] == "final_payment_failure"


def test_an_unpaid_subscription_goes_on_making_drafts_that_are_not_charged(shop: Shop) -> None:
    shop.twin.world.settings.change({"end_action": "unpaid", "retries": [DAY]})
    _, sub = failing(shop)
    shop.twin.advance(2 * DAY)

    shop.renewal(sub)

    assert (shop.latest(sub)["status"], shop.latest(sub)["auto_advance"]) == ("draft", False)


@pytest.mark.parametrize(
    "reason, code, advice",
    [
        ("insufficient_funds", "card_declined", "try_again_later"),
        ("expired_card", "expired_card", "confirm_card_data"),
        ("lost_card", "card_declined", "do_not_try_again"),
        ("do_not_honor", "card_declined", "try_again_later"),
        ("incorrect_cvc", "incorrect_cvc", "confirm_card_data"),
        ("processing_error", "processing_error", "try_again_later"),
    ],
)
def test_each_reason_of_a_bank_stands_on_the_intent_and_the_charge(
    shop: Shop, reason: str, code: str, advice: str
) -> None:
    _, sub = failing(shop, f"pm_twin_{reason}")

    intent = shop.latest(sub, expand=["payments.data.payment.payment_intent"])["payments"]["data"][0]["payment"]
    error = intent["payment_intent"]["last_payment_error"]
    assert (error["code"], error["decline_code"], error["advice_code"]) == (code, reason, advice)
    charge = shop.get(f"charges/{error['charge']}")
    assert (charge["outcome"]["reason"], charge["outcome"]["advice_code"]) == (reason, advice)


def test_after_a_hard_refusal_tries_are_counted_but_nothing_is_charged_until_there_is_another_card(shop: Shop) -> None:
    customer, sub = failing(shop, "pm_twin_lost_card")

    shop.twin.advance(4 * DAY)
    counted = shop.latest(sub)
    charges = len([c for c in shop.get("charges", limit=100)["data"] if c["status"] == "failed"])
    shop.new_default(customer, "pm_card_mastercard")
    shop.twin.advance(to=counted["next_payment_attempt"])

    assert (counted["attempt_count"], charges) == (3, 1)
    assert (shop.latest(sub)["status"], shop.sub(sub)["status"]) == ("paid", "active")


def test_a_new_default_card_pays_at_the_next_try_and_ends_the_delinquency(shop: Shop) -> None:
    customer, sub = failing(shop)
    assert shop.get(f"customers/{customer['id']}")["delinquent"] is True

    shop.new_default(customer, "pm_card_visa")
    shop.twin.advance(DAY)

    assert (shop.latest(sub)["status"], shop.sub(sub)["status"]) == ("paid", "active")
    assert shop.get(f"customers/{customer['id']}")["delinquent"] is False


def test_the_subscriptions_own_card_wins_over_the_customers_default(shop: Shop) -> None:
    customer, sub = failing(shop)
    own = shop.post("payment_methods/pm_twin_insufficient_funds/attach", customer=customer["id"])
    shop.post(f"subscriptions/{sub['id']}", default_payment_method=own["id"])

    shop.new_default(customer, "pm_card_visa")
    shop.twin.advance(DAY)

    assert shop.latest(sub)["status"] == "open"


def test_paying_by_hand_does_not_count_as_a_try_and_leaves_the_schedule(shop: Shop) -> None:
    _, sub = failing(shop)
    before = shop.latest(sub)

    with pytest.raises(Refused) as refused:
        shop.post(f"invoices/{before['id']}/pay")

    assert (refused.value.status, refused.value.error["type"]) == (402, "card_error")
    after = shop.latest(sub)
    assert (after["attempt_count"], after["next_payment_attempt"]) == (1, before["next_payment_attempt"])


def test_cards_that_always_decline_cannot_be_attached(shop: Shop) -> None:
    customer = shop.customer(None)

    with pytest.raises(Refused) as refused:
        shop.post("payment_methods/pm_card_visa_chargeDeclinedInsufficientFunds/attach", customer=customer["id"])

    assert (refused.value.status, refused.value.error["decline_code"]) == (402, "insufficient_funds")


def test_a_first_payment_that_fails_leaves_23_hours_and_then_voids_the_invoice(shop: Shop) -> None:
    sub = shop.subscribe(shop.customer("pm_card_chargeCustomerFail"), shop.price())
    assert (sub["status"], shop.latest(sub)["next_payment_attempt"]) == ("incomplete", None)

    shop.twin.advance(23 * 3600)

    assert (shop.sub(sub)["status"], shop.latest(sub)["status"]) == ("incomplete_expired", "void")
    assert "customer.subscription.deleted" not in shop.types()


def test_error_if_incomplete_makes_nothing(shop: Shop) -> None:
    customer = shop.customer("pm_card_chargeCustomerFail")

    with pytest.raises(Refused) as refused:
        shop.subscribe(customer, shop.price(), payment_behavior="error_if_incomplete")

    assert refused.value.status == 402
    assert shop.get("subscriptions", status="all")["data"] == []
    assert shop.get("invoices")["data"] == []


def test_a_bank_that_asks_makes_the_first_invoice_wait_for_the_customer(shop: Shop) -> None:
    sub = shop.subscribe(shop.customer("pm_card_threeDSecure2Required"), shop.price())

    intent = shop.latest(sub, expand=["payments.data.payment.payment_intent"])["payments"]["data"][0]["payment"]
    assert (sub["status"], intent["payment_intent"]["status"]) == ("incomplete", "requires_action")
    assert {"invoice.payment_action_required", "payment_intent.requires_action"} <= set(shop.types())


def test_with_automations_the_next_try_comes_in_a_later_update(shop: Shop) -> None:
    shop.twin.world.settings.change({"automations": True})
    failing(shop)

    failed = shop.events("invoice.payment_failed")[0]["data"]["object"]
    later = shop.events("invoice.updated")[-1]["data"]
    assert failed["next_payment_attempt"] is None
    assert later["previous_attributes"] == {"next_payment_attempt": None}
    assert later["object"]["next_payment_attempt"] is not None


def test_a_pause_at_the_first_failure(shop: Shop) -> None:
    shop.twin.world.settings.change({"pause_on_first_failure": True})
    _, sub = failing(shop)

    paused = shop.sub(sub)
    assert paused["status_details"]["paused"]["subscription"]["type"] == "first_payment_failure"
    shop.post(f"invoices/{shop.latest(sub)['id']}/pay", paid_out_of_band=True)
    assert (shop.latest(sub)["status"], shop.latest(sub)["amount_paid_off_stripe"]) == ("paid", 14900)


def test_a_retry_that_succeeds_is_counted(shop: Shop) -> None:
    customer, sub = failing(shop)
    shop.new_default(customer, "pm_card_visa")

    shop.twin.advance(to=shop.latest(sub)["next_payment_attempt"])

    assert (shop.latest(sub)["status"], shop.latest(sub)["attempt_count"]) == ("paid", 2)


def test_a_payment_by_hand_after_a_failure_is_not_counted(shop: Shop) -> None:
    customer, sub = failing(shop)
    shop.new_default(customer, "pm_card_visa")

    shop.post(f"invoices/{shop.latest(sub)['id']}/pay")

    assert (shop.latest(sub)["status"], shop.latest(sub)["attempt_count"]) == ("paid", 1)
