"""The copy files: every language says the same things with the same facts, in the tone that was agreed."""

import re
import string

import pytest

from chalicelib import wording
from chalicelib.core.declines import Track
from chalicelib.mails import render
from infra.mails.samples import LANGUAGES

STRINGS = {language: wording.copy(render.COPY, language) for language in LANGUAGES}
KEYS = sorted(STRINGS["en"])
TRANSACTIONAL = [key for key in KEYS if render.PURPOSE.get(key.split(".", maxsplit=1)[0]) != "marketing"]
ADDRESS = {
    "de": r"\b(Sie|Ihr|Ihre|Ihnen)\b",
    "fr": r"\b([Tt]u|[Tt]es|[Tt]on|[Tt]oi)\b",
    "es": r"\b[Uu]sted",
    "nl": r"\b[Uu]w?\b",
}
"""The other form of address, of which no word may slip in."""
REASONS = {
    "en": r"\b(lost|stolen|fraud|suspect)",
    "sv": r"förlorat|stul|bedräg|misstänk",
    "de": r"verloren|gestohlen|betrug|betrüg|verdächt",
    "fr": r"perdu|vol[ée]e?\b|fraud|suspect",
    "es": r"perdid|robad|fraud|sospech",
    "nb": r"\btapt|stjål|svindel|mistenk",
    "da": r"\btabt|stjål|svindel|mistænk",
    "fi": r"kadonn|varast|petos|petok|epäil",
    "nl": r"verloren|gestolen|fraude|verdacht",
}
THREATS = {
    "en": r"collection|legal|immediately|urgent|\bmust\b|overdue",
    "sv": r"inkasso|omedelbart|\bmåste\b|krav|brådsk",
    "de": r"inkasso|mahnung|sofort|dringend|\bmusst du\b(?! nichts)|rechtlich",
    "fr": r"recouvrement|immédiat|urgent|\bdevez\b|juridique",
    "es": r"inmediat|urgente|\bdebes\b|legal|cobranza",
    "nb": r"inkasso|umiddelbart|straks|\bmå\b|purr",
    "da": r"inkasso|omgående|straks|\bskal du\b|rykker",
    "fi": r"perintä|heti\b|välittömästi|\btäytyy\b|kiire",
    "nl": r"incasso|onmiddellijk|direct\b|\bmoet\b|aanmaning",
}
OFFERS = {
    "en": r"\boffer|discount|\bsale\b|upgrade|coupon|promo|\bsave\b|free\b",
    "sv": r"erbjud|rabatt|\brea\b|uppgrader|kupong|kampanj|gratis|spara",
    "de": r"angebot|rabatt|nachlass|upgrade|gutschein|gratis|kostenlos|\bspar",
    "fr": r"offre|réduction|remise|promo|solde|gratuit|coupon|économis",
    "es": r"oferta|descuento|rebaja|promo|gratis|cupón|ahorr",
    "nb": r"tilbud|rabatt|salg\b|oppgrader|kupong|gratis|spar\b",
    "da": r"tilbud|rabat|udsalg|opgrader|kupon|gratis|\bspar\b",
    "fi": r"tarjou|alennu|\bale\b|kuponki|ilmai|säästä|kampanja",
    "nl": r"aanbieding|korting|uitverkoop|upgrade|kortingscode|gratis|bespaar",
}
PLACEHOLDERS = {
    *("hello", "name", "merchant", "support", "amount", "price", "plan", "card", "with_card", "last4"),
    *("failed", "retry", "ends", "last_day", "expires", "renews", "paid", "ended", "day"),
}
BUDGET = {"button": 28, "preheader": 80, "subject": 75, "caption": 45, "why": 140}


def placeholders(text: str) -> set[str]:
    """The facts a string uses; `{Card}` is `{card}` at the start of a sentence."""
    return {name.lower() for _, name, _, _ in string.Formatter().parse(text) if name}


def matching(pattern: str, language: str, keys: list[str] = KEYS) -> list[str]:
    """The strings that hold what they must not."""
    return [f"{key}: {STRINGS[language][key]}" for key in keys if re.search(pattern, STRINGS[language][key].lower())]


