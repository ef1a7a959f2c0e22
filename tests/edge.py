"""Stripe at its HTTP edge: the SDK's requests go to an in-process twin, and every one is written down."""

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import stripe

from infra.local.twin.core.twin import Twin
from tests import canaries


class TwinEdge(stripe.HTTPClient):
    """An HTTP client for `StripeClient` that asks a twin. `fail` is asked first and may raise or answer instead."""

    name = "twin"

    def __init__(self, twin: Twin) -> None:
        super().__init__()
        self.twin = twin
        self.calls: list[tuple[str, str]] = []
        self.fail: Callable[[str, str], tuple[str, int, dict[str, str]] | None] = lambda _method, _path: None

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, dict[str, str]]:
        """One request, answered by the twin."""
        parts = urlsplit(url)
        self.calls.append((method.upper(), parts.path))
        failure = self.fail(method.upper(), parts.path)
        if failure:
            return failure
        status, answered, body = self.twin.request(method.upper(), parts.path, post_data or parts.query, headers)
        if str(body.get("object")) == "billing_portal.session":
            canaries.remember(str(body["url"]).rsplit("/", 1)[1])
        return json.dumps(body), status, answered

    def close(self) -> None:
        """Nothing is open."""
