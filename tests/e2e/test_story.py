"""The main job in a real browser: subscribe, upgrade, fail, be reminded, recover."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from infra.local import agree, drive, nordlys
from infra.local.stack import Stack

pytestmark = pytest.mark.e2e

EMAIL = "linnea@example.com"


def customer(stack: Stack) -> str:
    """Linnea's id at Stripe."""
    shop = nordlys.client(stack.stripe_key, stack.stripe)
    return shop.v1.customers.list({"email": EMAIL, "limit": 1}).data[0].id


def both_sides_agree(stack: Stack) -> None:
    """The state API says what Stripe says, once all is delivered."""
    drive.settle(stack)
    agree.check(stack, nordlys.client(stack.stripe_key, stack.stripe), customer(stack))


def open_invoices(stack: Stack) -> int:
    """How many invoices the state API calls open."""
    return len(agree.state(stack, customer(stack))["open_invoices"])


def test_a_customer_whose_card_fails_is_reminded_and_recovers(stack: Stack, page: Page, images: Path) -> None:
    """Every page on the way works as a person uses it, and both sides agree after each step."""
    page.goto(stack.shop)
    page.get_by_label("Your name").fill("Linnea Berg")
    page.get_by_label("Your e-mail").fill(EMAIL)
    page.get_by_label("A test card").select_option(label="Visa 4242 - works today, and is refused from next month on")
    page.get_by_role("button", name="Start my subscription").click()
    expect(page.get_by_role("heading", name="Nordlys Small")).to_be_visible()
    both_sides_agree(stack)
    page.screenshot(path=images / "shop.png")

    page.get_by_role("button", name="Manage billing").click()
    expect(page).to_have_url(re.compile("^" + re.escape(stack.stripe)))
    page.screenshot(path=images / "portal.png")
    page.locator("a[href$='/update']").first.click()
    page.get_by_role("radio", name="Nordlys Large").check()
    page.locator("form[action$='/update'] button").click()
    if page.locator("form[action$='/confirm']").count():
        page.locator("form[action$='/confirm'] button").click()
    both_sides_agree(stack)

    drive.advance(stack, 37 * drive.DAY)
    both_sides_agree(stack)
    assert open_invoices(stack) == 1

    page.goto(stack.inbox)
    page.get_by_role("link", name="Linnea").or_(page.get_by_role("link", name=EMAIL)).first.click()
    mail = page.frame_locator("iframe")
    expect(mail.get_by_text("549 kr").first).to_be_visible()
    page.screenshot(path=images / "mail.png")

    with page.expect_popup() as opened:
        mail.locator("a[href*='/l/']").first.click()
    link = opened.value
    link.get_by_role("button").wait_for()
    link.screenshot(path=images / "link.png")
    link.get_by_role("button").click()
    expect(link).to_have_url(re.compile("^" + re.escape(stack.stripe)))
    link.locator("#number").fill("5555 5555 5555 4444")
    link.locator("#expiry").fill("12/34")
    link.locator("#cvc").fill("123")
    link.screenshot(path=images / "card.png")
    link.locator("form[action$='/card'] button").click()
    link.wait_for_load_state()
    both_sides_agree(stack)

    drive.advance(stack, 8 * drive.DAY)
    both_sides_agree(stack)
    assert open_invoices(stack) == 0
    page.goto(stack.shop)
    expect(page.get_by_text("has not gone through")).to_have_count(0)
    expect(page.get_by_text("Mastercard ending in 4444")).to_be_visible()
    assert drive.dead_letters(stack) == 0