def test_the_languages_are_the_nine() -> None:
    assert set(wording.languages(render.COPY)) == set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_language_misses_a_string_or_has_one_more(language: str) -> None:
    assert sorted(STRINGS[language]) == KEYS
    assert [key for key, text in STRINGS[language].items() if not text.strip() or text != text.strip()] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_languages_name_the_same_facts(language: str) -> None:
    differing = {
        key: (placeholders(text), placeholders(STRINGS["en"][key]))
        for key, text in STRINGS[language].items()
        if placeholders(text) != placeholders(STRINGS["en"][key])
    }
    assert differing == {}


def test_no_sentence_counts_anything_so_none_can_be_wrong_in_the_plural() -> None:
    used = set().union(*(placeholders(text) for text in STRINGS["en"].values()))
    assert used <= PLACEHOLDERS


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_ending_is_glued_to_a_fact(language: str) -> None:
    glued = r"\}[:’']?\w|\}-(?!loppui)|\w\{"
    assert [text for text in STRINGS[language].values() if re.search(glued, text)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_nobody_is_written_to_in_two_genders(language: str) -> None:
    both = r"\((e|a|es|in)\)|/-?(in|a|e|o)\b|[·*:](e|in|a)\b"
    assert [text for text in STRINGS[language].values() if re.search(both, text)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_string_is_longer_than_its_place(language: str) -> None:
    long = []
    for key, text in STRINGS[language].items():
        kind = next((each for each in BUDGET if each in key), "body")
        if len(re.sub(r"\{\w+\}", "", text)) > BUDGET.get(kind, 230):
            long.append(f"{key}: {text}")
    assert long == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_nobody_is_threatened_or_told_of_lost_cards(language: str) -> None:
    assert matching(f"{REASONS[language]}|{THREATS[language]}", language) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_transactional_mails_hold_no_offers(language: str) -> None:
    assert matching(rf"{OFFERS[language]}|\d ?%|% off|\{{(coupon|promo|offer|discount)", language, TRANSACTIONAL) == []


@pytest.mark.parametrize("language, offer", [("en", "Get a discount"), ("de", "Nur heute: Rabatt"), ("fi", "Alennus")])
def test_an_offer_would_be_caught(language: str, offer: str) -> None:
    assert re.search(OFFERS[language], offer.lower())


@pytest.mark.parametrize("language", LANGUAGES)
def test_subjects_are_calm(language: str) -> None:
    for key, text in STRINGS[language].items():
        if ".subject." in key:
            subject = re.sub(r"\{\w+\}", "", text)
            assert "!" not in subject
            assert not re.search(r"\b[^\W\d_a-zåäöæøéèü]{3,}\b", subject), subject


@pytest.mark.parametrize("language", sorted(ADDRESS))
def test_each_language_keeps_to_one_form_of_address(language: str) -> None:
    texts = {key: re.sub(r"\{\w+\}", "", text) for key, text in STRINGS[language].items()}
    assert {key: text for key, text in texts.items() if re.search(ADDRESS[language], text)} == {}


def test_french_keeps_its_spaces_and_apostrophes() -> None:
    for text in STRINGS["fr"].values():
        assert not re.search(r"(?<!\u202f)[?;!]|(?<![\u00a0\d]):|'", text), text
        assert not re.search(r"\b(de|d’|que|qu’|si|s’|jusqu’à) ?\{(merchant|Merchant)", text), text


def test_spanish_opens_its_questions() -> None:
    for text in STRINGS["es"].values():
        assert text.count("¿") == text.count("?")
        assert text.count("¡") == text.count("!")


def test_every_mail_has_a_purpose_and_every_purpose_a_mail() -> None:
    assert {key.split(".")[0] for key in KEYS} - {"common"} == set(render.PURPOSE)


def test_every_track_has_its_words() -> None:
    tracks = {key.split(".")[2] for key in KEYS if key.startswith("failed_payment.happened.")}
    assert tracks == {track.value for track in Track}
