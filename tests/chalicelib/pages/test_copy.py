"""The copy files of the pages: every language says the same things with the same facts."""

import re
import string

import pytest

from chalicelib import wording
from chalicelib.pages import render
from infra.pages.samples import LANGUAGES
from tests.chalicelib.mails.test_copy import ADDRESS, REASONS, THREATS

STRINGS = {language: wording.copy(render.COPY, language) for language in LANGUAGES}
KEYS = sorted(STRINGS["en"])
BUDGET = {"button": 30, "heading": 48, "body": 190}


def placeholders(text: str) -> set[str]:
    """The facts a string uses."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_the_languages_are_the_nine() -> None:
    assert set(wording.languages(render.COPY)) == set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_language_misses_a_string_or_has_one_more(language: str) -> None:
    assert sorted(STRINGS[language]) == KEYS
    assert [key for key, text in STRINGS[language].items() if not text.strip() or text != text.strip()] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_languages_name_the_same_facts(language: str) -> None:
    assert {key: placeholders(text) for key, text in STRINGS[language].items()} == {
        key: placeholders(text) for key, text in STRINGS["en"].items()
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_speaks_in_codes_or_shouts(language: str) -> None:
    loud = r"!|\b[45]\d\d\b|\b(error|fel|fehler|erreur|feil|fejl|virhe|fout) ?\d|[A-ZÅÄÖÆØÉ]{3,}"
    assert [text for text in STRINGS[language].values() if re.search(loud, text)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_threatens_or_suspects(language: str) -> None:
    never = f"{REASONS[language]}|{THREATS[language]}"
    assert [text for text in STRINGS[language].values() if re.search(never, text.lower())] == []


@pytest.mark.parametrize("language", sorted(ADDRESS))
def test_each_language_keeps_to_one_form_of_address(language: str) -> None:
    assert [text for text in STRINGS[language].values() if re.search(ADDRESS[language], text)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_string_is_longer_than_its_place(language: str) -> None:
    long = []
    for key, text in STRINGS[language].items():
        kind = key.rsplit(".", 1)[-1]
        if len(re.sub(r"\{\w+\}", "", text)) > BUDGET.get(kind, BUDGET["body"]):
            long.append(f"{key}: {text}")
    assert long == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_ending_is_glued_to_a_fact(language: str) -> None:
    assert [text for text in STRINGS[language].values() if re.search(r"\}[:’']?\w|\w\{", text)] == []


def test_french_keeps_its_spaces_and_apostrophes() -> None:
    for text in STRINGS["fr"].values():
        assert not re.search(r"(?<!\u202f)[?;!]|(?<!\u00a0):|'", text), text
        assert not re.search(r"\b(de|d’|que|qu’|si) ?\{", text), text


def test_spanish_opens_its_questions() -> None:
    for text in STRINGS["es"].values():
        assert text.count("¿") == text.count("?")
