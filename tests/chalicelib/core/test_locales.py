"""The languages that a customer wants, by their own tags and their country, and Stripe's portal's."""

import re

import pytest
from stripe.params.billing_portal import SessionCreateParams

from chalicelib.core import locales
from chalicelib.core.locales import LOCALES, for_stripe, wanted
from chalicelib.core.model import Customer
from chalicelib.core.site import LANGUAGES


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


def of(country: str | None, *tags: str) -> Customer:
    return Customer("cus_1", None, None, tags, country, None, {}, 0)


@pytest.mark.parametrize(
    "country, language",
    [
        *[
            ("SE", "sv"),
            ("NO", "nb"),
            ("DK", "da"),
            ("FI", "fi"),
            ("DE", "de"),
            ("AT", "de"),
            ("FR", "fr"),
            ("ES", "es"),
        ],
        *[("MX", "es"), ("NL", "nl"), ("GB", "en"), ("US", "en"), ("IE", "en"), ("AU", "en"), ("se", "sv")],
    ],
)
def test_who_names_no_language_reads_that_of_their_country(country: str, language: str) -> None:
    assert wanted(of(country)) == (language,)


@pytest.mark.parametrize("country", ["CH", "BE", "JP", "", None])
def test_no_language_is_guessed_where_a_country_has_several_or_none_of_ours(country: str | None) -> None:
    assert wanted(of(country)) == ()


def test_a_customers_own_languages_come_first_and_none_comes_twice() -> None:
    assert wanted(of("DK", "pl", "en-GB")) == ("pl", "en-GB", "da")
    assert wanted(of("SE", "sv", "en")) == ("sv", "en")


def test_each_of_our_languages_has_a_country_and_no_country_two() -> None:
    assert set(locales._SPOKEN) == set(LANGUAGES)
    countries = " ".join(locales._SPOKEN.values()).split()
    assert len(countries) == len(set(countries))
