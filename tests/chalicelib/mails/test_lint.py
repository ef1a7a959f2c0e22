"""Every mail, in every language and variant, against the linter; and each rule of the linter caught working."""

from dataclasses import replace

import pytest

from chalicelib.core.rendered import Mail
from infra.mails import samples
from tests.chalicelib.mails.lint import RULES, lint

VARIANTS = list(samples.every())


@pytest.mark.parametrize("language", samples.LANGUAGES)
@pytest.mark.parametrize("variant", VARIANTS)
def test_every_mail_passes_every_rule(variant: str, language: str) -> None:
    mail = samples.every(replace(samples.READER, language=language))[variant]()
    assert lint(mail) == []


@pytest.mark.parametrize("accent", ["#000000", "#ffffff", "#ffd84d", "#808080", "#ff0000"])
def test_every_brand_passes_every_rule(accent: str) -> None:
    site = replace(samples.SITE, accent=accent, logo_url="https://nordlys.example/logo.png")
    mail = samples.every(replace(samples.READER, site=site))["failed_payment.several"]()
    assert lint(mail) == []


@pytest.mark.parametrize("name", [name for name in samples.odd() if name != "hostile"])
def test_odd_names_pass_every_rule(name: str) -> None:
    assert lint(samples.odd()[name]()) == []


def test_a_name_of_markup_is_only_text_in_both_parts() -> None:
    complaints = lint(samples.odd()["hostile"]())
    assert complaints == ["complete: text: markup, a placeholder or a hole"]  # which is the name itself, as text


MAIL = samples.every()["failed_payment.funds.first"]()
MARKETING = samples.every()["win_back.first"]()


def changed(old: str, new: str, mail: Mail = MAIL) -> Mail:
    """The mail with something in its HTML that a rule must find."""
    assert old in mail.html
    return replace(mail, html=mail.html.replace(old, new, 1))


BROKEN = {
    "size": changed("</body>", f"{'x' * 60_000}</body>"),
    "layout": changed("</h1>", "</h1><script>alert(1)</script>"),
    "width": changed("max-width:600px", "max-width:900px"),
    "language": changed('lang="en" dir="ltr">\n<table', ">\n<table"),
    "schemes": changed('<meta name="color-scheme"', '<meta name="colour-scheme"'),
    "readable": changed("color:#1a1f26", "color:#cccccc"),
    "images": changed("</h1>", '</h1><img src="https://x.example/open.gif">'),
    "links": changed("</h1>", '</h1><a href="https://x.example" style="padding:12px">Save now</a>'),
    "complete": replace(MAIL, text=MAIL.text.replace("26 December", "soon")),
    "structure": changed("<h1", "<h1></h1><h1"),
    "unsubscribing": replace(MARKETING, headers=()),
}


def test_every_rule_is_shown_to_work() -> None:
    assert set(BROKEN) == {rule.__name__ for rule in RULES}


@pytest.mark.parametrize("rule", sorted(BROKEN))
def test_what_breaks_a_rule_is_caught(rule: str) -> None:
    assert any(complaint.startswith(f"{rule}: ") for complaint in lint(BROKEN[rule])), lint(BROKEN[rule])


@pytest.mark.parametrize(
    "mail",
    [
        changed("background-color: #1b1f25", "background-color: #9aa0a8"),  # dark mode
        changed("</h1>", "</h1><p style='background-image:none'>x</p>"),
        changed("@media (max-width", "@import url(https://x.example/a.css); @media (max-width"),
        changed('href="mailto:', 'href="javascript:'),
        replace(MAIL, headers=(("List-Unsubscribe", "<https://x.example>"),)),
        replace(MAIL, text=MAIL.text + "{plan}"),
        changed("Storgatan", "Storgatan <span>", MARKETING),
    ],
)
def test_subtler_breaches_are_caught_too(mail: Mail) -> None:
    assert lint(mail) != []
