"""A customer's own tags and the languages of Stripe's portal."""

import re

import pytest
from stripe.params.billing_portal import SessionCreateParams

from chalicelib.core.locales import LOCALES, for_stripe


def test_they_are_those_of_the_sdk() -> None:
    annotation = str(SessionCreateParams.__annotations__["locale"])

    assert {*LOCALES, "auto"} == set(re.findall(r"'([a-z]{2,4}(?:-[A-Z0-9]{2,3})?)'", annotation))


@pytest.mark.parametrize("locale", sorted(LOCALES))
def test_each_means_itself_however_it_is_written(locale: str) -> None:
    assert {for_stripe([each]) for each in (locale, locale.replace("-", "_"), locale.upper())} == {locale}


@pytest.mark.parametrize(
    "tag, locale",
    [
        ("sv-FI", "sv"),
        ("en_US", "en"),
        ("no", "nb"),
        ("nn-NO", "nb"),
        ("es-MX", "es-419"),
        ("es-ES", "es"),
        ("pt-PT", "pt"),
        ("pt_BR", "pt-BR"),
        ("fr-CH", "fr"),
        ("zh-Hans-CN", "zh"),
        ("zh-Hant", "zh-TW"),
        ("zh-Hant-HK", "zh-HK"),
        ("zh-MO", "zh-HK"),
        ("tl-PH", "fil"),
        ("xx", None),
        ("", None),
        ("-", None),
    ],
)
def test_a_tag_finds_the_nearest(tag: str, locale: str | None) -> None:
    assert for_stripe([tag]) == locale


def test_the_first_tag_that_stripe_has_is_taken() -> None:
    assert for_stripe(("xx", "is-IS", "da", "sv")) == "da"
    assert for_stripe(()) is None
