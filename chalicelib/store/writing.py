"""An UpdateItem in DynamoDB's own words, for the one write that every webhook makes.

PynamoDB makes the same of objects, at every call, for a fifth of what a webhook cost. Here the words stay as they are and
only the values change: `#name` stands for an attribute, `:name` for a value. All else is PynamoDB's.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import cache, lru_cache
from typing import Any, NamedTuple

from chalicelib.store.keys import Key

Value = dict[str, Any]
"""A value as DynamoDB's JSON has it: `{"N": "5"}`."""


class Part(NamedTuple):
    """A clause of an update (SET, REMOVE) or of its condition (IF), and the values that it names."""

    clause: str
    text: str
    values: Mapping[str, Any] = {}


def put(name: str, value: Any) -> Part:
    """Set an attribute."""
    return Part("SET", f"#{name} = :{name}", {name: value})


def put_once(name: str, value: Any) -> Part:
    """Set an attribute that is not there yet."""
    return Part("SET", f"#{name} = if_not_exists(#{name}, :{name})", {name: value})


def drop(name: str) -> Part:
    """Remove an attribute."""
    return Part("REMOVE", f"#{name}")


def update_item(table: str, key: Key, parts: Sequence[Part]) -> dict[str, Any]:
    """The arguments of botocore's `update_item`. A refusal hands the item back that stood in the way.

    Raises ValueError where two parts mean two values by one name.
    """
    update = " ".join(f"{clause} {text}" for clause in ("SET", "REMOVE") if (text := _joined(clause, ", ", parts)))
    condition = _joined("IF", " AND ", parts)
    asked: dict[str, Any] = {
        "TableName": table,
        "Key": {"pk": {"S": key.pk}, "sk": {"S": key.sk}},
        "UpdateExpression": update,
        "ExpressionAttributeNames": _names(update, condition),
    }
    values = {f":{name}": as_value(value) for part in parts for name, value in part.values.items()}
    if len(values) != sum(len(part.values) for part in parts):
        raise ValueError(f"A value is named twice in: {update} IF {condition}")
    if values:
        asked["ExpressionAttributeValues"] = values
    if condition:
        asked |= {"ConditionExpression": condition, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    return asked


def _joined(clause: str, between: str, parts: Sequence[Part]) -> str:
    return between.join(part.text for part in parts if part.clause == clause)


@lru_cache(maxsize=1024)
def _names(*texts: str) -> dict[str, str]:
    """Exactly the names that stand in the texts: DynamoDB refuses any more."""
    return {f"#{name}": name for text in texts for name in re.findall(r"#(\w+)", text)}


def as_value(value: Any) -> Value:
    """Any value of core.model as DynamoDB has it: a record is a map of its fields, a tuple is a list."""
    if isinstance(value, str):
        return {"S": value}
    if value is None:
        return {"NULL": True}
    if isinstance(value, int | float):
        return {"BOOL": value} if isinstance(value, bool) else {"N": str(value)}
    if isinstance(value, Mapping):
        return {"M": {name: as_value(each) for name, each in value.items()}}
    if isinstance(value, tuple | list):
        return {"L": [as_value(each) for each in value]}
    return {"M": {name: as_value(getattr(value, name)) for name in _field_names(value.__class__)}}


@cache
def _field_names(record: type[Any]) -> tuple[str, ...]:
    if not is_dataclass(record):
        raise TypeError(f"{record.__name__} has no place in the table.")
    return tuple(field.name for field in fields(record))
