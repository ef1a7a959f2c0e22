"""Deliveries that no honest sender makes, as hypothesis draws them: bytes, JSON of any shape, events with something odd in
them, headers with something odd in them, and odd requests around them.
"""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from hypothesis import strategies as st

from chalicelib.stripe_api.signature import sign
from tests.builders import FIXTURES
from tests.conftest import ACCOUNT, NOW, WEBHOOK_SECRET
from tests.fuzz.door import ROUTE

Raw = Any


@dataclass(frozen=True)
class Delivery:
    """A request. `headers` are those that API Gateway hands on; `encoded`: it hands the body on in base64."""

    body: bytes
    headers: dict[str, str] | None
    endpoint: str = "default"
    encoded: bool = False
    text: str | None = None

    @property
    def signature(self) -> str | None:
        """The header that is looked at, whatever its case."""
        return next((v for k, v in reversed((self.headers or {}).items()) if k.lower() == "stripe-signature"), None)

    def event(self) -> dict[str, Any]:
        """What the Lambda gets. `text`, where there is one, stands for a body that is not what was signed."""
        if self.text is not None:
            body = self.text
        else:
            body = (
                base64.b64encode(self.body).decode() if self.encoded else self.body.decode("utf-8", "surrogateescape")
            )
        many = {name: [value] for name, value in (self.headers or {}).items()}
        return {
            "resource": ROUTE,
            "path": f"/webhooks/stripe/{self.endpoint}",
            "httpMethod": "POST",
            "headers": self.headers,
            "multiValueHeaders": many if self.headers is not None else None,
            "queryStringParameters": None,
            "multiValueQueryStringParameters": None,
            "pathParameters": {"endpoint_name": self.endpoint},
            "stageVariables": None,
            "requestContext": {"resourcePath": ROUTE, "httpMethod": "POST", "requestId": "req-1", "path": ROUTE},
            "body": body,
            "isBase64Encoded": self.encoded,
        }


