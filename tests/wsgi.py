"""The app behind a WSGI door, as API Gateway would call it: for tools that speak HTTP."""

import re
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qsl, unquote

from app import app
from tests.builders import rest_event

Start = Callable[[str, list[tuple[str, str]]], Any]


def serve(environ: dict[str, Any], start: Start) -> Iterable[bytes]:
    """One request; what has no route is answered as infra/template.yaml has API Gateway answer it."""
    path, method = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace"), environ["REQUEST_METHOD"]
    path = "/" + path.lstrip("/")  # the document says that the API is where the document is
    found = match(path, method)
    if found is None:
        start("404 Not Found", [("Content-Type", "application/json")])
        return [b'{"error": {"code": "not_found", "message": "There is no such route.", "param": null}}']
    event = rest_event(method, found[0], body(environ), headers(environ), **found[1])
    pairs = parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    every: dict[str, list[str]] = {}
    for name, value in pairs:
        every.setdefault(name, []).append(value)
    event["queryStringParameters"], event["multiValueQueryStringParameters"] = dict(pairs) or None, every or None
    answer = app(event, None)
    sent = {name: str(value) for name, value in answer["headers"].items()}
    sent |= {name: ", ".join(values) for name, values in answer.get("multiValueHeaders", {}).items()}
    start(f"{answer['statusCode']} -", list(sent.items()))
    return [answer["body"].encode() if method != "HEAD" else b""]


def match(path: str, method: str) -> tuple[str, dict[str, str]] | None:
    """The route of a path, and what its braces hold: one segment each, as in API Gateway."""
    for route, methods in app.routes.items():
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(route))
        found = re.fullmatch(pattern, path)
        if found and method in methods:
            return route, {name: unquote(value) for name, value in found.groupdict().items()}
    return None


def headers(environ: dict[str, Any]) -> dict[str, str]:
    """The headers of a request."""
    named = {name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name.startswith("HTTP_")}
    kind = environ.get("CONTENT_TYPE")
    return named | ({"content-type": kind} if kind else {})


def body(environ: dict[str, Any]) -> bytes | None:
    """The body of a request."""
    raw = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    return raw or None
