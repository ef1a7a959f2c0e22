"""Every flow of the portal in a real browser: from the shop or a link into the portal and back, and what is stored then."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from infra.local import agree, drive, nordlys
from infra.local.stack import Stack
from tests.e2e.conftest import window
from tests.e2e.test_api import ask, signed

pytestmark = pytest.mark.e2e

EMAIL = "freja@example.com"


class Freja:
    """A customer in her browser, signed in at the shop, and what our API says of her."""

    def __init__(self, stack: Stack, page: Page) -> None:
        self.stack, self.page = stack, page
        self.stripe = nordlys.client(stack.stripe_key, stack.stripe)
        self.id = ""

    def subscribe(self) -> None:
        """She subscribes to the small box."""
        self.page.goto(self.stack.shop)
        self.page.get_by_label("Your name").fill("Freja Holm")
        self.page.get_by_label("Your e-mail").fill(EMAIL)
        self.page.get_by_role("button", name="Start my subscription").click()
        expect(self.page.get_by_role("heading", name="Nordlys Small")).to_be_visible()
        self.id = self.stripe.v1.customers.list({"email": EMAIL, "limit": 1}).data[0].id

    def opens(self, button: str) -> None:
        """She presses a button of the shop, and is in the portal at once."""
        self.page.goto(self.stack.shop)
        self.page.get_by_role("button", name=button).click()
        self.in_portal()

    def in_portal(self) -> None:
        """She is at Stripe's."""
        expect(self.page).to_have_url(re.compile("^" + re.escape(self.stack.stripe)))

    def submits(self, action: str) -> None:
        """She sends the portal's form."""
        self.page.locator(f"form[action$='/{action}'] .go button").click()

    def types_card(self, number: str) -> None:
        """She gives a card."""
        self.page.locator("#number").fill(number)
        self.page.locator("#expiry").fill("12/34")
        self.page.locator("#cvc").fill("123")
        self.submits("card")

    def is_back_from(self, flow: str) -> None:
        """She is where the shop asked for."""
        expect(self.page).to_have_url(f"{self.stack.shop}/back/{flow}")

    def state(self) -> dict[str, Any]:
        """What our API says, once all is delivered; Stripe says the same."""
        drive.settle(self.stack)
        agree.check(self.stack, self.stripe, self.id)
        return agree.state(self.stack, self.id)

    def subscription(self) -> dict[str, Any]:
        """Her one subscription in that."""
        (found,) = self.state()["subscriptions"]
        assert isinstance(found, dict)
        return found

    def default_card(self) -> str:
        """The last digits of the card that is charged."""
        (last4,) = [card["last4"] for card in self.state()["cards"] if card["is_default"]]
        return str(last4)


@pytest.fixture(scope="module")
def freja(stack: Stack, browser: Browser) -> Iterator[Freja]:
    """Her life goes on from test to test, as starting one costs more than a flow."""
    with window(browser) as page:
        made = Freja(stack, page)
        made.subscribe()
        yield made


def test_a_card_is_changed(freja: Freja) -> None:
    freja.opens("Change card")
    freja.types_card("5555 5555 5555 4444")

    freja.is_back_from("payment_method_update")
    assert freja.default_card() == "4444"


def test_details_are_changed(freja: Freja) -> None:
    freja.opens("Change address")
    freja.page.locator("#name").fill("Freja Holm Lund")
    freja.page.locator("#country").fill("NO")
    freja.submits("details")

    freja.is_back_from("customer_update")
    state = freja.state()
    assert (state["name"], state["country"]) == ("Freja Holm Lund", "NO")


def test_an_offered_change_is_confirmed(freja: Freja) -> None:
    freja.opens("Take the next larger box")
    freja.submits("confirm")

    freja.is_back_from("subscription_update_confirm")
    assert [item["unit_amount"] for item in freja.subscription()["items"]] == [34900]


def test_a_plan_is_chosen(freja: Freja) -> None:
    freja.opens("Change plan")
    freja.page.get_by_role("radio", name="Nordlys Small").check()
    freja.submits("update")

    freja.is_back_from("subscription_update")
    assert [item["unit_amount"] for item in freja.subscription()["items"]] == [14900]


def test_a_coupon_keeps_who_wanted_to_cancel(freja: Freja) -> None:
    freja.opens("Cancel")
    freja.page.get_by_role("button", name="Accept").click()

    freja.is_back_from("subscription_cancel")
    subscription = freja.subscription()
    assert [discount["coupon"] for discount in subscription["discounts"]] == [nordlys.COUPON]
    assert subscription["cancel_at"] is None


def test_a_subscription_is_paused(freja: Freja) -> None:
    freja.opens("Pause")
    freja.page.get_by_role("radio").first.check()
    freja.submits("pause")

    freja.is_back_from("subscription_pause")
    subscription = freja.subscription()
    assert (subscription["status"], subscription["paused"]) == ("paused", "pause_requested")


def test_a_pause_is_ended_from_the_portals_home(freja: Freja) -> None:
    freja.opens("Manage billing")
    freja.page.locator("form[action$='/resume'] button").click()
    freja.page.get_by_role("link", name="Nordlys").first.click()

    expect(freja.page).to_have_url(f"{freja.stack.shop}/")
    assert freja.subscription()["status"] == "active"


def test_a_subscription_is_cancelled_in_spite_of_the_coupon(freja: Freja) -> None:
    freja.opens("Cancel")
    freja.page.locator("input[value=too_expensive]").check()
    freja.submits("cancel")

    freja.is_back_from("subscription_cancel")
    subscription = freja.subscription()
    assert subscription["cancel_at"] == subscription["items"][0]["current_period_end"]
    assert subscription["cancellation_feedback"] == "too_expensive"


def test_a_mailed_link_leads_to_the_card_and_back_to_where_the_merchant_asked(freja: Freja) -> None:
    after = {"type": "redirect", "redirect": {"return_url": f"{freja.stack.shop}/thanks"}}
    flow = {"type": "payment_method_update", "after_completion": after}
    made = ask("POST", f"{freja.stack.api}/v1/portal-links", {"customer": freja.id, "flow": flow}, freja.stack.api_key)

    freja.page.goto(json.loads(made.text)["url"])
    freja.page.get_by_role("button").click()
    freja.in_portal()
    freja.types_card("4242 4242 4242 4242")

    expect(freja.page).to_have_url(f"{freja.stack.shop}/thanks")
    assert freja.default_card() == "4242"


def test_a_signed_redirect_leads_to_the_card_and_back(freja: Freja) -> None:
    back = f"{freja.stack.shop}/thanks"
    address = signed(
        freja.stack, customer=freja.id, flow="payment_method_update", after="redirect", after_url=back, return_url=back
    )

    freja.page.goto(address)
    freja.in_portal()
    freja.types_card("5555 5555 5555 4444")

    expect(freja.page).to_have_url(back)
    assert freja.default_card() == "4444"
