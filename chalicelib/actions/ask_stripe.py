"""Calls to Stripe with this deployment's key. The SDK is imported at the first of them and never before.

One Lambda serves webhooks and the portal; importing stripe costs about 100 ms and 30 MB that a webhook has no use for.
`scope` (account and mode) says whose data a call is about; left out, it is our own account's.
"""

from collections.abc import Callable
from typing import Any

from chalicelib import config
from chalicelib.aws import secrets
from chalicelib.core.model import Kind
from chalicelib.core.site import account_of
from chalicelib.errors import Misconfigured
from chalicelib.stripe_api.paging import Page
from chalicelib.stripe_api.shapes import Answer


def fetch(kind: Kind, ident: str, scope: str | None = None) -> Answer:
    """One object as Stripe has it now. Raises Retryable, Permanent."""
    from chalicelib.stripe_api import gateway

    return gateway.fetch(_client(), kind, ident, _account(scope))


def reader(scope: str) -> Callable[[Kind, str], Answer]:
    """`fetch` for one account and mode. Raises Misconfigured where the mode is not ours."""
    _account(scope)
    return lambda kind, ident: fetch(kind, ident, scope)


def page(path: str, params: dict[str, Any], scope: str) -> Page:
    """A page of one of Stripe's lists. Raises Retryable, Permanent."""
    from chalicelib.stripe_api import lists

    return lists.page(_client(), path, params, _account(scope))


def fetch_invoice(ident: str, scope: str | None = None) -> dict[str, Any] | None:
    """An invoice with its payments, customer and subscription, or None where it exists no more. Raises as `fetch`."""
    from chalicelib.stripe_api import gateway

    return gateway.fetch_invoice(_client(), ident, _account(scope))


def fetch_expanded(kind: Kind, ident: str, expand: list[str], scope: str | None = None) -> dict[str, Any] | None:
    """An object with what it names in one call, or None where it exists no more. Raises as `fetch`."""
    from chalicelib.stripe_api import gateway

    return gateway.fetch_expanded(_client(), kind, ident, expand, _account(scope))


def create_portal_session(params: dict[str, Any], scope: str | None = None, once: str | None = None) -> str:
    """The URL of a new portal session: never to be logged, stored or cached. Raises as `fetch`.

    Stripe gives the same session again for the same `once` and parameters, for a day.
    """
    from chalicelib.stripe_api import gateway

    return gateway.create_portal_session(_client(), params, _account(scope), once)


def replace_card(subscription: str, card: str, scope: str) -> None:
    """Make a card the subscription's own; once, however often it is asked. Raises as `fetch`."""
    from chalicelib.stripe_api import gateway

    gateway.replace_card(_client(), subscription, card, f"card:{subscription}:{card}", _account(scope))


def pay_invoice(invoice: str, card: str, scope: str) -> str:
    """Pay an open invoice with a card, once, however often it is asked; what came of it. Raises as `fetch`."""
    from chalicelib.stripe_api import gateway

    return gateway.pay_invoice(_client(), invoice, card, f"pay:{invoice}:{card}", _account(scope))


def _client() -> Any:
    from chalicelib.stripe_api import gateway

    return gateway.client(secrets.stripe_api_key(), config.stripe_api_base())


def _account(scope: str | None) -> str | None:
    """The connected account of a scope, or None for our own. Live and test never meet: another mode is refused."""
    if scope is None:
        return None
    account, live = account_of(scope)
    if live != config.livemode():
        raise Misconfigured(f"This deployment does not handle the mode of {scope}.", "LIVEMODE")
    return None if account == config.setting("STRIPE_ACCOUNT") else account
