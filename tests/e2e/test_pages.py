"""Our pages and mails in a real browser: accessible, in both schemes, at every width, by keyboard and without JavaScript.

Pages are served with the policy that they ship with, so that a style it does not name would be missing here.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from infra.mails import samples as mails
from infra.mails.__main__ import SHOTS
from infra.pages import samples as pages

pytestmark = pytest.mark.e2e

ORIGIN = "https://pay.nordlys.example"
LANGUAGES = ("en", "de", "fi")
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
NO_LANDMARKS = {rule: {"enabled": False} for rule in ("region", "landmark-one-main")}
"""Of pages: a mail is an article inside the page of a mail program."""
NAMES = [*pages.every("en"), *(f"odd {name}" for name in pages.odd())]
SETTINGS = list(product(("light", "dark"), (360, 1280)))
READ = ("en", "de", "fi", "en")
"""The language in each setting: what axe judges differs by scheme and width, and by language no more than once."""
SIZES = ((320, 16), (360, 32), (640, 32), (1280, 32))
"""Widths in pixels, and the size of the text."""
Scheme = Literal["light", "dark"]


def served(context: BrowserContext, language: str) -> None:
    """Answer every request to our origin with the page of that name, headers included."""
    shown = {**pages.every(language), **{f"odd {name}": makes for name, makes in pages.odd(language).items()}}

    def answer(route: Route) -> None:
        if route.request.method == "POST":
            route.fulfill(body="posted", content_type="text/plain")
            return
        page = shown[route.request.url.removeprefix(f"{ORIGIN}/").replace("%20", " ")]()
        route.fulfill(
            body=page.html, content_type="text/html; charset=utf-8", headers={"Content-Security-Policy": page.csp}
        )

    context.route(f"{ORIGIN}/**", answer)


@pytest.fixture(params=[(*setting, language) for setting, language in zip(SETTINGS, READ, strict=True)], ids=str)
def reader(browser: Browser, request: pytest.FixtureRequest) -> Iterator[tuple[Page, str]]:
    """A window of one scheme, width and language; nothing in it may break the pages' own policy."""
    scheme, width, language = request.param
    context = browser.new_context(viewport={"width": width, "height": 720}, color_scheme=scheme, locale=language)
    served(context, language)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    yield page, language
    context.close()
    assert complaints == []


def sideways(page: Page) -> bool:
    """Whether the page is wider than its window."""
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


def test_axe_finds_nothing_on_any_page(reader: tuple[Page, str]) -> None:
    page, _ = reader
    axe = Axe()
    found = {}
    for name in NAMES:
        page.goto(f"{ORIGIN}/{name}")
        result = axe.run(page, options=RULES)
        if result.violations_count:
            found[name] = [(each["id"], each["nodes"][0]["html"]) for each in result.response["violations"]]
    assert found == {}


def test_axe_finds_nothing_in_any_mail(reader: tuple[Page, str]) -> None:
    page, language = reader
    axe = Axe()
    found = {}
    every = mails.every(replace(mails.READER, language=language))
    for name in SHOTS.values():  # one of each mail; their variants differ in words only
        page.set_content(every[name]().html)
        result = axe.run(page, options={**RULES, "rules": NO_LANDMARKS})
        if result.violations_count:
            found[name] = [(each["id"], each["nodes"][0]["html"]) for each in result.response["violations"]]
        assert not sideways(page), name
    assert found == {}


def test_axe_would_find_something(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content("<html><body><img src='x.png'><p style='color:#ccc'>faint</p></body></html>")
    assert Axe().run(page, options=RULES).violations_count >= 3
    page.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_scrolls_sideways_at_320_pixels_or_with_text_of_twice_the_size(browser: Browser, language: str) -> None:
    context = browser.new_context(bypass_csp=True)
    served(context, language)
    page = context.new_page()
    wide = []
    for name in NAMES:
        page.goto(f"{ORIGIN}/{name}")
        page.add_style_tag(
            content="body, .button { font-size: var(--told) !important } h1 { font-size: 1.5em !important }"
        )
        for width, size in SIZES:
            page.set_viewport_size({"width": width, "height": 720})
            page.evaluate(f"document.documentElement.style.setProperty('--told', '{size}px')")
            if sideways(page):
                wide.append((name, width, size))
    context.close()
    assert wide == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_keyboard_reaches_everything_in_order_and_is_seen(browser: Browser, scheme: Scheme) -> None:
    context = browser.new_context(color_scheme=scheme)
    served(context, "en")
    page = context.new_page()
    for name in NAMES:
        page.goto(f"{ORIGIN}/{name}")
        stops = page.locator("a, button").count()
        for number in range(stops):
            page.keyboard.press("Tab")
            focused = page.locator(":focus-visible")
            expect(focused).to_have_count(1)
            assert (
                page.evaluate("[...document.querySelectorAll('a, button')].indexOf(document.activeElement)") == number
            )
            outline = focused.evaluate(
                "e => [getComputedStyle(e).outlineStyle, parseFloat(getComputedStyle(e).outlineWidth)]"
            )
            assert outline[0] == "solid"
            assert outline[1] >= 2
    context.close()


def test_buttons_are_large_enough_for_thumbs(browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 720})
    served(context, "en")
    page = context.new_page()
    for name in NAMES:
        page.goto(f"{ORIGIN}/{name}")
        for button in page.locator(".button").all():
            box = button.bounding_box()
            assert box is not None
            assert box["height"] >= 44
            assert box["width"] >= 44
    context.close()


def test_the_button_works_without_javascript(browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    served(context, "en")
    page = context.new_page()
    for flow in pages.FLOWS:
        page.goto(f"{ORIGIN}/link-{flow or 'home'}")
        with page.expect_request(lambda request: request.method == "POST") as posted:
            page.get_by_role("button").click()
        assert posted.value.url == f"{ORIGIN}{pages.ACTION}"
    context.close()


def test_the_accent_is_the_sites_and_text_stays_itself_where_colours_are_forced(browser: Browser) -> None:
    context = browser.new_context(forced_colors="active")
    served(context, "en")
    page = context.new_page()
    page.goto(f"{ORIGIN}/link-home")
    border = page.locator(".button").evaluate("e => getComputedStyle(e).borderTopStyle")
    assert border == "solid"
    context.close()
