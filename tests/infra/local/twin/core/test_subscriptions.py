"""Subscriptions: made, renewed, changed, ended."""

import pytest

from tests.infra.local.twin.shop import DAY, START, Refused, Shop


def test_a_subscription_with_a_good_card_is_active_and_its_first_invoice_paid(shop: Shop) -> None:
    sub = shop.subscribe(shop.customer(), shop.price(), expand=["latest_invoice.payments.data.payment.payment_intent"])

    assert sub["status"] == "active"
    assert sub["billing_mode"]["type"] == "flexible"
    invoice = sub["latest_invoice"]
    assert (invoice["status"], invoice["amount_paid"], invoice["billing_reason"]) == (
        "paid",
        14900,
        "subscription_create",
    )
    assert invoice["payments"]["data"][0]["payment"]["payment_intent"]["status"] == "succeeded"
    item = sub["items"]["data"][0]
    assert (item["current_period_start"], item["current_period_end"]) == (START, START + 30 * DAY)


def test_a_renewal_invoices_at_the_end_of_the_period_and_charges_an_hour_later(shop: Shop) -> None:
    sub = shop.subscribe(shop.customer(), shop.price())
    end = sub["items"]["data"][0]["current_period_end"]

    shop.twin.advance(to=end)
    draft = shop.latest(sub)
    shop.twin.advance(3600)
    paid = shop.latest(sub)

    assert (draft["status"], draft["next_payment_attempt"], draft["created"]) == ("draft", end + 3600, end)
    assert (paid["id"], paid["status"], paid["status_transitions"]["paid_at"]) == (draft["id"], "paid", end + 3600)
    assert shop.sub(sub)["items"]["data"][0]["current_period_start"] == end


def test_a_renewal_tells_the_whole_old_items_and_the_old_invoice_as_previous_attributes(shop: Shop) -> None:
    sub = shop.subscribe(shop.customer(), shop.price())
    first = sub["latest_invoice"]

    shop.renewal(sub)

    update = shop.events("customer.subscription.updated")[-1]
    old = update["data"]["previous_attributes"]
    assert old["latest_invoice"] == first
    assert old["items"]["data"][0]["current_period_start"] == START
    assert set(old) == {"items", "latest_invoice"}


