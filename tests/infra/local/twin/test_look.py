import re
import string
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from typing import get_args

import pytest

from chalicelib import wording
from infra.local.twin.look import ACCENT, COPY, Look, shown
from infra.local.twin.views import (
    Card,
    CardForm,
    Challenge,
    Confirm,
    Details,
    DetailsForm,
    Done,
    Home,
    HostedInvoice,
    Invoice,
    Line,
    Login,
    Notice,
    Plans,
    Price,
    Subscription,
    View,
)
from tests.chalicelib.markup import Markup

AT = 1_797_067_800  # 12 December 2026
LOOK = Look("Nordlys", "en", "#0b5cad", None, "https://nordlys.example/account", "SE", "Europe/Stockholm")
LANGUAGES = wording.languages(COPY)
STRINGS = {language: wording.copy(COPY, language) for language in LANGUAGES}
KEYS = sorted(set().union(*STRINGS.values()))

PLUS = Price("Nordlys Plus", 14900, "sek", "month")
PRO = Price("Nordlys Pro", 129000, "sek", "year")
CARD = Card("visa", "4242", 12, 2034, False, "/default", "/remove")
HINTS = tuple(
    (f"4242 {key}", key) for key in ("works", "fails_later", "insufficient", "expired", "declined", "confirm")
)
ERRORS = ("number", "expiry", "cvc", "declined", "expired", "insufficient", "confirm", "missing", "failed")
STATUSES = (
    "active", "trialing", "past_due", "unpaid", "incomplete", "incomplete_expired", "paused", "canceled",
)  # fmt: skip
REASONS = (
    "too_expensive", "missing_features", "switched_service", "unused", "customer_service", "too_complex",
    "low_quality", "other",
)  # fmt: skip
FORM = CardForm("/card", "/back", hints=HINTS)

VIEWS: dict[str, View] = {
    "home": Home(
        tuple(Subscription(PLUS, status, AT, None, AT, {"update": "/u", "cancel": "/c"}) for status in STATUSES),
        (replace(CARD, default=True), CARD),
        Details("Anna Lind", "anna@example.com", ("Storgatan 1",), "/details"),
        tuple(
            Invoice(AT, 14900, "sek", status, "Nordlys Plus", "/invoice")
            for status in ("paid", "open", "void", "uncollectible", "draft")
        ),
        "/card",
        "card",
    ),
    "ending home": Home((Subscription(PLUS, "active", AT, AT, urls={"keep": "/k", "pause": "/p", "resume": "/r"}),)),
    "empty home": Home(details=Details(None, None)),
    **{f"card {error}": replace(FORM, error=error, values={"number": "4242"}) for error in ERRORS},
    "card": FORM,
    "plans": Plans((("price_1", PLUS), ("price_2", PRO)), "price_1", "/plan", "/back"),
    "update": Confirm("update", "Nordlys Plus", "/u", "/", None, PLUS, PRO, (Line("Unused", -7450),), 121550, "sek"),
    "credit": Confirm("update", "Nordlys Pro", "/u", "/", None, PRO, PLUS, (Line("Unused", -9000),), -9000, "sek"),
    "later update": Confirm("update", "Nordlys Pro", "/u", None, None, PRO, PLUS),
    "cancel": Confirm("cancel", "Nordlys Plus", "/c", "/", AT, reasons=REASONS, offer="50 % off for three months"),
    **{
        f"{kind} now": Confirm(kind, "Nordlys Plus", "/c")
        for kind in ("cancel", "keep", "pause", "resume", "remove_card")
    },
    **{f"{kind} then": Confirm(kind, "Nordlys Plus", "/c", at=AT) for kind in ("keep", "pause", "resume")},
    "details": DetailsForm("/details", values={"name": "Anna"}, back_url="/", error="missing"),
    **{
        f"done {key[5:]}": Done(key[5:], "/", "Hello")
        for key in KEYS
        if key.startswith("done.") and key != "done.title"
    },
    "expired": Notice("expired", "/"),
    "unknown": Notice("unknown"),
    "sent": Notice("sent", "/p/session/x"),
    "refused": Notice("refused", "/"),
    "login": Login("/login"),
    "wrong login": Login("/login", "email", {"email": "anna"}),
    **{
        f"{status} invoice": HostedInvoice(
            "NL-1", status, 14900, "sek", "Anna", AT, AT, (Line("Plus", 14900),), FORM, CARD
        )
        for status in ("open", "paid", "void", "uncollectible", "draft")
    },
    "bare invoice": HostedInvoice(None, "open", 500, "jpy", None, AT, form=FORM),
    "challenge": Challenge("/confirm", 14900, "sek"),
    "card challenge": Challenge("/confirm", None, "sek"),
}
EVERY = [(name, language) for name in VIEWS for language in LANGUAGES]


