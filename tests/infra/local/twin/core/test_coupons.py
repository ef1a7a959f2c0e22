"""Who may redeem a coupon or a promotion code, and until when."""

from typing import Any

import pytest

from tests.infra.local.twin.shop import DAY, Refused, Shop


def _code(shop: Shop, **more: Any) -> Any:
    coupon = shop.post("coupons", percent_off=50, duration="forever")
    return shop.post("promotion_codes", promotion={"type": "coupon", "coupon": coupon["id"]}, **more)


def _redeem(shop: Shop, customer: Any, price: Any, code: Any) -> Any:
    return shop.subscribe(customer, price, discounts=[{"promotion_code": code["id"]}])


def _refused(shop: Shop, customer: Any, price: Any, code: Any) -> Any:
    """The error; the refused request must leave nothing behind."""
    before = len(shop.twin.objects("subscription"))
    with pytest.raises(Refused, match="cannot be redeemed") as caught:
        _redeem(shop, customer, price, code)
    assert len(shop.twin.objects("subscription")) == before
    assert shop.get(f"promotion_codes/{code['id']}")["times_redeemed"] == code["times_redeemed"]
    assert caught.value.status == 400
    return caught.value.error


def test_a_code_for_the_first_transaction_is_refused_to_who_has_paid(shop: Shop) -> None:
    code, price, old = _code(shop, restrictions={"first_time_transaction": True}), shop.price(), shop.customer()
    shop.subscribe(old, price)

    error = _refused(shop, old, price, code)
    assert (error["param"], error["code"]) == ("discounts[0][promotion_code]", "promotion_code_invalid")
    assert _redeem(shop, shop.customer(), price, code)["discounts"]


def test_a_trial_is_no_transaction(shop: Shop) -> None:
    code, price, customer = _code(shop, restrictions={"first_time_transaction": True}), shop.price(), shop.customer()
    shop.subscribe(customer, price, trial_period_days=7)

    assert _redeem(shop, customer, price, code)["discounts"]


def test_a_minimum_amount_is_that_of_the_items_and_in_its_currency(shop: Shop) -> None:
    least = {"minimum_amount": 10000, "minimum_amount_currency": "sek"}
    code, enough, little = _code(shop, restrictions=least), shop.price(10000), shop.price(9999)
    euros = shop.price(20000, currency="eur")

    assert "minimum of 10000 sek" in _refused(shop, shop.customer(), little, code)["message"]
    _refused(shop, shop.customer(), euros, code)
    assert _redeem(shop, shop.customer(), enough, code)["discounts"]
    two = [{"price": little["id"], "quantity": 2}]
    wish = [{"promotion_code": code["id"]}]
    assert shop.post("subscriptions", customer=shop.customer()["id"], items=two, discounts=wish)["discounts"]


def test_restrictions_hold_when_a_running_subscription_gets_the_code(shop: Shop) -> None:
    code = _code(shop, restrictions={"first_time_transaction": True})
    sub = shop.subscribe(shop.customer(), shop.price())

    with pytest.raises(Refused, match="prior transactions"):
        shop.post(f"subscriptions/{sub['id']}", discounts=[{"promotion_code": code["id"]}])
    assert shop.sub(sub)["discounts"] == []


def test_a_minimum_amount_needs_its_currency(shop: Shop) -> None:
    with pytest.raises(Refused) as caught:
        _code(shop, restrictions={"minimum_amount": 5})

    assert caught.value.error["param"] == "restrictions[minimum_amount_currency]"


@pytest.mark.parametrize("limit", ["max_redemptions", "expires_at", "customer", "active"])
def test_a_code_that_is_used_up_late_inactive_or_anothers_is_refused(shop: Shop, limit: str) -> None:
    price, other = shop.price(), shop.customer()
    wish = {"max_redemptions": 1, "expires_at": shop.twin.now + DAY, "customer": other["id"], "active": False}
    code = _code(shop, **{limit: wish[limit]})
    if limit in ("max_redemptions", "expires_at"):
        _redeem(shop, shop.customer(), price, code)
        shop.twin.advance(2 * DAY)
        code = shop.get(f"promotion_codes/{code['id']}")

    _refused(shop, shop.customer(), price, code)


@pytest.mark.parametrize("limit", ["max_redemptions", "redeem_by"])
def test_a_coupon_is_redeemed_only_so_often_and_so_long(shop: Shop, limit: str) -> None:
    wish = {"max_redemptions": 1, "redeem_by": shop.twin.now + DAY}
    coupon = shop.post("coupons", percent_off=50, duration="forever", **{limit: wish[limit]})
    first = shop.subscribe(shop.customer(), shop.price(), discounts=[{"coupon": coupon["id"]}])
    shop.twin.advance(2 * DAY)

    with pytest.raises(Refused) as caught:
        shop.subscribe(shop.customer(), shop.price(), discounts=[{"coupon": coupon["id"]}])
    assert (caught.value.error["code"], caught.value.error["param"]) == ("coupon_expired", "discounts[0][coupon]")
    assert (shop.get(f"coupons/{coupon['id']}")["valid"], len(shop.sub(first)["discounts"])) == (False, 1)


def test_a_deleted_coupon_is_missing_and_its_discount_still_shows_it(shop: Shop) -> None:
    coupon = shop.post("coupons", percent_off=50, duration="forever")
    sub = shop.subscribe(shop.customer(), shop.price(), discounts=[{"coupon": coupon["id"]}])
    shop.ask("DELETE", f"coupons/{coupon['id']}")

    with pytest.raises(Refused) as caught:
        shop.get(f"coupons/{coupon['id']}")
    assert caught.value.status == 404
    shown = shop.sub(sub, expand=["discounts.source.coupon"])["discounts"][0]["source"]["coupon"]
    assert (shown["id"], shown["valid"]) == (coupon["id"], False)


def test_a_discount_is_told_when_it_comes_and_when_it_goes(shop: Shop) -> None:
    first, second = (shop.post("coupons", percent_off=50, duration="forever")["id"] for _ in range(2))
    sub = shop.subscribe(shop.customer(), shop.price(), discounts=[{"coupon": first}])
    shop.post(f"subscriptions/{sub['id']}", discounts=[{"coupon": second}])
    shop.ask("DELETE", f"subscriptions/{sub['id']}/discount")

    told = shop.events("customer.discount.created", "customer.discount.deleted")
    assert [(event["type"].rsplit(".")[-1], event["data"]["object"]["source"]["coupon"]) for event in told] == [
        ("created", first),
        ("created", second),
        ("deleted", first),
        ("deleted", second),
    ]
    assert {event["data"]["object"]["subscription"] for event in told} == {sub["id"]}