def signed(body: bytes, at: int = NOW, secret: str = WEBHOOK_SECRET) -> str:
    """The header that fits a body."""
    return f"t={at},v1={sign(body, secret, at)}"


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from([2**53 + 1, "evt_1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
RAW_JSON = (
    *(
        "NaN",
        "Infinity",
        "-Infinity",
        "1e400",
        "-1e400",
        "1e-400",
        "9" * 400,
        "9" * 5000,
        '"\\ud800"',
        '"\\udfff\\ud800"',
    ),
    *(
        "[" * 300 + "]" * 300,
        "[" * 900 + "]" * 900,
        "[" * 5000 + "]" * 5000,
        "[" * 50_000,
        '{"a":' * 950 + "1" + "}" * 950,
    ),
    *(
        '"\\u0000"',
        '"' + "x" * 3000 + '"',
        "01",
        "+1",
        "'a'",
        "undefined",
        "",
        "/* */1",
        "1 2",
        "\ufeff1",
        "[1,]",
        "\x00",
    ),
)
"""Text that stands where JSON has a value; some of it is JSON."""


@cache
def events() -> tuple[str, ...]:
    """The recorded events, as text."""
    return tuple(path.read_text(encoding="utf-8") for path in sorted(FIXTURES.glob("*.json")))


def places(raw: Raw, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value."""
    for key in raw if isinstance(raw, dict) else range(len(raw)) if isinstance(raw, list) else ():
        yield (*path, key)
        yield from places(raw[key], (*path, key))


@st.composite
def odd_events(draw: st.DrawFn) -> bytes:
    """A recorded event of ours with up to three values gone, replaced, or replaced by raw text."""
    raw = json.loads(draw(st.sampled_from(events())))
    raw["created"] = NOW
    texts: list[str] = []
    for _ in range(draw(st.integers(0, 3))):
        *path, last = draw(st.sampled_from(list(places(raw))))
        holder = raw
        for key in path:
            holder = holder[key]
        kind = draw(st.sampled_from(("gone", "replaced", "replaced", "text")))
        if kind == "gone":
            del holder[last]
        elif kind == "replaced":
            holder[last] = draw(json_values)
        else:
            holder[last] = f"@{len(texts)}@"
            texts.append(draw(st.sampled_from(RAW_JSON)))
    body = json.dumps(raw)
    for number, text in enumerate(texts):
        body = body.replace(f'"@{number}@"', text)
    return body.encode("utf-8", "surrogatepass")


@st.composite
def cut(draw: st.DrawFn, bodies: st.SearchStrategy[bytes]) -> bytes:
    """The same with a piece gone, doubled, or replaced by other bytes."""
    body = draw(bodies)
    first = draw(st.integers(0, len(body)))
    last = min(len(body), first + draw(st.integers(0, 40)))
    piece = draw(st.sampled_from((b"", body[first:last] * 2, b"\xff", b"\xed\xa0\x80", b"\0", b'"', b"}")))
    return body[:first] + piece + body[last:]


def not_json() -> st.SearchStrategy[bytes]:
    """Bytes, and text that is nearly JSON."""
    texts = st.text(max_size=60).map(str.encode) | st.sampled_from(RAW_JSON).map(lambda text: text.encode())
    return st.binary(max_size=200) | texts | cut(odd_events())


def any_json() -> st.SearchStrategy[bytes]:
    """JSON of any shape, now and then one that calls itself an event."""
    shaped = st.fixed_dictionaries(
        {"object": st.just("event")},
        optional={
            "id": json_values,
            "type": st.sampled_from(["customer.updated", "invoice.paid", "charge.succeeded"]) | json_values,
            "created": st.just(NOW) | json_values,
            "livemode": st.booleans() | json_values,
            "account": st.sampled_from([ACCOUNT, "acct_other", None]) | json_values,
            "data": st.fixed_dictionaries({"object": json_values}) | json_values,
        },
    )
    return (json_values | shaped).map(lambda raw: json.dumps(raw).encode("utf-8", "surrogatepass"))


BENT = (
    *(
        "{0}",
        " {0}",
        "{0} ",
        "{0},",
        ",{0}",
        "{0},{0}",
        "{0},v1=",
        "{0},t=1",
        "t=1,{0}",
        "{0}=",
        "{1}",
        "{0},v0=x",
        "v0=x,{0}",
    ),
    *("", "t=,v1=", "t=1793620800", "{0}\n", "{0},é", "{0},\ud800", '"{0}"', "{2}", "{3}", "{4}", "{5}", "{0},v1=00"),
)
"""What becomes of a good header `{0}`; the others are the same in capitals, too old, too early, of another secret, and of
another scheme."""


@st.composite
def headers(draw: st.DrawFn, body: bytes) -> str:
    """A header that is right, nearly right, or none at all."""
    good = signed(body)
    kinds = (good.upper(), signed(body, NOW - 301), signed(body, NOW + 301), signed(body, secret="whsec_other"))
    bent = draw(st.sampled_from(BENT)).format(good, *kinds, good.replace("v1", "v0"))
    if draw(st.booleans()):
        return bent
    at = draw(st.integers(0, len(bent)))
    return bent[:at] + draw(st.text(max_size=3)) + bent[at + draw(st.integers(0, 2)) :]


def delivery(body: bytes, header: str | None, **more: Any) -> Delivery:
    """An ordinary request."""
    named = {"stripe-signature": header} if header is not None else {}
    return Delivery(body, {"content-type": "application/json; charset=utf-8", **named}, **more)


@st.composite
def with_odd_bodies(draw: st.DrawFn, bodies: st.SearchStrategy[bytes]) -> Delivery:
    """A body of some kind: mostly rightly signed, else unsigned."""
    body = draw(bodies)
    return delivery(body, signed(body) if draw(st.integers(0, 3)) else draw(st.none() | headers(body)))


@st.composite
def with_odd_headers(draw: st.DrawFn) -> Delivery:
    """An event of ours under a bent signature."""
    body = draw(st.sampled_from(events())).encode()
    return delivery(body, draw(headers(body)))


@st.composite
def odd_requests(draw: st.DrawFn) -> Delivery:
    """A signed event in a request that is odd otherwise: content type, case of names, base64, endpoint, no headers."""
    body = draw(st.sampled_from(events()).map(str.encode) | odd_events())
    made = delivery(body, signed(body), encoded=draw(st.booleans()))
    name = draw(st.sampled_from(("Stripe-Signature", "STRIPE-SIGNATURE", "stripe-signature", "x-signature")))
    kinds = (
        "Application/JSON",
        "text/plain",
        "",
        "multipart/form-data",
        "application/octet-stream",
        "é",
        "\x00",
        "a" * 500,
    )
    more = draw(st.dictionaries(st.text(max_size=12), st.text(max_size=30), max_size=3))
    odd = {**more, "content-type": draw(st.sampled_from(kinds)), name: made.signature or ""}
    return draw(
        st.sampled_from(
            (
                replace(made, headers=odd),
                replace(made, headers=None),
                replace(made, endpoint=draw(st.text(max_size=10) | st.sampled_from(("default", "other", "..", "%00")))),
                replace(made, encoded=True, text=draw(st.text(max_size=40))),
                replace(made, encoded=True, text=base64.b64encode(body).decode()[:-1]),
            )
        )
    )


FAMILIES: dict[str, st.SearchStrategy[Delivery]] = {
    "bytes": with_odd_bodies(not_json()),
    "json": with_odd_bodies(any_json()),
    "events": with_odd_bodies(odd_events()),
    "headers": with_odd_headers(),
    "requests": odd_requests(),
}
