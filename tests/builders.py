"""Stripe's objects in today's shape, whole, with overrides; and deliveries signed as Stripe signs them."""

import json
from pathlib import Path
from typing import Any

from chalicelib.core.model import Kind
from chalicelib.stripe_api import shapes
from chalicelib.stripe_api.signature import sign
from chalicelib.stripe_api.version import API_VERSION
from tests.conftest import NOW, WEBHOOK_SECRET

FIXTURES = Path(__file__).parent / "fixtures" / "stripe" / API_VERSION


def fixture(event_type: str) -> dict[str, Any]:
    """A whole event of that type."""
    event: dict[str, Any] = json.loads((FIXTURES / f"{event_type}.json").read_text(encoding="utf-8"))
    return event


def event(event_type: str, *, at: int = NOW, **changes: Any) -> dict[str, Any]:
    """An event of that type at second `at`; `changes` replace fields of its object."""
    made = fixture(event_type)
    made["created"] = at
    made["id"] = f"evt_{event_type.replace('.', '')}{at}"
    made["data"]["object"].update(changes)
    return made


def asks(event_type: str) -> bool:
    """Whether an event of that type is always a doubt: it is a doorbell, or lacks what only an answer of Stripe's has."""
    always = ("customer.discount.", "charge.dispute.", "coupon.created", "coupon.updated")
    return event_type.startswith(always)


def whole(kind: Kind, raw: dict[str, Any]) -> dict[str, Any]:
    """An object of an event as a GET returns it, with all that a GET asks for."""
    answered = dict(raw)
    if kind in (Kind.REFUND, Kind.DISPUTE):
        answered["charge"] = {"id": raw["charge"], "object": "charge", "customer": "cus_1"}
    return shapes.asked(kind, answered)


def signed(body: bytes, at: int = NOW, secret: str = WEBHOOK_SECRET) -> str:
    """The Stripe-Signature header of a body."""
    return f"t={at},v1={sign(body, secret, at)}"


def rest_event(
    method: str, path: str, body: bytes | str | None = None, headers: dict[str, str] | None = None, **params: str
) -> dict[str, Any]:
    """What API Gateway gives the Lambda for a request to a route; `params` fill the braces of `path`."""
    return {
        "resource": path,
        "path": path.format(**params),
        "httpMethod": method,
        "headers": headers or {},
        "multiValueHeaders": {name: [value] for name, value in (headers or {}).items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": params,
        "stageVariables": None,
        "requestContext": {"resourcePath": path, "httpMethod": method, "requestId": "req-1", "path": path},
        "body": body.decode("utf-8", "surrogateescape") if isinstance(body, bytes) else body,
        "isBase64Encoded": False,
    }
