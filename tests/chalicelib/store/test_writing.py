"""What we write in DynamoDB's own words is what PynamoDB would have written, and nothing is named that is not used."""

import re
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pynamodb.attributes import MapAttribute

from chalicelib.store.keys import Key
from chalicelib.store.writing import Part, as_value, drop, put, put_once, update_item

KEY = Key("C#acct_1:test#cus_1", "0#CUSTOMER")
SCALARS = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=6)
TREES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
)


@dataclass(frozen=True)
class Leaf:
    """A part of a record."""

    price: int
    name: str | None = None


@dataclass(frozen=True)
class Tree:
    """A record with all that a record of ours may hold."""

    id: str
    leaves: tuple[Leaf, ...]
    best: Leaf | None
    words: tuple[str, ...]
    metadata: dict[str, Any]
    good: bool


@given(st.dictionaries(st.text(max_size=6), TREES, max_size=4))
def test_a_value_is_written_as_pynamodb_writes_it(values: dict[str, Any]) -> None:
    attribute: Any = MapAttribute

    assert as_value(values) == {"M": attribute().serialize(values)}


def test_a_record_is_a_map_of_its_fields_and_a_tuple_a_list_however_deep() -> None:
    tree = Tree("t", (Leaf(5), Leaf(7, "x")), None, ("a",), {"k": {"deep": [1, None]}}, True)

    assert as_value(tree)["M"] == {
        "id": {"S": "t"},
        "leaves": {
            "L": [
                {"M": {"price": {"N": "5"}, "name": {"NULL": True}}},
                {"M": {"price": {"N": "7"}, "name": {"S": "x"}}},
            ]
        },
        "best": {"NULL": True},
        "words": {"L": [{"S": "a"}]},
        "metadata": {"M": {"k": {"M": {"deep": {"L": [{"N": "1"}, {"NULL": True}]}}}}},
        "good": {"BOOL": True},
    }


def test_what_has_no_place_in_the_table_is_refused_by_its_type() -> None:
    with pytest.raises(TypeError, match="object has no place in the table"):
        as_value({"a": [object()]})


def test_an_update_says_what_is_set_what_is_removed_and_what_must_hold() -> None:
    parts = [put("a", 1), drop("b"), put_once("c", "x"), Part("IF", "#a < :most", {"most": 9}), drop("d")]

    assert update_item("table", KEY, parts) == {
        "TableName": "table",
        "Key": {"pk": {"S": KEY.pk}, "sk": {"S": KEY.sk}},
        "UpdateExpression": "SET #a = :a, #c = if_not_exists(#c, :c) REMOVE #b, #d",
        "ConditionExpression": "#a < :most",
        "ExpressionAttributeNames": {"#a": "a", "#b": "b", "#c": "c", "#d": "d"},
        "ExpressionAttributeValues": {":a": {"N": "1"}, ":c": {"S": "x"}, ":most": {"N": "9"}},
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


def test_an_update_without_a_condition_has_none() -> None:
    asked = update_item("table", KEY, [put("a", 1)])

    assert "ConditionExpression" not in asked
    assert asked["UpdateExpression"] == "SET #a = :a"


@given(
    st.lists(
        st.sampled_from([put("a", 1), put_once("b", 2), drop("c"), Part("IF", "#d = :d", {"d": 1})]),
        min_size=1,
        unique_by=str,
    )
)
def test_exactly_what_the_words_name_is_sent_along(parts: list[Part]) -> None:
    asked = update_item("table", KEY, parts)
    words = f"{asked['UpdateExpression']} {asked.get('ConditionExpression', '')}"

    assert set(asked["ExpressionAttributeNames"]) == set(re.findall(r"#\w+", words))
    assert set(asked.get("ExpressionAttributeValues", {})) == set(re.findall(r":\w+", words))


def test_dynamodb_takes_no_empty_values_so_none_are_sent() -> None:
    assert "ExpressionAttributeValues" not in update_item("table", KEY, [drop("a")])


def test_two_values_by_one_name_are_refused_before_one_is_lost() -> None:
    with pytest.raises(ValueError, match="named twice"):
        update_item("table", KEY, [put("a", 1), Part("IF", "#a < :a", {"a": 5})])
