"""Stripe as the real code reaches it: by the SDK's HTTP client, or past the SDK, which costs thirty times as much."""

import json
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import stripe

from tests.sim.shop import PLURALS

if TYPE_CHECKING:
    from tests.sim.edges import Edges


class Wire(stripe.HTTPClient):
    """The SDK's HTTP client, led to `Edges.get`."""

    name = "simulated"

    def __init__(self, edges: "Edges") -> None:
        super().__init__()
        self.edges = edges

    def request(
        self,
        method: str,  # noqa: ARG002 - the SDK's signature; only GETs come here
        url: str,
        headers: Mapping[str, str] | None = None,  # noqa: ARG002
        post_data: Any = None,  # noqa: ARG002
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, dict[str, str]]:
        """One request."""
        parts = urlsplit(url)
        return self.edges.get(parts.path, _parameters(parts.query))

    def _sleep_time_seconds(self, *_: Any, **__: Any) -> float:
        return 0

    def close(self) -> None:
        """Nothing is open."""


class Light:
    """What `gateway.fetch` needs of a StripeClient, thirty times as fast: most runs do without the SDK's objects."""

    def __init__(self, edges: "Edges") -> None:
        self._edges = edges
        readers = {name: SimpleNamespace(retrieve=self._reader(edges, name)) for name in PLURALS}
        self.v1 = SimpleNamespace(**readers)

    @staticmethod
    def _reader(edges: "Edges", plural: str) -> Callable[..., Any]:
        def retrieve(ident: str, *_params: Any) -> Any:
            raw, headers = _answered(*edges.get(f"/v1/{plural}/{ident}", {}))
            return SimpleNamespace(last_response=SimpleNamespace(headers=headers), to_dict=lambda **_: raw)

        return retrieve

    def raw_request(self, _method: str, path: str, **asked: Any) -> Any:
        """A page of a list."""
        body, status, headers = self._edges.get(path, asked)
        _answered(body, status, headers)
        return SimpleNamespace(body=body, headers=headers)


def _answered(body: str, status: int, headers: dict[str, str]) -> tuple[Any, dict[str, str]]:
    """The JSON of an answer, or the SDK's error."""
    raw = json.loads(body)
    if status in (400, 404):
        param, code = raw["error"].get("param"), raw["error"]["code"]
        raise stripe.InvalidRequestError("No such", param, code=code, http_status=status, headers=headers)  # type: ignore[no-untyped-call]
    if status == 429:
        raise stripe.RateLimitError("too fast", http_status=429)
    if status >= 500:
        raise stripe.APIError("broken", http_status=status)
    return raw, headers


def _parameters(query: str) -> dict[str, Any]:
    """The parameters of an address, as they were before the SDK wrote them: `types[0]=a` and `created[gte]=1`."""
    found: dict[str, Any] = {}
    for name, value in parse_qsl(query):
        first, _, inner = name.partition("[")
        if not inner:
            found[first] = value
        elif inner[:-1].isdigit():
            found.setdefault(first, []).append(value)
        else:
            found.setdefault(first, {})[inner[:-1]] = value
    return found
