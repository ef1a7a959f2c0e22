import re
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.model import Money
from chalicelib.core.rendered import Page
from chalicelib.errors import Misconfigured
from chalicelib.pages.render import (
    COPY,
    About,
    DeadReason,
    dead_link_page,
    done_page,
    error_page,
    link_page,
    no_login_page,
    redirect_failed_page,
    too_many_page,
    unsubscribe_page,
)
from chalicelib.pages.sheet import origin
from chalicelib.wording import copy
from infra.pages import samples
from infra.pages.samples import LANGUAGES
from tests.chalicelib.mails.builders import SITE, site
from tests.chalicelib.markup import Markup

FLOWS = sorted({key.split(".")[1] for key in copy(COPY, "en") if key.startswith("link.") and key.count(".") == 2})
REASONS: tuple[DeadReason, ...] = ("expired", "revoked", "used", "unknown")
LOGIN = "https://billing.stripe.com/p/login/test_1"
ABOUT = About(amount=Money(14900, "sek"))

PAGES = list(samples.every("en"))
EVERY = [(name, language) for name in PAGES for language in LANGUAGES]


@pytest.mark.parametrize("name, language", EVERY)
def test_every_page_is_whole_and_accessible(name: str, language: str) -> None:
    html = Markup(samples.every(language)[name]().html)
    assert html.all("html") == [{"lang": language, "dir": "ltr"}]
    assert (len(html.all("h1")), len(html.all("main")), len(html.all("title"))) == (1, 1, 1)
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in html.all("meta")
    assert sum("button" in attributes.get("class", "").split() for _, attributes in html.elements) <= 1
    assert not any(leftover in html.text for leftover in ("{", "}", "None"))
    assert not re.search(r"\b[45]\d\d\b", html.text)


@pytest.mark.parametrize("name, language", EVERY)
def test_nothing_runs_and_nothing_is_styled_but_by_the_named_sheet(name: str, language: str) -> None:
    html = Markup(samples.every(language)[name]().html)
    assert not html.all("script")
    assert not html.all("link")
    assert not any(key == "style" or key.startswith("on") for _, attributes in html.elements for key in attributes)


@pytest.mark.parametrize("name, language", EVERY)
def test_the_policy_names_the_very_style_of_the_page(name: str, language: str) -> None:
    page = samples.every(language)[name]()
    style = page.html.split("<style>")[1].split("</style>")[0]
    digest = b64encode(sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}';" in page.csp
    assert page.csp.startswith("default-src 'none'; ")
    assert "base-uri 'none'; frame-ancestors 'none'" in page.csp
    assert page.html.count("<style>") == 1


@pytest.mark.parametrize("flow", FLOWS)
def test_a_link_page_has_one_button_that_posts_to_itself(flow: str) -> None:
    page = link_page(SITE, "en", "/l/t0k", flow, ABOUT)
    html = Markup(page.html)
    assert html.all("form") == [{"method": "post", "action": "/l/t0k"}]
    assert html.all("button") == [{"class": "button", "type": "submit"}]
    assert "form-action 'self' https://billing.stripe.com https://invoice.stripe.com;" in page.csp
    assert "149\u00a0kr" in page.html


def test_every_flow_has_its_words() -> None:
    assert {flow or "home" for flow in samples.FLOWS} == set(FLOWS)


def test_every_page_has_its_strings_and_every_string_a_page() -> None:
    used = "".join(" ".join(make().html.split()) for make in samples.every("en").values())
    for key, text in copy(COPY, "en").items():
        longest = max(re.split(r"\{\w+\}|'", text), key=len).strip()
        assert longest in used, key


def test_a_throttled_reader_is_told_to_wait_and_given_no_button_to_press() -> None:
    html = Markup(too_many_page(None, "en").html)
    assert "wait a minute" in html.text
    assert not html.all("a")
    assert not html.all("button")


def test_a_failed_redirect_leads_back_to_the_merchant() -> None:
    html = Markup(redirect_failed_page(SITE, "en", "used").html)
    assert {"class": "button", "href": SITE.home_url} in html.all("a")
    assert "Nothing has changed." in html.text


def test_without_a_login_page_there_are_other_ways() -> None:
    html = Markup(no_login_page(SITE, "en").html)
    assert {"class": "button", "href": SITE.home_url} in html.all("a")
    assert "mailto:help@nordlys.example" in [anchor["href"] for anchor in html.all("a")]


def test_unsubscribing_takes_a_press_since_scanners_open_links() -> None:
    page = unsubscribe_page(SITE, "en", "/u/t0k")
    assert Markup(page.html).all("form") == [{"method": "post", "action": "/u/t0k"}]
    assert "form-action 'self';" in page.csp


