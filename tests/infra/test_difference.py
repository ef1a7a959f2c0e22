"""What stands and what is wanted: which fields are told, and how."""

from typing import Any

import pytest

from infra.difference import compare, shown


@pytest.mark.parametrize(
    "old, new, told",
    [
        ({"a": 1, "b": 2}, {"a": 1}, []),
        ({"a": 1}, {"a": 2}, ["a: 1 -> 2"]),
        ({"a": {"b": True}}, {"a": {"b": False, "c": "x"}}, ["a.b: true -> false", "a.c: nothing -> x"]),
        ({"a": ["x", "y"]}, {"a": ["y", "x"]}, []),
        ({"a": ["x"]}, {"a": ["y", "x"]}, ["a: x -> y, x"]),
        ({"a": None}, {"a": ""}, []),
        ({"a": None}, {"a": []}, []),
        ({}, {"a": {"b": 1}}, ["a.b: nothing -> 1"]),
        ({"a": [{"b": 1, "more": 2}]}, {"a": [{"b": 1}]}, []),
        ({"a": [{"b": 1}]}, {"a": [{"b": 2}]}, ["a[0].b: 1 -> 2"]),
        ({"a": [{"b": 1}]}, {"a": [{"b": 1}, {"b": 2}]}, ["a: {b: 1} -> {b: 1}, {b: 2}"]),
        ({"a": "text"}, {"a": {"b": 1}}, ["a: text -> {b: 1}"]),
        ({"a": ("x",)}, {"a": ()}, ["a: x -> nothing"]),
    ],
)
def test_a_difference_is_told_by_its_field(old: Any, new: Any, told: list[str]) -> None:
    assert [str(each) for each in compare(old, new)] == told


def test_every_value_has_its_form_on_one_line() -> None:
    values: list[Any] = [None, True, 3, "x", [], {"a": [1]}]

    assert [shown(each) for each in values] == ["nothing", "true", "3", "x", "nothing", "{a: 1}"]
