"""The words of the twin's pages: both languages say the same things, and the templates say nothing else."""

import re
import string

import pytest

from infra.local.twin.pages.render import TEMPLATES, TEST_NUMBERS
from infra.local.twin.pages.words import WORDS

KEYS = sorted(set().union(*WORDS.values()))
SOURCES = {path.name: path.read_text("utf-8") for path in TEMPLATES.glob("*.html")}


@pytest.mark.parametrize("key", KEYS)
def test_every_language_says_it_with_the_same_facts(key: str) -> None:
    used = [
        {name for _, name, _, _ in string.Formatter().parse(words.get(key, "")) if name} for words in WORDS.values()
    ]
    assert all(words.get(key) for words in WORDS.values()), key
    assert all(names == used[0] for names in used), key


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_templates_say_what_there_are_words_for(name: str) -> None:
    said = set(re.findall(r'say\("(\w+)"[,)]', SOURCES[name]))
    families = set(re.findall(r'say\("(\w+_)" ~', SOURCES[name]))
    assert said <= set(KEYS)
    assert all(any(key.startswith(family) for key in KEYS) for family in families)


def test_no_word_is_left_over() -> None:
    every = " ".join(SOURCES.values()) + " wrong_code " + " ".join(key for _, key in TEST_NUMBERS)
    families = tuple(re.findall(r'say\("(\w+_)" ~', every))
    acts = ("keep_plan", "resume_plan", "pause_plan", "cancel_plan", "phone")
    unused = [key for key in KEYS if not re.search(rf"\b{key}\b", every) and not key.startswith(families)]
    assert set(unused) <= set(acts)


def test_templates_hold_no_script_and_no_style_of_their_own() -> None:
    assert not [name for name, source in SOURCES.items() if re.search(r"<script|\sstyle=|\son\w+=", source)]
