"""The copy files: every language says the same things with the same facts, in the tone that was agreed."""

import re
import string

import pytest

from chalicelib import wording
from chalicelib.core.model import Track
from chalicelib.mails import render

LANGUAGES = wording.languages(render.COPY)
STRINGS = {language: wording.copy(render.COPY, language) for language in LANGUAGES}
KEYS = sorted(set().union(*STRINGS.values()))
EACH = [(language, key) for language in LANGUAGES for key in KEYS]


def placeholders(text: str) -> set[str]:
    """The facts a string uses; `{Card}` is `{card}` at the start of a sentence."""
    return {name.lower() for _, name, _, _ in string.Formatter().parse(text) if name}


def test_english_and_swedish_are_there() -> None:
    assert {"en", "sv"} <= set(LANGUAGES)


@pytest.mark.parametrize("language, key", EACH)
def test_no_language_misses_a_string(language: str, key: str) -> None:
    assert STRINGS[language].get(key, "").strip(), f"{language}.toml has no {key}"


@pytest.mark.parametrize("key", KEYS)
def test_all_languages_name_the_same_facts(key: str) -> None:
    used = {language: placeholders(strings.get(key, "")) for language, strings in STRINGS.items()}
    assert len({frozenset(names) for names in used.values()}) == 1, used


@pytest.mark.parametrize("language, key", EACH)
def test_nobody_is_threatened_or_told_of_lost_cards(language: str, key: str) -> None:
    text = STRINGS[language][key].lower()
    reasons = r"\b(lost|stolen|fraud|suspect|förlorat|stulet|stulen|bedrägeri|misstänk)"
    threats = r"\b(collection|legal|immediately|inkasso|omedelbart)"
    assert not re.search(f"{reasons}|{threats}", text), text


@pytest.mark.parametrize("language, key", EACH)
def test_transactional_mails_hold_no_offers(language: str, key: str) -> None:
    mail = key.split(".", maxsplit=1)[0]
    if render.PURPOSE.get(mail, "transactional") == "transactional":
        offers = r"(\boffer|discount|\bsale\b|\d ?%|upgrade|erbjudande|rabatt|\brea\b|uppgradera)"
        assert not re.search(offers, STRINGS[language][key].lower())


@pytest.mark.parametrize("language, key", [pair for pair in EACH if ".subject." in pair[1]])
def test_subjects_are_calm(language: str, key: str) -> None:
    subject = re.sub(r"\{\w+\}", "", STRINGS[language][key])
    assert "!" not in subject
    assert not re.search(r"\b[A-ZÅÄÖ]{3,}\b", subject)


def test_every_mail_has_a_purpose_and_every_purpose_a_mail() -> None:
    assert {key.split(".")[0] for key in KEYS} - {"common"} == set(render.PURPOSE)


def test_every_track_has_its_words() -> None:
    tracks = {key.split(".")[2] for key in KEYS if key.startswith("failed_payment.happened.")}
    assert tracks == {track.value for track in Track}
