"""Setting a merchant's Stripe account up: portal configurations and webhook endpoints. Nothing that is deployed calls this.

Whoever calls is at a terminal, so a refusal carries Stripe's own words. An endpoint's secret is in the answer to its
creation and nowhere else.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import stripe

from chalicelib.errors import StripeRefused
from chalicelib.stripe_api import lists
from chalicelib.stripe_api.gateway import Client, Missing, stripe_errors
from chalicelib.stripe_api.paging import Raw, after

CONFIGURATIONS = "/v1/billing_portal/configurations"
ENDPOINTS = "/v1/webhook_endpoints"
TYPES_AT_ONCE = 20
"""Event types that Stripe takes in one question for events."""


def configurations(client: Client) -> list[Raw]:
    """Every portal configuration, inactive ones too, newest first. Raises StripeUnavailable, StripeRefused."""
    return _all(client, CONFIGURATIONS)


def create_configuration(client: Client, params: Raw) -> Raw:
    """A new portal configuration. Raises as `configurations`."""
    return _call(client, "post", CONFIGURATIONS, params)


def update_configuration(client: Client, ident: str, params: Raw) -> Raw:
    """A configuration after a change. Raises as `configurations`."""
    return _call(client, "post", f"{CONFIGURATIONS}/{ident}", params)


def endpoints(client: Client) -> list[Raw]:
    """Every webhook endpoint in the key's mode, newest first, without secrets. Raises as `configurations`."""
    return _all(client, ENDPOINTS)


def create_endpoint(client: Client, params: Raw) -> Raw:
    """A new endpoint with its `secret`, which Stripe never shows again. Raises as `configurations`."""
    return _call(client, "post", ENDPOINTS, params)


def update_endpoint(client: Client, ident: str, params: Raw) -> Raw:
    """An endpoint after a change. Its version never changes. Raises as `configurations`."""
    return _call(client, "post", f"{ENDPOINTS}/{ident}", params)


def delete_endpoint(client: Client, ident: str) -> None:
    """Delete an endpoint; what Stripe still had for it is dropped. Raises as `configurations`."""
    _call(client, "delete", f"{ENDPOINTS}/{ident}", {})


def undelivered(client: Client, types: Sequence[str], since: int, until: int) -> int:
    """How many events of these types and seconds (both inclusive) some endpoint has not taken yet; at least, beyond 100.

    Raises as `configurations`.
    """
    found = 0
    for at in range(0, len(types), TYPES_AT_ONCE):
        asked = {
            "types": list(types[at : at + TYPES_AT_ONCE]),
            "delivery_success": False,
            "created": {"gte": since, "lte": until},
        }
        found += len(lists.page(client, "/v1/events", asked).data)
    return found


def _all(client: Client, path: str) -> list[Raw]:
    found: list[Raw] = []
    cursor: str | None = None
    while True:
        page = lists.page(client, path, after({}, cursor))
        found += page.data
        cursor = page.cursor
        if cursor is None:
            return found


def _call(client: Client, method: str, path: str, params: Raw) -> Raw:
    with _told():
        answer: Any = client.raw_request(method, path, **params)
    return dict(answer.data)


@contextmanager
def _told() -> Iterator[None]:
    """Our own errors, with what Stripe says of a wrong parameter."""
    try:
        with stripe_errors():
            yield
    except Missing as missing:
        raise StripeRefused(
            _words(missing) or "Stripe has no such object.", missing.param, "resource_missing"
        ) from missing
    except StripeRefused as refused:
        raise StripeRefused(_words(refused) or refused.message, refused.param, refused.stripe_code) from refused


def _words(error: Exception) -> str:
    cause = error.__cause__
    told = cause.user_message if isinstance(cause, stripe.InvalidRequestError) else None
    return f"Stripe refused: {told}" if told else ""
