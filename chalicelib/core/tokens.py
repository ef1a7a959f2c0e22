"""Signed redirects: an address that a merchant's back end makes by itself and that opens the portal once, soon.

The canonical form, which is what is signed (see docs/portal.md for examples in four languages):

    stamkund-portal-v1 LF site LF query

`site` is the site's id. `query` is every parameter but `signature`, sorted by name, as `name=value` joined by `&`; names and
values are percent-encoded as UTF-8 by RFC 3986: all but letters, digits and `-._~`, hex digits in upper case, a space as
`%20`. The signature is `v1_` and the HMAC-SHA-256 of that text, in lower-case hex; the key is the site's secret as it stands,
`smss_` and all.

API Gateway hands parameters over decoded and in no order, so the order and encoding of the address itself mean nothing: only
the names and values count, each once, and a signature over any other writing of them is wrong.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from chalicelib.core.frozen import frozen
from chalicelib.core.members import Invalid

LIFETIME = 600
"""Seconds ahead that a signed redirect may be good for, at most."""

OWN = frozenset({"expires", "nonce", "signature", "account"})
NAMES = OWN | {
    *("customer", "flow", "subscription", "retention_coupon", "item", "price", "quantity", "coupon", "promotion_code"),
    *("after", "after_url", "after_message", "return_url", "locale"),
}
LONGEST = 2000
_NONCE = re.compile(r"[A-Za-z0-9_-]{16,64}")
_SIGNATURE = re.compile(r"v1_[0-9a-f]{64}")
_SECOND = re.compile(r"[1-9][0-9]{0,10}")
_QUANTITY = re.compile(r"[1-9][0-9]{0,5}")


@frozen
class Signed:
    """A redirect as it came, each parameter once; nothing is known of who made it yet. `expires` is in UTC seconds."""

    values: Mapping[str, str]
    expires: int
    nonce: str
    signature: str


def canonical(site: str, values: Mapping[str, str]) -> str:
    """What is signed."""
    pairs = (f"{quote(name, safe='')}={quote(values[name], safe='')}" for name in sorted(values) if name != "signature")
    return f"stamkund-portal-v1\n{site}\n{'&'.join(pairs)}"


def sign(site: str, values: Mapping[str, str], secret: str) -> str:
    """The signature of these parameters for this site."""
    digest = hmac.new(secret.encode(), canonical(site, values).encode(), hashlib.sha256).hexdigest()
    return f"v1_{digest}"


def fits(site: str, signed: Signed, secrets: Iterable[str]) -> bool:
    """Whether one of the site's secrets made the signature; every one is tried, in constant time."""
    found = [hmac.compare_digest(sign(site, signed.values, secret), signed.signature) for secret in secrets]
    return any(found)


def parse(params: Mapping[str, Sequence[str]]) -> Signed:
    """The parameters of a redirect, each known, there once and of its kind. Raises Invalid, naming the parameter."""
    for name, values in params.items():
        if name not in NAMES:
            raise Invalid("Unknown parameter.", name[:100])
        if len(values) != 1:
            raise Invalid(f"{name} stands there more than once.", name)
        if not 1 <= len(values[0]) <= LONGEST or not _encodable(values[0]):
            raise Invalid(f"{name} must be text of 1 to {LONGEST} characters.", name)
    single = {name: values[0] for name, values in params.items()}
    expires = _matching(single, "expires", _SECOND, "a time in UTC seconds")
    nonce = _matching(single, "nonce", _NONCE, "16 to 64 letters, digits, - or _")
    signature = _matching(single, "signature", _SIGNATURE, "v1_ and 64 lower-case hex digits")
    return Signed(single, int(expires), nonce, signature)


def check_time(signed: Signed, now: int) -> None:
    """Raise Invalid for a redirect whose time is over, or further ahead than any may be."""
    if signed.expires <= now:
        raise Invalid("This address has expired.", "expires", "expired")
    if signed.expires > now + LIFETIME:
        raise Invalid(f"expires may be at most {LIFETIME} seconds ahead.", "expires")


def visit(signed: Signed) -> dict[str, Any]:
    """What the redirect asks for, as a request's body has it. Raises Invalid for a parameter without its flow."""
    values = {name: value for name, value in signed.values.items() if name not in OWN}
    body: dict[str, Any] = {name: values.pop(name) for name in ("customer", "return_url", "locale") if name in values}
    kind = values.pop("flow", None)
    if kind is None and values:
        raise Invalid("This parameter needs a flow.", min(values))
    if kind is not None:
        body["flow"] = {"type": kind, **_flow(values)}
    return body


def _flow(values: dict[str, str]) -> dict[str, Any]:
    """Parameters as members of a flow; whether they belong to its type is for the reader of the flow to say."""
    flow: dict[str, Any] = {}
    if "subscription" in values:
        flow["subscription"] = values["subscription"]
    if "retention_coupon" in values:
        flow["retention"] = {"type": "coupon_offer", "coupon_offer": {"coupon": values["retention_coupon"]}}
    item: dict[str, Any] = {ours: values[name] for name, ours in (("item", "id"), ("price", "price")) if name in values}
    if "quantity" in values:
        item["quantity"] = int(_matching(values, "quantity", _QUANTITY, "a whole number from 1 to 999999"))
    if item:
        flow["items"] = [item]
    discount = {name: values[name] for name in ("coupon", "promotion_code") if name in values}
    if discount:
        flow["discounts"] = [discount]
    return flow | _after(values)


def _after(values: dict[str, str]) -> dict[str, Any]:
    after: dict[str, Any] = {"type": values["after"]} if "after" in values else {}
    if "after_url" in values:
        after["redirect"] = {"return_url": values["after_url"]}
    if "after_message" in values:
        after["hosted_confirmation"] = {"custom_message": values["after_message"]}
    return {"after_completion": after} if after else {}


def _matching(values: Mapping[str, str], name: str, pattern: re.Pattern[str], kind: str) -> str:
    value = values.get(name, "")
    if not pattern.fullmatch(value):
        raise Invalid(f"{name} must be {kind}.", name)
    return value


def _encodable(value: str) -> bool:
    return value.isprintable() and not any("\ud800" <= letter <= "\udfff" for letter in value)
