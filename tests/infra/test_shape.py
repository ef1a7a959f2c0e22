"""Files held against tables: every check where it passes and where it does not."""

from pathlib import Path
from typing import Any

import pytest

from infra.shape import (
    Check,
    FileError,
    Needed,
    address,
    flag,
    hold,
    listed,
    load,
    matching,
    one_of,
    origin,
    shape,
    text,
    whole,
)


def wrongs(check: Check, value: Any) -> str:
    """All that is said of a value."""
    return "\n".join(check(value, "field"))


@pytest.mark.parametrize(
    "check, value",
    [
        (flag, False),
        (whole(1, 9), 9),
        (text(), "Nordlys AB"),
        (matching("[a-z]+", "letters"), "abc"),
        (one_of("on", "off"), "on"),
        (one_of("on", "off"), True),
        (address(), "https://example.com/path?query=1"),
        (address(local=True), "http://127.0.0.1:8000/"),
        (address(local=True), "http://localhost"),
        (origin(), "https://example.com:8443"),
        (listed(text()), []),
        (listed(text(), least=1), ["a", "b"]),
        (shape({"a": Needed(flag), "b": flag}), {"a": True}),
    ],
)
def test_what_is_right_passes(check: Check, value: Any) -> None:
    assert wrongs(check, value) == ""


@pytest.mark.parametrize(
    "check, value, words",
    [
        (flag, "true", "must be true or false"),
        (whole(1, 9), True, "whole number from 1 to 9"),
        (whole(1, 9), 10, "whole number from 1 to 9"),
        (text(), False, 'must be text: put it in quotes ("...")'),
        (text(), None, "must be text"),
        (text(), " ", "1 to 200 printable"),
        (text(3), "abcd", "1 to 3 printable"),
        (text(), "a\nb", "on one line"),
        (matching("[a-z]+", "letters"), "A", "'A' must be letters"),
        (one_of("on", "off"), "perhaps", "must be one of on, off"),
        (one_of("a", "b"), True, "must be one of a, b"),
        (one_of("a", "b"), ["a"], "must be one of a, b"),
        (address(), "http://example.com", "must begin with https://"),
        (address(), "http://127.0.0.1", "must begin with https://"),
        (address(local=True), "http://example.com", "must begin with https://"),
        (address(local=True), "http://localhost.example.com", "must begin with https://"),
        (address(), "https:///path", "with a host"),
        (address(), "https://exämple.com", "plain ASCII"),
        (address(), "https://example.com\\@evil.example", "plain ASCII"),
        (address(), "https://user@example.com", "no user name"),
        (address(), "https://example.com:port", "is no address"),
        (address(), "https://[", "is no address"),
        (address(bare=True), "https://example.com/?a=b", "no ? and no #"),
        (address(bare=True), "https://example.com/#top", "no ? and no #"),
        (origin(), "https://example.com/", "scheme and host"),
        (origin(), "https://Example.com", "small letters"),
        (listed(text()), "a", "must be a list"),
        (listed(text(), least=1), [], "must hold 1 to 100"),
        (listed(text(), most=1), ["a", "b"], "and holds 2"),
        (listed(text()), ["a", "a"], "field[1]: stands there twice"),
        (listed(flag), [1], "field[0]: must be true or false"),
        (shape({"a": flag}), [], "field: must hold a"),
        (shape({"a": flag}), {"b": 1}, "field.b: is not known; known are a"),
        (shape({"a": Needed(flag)}), {}, "field.a: is missing"),
        (shape({"a": shape({"b": flag})}), {"a": {"b": 1}}, "field.a.b: must be true or false"),
    ],
)
def test_a_mistake_is_named_with_its_field_and_what_is_right(check: Check, value: Any, words: str) -> None:
    assert words in wrongs(check, value)
    assert wrongs(check, value).startswith("field")


def test_every_mistake_of_a_file_is_told_at_once() -> None:
    with pytest.raises(FileError) as caught:
        hold("shop.yaml", {"a": 1, "c": 2}, {"a": flag, "b": Needed(flag)})

    assert str(caught.value).splitlines() == [
        "shop.yaml: c: is not known; known are a, b",
        "shop.yaml: a: must be true or false",
        "shop.yaml: b: is missing",
    ]


@pytest.mark.parametrize(
    "written, words",
    [
        ("a: 1\na: 2\n", "line 1: a stands twice"),
        ("a: [1\n", "is not YAML, line 2"),
        ("- a\n", "lines of the form"),
        ("1: a\n", "lines of the form"),
        ("a: !!python/object:os.system {}\n", "is not YAML"),
        ("? [a]\n: b\n", "shop.yaml"),
        ("a:\n  b: [x, rk_live_abcdef]\n", "a.b: holds a secret"),
        ("a: whsec_abc\n", "a: holds a secret"),
        ("a: smss_abc\n", "a: holds a secret"),
        ("a: \x00\n", "is not YAML"),
    ],
)
def test_what_is_no_file_of_ours_is_refused_without_its_values(tmp_path: Path, written: str, words: str) -> None:
    path = tmp_path / "shop.yaml"
    path.write_text(written)

    with pytest.raises(FileError) as caught:
        load(path)

    assert words in str(caught.value)
    assert "abc" not in str(caught.value)


def test_a_file_that_is_not_there_and_one_that_is(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="cannot be read"):
        load(tmp_path / "shop.yaml")
    (tmp_path / "shop.yaml").write_text("a: {b: [1]}\n")
    assert load(tmp_path / "shop.yaml") == {"a": {"b": [1]}}
