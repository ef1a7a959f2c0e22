"""The copy files of the pages: every language says the same things with the same facts."""

import re
import string

import pytest

from chalicelib import wording
from chalicelib.pages import render

LANGUAGES = wording.languages(render.COPY)
STRINGS = {language: wording.copy(render.COPY, language) for language in LANGUAGES}
KEYS = sorted(set().union(*STRINGS.values()))
EACH = [(language, key) for language in LANGUAGES for key in KEYS]


def test_english_and_swedish_are_there() -> None:
    assert {"en", "sv"} <= set(LANGUAGES)


@pytest.mark.parametrize("language, key", EACH)
def test_no_language_misses_a_string(language: str, key: str) -> None:
    assert STRINGS[language].get(key, "").strip(), f"{language}.toml has no {key}"


@pytest.mark.parametrize("key", KEYS)
def test_all_languages_name_the_same_facts(key: str) -> None:
    used = [
        {name for _, name, _, _ in string.Formatter().parse(strings.get(key, "")) if name}
        for strings in STRINGS.values()
    ]
    assert all(names == used[0] for names in used), used


@pytest.mark.parametrize("language, key", EACH)
def test_no_page_speaks_in_codes_or_shouts(language: str, key: str) -> None:
    text = STRINGS[language][key]
    assert not re.search(r"!|\b[45]\d\d\b|\b(error|fel) ?\d|[A-ZÅÄÖ]{3,}", text)
