"""Records of `core` out of DynamoDB's maps. A row that lacks a newer field, or has one that we do not know, still loads."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from chalicelib.core.model import Kind
from chalicelib.core.records import TYPES, Record


def as_record(kind: Kind, state: Mapping[str, Any]) -> Record:
    """The record in a stored map."""
    record: Record = _build(TYPES[kind], state)
    return record


def _build(cls: Any, state: Mapping[str, Any]) -> Any:
    inner = _inner(cls)
    return cls(**{name: _value(inner[name], state[name]) for name in inner if name in state})


def _value(cls: Any, value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_build(cls, each) if cls else each for each in value)
    return _build(cls, value) if cls and isinstance(value, Mapping) else value


@cache
def _inner(cls: Any) -> dict[str, Any]:
    """The fields of a record, each with the record that stands in it (alone, or many in a tuple), if any."""
    hints = get_type_hints(cls)
    return {field.name: _record_in(hints[field.name]) for field in fields(cls)}


def _record_in(hint: Any) -> Any:
    options = get_args(hint) if get_origin(hint) in (tuple, UnionType) else (hint,)
    return next((option for option in options if isinstance(option, type) and is_dataclass(option)), None)
