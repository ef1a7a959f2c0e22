"""The one place where Stripe's portal sessions are made: at the click, for a customer that somebody vouched for."""

from dataclasses import replace

from chalicelib.actions import ask_stripe
from chalicelib.actions.once import Attempt
from chalicelib.core import locales
from chalicelib.core.flows import Change, Visit, by_way_of, check
from chalicelib.core.frozen import frozen
from chalicelib.core.members import Invalid
from chalicelib.core.model import Customer, Kind, Subscription
from chalicelib.core.site import Site
from chalicelib.errors import NotFound
from chalicelib.store import keys, objects
from chalicelib.store.objects import record_of
from chalicelib.stripe_api.portal_params import session_params

OVER = ("canceled", "incomplete_expired")
CARD_ONLY = (None, "payment_method_update")
"""Where a mailed link may lead with the site's configuration for cards; any other flow needs the full one."""


@frozen
class Owner:
    """A customer that we know, and the subscription that the visit is about, if it is about one."""

    customer: Customer
    subscription: Subscription | None = None


def open_portal(
    site: Site, visit: Visit, minimal: bool = False, once: Attempt | None = None, back: str | None = None
) -> str:
    """The URL of a new session: a bearer credential, never to be logged, stored or cached.

    `minimal` uses the site's configuration for mailed links where the flow allows it. `once` is an attempt that comes
    out the same again. `back` is an address of ours that every way back leads over. Raises Invalid for what the site
    does not allow, Retryable and StripeRefused for Stripe's answers.
    """
    check(visit, site)
    visit = by_way_of(visit, back) if back else visit
    card = site.card_configuration if minimal and visit.flow.type in CARD_ONLY else None
    params = session_params(visit, visit.return_url or site.home_url, card or site.portal_configuration)
    return ask_stripe.create_portal_session(params, site.scope, once.stripe_key(params) if once else None)


def owned(scope: str, visit: Visit) -> Visit:
    """The visit with all that our table knows of it: the customer's language, the subscription's only item. One read.

    Raises NotFound unless we know the customer, and the flow's subscription and item are theirs; Invalid for a
    subscription that is over.
    """
    owner = _owner(scope, visit)
    locale = visit.locale or locales.for_stripe(owner.customer.locales)
    flow = visit.flow
    if flow.change and owner.subscription:
        flow = replace(flow, change=_of(owner.subscription, flow.change))
    return replace(visit, locale=locale, flow=flow)


def _owner(scope: str, visit: Visit) -> Owner:
    asked = [(Kind.CUSTOMER, visit.customer)]
    if visit.flow.subscription:
        asked.append((Kind.SUBSCRIPTION, visit.flow.subscription))
    wanted = [keys.of_object(scope, kind, ident, visit.customer, 0) for kind, ident in asked]
    found = objects.rows(wanted)
    records = [record_of(row) for key in wanted if (row := found.get(key)) and not row.gone]
    customer = next((each for each in records if isinstance(each, Customer)), None)
    if customer is None:
        raise NotFound("There is no such customer.", "customer")
    subscription = next((each for each in records if isinstance(each, Subscription)), None)
    if visit.flow.subscription and (subscription is None or subscription.customer != customer.id):
        raise NotFound("There is no such subscription of this customer.", "flow.subscription")
    if subscription and subscription.status in OVER:
        raise Invalid(f"The subscription is {subscription.status}: it cannot be changed.", "flow.subscription")
    return Owner(customer, subscription)


def _of(subscription: Subscription, change: Change) -> Change:
    items = [item.id for item in subscription.items]
    if change.item is None and len(items) != 1:
        raise Invalid("The subscription has several items: name one.", "flow.items[0].id")
    if change.item is not None and change.item not in items:
        raise NotFound("There is no such item of this subscription.", "flow.items[0].id")
    return replace(change, item=change.item or items[0])
