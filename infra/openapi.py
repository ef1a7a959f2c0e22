"""The API's document: `python -m infra.openapi` makes chalicelib/openapi.json from infra/openapi.yaml.

Every operation gets what all of them share: the key's scope, the errors (one shape, one list of codes), the request id.
"""

import json
from pathlib import Path
from typing import Any

import yaml

from chalicelib import VERSION
from chalicelib.core.locales import LOCALES

SOURCE = Path(__file__).with_suffix(".yaml")
TARGET = Path(__file__).parents[1] / "chalicelib" / "openapi.json"
METHODS = ("get", "head", "post", "delete")
CODES: dict[int, tuple[str, ...]] = {
    400: ("invalid_request", "invalid_signature"),
    401: ("unauthorized",),
    403: ("forbidden",),
    404: ("not_found",),
    409: ("conflict", "idempotency_conflict", "idempotency_in_progress"),
    413: ("payload_too_large",),
    415: ("invalid_request",),
    429: ("rate_limited",),
    500: ("internal_error",),
    502: ("stripe_refused",),
    503: ("temporarily_unavailable",),
}
"""Every status of an error, and the codes that come with it."""

MEANING = {
    400: "The request is wrong; `param` names where",
    401: "No API key that counts",
    403: "The key lacks the scope",
    404: "Nothing of that name for this caller",
    409: "What is there does not allow it; or the idempotency key was used with another request, or one with it is under way",
    413: "The body is too large",
    415: "The body is not application/json",
    429: "Too many requests; come again after `Retry-After` seconds",
    500: "Our fault; quote `X-Request-Id`",
    502: "Stripe refused what we asked",
    503: "Try again after `Retry-After` seconds",
}
OF_A_KEY = (401, 403, 429)
RETRIED = (429, 503)


def document() -> dict[str, Any]:
    """The whole document."""
    made: dict[str, Any] = yaml.safe_load(SOURCE.read_text(encoding="utf-8"))
    made["info"]["version"] = VERSION
    schemas = made["components"]["schemas"]
    schemas["Error"]["properties"]["error"]["properties"]["code"]["enum"] = sorted(
        {c for each in CODES.values() for c in each}
    )
    for body in ("Visit", "NewLink"):
        schemas[body]["properties"]["locale"] = {"enum": [None, "auto", *sorted(LOCALES)]}
    made["security"] = [{"api_key": []}]
    for item in made["paths"].values():
        for operation in (item[method] for method in METHODS if method in item):
            _share(operation)
    made["components"]["responses"] = {f"error_{status}": _error(status) for status in CODES}
    return made


def _share(operation: dict[str, Any]) -> None:
    """Add the errors that the operation names, those of an API key, and those that every JSON route can have."""
    errors = set(operation.pop("x-errors", ()))
    scope = operation.pop("x-scope", None)
    if scope:
        operation["description"] = f"Needs an API key with the scope `{scope}`."
        errors |= set(OF_A_KEY)
    if scope or errors:
        errors |= {500, 503}
    for status in sorted(errors):
        operation["responses"][str(status)] = {"$ref": f"#/components/responses/error_{status}"}
    for response in operation["responses"].values():
        if "$ref" not in response:
            response["headers"] = {
                **response.get("headers", {}),
                "X-Request-Id": {"$ref": "#/components/headers/X-Request-Id"},
            }


def _error(status: int) -> dict[str, Any]:
    names = ["X-Request-Id", *(["Retry-After"] if status in RETRIED else [])]
    return {
        "description": MEANING[status],
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in names},
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
    }


def text() -> str:
    """As it is served."""
    return json.dumps(document(), ensure_ascii=False, separators=(",", ":")) + "\n"


if __name__ == "__main__":
    TARGET.write_text(text(), encoding="utf-8")
