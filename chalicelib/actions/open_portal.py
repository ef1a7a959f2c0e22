"""The one place where Stripe's portal sessions are made: at the click, for a customer that somebody vouched for."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from chalicelib.actions import ask_stripe
from chalicelib.core.model import Kind, Site
from chalicelib.errors import BadRequest, NotFound
from chalicelib.store import keys
from chalicelib.store.objects import record_of
from chalicelib.store.table import get
from chalicelib.store.tables import ObjectRow

OF_SUBSCRIPTION = frozenset({"subscription_cancel", "subscription_update"})
FLOWS = OF_SUBSCRIPTION | {"payment_method_update", "customer_update"}


@dataclass(frozen=True)
class Flow:
    """Which page of the portal to open; no type is its home. Flows of a subscription name which."""

    type: str | None = None
    subscription: str | None = None


def open_portal(
    site: Site, customer: str, flow: Flow, return_url: str | None, locale: str | None = None, minimal: bool = False
) -> str:
    """The URL of a new session: a bearer credential, never to be logged, stored or cached.

    `minimal` uses the site's configuration for mailed links (card only). Raises BadRequest for a flow or return address
    that is not allowed, Retryable and StripeRefused for Stripe's answers.
    """
    check_flow(flow)
    configuration = (site.card_configuration if minimal else None) or site.portal_configuration
    params: dict[str, Any] = {"customer": customer, "return_url": allowed_return(site, return_url)}
    if configuration:
        params["configuration"] = configuration
    if locale:
        params["locale"] = locale
    if flow.type:
        params["flow_data"] = _flow_data(flow)
    return ask_stripe.create_portal_session(params, site.scope)


def check_flow(flow: Flow) -> None:
    """Raise BadRequest for a flow that Stripe would refuse, or that we do not open."""
    if flow.type is not None and flow.type not in FLOWS:
        raise BadRequest(f"flow.type must be one of {', '.join(sorted(FLOWS))}.", "flow.type")
    if flow.type in OF_SUBSCRIPTION and not flow.subscription:
        raise BadRequest(f"The flow {flow.type} needs a subscription.", "flow.subscription")
    if flow.type not in OF_SUBSCRIPTION and flow.subscription:
        raise BadRequest(f"The flow {flow.type or 'home'} takes no subscription.", "flow.subscription")


def check_owner(scope: str, customer: str, flow: Flow) -> None:
    """Raise NotFound unless we know the customer, and the flow's subscription is theirs: one read."""
    kind = Kind.SUBSCRIPTION if flow.subscription else Kind.CUSTOMER
    row = get(ObjectRow, keys.of_object(scope, kind, flow.subscription or customer, customer, 0))
    if row is None or record_of(row) is None or row.gone:
        what = "subscription of this customer" if flow.subscription else "customer"
        raise NotFound(f"There is no such {what}.", "flow.subscription" if flow.subscription else "customer")


def _flow_data(flow: Flow) -> dict[str, Any]:
    data: dict[str, Any] = {"type": flow.type}
    if flow.subscription:
        data[str(flow.type)] = {"subscription": flow.subscription}
    return data


def allowed_return(site: Site, return_url: str | None) -> str:
    """The address that the portal returns to: the site's home, or one under its allow-list, compared after parsing.

    Raises BadRequest. Backslashes, control characters and userinfo are refused outright: browsers and servers read them
    differently.
    """
    if return_url is None:
        return site.home_url
    if return_url == site.home_url:
        return return_url
    if not _plain(return_url) or not any(_under(return_url, prefix) for prefix in site.return_urls):
        raise BadRequest("return_url is not in the site's list of return URLs.", "return_url")
    return return_url


def _plain(url: str) -> bool:
    return (
        url.isascii()
        and url.isprintable()
        and not set(url) & set('\\ "<>@')
        and "/../" not in f"{url}/"
        and "%" not in url
    )


def _under(url: str, prefix: str) -> bool:
    try:
        ours, theirs = urlsplit(prefix), urlsplit(url)
        same = (ours.scheme, ours.hostname, ours.port) == (theirs.scheme, theirs.hostname, theirs.port)
    except ValueError:
        return False
    path = ours.path.rstrip("/")
    return same and (theirs.path == path or theirs.path.startswith(f"{path}/") or (not path and not theirs.path))
