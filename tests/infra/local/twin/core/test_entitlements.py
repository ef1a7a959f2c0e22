"""What a customer may use follows from the subscriptions that run, and is told when it changes."""

import pytest

from tests.infra.local.twin.shop import Refused, Shop

SUMMARY = "entitlements.active_entitlement_summary.updated"


def carrying(shop: Shop, *keys: str) -> dict[str, str]:
    """A price whose product carries features with these lookup keys."""
    price: dict[str, str] = shop.price()
    for key in keys:
        feature = shop.post("entitlements/features", lookup_key=key, name=key.title())
        shop.post(f"products/{price['product']}/features", entitlement_feature=feature["id"])
    return price


def held(shop: Shop, customer: dict[str, str]) -> list[str]:
    """The lookup keys of a customer's entitlements, oldest first."""
    rows = shop.get("entitlements/active_entitlements", customer=customer["id"], limit=100)["data"]
    return [row["lookup_key"] for row in rows][::-1]


def test_a_subscription_gives_what_its_products_carry_and_its_end_takes_it(shop: Shop) -> None:
    customer = shop.customer()
    sub = shop.subscribe(customer, carrying(shop, "calls", "export"))
    given = held(shop, customer)
    shop.ask("DELETE", f"subscriptions/{sub['id']}")

    assert given == ["calls", "export"]
    assert held(shop, customer) == []
    told = [event["data"]["object"] for event in shop.events(SUMMARY)]
    assert [[row["lookup_key"] for row in one["entitlements"]["data"]] for one in told] == [["export", "calls"], []]
    assert {one["customer"] for one in told} == {customer["id"]}


def test_two_subscriptions_with_one_feature_give_it_once_and_the_last_takes_it(shop: Shop) -> None:
    customer, price = shop.customer(), carrying(shop, "calls")
    first, second = shop.subscribe(customer, price), shop.subscribe(customer, price)
    shop.ask("DELETE", f"subscriptions/{first['id']}")
    between = held(shop, customer)
    shop.ask("DELETE", f"subscriptions/{second['id']}")

    assert (between, held(shop, customer)) == (["calls"], [])
    assert len(shop.events(SUMMARY)) == 2


def test_a_summary_shows_ten_and_says_that_there_are_more(shop: Shop) -> None:
    customer = shop.customer()
    shop.subscribe(customer, carrying(shop, *(f"feature-{n}" for n in range(12))))

    (event,) = shop.events(SUMMARY)
    shown = event["data"]["object"]["entitlements"]
    assert (len(shown["data"]), shown["has_more"]) == (10, True)
    assert len(held(shop, customer)) == 12


def test_a_subscription_that_was_never_paid_gives_nothing(shop: Shop) -> None:
    customer = shop.customer("pm_card_chargeCustomerFail")
    shop.subscribe(customer, carrying(shop, "calls"))

    assert held(shop, customer) == []


def test_an_archived_feature_is_listed_only_where_asked_for_and_goes_to_no_new_product(shop: Shop) -> None:
    feature = shop.post("entitlements/features", lookup_key="calls", name="Calls")
    shop.post(f"entitlements/features/{feature['id']}", active=False)

    assert shop.get("entitlements/features")["data"] == []
    assert [each["id"] for each in shop.get("entitlements/features", archived=True)["data"]] == [feature["id"]]
    with pytest.raises(Refused, match="archived"):
        shop.post(f"products/{shop.price()['product']}/features", entitlement_feature=feature["id"])


def test_a_lookup_key_and_an_attachment_are_of_one_kind_only(shop: Shop) -> None:
    price = carrying(shop, "calls")
    feature = shop.get("entitlements/features")["data"][0]

    with pytest.raises(Refused, match="already exists"):
        shop.post("entitlements/features", lookup_key="calls", name="Again")
    with pytest.raises(Refused, match="already attached"):
        shop.post(f"products/{price['product']}/features", entitlement_feature=feature["id"])


def test_a_feature_taken_from_a_product_goes_with_the_next_change(shop: Shop) -> None:
    customer, price = shop.customer(), carrying(shop, "calls")
    sub = shop.subscribe(customer, price)
    (row,) = shop.get(f"products/{price['product']}/features")["data"]
    entitlement = shop.get("entitlements/active_entitlements", customer=customer["id"])["data"][0]["id"]
    shop.ask("DELETE", f"products/{price['product']}/features/{row['id']}")
    before = held(shop, customer)
    shop.post(f"subscriptions/{sub['id']}", metadata={"note": "1"})

    assert (before, held(shop, customer)) == (["calls"], [])
    with pytest.raises(Refused):
        shop.get(f"entitlements/active_entitlements/{entitlement}")
