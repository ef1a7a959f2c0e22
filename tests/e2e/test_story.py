"""The main job in a real browser: subscribe, upgrade, fail, be reminded, recover."""

import json
import re
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from infra.local import agree, drive, nordlys
from infra.local.stack import Stack
from tests.e2e.conftest import window

pytestmark = pytest.mark.e2e

EMAIL = "linnea@example.com"
READERS: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": {"width": 1280, "height": 800}},
    "phone": {"viewport": {"width": 360, "height": 720}, "is_mobile": True, "has_touch": True},
    "dark": {"viewport": {"width": 360, "height": 720}, "is_mobile": True, "color_scheme": "dark"},
}


def customer(stack: Stack) -> str:
    """Linnea's id at Stripe."""
    shop = nordlys.client(stack.stripe_key, stack.stripe)
    return shop.v1.customers.list({"email": EMAIL, "limit": 1}).data[0].id


def both_sides_agree(stack: Stack) -> None:
    """The state API says what Stripe says, once all is delivered."""
    drive.settle(stack)
    agree.check(stack, nordlys.client(stack.stripe_key, stack.stripe), customer(stack))


def mails(stack: Stack) -> list[dict[str, Any]]:
    """What lies in the inbox."""
    with urllib.request.urlopen(f"{stack.inbox}/api/mails", timeout=30) as reply:
        found: list[dict[str, Any]] = json.load(reply)
        return found


def case(stack: Stack) -> dict[str, Any]:
    """The dunning case of the newest invoice."""
    found: dict[str, Any] = agree.state(stack, customer(stack))["recent_invoices"][0]["case"]
    return found


def read(reader: Page, address: str, picture: Path) -> None:
    """The mail as it arrived: all of it in the window's width, its link large enough for a thumb."""
    reader.goto(address)
    expect(reader.get_by_text("549 kr").first).to_be_visible()
    assert not reader.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    box = reader.locator("a[href*='/l/']").first.bounding_box()
    assert box is not None
    assert box["height"] >= 44
    ground = reader.evaluate("getComputedStyle(document.body).backgroundColor")
    dark = sum(int(part) for part in re.findall(r"\d+", ground)[:3]) < 3 * 128
    assert dark == reader.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    reader.screenshot(path=picture, full_page=True)


def give_card(link: Page, stack: Stack, picture: Path) -> None:
    """The portal's page for cards, filled in and sent."""
    expect(link).to_have_url(re.compile("^" + re.escape(stack.stripe)))
    link.locator("#number").fill("5555 5555 5555 4444")
    link.locator("#expiry").fill("12/34")
    link.locator("#cvc").fill("123")
    link.screenshot(path=picture)
    link.locator("form[action$='/card'] button").click()


def test_a_customer_whose_card_fails_is_reminded_and_recovers(
    stack: Stack, browser: Browser, page: Page, images: Path
) -> None:
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

    drive.skip(stack, 30 * drive.DAY)
    drive.advance(stack, 4 * drive.DAY)
    both_sides_agree(stack)
    assert case(stack)["state"] == "open"

    page.goto(stack.inbox)
    page.get_by_role("link", name="Linnea").or_(page.get_by_role("link", name=EMAIL)).first.click()
    mail = page.frame_locator("iframe")
    expect(mail.get_by_text("549 kr").first).to_be_visible()
    page.screenshot(path=images / "mail.png")

    identity, *_ = [each["id"] for each in mails(stack) if EMAIL in each["to"]]
    for name, how in READERS.items():
        with window(browser, **how) as reader:
            read(reader, f"{stack.inbox}/{identity}/html", images / f"mail-{name}.png")

    with page.expect_popup() as opened:
        mail.locator("a[href*='/l/']").first.click()
    link = opened.value
    link.get_by_role("button").wait_for()
    link.screenshot(path=images / "link.png")
    link.get_by_role("button").click()
    give_card(link, stack, images / "card.png")
    expect(link).to_have_url(re.compile("^" + re.escape(stack.api) + "/done/lnk_[0-9a-f]{64}\\?flow=done$"))
    link.screenshot(path=images / "done.png")
    both_sides_agree(stack)

    settled = case(stack)
    assert (settled["state"], [each["step"] for each in settled["collected"]]) == ("recovered", ["paid"])
    assert agree.state(stack, customer(stack))["open_invoices"] == []
    link.get_by_role("link", name="Go to Nordlys").click()
    expect(link).to_have_url(f"{stack.shop}/")
    page.goto(stack.shop)
    expect(page.get_by_text("has not gone through")).to_have_count(0)
    expect(page.get_by_text("Mastercard ending in 4444")).to_be_visible()
    assert drive.dead_letters(stack) == 0
