"""Calls to Stripe with this deployment's key. The SDK is imported at the first of them and never before.

One Lambda serves webhooks and the portal; importing stripe costs about 100 ms and 30 MB that a webhook has no use for.
"""

from typing import Any

from chalicelib import config
from chalicelib.aws import secrets
from chalicelib.core.model import Kind
from chalicelib.stripe_api.shapes import Answer


def fetch(kind: Kind, ident: str) -> Answer:
    """One object as Stripe has it now. Raises Retryable, Permanent."""
    from chalicelib.stripe_api import gateway

    return gateway.fetch(_client(), kind, ident)


def fetch_invoice(ident: str) -> dict[str, Any] | None:
    """An invoice with its payments, customer and subscription, or None where it exists no more. Raises as `fetch`."""
    from chalicelib.stripe_api import gateway

    return gateway.fetch_invoice(_client(), ident)


def create_portal_session(params: dict[str, Any]) -> str:
    """The URL of a new portal session: never to be logged, stored or cached. Raises as `fetch`."""
    from chalicelib.stripe_api import gateway

    return gateway.create_portal_session(_client(), params)


def _client() -> Any:
    from chalicelib.stripe_api import gateway

    return gateway.client(secrets.stripe_api_key(), config.stripe_api_base())
