"""The API's document as a judge: every answer that a test gets must be one that the document knows, member by member."""

import copy
import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from jsonschema_rs import Draft202012Validator

from infra.openapi import document


@cache
def strict() -> dict[str, Any]:
    """The document with every object closed: a member that it does not name is drift."""
    made: dict[str, Any] = closed(copy.deepcopy(document()))
    return made


def closed(schema: Any) -> Any:
    """`schema`, where what has properties has no others."""
    if isinstance(schema, dict):
        if "properties" in schema and schema.get("type") in ("object", ["object", "null"]):
            schema.setdefault("additionalProperties", False)
        for value in schema.values():
            closed(value)
    elif isinstance(schema, list):
        for value in schema:
            closed(value)
    return schema


def check(method: str, route: str, status: int, headers: Mapping[str, str], text: str) -> None:
    """Fail unless the document has this answer of this route. A route that it has not is a test's own."""
    operation = strict()["paths"].get(route, {}).get(method.lower())
    if operation is None:
        return
    assert str(status) in operation["responses"], f"{method} {route} answered {status}, which is not documented"
    response = resolved(operation["responses"][str(status)])
    for name, header in response.get("headers", {}).items():
        assert name in headers or not resolved(header).get("required"), f"{method} {route} {status} lacks {name}"
    content = response.get("content", {})
    if "application/json" in content:
        errors = sorted(
            map(str, validator(json.dumps(content["application/json"]["schema"])).iter_errors(json.loads(text)))
        )
        assert errors == [], f"{method} {route} {status}"


def resolved(part: dict[str, Any]) -> dict[str, Any]:
    """What a reference leads to."""
    if "$ref" not in part:
        return part
    found: Any = strict()
    for name in part["$ref"].removeprefix("#/").split("/"):
        found = found[name]
    whole: dict[str, Any] = found
    return whole


@cache
def validator(schema: str) -> Draft202012Validator:
    """Of one schema of the document."""
    return Draft202012Validator({**json.loads(schema), "components": strict()["components"]})
