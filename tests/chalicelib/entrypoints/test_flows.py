"""Every flow of the portal, by both routes: opened at Stripe as asked, and only for what is the customer's own."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.store import sites
from tests.chalicelib.entrypoints.caller import Answer, call
from tests.conftest import SITE, Cloud
from tests.edge import TwinEdge
from tests.shop import Shop

SESSIONS, LINKS = "/v1/portal-sessions", "/v1/portal-links"


class Portal:
    """A customer of a site whose portal can do everything."""

    def __init__(self, shop: Shop, key: str) -> None:
        self.shop, self.key = shop, key
        recurring = {"interval": "month"}
        price = {"product": shop.product, "unit_amount": "34900", "currency": "sek", "recurring": recurring}
        plan = shop.do("POST", "products", name="Nordlys Large")["id"]
        self.large = shop.do("POST", "prices", **{**price, "product": plan})["id"]
        self.coupon = shop.do("POST", "coupons", percent_off="20", duration="once")["id"]
        promotion = {"type": "coupon", "coupon": self.coupon}
        self.code = shop.do("POST", "promotion_codes", promotion=promotion, code="AUTUMN")["id"]
        sites.put(replace(SITE, offer_prices=(self.large, shop.price), retention_coupons=(self.coupon,)))
        configuration = shop.do("GET", "billing_portal/configurations")["data"][0]["id"]
        on = {"enabled": "true"}
        products = [{"product": shop.product, "prices": [shop.price]}, {"product": plan, "prices": [self.large]}]
        updates = {"default_allowed_updates": ["price", "quantity", "promotion_code"], "products": products}
        features: dict[str, Any] = {
            **dict.fromkeys(("subscription_cancel", "payment_method_update", "subscription_pause"), on),
            "customer_update": {**on, "allowed_updates": ["name"]},
            "subscription_update": {**on, **updates},
        }
        shop.do("POST", f"billing_portal/configurations/{configuration}", features=features)
        self.customer = shop.customer(preferred_locales=["pt-BR", "en"])
        self.subscription = shop.subscribe(self.customer)
        shop.deliver()
        self.item = shop.do("GET", f"subscriptions/{self.subscription}")["items"]["data"][0]["id"]

    def open(self, flow: dict[str, Any] | None, **body: Any) -> Answer:
        """Ask for a session."""
        asked = {"customer": self.customer, **body, **({"flow": flow} if flow else {})}
        return call("POST", SESSIONS, asked, key=self.key)

    @property
    def session(self) -> dict[str, Any]:
        """The one session that there is at Stripe."""
        made: dict[str, Any]
        (made,) = self.shop.twin.objects("billing_portal.session")
        return made


@pytest.fixture
def portal(shop: Shop, api_key: str) -> Portal:
    """The customer and the portal."""
    return Portal(shop, api_key)


@pytest.mark.parametrize("kind", ["payment_method_update", "customer_update"])
def test_a_flow_of_the_customer_opens(portal: Portal, kind: str) -> None:
    assert portal.open({"type": kind}).status == 201
    assert portal.session["flow"]["type"] == kind


@pytest.mark.parametrize("kind", ["subscription_cancel", "subscription_update"])
def test_a_flow_of_a_subscription_opens_at_it(portal: Portal, kind: str) -> None:
    assert portal.open({"type": kind, "subscription": portal.subscription}).status == 201
    assert portal.session["flow"][kind]["subscription"] == portal.subscription


def test_a_pause_opens(portal: Portal) -> None:
    assert portal.open({"type": "subscription_pause", "subscription": portal.subscription}).status == 201
    assert portal.session["flow"]["type"] == "subscription_pause"


def test_a_cancellation_can_offer_a_coupon_to_stay(portal: Portal) -> None:
    offer = {"type": "coupon_offer", "coupon_offer": {"coupon": portal.coupon}}

    answer = portal.open({"type": "subscription_cancel", "subscription": portal.subscription, "retention": offer})

    assert answer.status == 201, answer.text
    assert portal.session["flow"]["subscription_cancel"]["retention"] == offer


@pytest.mark.parametrize("discount", ["coupon", "promotion_code"])
@pytest.mark.parametrize("named", [True, False])
def test_a_change_to_confirm_carries_price_quantity_and_discount(portal: Portal, discount: str, named: bool) -> None:
    item = {"price": portal.large, "quantity": 2, **({"id": portal.item} if named else {})}
    off = {discount: portal.coupon if discount == "coupon" else portal.code}
    flow = {"type": "subscription_update_confirm", "subscription": portal.subscription}

    answer = portal.open({**flow, "items": [item], "discounts": [off]})

    assert answer.status == 201, answer.text
    asked = portal.session["flow"]["subscription_update_confirm"]
    assert asked["items"] == [{"id": portal.item, "price": portal.large, "quantity": 2}]
    assert asked["discounts"][0][discount] == off[discount]


@pytest.mark.parametrize(
    "after",
    [
        {"type": "portal_homepage"},
        {"type": "hosted_confirmation", "hosted_confirmation": {"custom_message": "Tack! Vi hörs."}},
        {"type": "redirect", "redirect": {"return_url": "https://nordlys.example/account/done"}},
    ],
)
def test_what_comes_after_the_flow_is_asked_for(portal: Portal, after: dict[str, Any]) -> None:
    answer = portal.open({"type": "payment_method_update", "after_completion": after})

    assert answer.status == 201, answer.text
    shown = portal.session["flow"]["after_completion"]
    assert {name: shown[name] for name in after} == after


def test_the_portal_speaks_the_customers_language_unless_another_is_asked_for(portal: Portal) -> None:
    assert portal.open(None).status == 201
    assert portal.session["locale"] == "pt-BR"

    portal.open(None, locale="auto")
    assert {each["locale"] for each in portal.shop.twin.objects("billing_portal.session")} == {"pt-BR", "auto"}


def test_an_expired_session_can_be_had_anew_by_a_login_for_as_long_as_is_asked(portal: Portal) -> None:
    portal.open(None)
    assert portal.session["after_expiration"] == {"type": "customer_login", "customer_login": {"expires_at": None}}

    until = portal.shop.twin.now + 3600
    again = {"type": "customer_login", "customer_login": {"expires_at": until}}
    assert portal.open(None, after_expiration=again).status == 201
    ends = [each["after_expiration"]["customer_login"] for each in portal.shop.twin.objects("billing_portal.session")]
    assert {"expires_at": until} in ends


@pytest.mark.parametrize(
    "changes, status, param",
    [
        ({"items": [{"price": "price_unlisted"}]}, 400, "flow.items[0].price"),
        ({"items": [{"id": "si_foreign", "quantity": 2}]}, 404, "flow.items[0].id"),
        ({"items": [{"quantity": 2}], "discounts": [{"coupon": "FREE"}]}, 400, "flow.discounts[0].coupon"),
        (
            {
                "items": [{"quantity": 2}],
                "after_completion": {"type": "redirect", "redirect": {"return_url": "https://evil.example"}},
            },
            400,
            "flow.after_completion.redirect.return_url",
        ),
    ],
)
@pytest.mark.parametrize("route", [SESSIONS, LINKS])
def test_what_the_site_does_not_allow_never_reaches_stripe(
    portal: Portal, edge: TwinEdge, changes: dict[str, Any], status: int, param: str, route: str
) -> None:
    flow = {"type": "subscription_update_confirm", "subscription": portal.subscription, **changes}
    edge.calls.clear()

    answer = call("POST", route, {"customer": portal.customer, "flow": flow}, key=portal.key)

    assert (answer.status, answer.json["error"]["param"]) == (status, param)
    assert edge.calls == []


def test_a_subscription_that_is_over_opens_nothing(portal: Portal) -> None:
    portal.shop.do("DELETE", f"subscriptions/{portal.subscription}")
    portal.shop.twin.advance(10)
    portal.shop.deliver()

    answer = portal.open({"type": "subscription_update", "subscription": portal.subscription})

    assert (answer.status, answer.json["error"]["param"]) == (400, "flow.subscription")


def test_a_link_keeps_all_of_its_flow_until_the_click(portal: Portal) -> None:
    flow: dict[str, Any] = {
        "type": "subscription_update_confirm",
        "subscription": portal.subscription,
        "items": [{"id": portal.item, "price": portal.large, "quantity": 1}],
        "discounts": [{"promotion_code": portal.code}],
        "after_completion": {"type": "redirect", "redirect": {"return_url": "https://nordlys.example/account/done"}},
    }
    body = {"customer": portal.customer, "flow": flow, "return_url": "https://nordlys.example/account/plans"}
    made = call("POST", LINKS, body, key=portal.key).json
    assert made["flow"] == flow

    token = made["url"].rsplit("/", 1)[1]
    clicked = call("POST", "/l/{token}", token=token)

    assert (clicked.status, clicked.headers["Location"]) == (303, portal.session["url"])
    assert portal.session["locale"] == "pt-BR"
    assert portal.session["flow"]["subscription_update_confirm"]["items"] == flow["items"]
    over, ended = portal.session["return_url"], portal.session["flow"]["after_completion"]["redirect"]["return_url"]
    assert (over, ended) == (f"{SITE.base_url}/done/{made['id']}", f"{SITE.base_url}/done/{made['id']}?flow=done")
    back = [call("GET", "/done/{link_id}", query=query, link_id=made["id"]) for query in ({}, {"flow": "done"})]
    assert [each.headers["Location"] for each in back] == [
        body["return_url"],
        flow["after_completion"]["redirect"]["return_url"],
    ]


def test_an_offer_that_the_site_takes_back_is_no_longer_opened_by_its_links(portal: Portal, cloud: Cloud) -> None:
    flow = {
        "type": "subscription_update_confirm",
        "subscription": portal.subscription,
        "items": [{"price": portal.large}],
    }
    url = call("POST", LINKS, {"customer": portal.customer, "flow": flow}, key=portal.key).json["url"]
    sites.put(SITE)

    clicked = call("POST", "/l/{token}", token=url.rsplit("/", 1)[1])

    assert clicked.status == 410
    assert portal.shop.twin.objects("billing_portal.session") == []