def test_pages_without_a_form_post_nowhere() -> None:
    assert "form-action 'none';" in done_page(SITE, "en").csp


def test_the_twin_may_stand_in_for_stripe() -> None:
    about = About(form_targets=("http://127.0.0.1:12111/p/session/x?y=1", "http://127.0.0.1:12111"))
    page = link_page(SITE, "en", "/l/t0k", None, about)
    assert "form-action 'self' http://127.0.0.1:12111;" in page.csp


def test_only_the_logo_may_be_loaded() -> None:
    page = done_page(site(logo_url="https://cdn.nordlys.example/logo.png?v=2"), "en")
    assert "img-src https://cdn.nordlys.example;" in page.csp
    assert Markup(page.html).all("img") == [
        {"src": "https://cdn.nordlys.example/logo.png?v=2", "alt": "Nordlys", "height": "32"}
    ]
    assert "img-src 'none';" in done_page(SITE, "en").csp


@pytest.mark.parametrize("reason", REASONS)
def test_a_dead_link_leads_on(reason: DeadReason) -> None:
    with_login = Markup(dead_link_page(SITE, "en", reason, LOGIN).html)
    assert {"class": "button", "href": LOGIN} in with_login.all("a")
    without = Markup(dead_link_page(SITE, "en", reason).html)
    assert {"class": "button", "href": SITE.home_url} in without.all("a")
    assert "Write to help@nordlys.example" in without.text


def test_the_four_dead_links_read_differently() -> None:
    assert len({dead_link_page(SITE, "sv", reason, LOGIN).html for reason in REASONS}) == 4


def test_an_error_says_whose_fault_it_is_and_keeps_the_reference_small() -> None:
    html = Markup(error_page(SITE, "en", "/l/t0k", "req_1").html)
    assert {"class": "button", "href": "/l/t0k"} in html.all("a")
    assert "The fault is ours." in html.text
    assert "For support: req_1" in html.text


@pytest.mark.parametrize("tag, expected", [("sv-SE", "sv"), ("xx", "en"), ("", "en"), ("en-GB", "en")])
def test_a_page_speaks_a_language_of_the_site(tag: str, expected: str) -> None:
    assert f'<html lang="{expected}"' in done_page(SITE, tag).html
    assert f'<html lang="{expected}"' in error_page(None, tag).html


def test_pages_wear_the_sites_colours() -> None:
    assert "--accent:#b3261e;" in done_page(site(accent="#b3261e"), "en").html


@pytest.mark.parametrize(
    "make",
    [
        lambda: done_page(site(accent="red"), "en"),
        lambda: done_page(site(languages=("tlh",)), "en"),
        lambda: done_page(site(support_email=""), "en"),
        lambda: done_page(site(logo_url="https://x; script-src *"), "en"),
        lambda: link_page(SITE, "en", "/l/t0k", "no_such_flow"),
        lambda: redirect_failed_page(site(home_url="javascript:alert(1)"), "en", "used"),
        lambda: unsubscribe_page(SITE, "en", "https://evil.example/u"),
        lambda: link_page(SITE, "en", "//evil.example/l/t0k", None),
        lambda: link_page(SITE, "en", "https://evil.example/l/t0k", None),
        lambda: link_page(SITE, "en", "/l/t0k", None, About(form_targets=("https://x.example; script-src *",))),
        lambda: link_page(SITE, "en", "/l/t0k", None, About(form_targets=("*",))),
    ],
)
def test_what_cannot_be_shown_is_said(make: Callable[[], Page]) -> None:
    with pytest.raises(Misconfigured):
        make()


@pytest.mark.parametrize(
    "address", ["https://a.example 'unsafe-inline'", "https://*.example", "https://u@a.example", "a.example"]
)
def test_a_policy_takes_plain_origins_only(address: str) -> None:
    with pytest.raises(ValueError, match="http"):
        origin(address)


def test_an_origin_keeps_its_port() -> None:
    assert origin("http://127.0.0.1:8080/x?y") == "http://127.0.0.1:8080"


@given(st.text(max_size=250), st.sampled_from(LANGUAGES))
def test_any_name_is_only_text(merchant: str, language: str) -> None:
    named = site(name=f"<script>{merchant}</script><img src=x>")
    page = link_page(named, language, "/l/t0k", "payment_method_update")
    html = Markup(page.html)
    assert not html.all("script")
    assert not html.all("img")
    assert page.html.count("</style>") == 1
