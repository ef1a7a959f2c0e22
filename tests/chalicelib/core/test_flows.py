"""What a site allows of a visit: its own prices, coupons and addresses, and no others."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.core.flows import After, Change, Flow, Visit, check
from chalicelib.core.members import Invalid
from tests.conftest import SITE

OFFERS = replace(SITE, offer_prices=("price_large",), retention_coupons=("STAY20",))
ELSEWHERE = "https://evil.example/account"


def confirm(**fields: Any) -> Flow:
    """A change to confirm."""
    return Flow("subscription_update_confirm", "sub_1", change=Change("si_1", **fields))


@pytest.mark.parametrize(
    "visit",
    [
        Visit("cus_1"),
        Visit("cus_1", return_url=SITE.home_url),
        Visit("cus_1", Flow("customer_update", after=After("redirect", SITE.home_url))),
        Visit("cus_1", Flow("subscription_cancel", "sub_1", "STAY20")),
        Visit("cus_1", confirm(price="price_large", coupon="STAY20")),
        Visit("cus_1", confirm(price="price_large", promotion_code="promo_1")),
    ],
)
def test_what_the_site_lists_is_allowed(visit: Visit) -> None:
    check(visit, OFFERS)


@pytest.mark.parametrize(
    "visit, param",
    [
        (Visit("cus_1", return_url=ELSEWHERE), "return_url"),
        (
            Visit("cus_1", Flow("customer_update", after=After("redirect", ELSEWHERE))),
            "flow.after_completion.redirect.return_url",
        ),
        (Visit("cus_1", Flow("subscription_cancel", "sub_1", "FREE")), "flow.retention.coupon_offer.coupon"),
        (Visit("cus_1", confirm(price="price_free")), "flow.items[0].price"),
        (Visit("cus_1", confirm(price="price_large", coupon="FREE")), "flow.discounts[0].coupon"),
    ],
)
def test_anything_else_is_refused_by_name(visit: Visit, param: str) -> None:
    with pytest.raises(Invalid) as wrong:
        check(visit, OFFERS)

    assert wrong.value.param == param


def test_a_site_that_lists_nothing_offers_nothing() -> None:
    for flow in (Flow("subscription_cancel", "sub_1", "STAY20"), confirm(price="price_large")):
        with pytest.raises(Invalid):
            check(Visit("cus_1", flow), SITE)