def test_every_view_is_looked_at() -> None:
    assert {type(view) for view in VIEWS.values()} == set(get_args(View))


@pytest.mark.parametrize("name, language", EVERY)
def test_every_page_is_whole_and_can_be_used_by_keyboard(name: str, language: str) -> None:
    page = shown(VIEWS[name], replace(LOOK, locale=language))
    html = Markup(page.html)
    assert html.all("html") == [{"lang": language, "dir": "ltr"}]
    assert len(html.all("h1")) == len(html.all("main")) == 1
    assert not html.all("script")
    assert not any(key == "style" or key.startswith("on") for _, attributes in html.elements for key in attributes)
    assert not re.search(r"[{}]|\bNone\b", html.text)
    ids = [attributes["id"] for _, attributes in html.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    labelled = {label["for"] for label in html.all("label") if "for" in label}
    fields = [field for field in html.all("input") if field.get("type") not in ("hidden", "radio")]
    assert {field["id"] for field in [*fields, *html.all("textarea")]} == labelled


@pytest.mark.parametrize("name, language", EVERY)
def test_the_policy_names_the_style_and_lets_forms_go_home(name: str, language: str) -> None:
    page = shown(VIEWS[name], replace(LOOK, locale=language))
    style = page.html.split("<style>")[1].split("</style>")[0]
    assert f"'sha256-{b64encode(sha256(style.encode()).digest()).decode()}'" in page.csp
    assert "form-action 'self' https://nordlys.example;" in page.csp


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_string_is_missing_or_names_other_facts(language: str) -> None:
    for key in KEYS:
        used = [
            {name for _, name, _, _ in string.Formatter().parse(STRINGS[each].get(key, "")) if name}
            for each in ("en", language)
        ]
        assert STRINGS[language].get(key), f"{language}.toml has no {key}"
        assert used[0] == used[1], key


@pytest.mark.parametrize(
    "locale, expected", [("sv", "sv"), ("sv-SE", "sv"), ("auto", "en"), (None, "en"), ("ja", "en")]
)
def test_the_sessions_locale_decides(locale: str | None, expected: str) -> None:
    assert f'<html lang="{expected}"' in shown(VIEWS["home"], replace(LOOK, locale=locale)).html


@pytest.mark.parametrize(
    "price, expected",
    [
        (PLUS, "149 kr per month"),
        (replace(PLUS, interval_count=3), "149 kr every 3 months"),
        (replace(PLUS, quantity=2), "2 × 149 kr per month"),
        (replace(PLUS, amount=None), "By use, per month"),
        (replace(PLUS, interval=None), "149 kr"),
        (Price("Tokyo", 500, "jpy", "year"), "500 JP¥ per year"),
    ],
)
def test_prices_read_as_people_say_them(price: Price, expected: str) -> None:
    html = Markup(shown(Home((Subscription(price, "active"),)), LOOK).html)
    assert expected in " ".join(html.text.split())


def test_names_are_only_text() -> None:
    evil = "<script>alert(1)</script>"
    html = Markup(shown(Home((Subscription(replace(PLUS, name=evil), "active"),)), replace(LOOK, business=evil)).html)
    assert not html.all("script")
    assert evil in html.text


@pytest.mark.parametrize("accent", [None, "", "red", "#0b5cad;}", "#fff"])
def test_a_colour_that_is_none_gives_way_to_ours(accent: str | None) -> None:
    assert f"--accent:{ACCENT};" in shown(VIEWS["login"], replace(LOOK, accent=accent)).html


def test_a_customer_who_cancels_may_also_say_why_or_stay() -> None:
    html = Markup(shown(VIEWS["cancel"], LOOK).html)
    assert {field["value"] for field in html.all("input") if field["type"] == "radio"} == set(REASONS)
    assert {"type": "hidden", "name": "accept_offer", "value": "1"} in html.all("input")
    assert "You keep Nordlys Plus until 12 December 2026." in html.text


def test_only_an_open_invoice_asks_for_money() -> None:
    asks = {
        status: "Pay 149" in Markup(shown(VIEWS[f"{status} invoice"], LOOK).html).text
        for status in ("open", "paid", "void")
    }
    assert asks == {"open": True, "paid": False, "void": False}
