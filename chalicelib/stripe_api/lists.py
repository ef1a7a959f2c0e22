"""Stripe's lists, a page at a time, as plain JSON: the SDK's objects of a hundred subscriptions cost more than the call.

The body is read here: what the SDK has made of it are ordered dictionaries, which the store does not take.
"""

import json
import time

from chalicelib.stripe_api.gateway import Client, around, refusals
from chalicelib.stripe_api.paging import Page, Raw

LARGEST = 100
"""Objects on a page: Stripe's limit."""


def page(client: Client, path: str, params: Raw, account: str | None = None) -> Page:
    """One page of the list at `path` (`/v1/customers`). Raises StripeUnavailable, StripeRefused (`resource_missing` too)."""
    options = {"stripe_account": account} if account else {}
    began = time.monotonic()
    with refusals():
        found = client.raw_request("get", path, **{"limit": LARGEST, **params}, **options)
    start, end = around(found.headers, time.monotonic() - began)
    listed = json.loads(found.body)
    return Page(listed["data"], bool(listed["has_more"]), start, end)