def test_the_31st_renews_on_the_last_day_of_shorter_months_and_comes_back(shop: Shop) -> None:
    shop.twin.advance(to=1_801_396_800)  # 2027-01-31 12:00 UTC
    sub = shop.subscribe(shop.customer(), shop.price())
    ends = []
    for _ in range(3):
        ends.append(shop.sub(sub)["items"]["data"][0]["current_period_end"])
        shop.renewal(sub)

    days = [(end - 1_801_396_800) // DAY for end in ends]
    assert days == [28, 59, 89]


def test_an_upgrade_credits_the_unused_time_and_charges_the_rest_on_the_next_invoice(shop: Shop) -> None:
    sub = shop.subscribe(shop.customer(), shop.price(3000))
    shop.twin.advance(10 * DAY)

    item = sub["items"]["data"][0]["id"]
    shop.post(f"subscriptions/{sub['id']}", items=[{"id": item, "price": shop.price(6000)["id"]}])
    shop.renewal(sub)

    invoice = shop.latest(sub)
    amounts = [line["amount"] for line in invoice["lines"]["data"]]
    assert sorted(amounts) == [-2000, 4000, 6000]
    assert (invoice["total"], invoice["status"]) == (8000, "paid")
    prorated = [x["parent"]["subscription_item_details"]["proration"] for x in invoice["lines"]["data"]]
    assert prorated.count(True) == 2


def test_always_invoice_bills_the_upgrade_at_once(shop: Shop) -> None:
    sub = shop.subscribe(shop.customer(), shop.price(3000))
    shop.twin.advance(15 * DAY)

    item = sub["items"]["data"][0]["id"]
    changes = [{"id": item, "price": shop.price(6000)["id"]}]
    changed = shop.post(f"subscriptions/{sub['id']}", items=changes, proration_behavior="always_invoice")

    invoice = shop.get(f"invoices/{changed['latest_invoice']}")
    assert (invoice["billing_reason"], invoice["total"], invoice["status"]) == ("subscription_update", 1500, "paid")


def test_a_downgrade_leaves_a_credit_that_pays_the_next_invoice_first(shop: Shop) -> None:
    customer = shop.customer()
    sub = shop.subscribe(customer, shop.price(6000))
    shop.twin.advance(15 * DAY)

    item = sub["items"]["data"][0]["id"]
    changes = [{"id": item, "price": shop.price(2000)["id"]}]
    shop.post(f"subscriptions/{sub['id']}", items=changes, proration_behavior="always_invoice")
    credit = shop.get(f"customers/{customer['id']}")["balance"]
    shop.renewal(sub)

    assert credit == -2000
    assert (shop.latest(sub)["amount_due"], shop.get(f"customers/{customer['id']}")["balance"]) == (0, 0)


def test_cancel_at_period_end_over_the_api_sets_both_and_ends_without_another_invoice(shop: Shop) -> None:
    sub = shop.subscribe(shop.customer(), shop.price())
    end = sub["items"]["data"][0]["current_period_end"]

    shop.twin.advance(DAY)
    planned = shop.post(f"subscriptions/{sub['id']}", cancel_at_period_end=True)
    shop.twin.advance(to=end)

    assert (planned["cancel_at"], planned["cancel_at_period_end"], planned["canceled_at"]) == (end, True, START + DAY)
    over = shop.sub(sub)
    assert (over["status"], over["ended_at"], over["canceled_at"]) == ("canceled", end, START + DAY)
    assert len(shop.get("invoices", subscription=sub["id"])["data"]) == 1
    assert shop.types()[-1] == "customer.subscription.deleted"


def test_a_cancellation_can_be_taken_back(shop: Shop) -> None:
    sub = shop.subscribe(shop.customer(), shop.price())

    shop.post(f"subscriptions/{sub['id']}", cancel_at_period_end=True)
    kept = shop.post(f"subscriptions/{sub['id']}", cancel_at_period_end=False)
    shop.renewal(sub)

    assert (kept["cancel_at"], kept["canceled_at"]) == (None, None)
    assert shop.sub(sub)["status"] == "active"


def test_cancelling_now_ends_it_and_a_second_time_is_not_found(shop: Shop) -> None:
    sub = shop.subscribe(shop.customer(), shop.price())

    ended = shop.ask("DELETE", f"subscriptions/{sub['id']}")

    assert (ended["status"], ended["cancellation_details"]["reason"]) == ("canceled", "cancellation_requested")
    with pytest.raises(Refused, match="resource_missing"):
        shop.ask("DELETE", f"subscriptions/{sub['id']}")
    assert shop.get("subscriptions")["data"] == []
    assert len(shop.get("subscriptions", status="all")["data"]) == 1


def test_a_trial_costs_nothing_warns_three_days_before_and_is_charged_at_its_end(shop: Shop) -> None:
    sub = shop.subscribe(shop.customer(), shop.price(), trial_period_days=10)
    assert (sub["status"], shop.latest(sub)["total"]) == ("trialing", 0)

    shop.twin.advance(7 * DAY)
    assert "customer.subscription.trial_will_end" in shop.types()
    shop.twin.advance(3 * DAY)
    assert shop.sub(sub)["status"] == "active"
    shop.twin.advance(3600)
    assert (shop.latest(sub)["status"], shop.latest(sub)["total"]) == ("paid", 14900)


@pytest.mark.parametrize("wish, status", [("cancel", "canceled"), ("pause", "paused"), ("create_invoice", "active")])
def test_a_trial_without_a_card_ends_as_the_merchant_wants(shop: Shop, wish: str, status: str) -> None:
    settings = {"end_behavior": {"missing_payment_method": wish}}
    sub = shop.subscribe(shop.customer(None), shop.price(), trial_period_days=5, trial_settings=settings)

    shop.twin.advance(5 * DAY)

    assert shop.sub(sub)["status"] == status


def test_classic_refuses_mixed_intervals_and_flexible_gives_each_item_its_own_period(shop: Shop) -> None:
    customer, month, year = shop.customer(), shop.price(1000), shop.price(9000, "year")
    both = [{"price": month["id"]}, {"price": year["id"]}]

    with pytest.raises(Refused, match=r"same `recurring\.interval`"):
        shop.post("subscriptions", customer=customer["id"], items=both, billing_mode={"type": "classic"})
    sub = shop.post("subscriptions", customer=customer["id"], items=both)
    shop.renewal(sub)

    ends = [(i["current_period_end"] - START) // DAY for i in shop.sub(sub)["items"]["data"]]
    assert ends == [61, 365]
    assert shop.latest(sub)["total"] == 1000


def test_metered_usage_is_billed_in_arrears(shop: Shop) -> None:
    customer = shop.customer()
    aggregation = {"formula": "sum"}
    meter = shop.post("billing/meters", display_name="Calls", event_name="calls", default_aggregation=aggregation)
    recurring = {"interval": "month", "usage_type": "metered", "meter": meter["id"]}
    sub = shop.subscribe(customer, shop.price(25, recurring=recurring))
    for value in ("3", "4"):
        payload = {"stripe_customer_id": customer["id"], "value": value}
        shop.post("billing/meter_events", event_name="calls", payload=payload)

    shop.renewal(sub)

    line = shop.latest(sub)["lines"]["data"][0]
    assert (line["quantity"], line["amount"], line["period"]) == (7, 175, {"start": START, "end": START + 30 * DAY})


def test_a_pause_of_collection_leaves_the_status_and_a_pause_does_not(shop: Shop) -> None:
    one, other = shop.subscribe(shop.customer(), shop.price()), shop.subscribe(shop.customer(), shop.price())

    held = shop.post(f"subscriptions/{one['id']}", pause_collection={"behavior": "void"})
    paused = shop.post(f"subscriptions/{other['id']}/pause", type="subscription")
    shop.renewal(one)

    assert (held["status"], shop.latest(one)["status"]) == ("active", "void")
    assert paused["status_details"]["paused"]["subscription"]["type"] == "pause_requested"
    assert len(shop.get("invoices", subscription=other["id"])["data"]) == 1
    resumed = shop.post(f"subscriptions/{other['id']}/resume")
    assert (resumed["status"], "status_details" in resumed) == ("active", False)
    assert shop.types().count("customer.subscription.resumed") == 1


def test_a_percentage_and_an_amount_are_taken_off_in_order(shop: Shop) -> None:
    shop.post("coupons", id="TEN", percent_off=10, duration="forever")
    shop.post("coupons", id="KR50", amount_off=5000, currency="sek", duration="once")
    sub = shop.subscribe(shop.customer(), shop.price(20000), discounts=[{"coupon": "TEN"}, {"coupon": "KR50"}])

    first = shop.latest(sub)
    shop.renewal(sub)

    assert (first["total"], [d["amount"] for d in first["total_discount_amounts"]]) == (13000, [2000, 5000])
    assert shop.latest(sub)["total"] == 18000


def test_a_send_invoice_subscription_gets_a_due_date_and_becomes_overdue(shop: Shop) -> None:
    sub = shop.subscribe(shop.customer(), shop.price(), collection_method="send_invoice", days_until_due=7)
    shop.twin.advance(3600)
    invoice = shop.latest(sub)

    shop.twin.advance(8 * DAY)

    assert (invoice["status"], invoice["due_date"]) == ("open", START + 3600 + 7 * DAY)
    assert "invoice.overdue" in shop.types()
    assert shop.sub(sub)["status"] == "past_due"


def test_deleting_a_customer_ends_its_subscriptions(shop: Shop) -> None:
    customer = shop.customer()
    sub = shop.subscribe(customer, shop.price())

    gone = shop.ask("DELETE", f"customers/{customer['id']}")

    assert gone == {"id": customer["id"], "object": "customer", "deleted": True}
    assert shop.get(f"customers/{customer['id']}") == gone
    assert shop.sub(sub)["status"] == "canceled"
    assert shop.types()[-1] == "customer.deleted"


def test_a_request_that_fails_half_way_leaves_no_trace(shop: Shop) -> None:
    sub = shop.subscribe(shop.customer(), shop.price())
    before, events, waiting = shop.sub(sub), shop.types(), shop.get("invoiceitems")["data"]
    changes = [{"id": sub["items"]["data"][0]["id"], "price": shop.price(500)["id"]}, {"price": "price_none"}]
    made = shop.types()[len(events) :]

    with pytest.raises(Refused, match="price_none"):
        shop.post(f"subscriptions/{sub['id']}", items=changes, description="half")

    assert shop.sub(sub) == before
    assert shop.types() == events + made
    assert shop.get("invoiceitems")["data"] == waiting


def test_the_last_usage_of_an_ended_subscription_is_still_billed(shop: Shop) -> None:
    customer = shop.customer()
    aggregation = {"formula": "count"}
    meter = shop.post("billing/meters", display_name="Calls", event_name="calls", default_aggregation=aggregation)
    recurring = {"interval": "month", "usage_type": "metered", "meter": meter["id"]}
    sub = shop.subscribe(customer, shop.price(500, recurring=recurring))
    shop.post("billing/meter_events", event_name="calls", payload={"stripe_customer_id": customer["id"]})

    shop.post(f"subscriptions/{sub['id']}", cancel_at_period_end=True)
    shop.renewal(sub)

    assert (shop.sub(sub)["status"], "quantity" in sub["items"]["data"][0]) == ("canceled", False)
    assert (shop.latest(sub)["total"], shop.latest(sub)["status"]) == (500, "paid")


def test_a_credit_on_the_balance_pays_the_next_invoice_first(shop: Shop) -> None:
    customer = shop.customer()
    path = f"customers/{customer['id']}/balance_transactions"
    shop.post(path, amount=-4900, currency="sek", description="Sorry")

    sub = shop.subscribe(customer, shop.price())

    invoice = shop.latest(sub)
    assert (invoice["amount_due"], invoice["starting_balance"], invoice["ending_balance"]) == (10000, -4900, 0)
    assert [(t["type"], t["amount"]) for t in shop.get(path)["data"]] == [
        ("applied_to_invoice", 4900),
        ("adjustment", -4900),
    ]
