"""The pages, as a person with a browser that only knows forms and links."""

import re
from html import unescape
from typing import Any
from urllib.parse import urlencode, urljoin

import pytest

from infra.local.twin.http.service import Service
from infra.local.twin.pages import site
from infra.local.twin.pages.words import WORDS
from tests.infra.local.twin.shop import DAY, Shop

GOOD = {"number": "5555 5555 5555 4444", "expiry": "12/34", "cvc": "123"}


class Browser:
    """Follows redirects, sends forms; `status`, `url` and `html` tell where it is."""

    def __init__(self, shop: Shop) -> None:
        self.service = Service(shop.twin)
        self.status, self.url, self.html = 0, "", ""

    def open(self, url: str) -> "Browser":
        """Goes to an address; another host is left as it is."""
        return self._go("GET", url, "")

    def send(self, **form: str) -> "Browser":
        """Submits the page's form that has a field or a button of each name (or its first), with these values."""
        forms = re.findall(r'<form[^>]*action="([^"]*)"[^>]*>(.*?)</form>', self.html, re.DOTALL)
        action, inner = next((f for f in forms if all(f'name="{name}"' in f[1] for name in form)), ("", ""))
        assert action, f"no form with {sorted(form)} on {self.url}"
        hidden = dict(re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', inner))
        return self._go("POST", urljoin(self.url, unescape(action)), urlencode({**hidden, **form}))

    def press(self, action: str) -> "Browser":
        """Submits the form whose address ends so."""
        url = next(u for u in re.findall(r'<form[^>]*action="([^"]*)"', self.html) if u.endswith(action))
        return self._go("POST", urljoin(self.url, unescape(url)), "")

    def _go(self, method: str, url: str, body: str) -> "Browser":
        for _ in range(5):
            path, _, query = url.removeprefix("http://stripe.test").partition("?")
            self.url = url
            if not path.startswith("/"):
                return self
            self.status, headers, self.html = site.serve(self.service, method, path, query, body)
            if self.status != 303:
                return self
            method, body, url = "GET", "", urljoin(url, headers["Location"])
        raise AssertionError("redirects in a circle")


@pytest.fixture
def browser(shop: Shop) -> Browser:
    return Browser(shop)


def portal(shop: Shop, customer: Any, **more: Any) -> str:
    """The address of a session with everything switched on."""
    basic, pro = shop.prices if hasattr(shop, "prices") else ({}, {})
    features: Any = {
        "customer_update": {"enabled": True, "allowed_updates": ["email", "name", "address"]},
        "invoice_history": {"enabled": True},
        "payment_method_update": {"enabled": True},
        "subscription_cancel": {
            "enabled": True,
            "cancellation_reason": {"enabled": True, "options": ["too_expensive", "unused", "other"]},
        },
        "subscription_pause": {"enabled": True},
        "subscription_update": {
            "enabled": True,
            "default_allowed_updates": ["price", "quantity", "promotion_code"],
            "proration_behavior": "always_invoice",
            "products": [
                {"product": p["product"], "prices": [p["id"]], "adjustable_quantity": {"enabled": True}}
                for p in (basic, pro)
            ],
        },
    }
    features |= more.pop("features", {})
    config = shop.post("billing_portal/configurations", features=features, business_profile={"headline": "Hos Nordlys"})
    given = {"return_url": "https://shop.example/account", "configuration": config["id"], **more}
    return str(shop.post("billing_portal/sessions", customer=customer["id"], **given)["url"])


@pytest.fixture
def kund(shop: Shop) -> Any:
    """A customer with a subscription to the cheaper of two plans, kept in `shop.prices` and `shop.own`."""
    shop.prices = shop.price(9900), shop.price(19900)  # type: ignore[attr-defined]
    customer = shop.customer(name="Kim")
    shop.own = shop.subscribe(customer, shop.prices[0])  # type: ignore[attr-defined]
    return customer


def test_the_home_page_shows_everything_and_its_links_work(shop: Shop, browser: Browser, kund: Any) -> None:
    browser.open(portal(shop, kund))

    assert browser.status == 200
    for text in ("Hos Nordlys", "Plan 9900", "99", "4242", "kund@example.com", "Paid"):
        assert text in browser.html
    links = [u for u in re.findall(r'<a[^>]*href="([^"]*)"', browser.html) if not u.startswith("https://shop")]
    assert len(links) > 5
    for link in links:
        assert Browser(shop).open(urljoin("http://stripe.test/", link)).status == 200, link


def test_the_configurations_terms_and_privacy_policy_are_linked(shop: Shop, browser: Browser, kund: Any) -> None:
    address = portal(shop, kund)
    assert "Privacy policy" not in browser.open(address).html
    profile = {"privacy_policy_url": "https://shop.example/p", "terms_of_service_url": "https://shop.example/t"}
    config = shop.get("billing_portal/configurations")["data"][0]["id"]
    shop.post(f"billing_portal/configurations/{config}", business_profile=profile)

    page = browser.open(address).html

    assert '<a href="https://shop.example/p">Privacy policy</a>' in page
    assert '<a href="https://shop.example/t">Terms of service</a>' in page


def test_a_new_card_becomes_the_customers_default_and_only_that(shop: Shop, browser: Browser, kund: Any) -> None:
    browser.open(portal(shop, kund) + "/card").send(**GOOD)

    customer = shop.get(f"customers/{kund['id']}", expand=["invoice_settings.default_payment_method"])
    assert customer["invoice_settings"]["default_payment_method"]["card"]["last4"] == "4444"
    assert shop.sub(shop.own)["default_payment_method"] is None  # type: ignore[attr-defined]
    tail = shop.types()[-4:]
    assert tail == ["setup_intent.created", "payment_method.attached", "setup_intent.succeeded", "customer.updated"]
    assert shop.events("customer.updated")[-1]["request"]["id"].startswith("req_")


@pytest.mark.parametrize(
    "card, words",
    [
        ({"number": "4242 4242 4242 4241"}, "card number is incorrect"),
        ({"number": "4000 0000 0000 9995"}, "insufficient funds"),
        ({"number": "4111 1111 1111 1111"}, "non test card"),
        ({"expiry": "01/20"}, "expiration year is invalid"),
        ({"expiry": "next year"}, "expiration month is invalid"),
        ({"cvc": "1"}, "security code is invalid"),
    ],
)
def test_a_card_that_is_not_taken_is_explained_and_nothing_changes(
    shop: Shop, browser: Browser, kund: Any, card: dict[str, str], words: str
) -> None:
    browser.open(portal(shop, kund) + "/card").send(**{**GOOD, **card})

    assert browser.status == 402
    assert words in unescape(browser.html)
    assert len(shop.get("payment_methods", customer=kund["id"])["data"]) == 1


@pytest.mark.parametrize("answer, last4", [("complete", "3220"), ("fail", "4242")])
def test_a_bank_that_asks_gets_its_answer_before_the_card_is_kept(
    shop: Shop, browser: Browser, kund: Any, answer: str, last4: str
) -> None:
    browser.open(portal(shop, kund) + "/card").send(**{**GOOD, "number": "4000000000003220"})
    assert "/_twin/3ds/" in browser.url
    browser.send(result=answer)

    customer = shop.get(f"customers/{kund['id']}", expand=["invoice_settings.default_payment_method"])
    assert customer["invoice_settings"]["default_payment_method"]["card"]["last4"] == last4


def test_the_plan_is_changed_and_billed_as_the_configuration_says(shop: Shop, browser: Browser, kund: Any) -> None:
    sub = shop.own  # type: ignore[attr-defined]
    shop.twin.advance(15 * DAY)

    pro = shop.prices[1]["id"]  # type: ignore[attr-defined]
    browser.open(portal(shop, kund) + f"/subscriptions/{sub['id']}/update").send(price=pro, quantity="2")

    item = shop.sub(sub)["items"]["data"][0]
    assert (item["price"]["id"], item["quantity"]) == (pro, 2)
    assert (shop.latest(sub)["billing_reason"], shop.latest(sub)["total"]) == ("subscription_update", 19900 - 4950)


def test_a_plan_that_is_not_offered_is_refused(shop: Shop, browser: Browser, kund: Any) -> None:
    other = shop.price(100)["id"]

    browser.open(portal(shop, kund) + f"/subscriptions/{shop.own['id']}/update").send(price=other)  # type: ignore[attr-defined]

    assert (browser.status, "not offered" in browser.html) == (400, True)


def test_cancelling_sets_cancel_at_alone_in_flexible_and_can_be_taken_back(
    shop: Shop, browser: Browser, kund: Any
) -> None:
    sub = shop.own  # type: ignore[attr-defined]
    url = portal(shop, kund)
    browser.open(url + f"/subscriptions/{sub['id']}/cancel").send(feedback="too_expensive", comment="For now")

    over = shop.sub(sub)
    end = over["items"]["data"][0]["current_period_end"]
    assert (over["cancel_at"], over["cancel_at_period_end"], over["status"]) == (end, False, "active")
    details = over["cancellation_details"]
    assert (details["feedback"], details["comment"]) == ("too_expensive", "For now")
    assert details["reason"] == "cancellation_requested"
    browser.open(url).press("/keep")
    assert shop.sub(sub)["cancel_at"] is None


def test_cancelling_a_classic_subscription_sets_both(shop: Shop, browser: Browser, kund: Any) -> None:
    sub = shop.subscribe(kund, shop.prices[0], billing_mode={"type": "classic"})  # type: ignore[attr-defined]

    browser.open(portal(shop, kund) + f"/subscriptions/{sub['id']}/cancel").send(feedback="other")

    assert shop.sub(sub)["cancel_at_period_end"] is True


def test_details_change_only_where_the_configuration_allows(shop: Shop, browser: Browser, kund: Any) -> None:
    browser.open(portal(shop, kund) + "/details")
    assert 'name="phone"' not in browser.html
    browser.send(name="Kim Berg", email="ny@example.com", city="Umeå")

    changed = shop.get(f"customers/{kund['id']}")
    assert (changed["name"], changed["email"], changed["address"]["city"]) == ("Kim Berg", "ny@example.com", "Umeå")


def test_pausing_and_resuming(shop: Shop, browser: Browser, kund: Any) -> None:
    sub, url = shop.own, portal(shop, kund)  # type: ignore[attr-defined]

    browser.open(url + f"/subscriptions/{sub['id']}/pause").press("/pause")
    paused = shop.sub(sub)["status"]
    browser.open(url).press("/resume")

    assert (paused, shop.sub(sub)["status"]) == ("paused", "active")


def test_a_card_flow_shows_one_page_and_ends_at_its_return_address(shop: Shop, browser: Browser, kund: Any) -> None:
    after = {"type": "redirect", "redirect": {"return_url": "https://shop.example/thanks"}}
    url = portal(shop, kund, flow_data={"type": "payment_method_update", "after_completion": after})

    browser.open(url)
    assert browser.url.endswith("/card")
    assert Browser(shop).open(url + f"/subscriptions/{shop.own['id']}/cancel").url.endswith("/card")  # type: ignore[attr-defined]
    browser.send(**GOOD)

    assert browser.url == "https://shop.example/thanks"


def test_a_cancel_flow_ends_with_its_own_words(shop: Shop, browser: Browser, kund: Any) -> None:
    words = {"type": "hosted_confirmation", "hosted_confirmation": {"custom_message": "Välkommen åter"}}
    wish = {"subscription": shop.own["id"]}  # type: ignore[attr-defined]
    flow = {"type": "subscription_cancel", "subscription_cancel": wish, "after_completion": words}

    browser.open(portal(shop, kund, flow_data=flow)).send(feedback="unused")

    assert "Välkommen åter" in browser.html
    assert shop.sub(shop.own)["cancel_at"]  # type: ignore[attr-defined]


def test_the_retention_offer_of_a_cancel_flow_is_redeemed_instead(shop: Shop, browser: Browser, kund: Any) -> None:
    shop.post("coupons", id="STAY", percent_off=50, duration="repeating", duration_in_months=3)
    retention = {"type": "coupon_offer", "coupon_offer": {"coupon": "STAY"}}
    wish = {"subscription": shop.own["id"], "retention": retention}  # type: ignore[attr-defined]

    browser.open(portal(shop, kund, flow_data={"type": "subscription_cancel", "subscription_cancel": wish}))
    assert "50 % off" in browser.html
    browser.send(accept="offer")

    sub = shop.sub(shop.own, expand=["discounts"])  # type: ignore[attr-defined]
    assert (sub["cancel_at"], sub["discounts"][0]["source"]["coupon"]) == (None, "STAY")


def test_a_confirm_flow_changes_exactly_what_it_proposes(shop: Shop, browser: Browser, kund: Any) -> None:
    sub, pro = shop.own, shop.prices[1]  # type: ignore[attr-defined]
    items = [{"id": sub["items"]["data"][0]["id"], "price": pro["id"]}]
    wish = {"subscription": sub["id"], "items": items}
    flow = {"type": "subscription_update_confirm", "subscription_update_confirm": wish}

    browser.open(portal(shop, kund, flow_data=flow)).press("/confirm")

    assert shop.sub(sub)["items"]["data"][0]["price"]["id"] == pro["id"]


def test_a_downgrade_waits_for_the_end_of_the_period_when_the_configuration_says_so(
    shop: Shop, browser: Browser, kund: Any
) -> None:
    basic, pro = shop.prices  # type: ignore[attr-defined]
    sub = shop.subscribe(kund, pro)
    rules = {
        "enabled": True,
        "default_allowed_updates": ["price"],
        "products": [{"product": p["product"], "prices": [p["id"]]} for p in (basic, pro)],
        "schedule_at_period_end": {"conditions": [{"type": "decreasing_item_amount"}]},
    }
    url = portal(shop, kund, features={"subscription_update": rules})

    browser.open(url + f"/subscriptions/{sub['id']}/update").send(price=basic["id"])
    planned = shop.sub(sub)
    shop.renewal(sub)

    assert (planned["items"]["data"][0]["price"]["id"], planned["schedule"] is not None) == (pro["id"], True)
    assert shop.sub(sub)["items"]["data"][0]["price"]["id"] == basic["id"]
    assert shop.latest(sub)["total"] == 9900
    shop.renewal(sub)
    assert (shop.sub(sub)["schedule"], shop.latest(sub)["total"]) == (None, 9900)
    assert "subscription_schedule.released" in shop.types()


def test_a_session_dies_after_five_minutes_unused_and_an_hour_after_its_last_use(
    shop: Shop, browser: Browser, kund: Any
) -> None:
    unused, used = portal(shop, kund), portal(shop, kund)
    browser.open(used)
    shop.twin.advance(301)

    assert (browser.open(unused).status, browser.open(used).status) == (410, 200)
    shop.twin.advance(3601)
    assert browser.open(used).status == 410


def test_an_expired_session_may_let_its_own_customer_in_again(shop: Shop, browser: Browser, kund: Any) -> None:
    url = portal(shop, kund, after_expiration={"type": "customer_login"})
    shop.twin.advance(DAY)

    browser.open(url)
    login = re.findall(r'href="(/p/recover/[^"]*)"', browser.html)[0]
    browser.open("http://stripe.test" + login).send(email="kund@example.com")
    code = re.findall(r"the code is (\d{6})", browser.html)[0]
    browser.send(code="000000" if code != "000000" else "111111")
    assert browser.status == 400
    browser.send(code=code)

    assert "Plan 9900" in browser.html


def test_the_login_page_does_not_tell_who_is_known(shop: Shop, browser: Browser, kund: Any) -> None:
    config = shop.post(
        "billing_portal/configurations", features={"invoice_history": {"enabled": True}}, login_page={"enabled": True}
    )

    seen = []
    for email in ("kund@example.com", "nobody@example.com"):
        browser.open(config["login_page"]["url"]).send(email=email)
        seen.append(re.sub(r"\d{6}", "N", browser.html.replace(email, "E")))
    assert seen[0] == seen[1]


def test_the_hosted_invoice_takes_a_new_card_and_an_explained_refusal(shop: Shop, browser: Browser, kund: Any) -> None:
    shop.new_default(kund, "pm_card_chargeCustomerFail")
    sub = shop.own  # type: ignore[attr-defined]
    shop.renewal(sub)
    browser.open(shop.latest(sub)["hosted_invoice_url"])
    browser.send(**{**GOOD, "number": "4000000000000341"})
    assert (browser.status, "Your card was declined." in browser.html) == (402, True)
    browser.send(**GOOD)

    assert (shop.latest(sub)["status"], shop.sub(sub)["status"]) == ("paid", "active")
    assert "Paid" in browser.html


def test_the_hosted_invoice_leads_to_the_bank_and_back(shop: Shop, browser: Browser) -> None:
    sub = shop.subscribe(shop.customer("pm_card_threeDSecure2Required"), shop.price())

    browser.open(shop.latest(sub)["hosted_invoice_url"]).press("")
    assert "/_twin/3ds/" in browser.url
    browser.send(result="complete")

    assert (shop.latest(sub)["status"], shop.sub(sub)["status"]) == ("paid", "active")
    assert "/i/" in browser.url


def test_a_hosted_invoice_expires_thirty_days_after_its_finalization(shop: Shop, browser: Browser, kund: Any) -> None:
    url = shop.latest(shop.own)["hosted_invoice_url"]  # type: ignore[attr-defined]

    shop.twin.advance(31 * DAY)

    assert browser.open(url).status == 410


def test_the_pages_speak_swedish_to_those_who_ask(shop: Shop, browser: Browser, kund: Any) -> None:
    browser.open(portal(shop, kund, locale="sv"))

    assert '<html lang="sv">' in browser.html
    assert WORDS["sv"]["cancel_plan"] in unescape(browser.html)


def test_both_languages_say_the_same_things_with_the_same_places() -> None:
    places = {lang: {k: set(re.findall(r"{(\w+)", v)) for k, v in words.items()} for lang, words in WORDS.items()}

    assert places["en"] == places["sv"]


@pytest.mark.parametrize(
    "path", ["/nothing", "/p/session/test_x", "/i/acct_1TwinNordlys/test_x", "/_twin/3ds/pi_x_secret_y"]
)
def test_an_unknown_page_is_not_found_or_gone(shop: Shop, browser: Browser, path: str) -> None:
    assert browser.open("http://stripe.test" + path).status in (404, 410)


def test_another_customers_subscription_cannot_be_reached(shop: Shop, browser: Browser, kund: Any) -> None:
    other = shop.subscribe(shop.customer(), shop.price())

    assert browser.open(portal(shop, kund) + f"/subscriptions/{other['id']}/cancel").status == 404
