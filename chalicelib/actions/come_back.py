"""Back from the portal that a mailed link had opened: what is owed is paid with the card that the customer may have now.

Stripe's events say so too; whoever comes back may be here before them. The address holds the link's public id, which opens
nothing, and says nothing of what was done: the worker asks Stripe, and pays once for invoice and card (`collect_payments`).
"""

from chalicelib.actions.links import allowed, visit_of
from chalicelib.aws import queue
from chalicelib.core.events import NewCard
from chalicelib.core.frozen import frozen
from chalicelib.core.site import Site, account_of
from chalicelib.errors import QueueUnavailable
from chalicelib.log import report
from chalicelib.store import links, sites
from chalicelib.store.links import Link

SESSION = 3600
"""Seconds that a portal session lives at most after its last use; a return later than that is none."""


@frozen
class Back:
    """Where a customer who comes back goes on to: `url`, or, without one, our own page in the link's language."""

    site: Site
    language: str | None
    url: str | None = None


def come_back(ident: str, ended: bool, now: int) -> Back:
    """Tell the worker of the customer, and find their way on: one read, no write, at most one message.

    `ident` is the link's public id; `ended`: the flow was ended, not left. The way on is the link's own and never the
    request's, and still on the site's list. Raises NotFound, Retryable.
    """
    link = links.named(ident)
    brand = sites.find(link.site)
    site = brand.at(account_of(link.scope)[0])
    if site is None:
        return Back(brand, link.language)
    _tell(site, link, now)
    return Back(site, link.language, _way(link, ended) if allowed(link, site) else None)


def _tell(site: Site, link: Link, now: int) -> None:
    if not site.pay_open_invoices or now >= link.good_until + SESSION:
        return
    try:
        queue.send_new_card(NewCard(f"return:{link.id}", link.scope, link.customer))
    except QueueUnavailable as error:
        report(error, function="come_back")  # the events say it too; whoever comes back must not see it


def _way(link: Link, ended: bool) -> str | None:
    visit = visit_of(link)
    after = visit.flow.after.return_url if ended and visit.flow.after else None
    return after or visit.return_url
