"""Parameters that were once taken and did nothing: each has an effect, or is refused by name."""

from typing import Any

import pytest

from tests.infra.local.twin.shop import DAY, START, Refused, Shop


def test_items_added_in_an_update_come_on_the_next_invoice(shop: Shop) -> None:
    sub = shop.subscribe(shop.customer(), shop.price(1000))
    once = shop.price(300, recurring={"interval": "month"})
    shop.post(f"subscriptions/{sub['id']}", add_invoice_items=[{"price": once["id"], "quantity": 2}])
    shop.renewal(sub)

    assert shop.latest(sub)["total"] == 1600


def test_the_trial_of_a_price_is_used_when_asked_for(shop: Shop) -> None:
    price = shop.price(recurring={"interval": "month", "trial_period_days": 9})

    assert shop.subscribe(shop.customer(), price)["trial_end"] is None
    assert shop.subscribe(shop.customer(), price, trial_from_plan=True)["trial_end"] == START + 9 * DAY


@pytest.mark.parametrize(
    "wish, param",
    [
        ({"currency": "eur"}, "currency"),
        ({"payment_behavior": "pending_if_incomplete"}, "payment_behavior"),
        ({"trial_from_plan": True, "trial_period_days": 3}, "trial_from_plan"),
        ({"add_invoice_items": [{"quantity": 1}]}, "add_invoice_items[0][price]"),
    ],
)
def test_a_subscription_is_refused_what_it_cannot_be(shop: Shop, wish: dict[str, Any], param: str) -> None:
    with pytest.raises(Refused) as caught:
        shop.subscribe(shop.customer(), shop.price(), **wish)

    assert (caught.value.status, caught.value.error["param"]) == (400, param)


def test_what_the_twin_does_not_do_it_refuses(shop: Shop) -> None:
    sub = shop.subscribe(shop.customer(), shop.price())
    other, item = shop.customer(), sub["items"]["data"][0]["id"]
    asked: list[tuple[str, str, dict[str, Any], str]] = [
        ("POST", f"invoices/{sub['latest_invoice']}/pay", {"forgive": True}, "forgive"),
        ("DELETE", f"subscription_items/{item}", {"clear_usage": True}, "clear_usage"),
        (
            "POST",
            "invoices/create_preview",
            {"subscription": sub["id"], "customer": other["id"]},
            "customer",
        ),
        (
            "POST",
            "subscription_schedules",
            {"from_subscription": sub["id"], "end_behavior": "cancel"},
            "end_behavior",
        ),
        (
            "POST",
            "credit_notes",
            {"invoice": sub["latest_invoice"], "amount": 1, "refund_amount": 1, "email_type": "credit_note"},
            "email_type",
        ),
    ]
    for method, path, given, param in asked:
        with pytest.raises(Refused) as caught:
            shop.ask(method, path, None, **given)
        assert (caught.value.status, caught.value.error["param"]) == (400, param), path


def test_a_change_of_an_item_off_session_meets_a_bank_that_refuses(shop: Shop) -> None:
    for off in (True, False):
        sub = shop.subscribe(shop.customer(), shop.price(1000))
        shop.new_default({"id": sub["customer"]}, "pm_card_authenticationRequired")
        item = sub["items"]["data"][0]["id"]
        wish = {"quantity": 2, "proration_behavior": "always_invoice", "off_session": off}
        shop.post(f"subscription_items/{item}", **wish)
        intent = shop.get("payment_intents", customer=sub["customer"])["data"][0]

        failed = [c for c in shop.get("charges", customer=sub["customer"])["data"] if c["status"] == "failed"]

        assert (intent["status"], intent["last_payment_error"] is not None) == ("requires_action", off)
        assert [c["failure_code"] for c in failed] == ["authentication_required"] * off


def test_canceling_a_schedule_credits_and_bills_what_is_open_unless_told_otherwise(shop: Shop) -> None:
    totals = []
    for wish in ({}, {"prorate": False, "invoice_now": False}):
        sub = shop.subscribe(shop.customer(), shop.price(3000))
        schedule = shop.post("subscription_schedules", from_subscription=sub["id"])
        shop.twin.advance(10 * DAY)
        shop.post(f"subscription_schedules/{schedule['id']}/cancel", **wish)
        totals.append(shop.latest(sub)["total"])
        assert shop.sub(sub)["status"] == "canceled"

    assert totals[0] < 0 < totals[1]


@pytest.mark.parametrize("behavior, waiting", [("create_prorations", 2), ("none", 0)])
def test_a_schedule_changes_the_running_phase_at_once(shop: Shop, behavior: str, waiting: int) -> None:
    sub, other = shop.subscribe(shop.customer(), shop.price(3000)), shop.price(6000)
    schedule = shop.post("subscription_schedules", from_subscription=sub["id"])
    phase = {
        "items": [{"price": other["id"], "quantity": 1}],
        "end_date": schedule["phases"][0]["end_date"],
        "metadata": {"tier": "two"},
    }
    path = f"subscription_schedules/{schedule['id']}"
    shop.post(path, phases=[phase], proration_behavior=behavior)

    assert shop.sub(sub)["items"]["data"][0]["price"]["id"] == other["id"]
    assert len(shop.get("invoiceitems", customer=sub["customer"], pending=True)["data"]) == waiting
    with pytest.raises(Refused, match="A phase starts where"):
        shop.post(path, phases=[phase, {**phase, "start_date": START + 99 * DAY, "end_date": START + 199 * DAY}])


def test_an_intent_shows_how_it_may_be_paid_and_where_the_bank_sends_back(shop: Shop) -> None:
    given = {
        "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        "payment_method": "pm_card_authenticationRequired",
        "return_url": "https://shop.example/back",
        "confirm": True,
    }
    for path, more in (("payment_intents", {"amount": 500, "currency": "sek"}), ("setup_intents", {})):
        made = shop.post(path, **given, **more)
        assert made["next_action"]["redirect_to_url"]["return_url"] == "https://shop.example/back"
        assert made["automatic_payment_methods"] == {"enabled": True, "allow_redirects": "never"}


def test_an_invoice_takes_the_customers_own_fields(shop: Shop) -> None:
    settings = {"custom_fields": [{"name": "Order", "value": "7"}], "footer": "Tack"}
    customer = shop.customer()
    shop.post(f"customers/{customer['id']}", invoice_settings=settings)
    invoice = shop.latest(shop.subscribe(customer, shop.price()))

    assert {name: invoice[name] for name in settings} == settings


def test_a_payment_that_is_to_be_used_again_keeps_its_card(shop: Shop) -> None:
    customer = shop.customer(None)
    paid = {"amount": 500, "currency": "sek", "confirm": True, "payment_method": "pm_card_visa"}
    shop.post("payment_intents", customer=customer["id"], **paid)
    assert shop.get("payment_methods", customer=customer["id"])["data"] == []

    made = shop.post("payment_intents", customer=customer["id"], setup_future_usage="off_session", **paid)
    kept = shop.get("payment_methods", customer=customer["id"], allow_redisplay="unspecified")["data"]

    assert [card["id"] for card in kept] == [made["payment_method"]]
    assert shop.get("payment_methods", customer=customer["id"], allow_redisplay="always")["data"] == []
