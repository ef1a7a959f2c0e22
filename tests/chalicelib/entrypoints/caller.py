"""A caller of our API, through the Lambda handler that ships."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app import app
from tests import canaries, contract
from tests.builders import rest_event


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    text: str
    headers: dict[str, str]

    @property
    def json(self) -> dict[str, Any]:
        """The body as JSON."""
        body: dict[str, Any] = json.loads(self.text)
        return body

    @property
    def code(self) -> str:
        """The code of an error."""
        error = self.json["error"]
        assert set(error) == {"code", "message", "param"}
        return str(error["code"])


def call(
    method: str,
    path: str,
    body: Any = None,
    *,
    key: str | None = None,
    headers: dict[str, str] | None = None,
    query: dict[str, str] | Sequence[tuple[str, str]] | None = None,
    **params: str,
) -> Answer:
    """One request; a body that is no string is sent as JSON, and pairs of the query may name one parameter twice.

    Every answer must be one that the API's document knows, and no error may hold a secret.
    """
    sent = {
        "content-type": "application/json",
        **({"authorization": f"Bearer {key}"} if key else {}),
        **(headers or {}),
    }
    raw = body if body is None or isinstance(body, (str, bytes)) else json.dumps(body)
    event = rest_event(method, path, raw, sent, **params)
    pairs = list(query.items() if isinstance(query, dict) else query or ())
    every: dict[str, list[str]] = {}
    for name, value in pairs:
        every.setdefault(name, []).append(value)
    event["queryStringParameters"] = dict(pairs) or None
    event["multiValueQueryStringParameters"] = every or None
    answer = app(event, None)
    multi = {name: values[0] for name, values in answer.get("multiValueHeaders", {}).items()}
    seen = Answer(answer["statusCode"], answer["body"], {**answer["headers"], **multi})
    contract.check(method, path, seen.status, seen.headers, seen.text)
    if seen.status >= 400 and not path.endswith(
        "/{token}"
    ):  # the page of a link may name the address that it has itself
        assert canaries.leaked(f"{seen.headers}{seen.text}") == [], "a secret in an error"
    return seen
