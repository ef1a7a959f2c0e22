"""Subscription schedules: phases, their ends, and what else is planned for later."""

import pytest

from tests.infra.local.twin.shop import DAY, START, Refused, Shop


def test_phases_follow_each_other_and_the_subscription_is_let_go(shop: Shop) -> None:
    low, high = shop.price(5000), shop.price(9000)
    phases = [{"items": [{"price": p["id"]}], "duration": {"interval": "month"}} for p in (low, high)]
    schedule = shop.post("subscription_schedules", customer=shop.customer()["id"], start_date="now", phases=phases)
    sub = {"id": schedule["subscription"]}
    totals = [shop.latest(sub)["total"]]

    for _ in range(2):
        shop.renewal(sub)
        totals.append(shop.latest(sub)["total"])

    assert totals == [5000, 9000, 9000]
    assert (shop.sub(sub)["schedule"], shop.sub(sub)["status"]) == (None, "active")
    done = shop.get(f"subscription_schedules/{schedule['id']}")
    assert (done["status"], done["released_subscription"], done["current_phase"]) == ("released", sub["id"], None)


def test_a_schedule_may_start_later_and_end_with_a_cancellation(shop: Shop) -> None:
    phases = [{"items": [{"price": shop.price()["id"], "quantity": 2}]}]
    customer = shop.customer()["id"]
    later = START + 5 * DAY
    schedule = shop.post(
        "subscription_schedules", customer=customer, start_date=later, phases=phases, end_behavior="cancel"
    )
    assert (schedule["status"], schedule["subscription"]) == ("not_started", None)

    shop.twin.advance(6 * DAY)
    running = shop.get(f"subscription_schedules/{schedule['id']}", expand=["subscription"])
    shop.twin.advance(31 * DAY)

    assert (running["status"], running["subscription"]["items"]["data"][0]["quantity"]) == ("active", 2)
    assert shop.sub(running["subscription"])["status"] == "canceled"
    assert shop.get(f"subscription_schedules/{schedule['id']}")["status"] == "completed"
    assert {"subscription_schedule.expiring", "subscription_schedule.completed"} <= set(shop.types())


def test_a_scheduled_subscription_is_not_changed_directly_and_release_frees_it(shop: Shop) -> None:
    sub = shop.subscribe(shop.customer(), shop.price())
    schedule = shop.post("subscription_schedules", from_subscription=sub["id"])

    with pytest.raises(Refused, match="managed by the subscription schedule"):
        shop.post(f"subscriptions/{sub['id']}", cancel_at_period_end=True)
    shop.post(f"subscription_schedules/{schedule['id']}/release")

    assert shop.post(f"subscriptions/{sub['id']}", cancel_at_period_end=True)["cancel_at_period_end"] is True


def test_cancelling_a_schedule_ends_its_subscription_and_dunning_aborts_it(shop: Shop) -> None:
    shop.twin.world.settings.change({"retries": [DAY]})
    one = shop.subscribe(shop.customer(), shop.price())
    poor = shop.customer()
    other = shop.subscribe(poor, shop.price())
    schedules = [shop.post("subscription_schedules", from_subscription=s["id"]) for s in (one, other)]
    items = [{"price": other["items"]["data"][0]["price"]["id"]}]
    lasting = [{"items": items, "duration": {"interval": "year"}}]
    shop.post(f"subscription_schedules/{schedules[1]['id']}", phases=lasting)

    ended = shop.post(f"subscription_schedules/{schedules[0]['id']}/cancel")
    shop.new_default(poor, "pm_card_chargeCustomerFail")
    shop.renewal(other)
    shop.twin.advance(2 * DAY)

    assert (ended["status"], shop.sub(one)["status"], shop.sub(other)["status"]) == ("canceled",) * 3
    assert shop.types().count("subscription_schedule.aborted") == 1


def test_collection_resumes_when_it_was_to(shop: Shop) -> None:
    sub = shop.subscribe(shop.customer(), shop.price())
    pause = {"behavior": "keep_as_draft", "resumes_at": START + 40 * DAY}
    shop.post(f"subscriptions/{sub['id']}", pause_collection=pause)

    shop.renewal(sub)
    held = shop.latest(sub)
    shop.twin.advance(to=START + 40 * DAY)

    assert (held["status"], held["auto_advance"]) == ("draft", False)
    assert shop.sub(sub)["pause_collection"] is None


def test_an_item_can_be_added_changed_and_removed_by_its_own_api(shop: Shop) -> None:
    sub = shop.subscribe(shop.customer(), shop.price(3000))

    item = shop.post("subscription_items", subscription=sub["id"], price=shop.price(1000)["id"], quantity=2)
    more = shop.post(f"subscription_items/{item['id']}", quantity=3)
    gone = shop.ask("DELETE", f"subscription_items/{item['id']}")

    assert (item["quantity"], more["quantity"], gone["deleted"]) == (2, 3, True)
    assert len(shop.sub(sub)["items"]["data"]) == 1
    assert sum(x["amount"] for x in shop.get("invoiceitems")["data"]) == 0
