"""GET /openapi.json, its examples run, and strangers with its rules in hand."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app import app
from chalicelib.actions import throttle
from chalicelib.store import api_keys, optouts, sites
from infra.openapi import METHODS, document
from tests.chalicelib.entrypoints.caller import call
from tests.chalicelib.entrypoints.test_flows import Portal
from tests.conftest import NOW, SITE
from tests.shop import Shop
from tests.wsgi import serve

PROMISED = {
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
EXAMPLES = [
    (path, method, name)
    for path, item in document()["paths"].items()
    for method in METHODS
    if method in item
    for name in (
        *item[method].get("requestBody", {}).get("content", {}).get("application/json", {}).get("examples", {}),
        None,
    )
    if name or "examples" not in json.dumps(item[method].get("requestBody", {}))
]


@pytest.fixture
def portal(shop: Shop) -> Portal:
    """A customer of a site whose portal can do everything, and a key that may do everything too."""
    return Portal(shop, api_keys.create(SITE.id, ("admin",), NOW))


def test_the_document_is_served_as_it_is_made(shop: Shop) -> None:
    answer = call("GET", "/openapi.json", headers={"host": "evil.example"})

    assert (answer.status, answer.json) == (200, {**document(), "servers": [{"url": SITE.base_url}]})
    assert answer.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("path, method, name", EXAMPLES)
def test_each_example_does_what_it_shows(portal: Portal, path: str, method: str, name: str | None) -> None:
    """The names of the examples stand for things that there are."""
    link = call("POST", "/v1/portal-links", {"customer": portal.customer}, key=portal.key).json
    sites.put(
        replace(
            sites.find(SITE.id), retention_coupons=(portal.coupon,), login_url="https://billing.stripe.com/p/login/x"
        )
    )
    real = {
        "cus_QK3nordlys": portal.customer,
        "sub_QK3nordlys": portal.subscription,
        "price_QK3large": portal.large,
        "promo_QK3autumn": portal.code,
        "STAY20": portal.coupon,
        "lnk_QK3nordlys": link["id"],
        "tok_QK3nordlys": link["url"].rsplit("/", 1)[1],
    }
    optouts.row(real["tok_QK3nordlys"], SITE.scope, SITE.id, "astrid@example.com", "en", NOW).save()
    text = json.dumps(document()["paths"][path][method])
    if "in_QK3nordlys" in text:
        real["in_QK3nordlys"] = portal.shop.newest_invoice(portal.shop.fail_renewal())["id"]
    for shown, meant in real.items():
        text = text.replace(shown, meant)
    operation = json.loads(text)
    given = {each["name"]: str(each["example"]) for each in operation.get("parameters", ()) if "example" in each}
    braces: dict[str, Any] = {each: given.pop(each) for each in re.findall(r"\{(\w+)\}", path)}
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    body = content["examples"][name]["value"] if name else None

    answer = call(method.upper(), path, body, key=portal.key if path.startswith("/v1") else None, query=given, **braces)

    unsigned = {("get", "/portal/{site_id}"): 400, ("post", "/webhooks/stripe/{endpoint_name}"): 400}
    expected = {**unsigned, ("post", "/l/{token}"): 303}.get((method, path), min(operation["responses"]))
    assert str(answer.status) == str(expected)


@pytest.mark.parametrize(
    "path, method", sorted((path, name) for path, methods in app.routes.items() for name in methods)
)
def test_every_route_answers_with_every_header(shop: Shop, path: str, method: str) -> None:
    braces: dict[str, Any] = dict.fromkeys(re.findall(r"\{(\w+)\}", path), "unknown")

    for key in (None, "smk_test_wrong"):
        answer = call(method, path, key=key, headers={"origin": "https://evil.example"}, **braces)
        assert {name: answer.headers.get(name) for name in PROMISED} == PROMISED
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Request-Id"]
        assert not [name for name in answer.headers if name.lower().startswith("access-control")]


schema = schemathesis.openapi.from_wsgi("/openapi.json", serve)
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@schema.parametrize()
@settings(
    max_examples=20,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_whatever_a_stranger_sends_the_answer_is_documented(case: Case[Any], portal: Portal) -> None:
    throttle.forget()
    sent = case.call(headers={"Authorization": f"Bearer {portal.key}"})

    case.validate_response(sent, checks=CHECKS)


def test_the_fuzzer_reaches_every_operation() -> None:
    routes = {(path, name) for path, methods in app.routes.items() for name in methods}
    found: list[Any] = [each.ok() for each in schema.get_all_operations()]  # type: ignore[union-attr]

    assert {(each.path, each.method.upper()) for each in found} == routes
