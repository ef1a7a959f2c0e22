"""Mailable links: made for a mail or a merchant, shown without changing anything, and followed at the click.

Mail scanners open links, so a GET only shows; the portal session, which lives five minutes, is made by the POST.
"""

import secrets
from dataclasses import dataclass
from typing import Literal

from chalicelib import config
from chalicelib.actions import ask_stripe
from chalicelib.actions.open_portal import Flow, open_portal
from chalicelib.core.dunning import closes_case
from chalicelib.core.model import Invoice, Money, Site, account_of
from chalicelib.errors import NotFound
from chalicelib.store import links, sites
from chalicelib.store.keys import Key, of_customer
from chalicelib.store.links import Link
from chalicelib.store.objects import record_of
from chalicelib.store.table import get
from chalicelib.store.tables import LinkRow, ObjectRow
from chalicelib.stripe_api import shapes

LIFETIME = 7 * 86_400
"""Seconds; each mail of a case carries a link of its own, so none needs to be older."""

PAY = "pay"
"""Not a flow of Stripe's portal: leads to the hosted invoice, the one place where a bank can ask for a confirmation."""

Dead = Literal["expired", "revoked", "used", "unknown", "settled"]


@dataclass(frozen=True)
class Shown:
    """A link as its page shows it. `dead` says why it opens nothing, or is None."""

    site: Site
    link: Link | None
    dead: Dead | None
    amount: Money | None = None


def make_link(
    site: Site, customer: str, flow: Flow, now: int, lifetime: int = LIFETIME, single: bool = False
) -> tuple[str, Link]:
    """(address, link) for a customer of this site."""
    return _put(
        site, Link("", site.scope, site.id, customer, flow.type, flow.subscription, None, single, now + lifetime)
    )


@dataclass(frozen=True)
class CaseLink:
    """The link of a reminder: its address, and the row that the mail's claim stores with it."""

    url: str
    row: LinkRow


def link_for_case(site: Site, case: Key, customer: str, flow: str, language: str, now: int) -> CaseLink:
    """The link that a reminder carries, not yet stored: good for 7 days, or until its case closes."""
    link = Link("", site.scope, site.id, customer, flow, None, case.sk, False, now + LIFETIME, language)
    token, named = _named(link)
    return CaseLink(f"{site.base_url}/l/{token}", links.row(token, named))


def _put(site: Site, link: Link) -> tuple[str, Link]:
    token, named = _named(link)
    links.put(token, named)
    return f"{site.base_url}/l/{token}", named


def _named(link: Link) -> tuple[str, Link]:
    return links.new_token(), Link(**{**link.__dict__, "id": f"lnk_{secrets.token_hex(8)}"})


def show_link(token: str, now: int) -> Shown:
    """What a link would open; at most two reads and no write. Raises Retryable."""
    try:
        link = links.find(token)
    except NotFound:
        return Shown(sites.find(config.setting("SITE")), None, "unknown")
    brand = sites.find(link.site)
    site = brand.at(account_of(link.scope)[0])
    if site is None or link.revoked_at is not None:  # an account that the site may not see any more
        return Shown(brand, link, "revoked")
    if now >= link.good_until:
        return Shown(site, link, "expired")
    if link.used_at is not None:
        return Shown(site, link, "used")
    invoice = _case(link)
    if invoice is not None and closes_case(invoice):
        return Shown(site, link, "settled")
    return Shown(site, link, None, Money(invoice.amount_remaining, invoice.currency) if invoice else None)


def _case(link: Link) -> Invoice | None:
    if link.case_sk is None:
        return None
    row = get(ObjectRow, Key(of_customer(link.scope, link.customer), link.case_sk))
    record = record_of(row) if row is not None else None
    return record if isinstance(record, Invoice) else None


def follow_link(token: str, now: int) -> tuple[Shown, str | None]:
    """(the link, where to send the browser), or no address where the link is dead by now.

    A single-use link is spent only by a session that was made: it is claimed first, so that of many at once one wins, and
    given back where none comes of it. Raises Retryable, StripeRefused.
    """
    shown = show_link(token, now)
    if shown.dead or shown.link is None:
        return shown, None
    if shown.link.single_use and not links.claim(token, now):
        return Shown(shown.site, shown.link, "used"), None
    try:
        return shown, _target(shown.site, shown.link)
    except Exception:
        if shown.link.single_use:
            links.release(token)
        raise


def _target(site: Site, link: Link) -> str:
    if link.flow == PAY and link.case_sk is not None:
        raw = ask_stripe.fetch_invoice(link.case_sk.rsplit("#", 1)[1], link.scope)
        url = shapes.invoice(raw).hosted_invoice_url if raw else None
        if url:
            return url
    flow = Flow("payment_method_update" if link.flow == PAY else link.flow, link.subscription)
    return open_portal(site, link.customer, flow, site.home_url, minimal=True)
