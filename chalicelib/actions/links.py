"""Mailable links: made for a mail or a merchant, shown without changing anything, and followed at the click.

Mail scanners open links, so a GET only shows; the portal session, which lives five minutes, is made by the POST.
"""

import json
from typing import Literal

from chalicelib import config
from chalicelib.actions import ask_stripe
from chalicelib.actions.open_portal import open_portal
from chalicelib.core import locales
from chalicelib.core.cases import closes_case
from chalicelib.core.flow_json import parse_visit, visit_body
from chalicelib.core.flows import After, Flow, Visit, check
from chalicelib.core.frozen import frozen
from chalicelib.core.members import Invalid
from chalicelib.core.model import Invoice, Money
from chalicelib.core.site import Site, account_of
from chalicelib.errors import NotFound, StoreUnavailable
from chalicelib.log import report
from chalicelib.store import cases, links, sites
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

MANAGE = "manage"
"""Not a flow either: the home of the site's full portal. A notice says what one can do there: cancel, see invoices."""

State = Literal["open", "expired", "revoked", "used"]
Dead = Literal["expired", "revoked", "used", "unknown", "settled"]


@frozen
class Shown:
    """A link as its page shows it. `dead` says why it opens nothing, or is None."""

    site: Site
    link: Link | None
    dead: Dead | None
    amount: Money | None = None


def make_link(
    site: Site, visit: Visit, now: int, lifetime: int = LIFETIME, single: bool = False, token: str | None = None
) -> tuple[str, Link]:
    """(address, link) for a customer of this site. Raises Invalid for what the site does not allow."""
    check(visit, site)
    link = Link(
        site.scope,
        site.id,
        visit.customer,
        visit.flow.type,
        now + lifetime,
        created=now,
        single_use=single,
        visit=json.dumps(visit_body(visit)),
    )
    return _put(site, link, token)


@frozen
class CaseLink:
    """The link of a mail: its address, and the row that the mail's claim stores with it."""

    url: str
    row: LinkRow


def link_for_case(site: Site, case: Key, customer: str, flow: str, language: str, now: int) -> CaseLink:
    """The link that a reminder carries, not yet stored: good for 7 days, or until its case closes."""
    link = Link(site.scope, site.id, customer, flow, now + LIFETIME, created=now, case_sk=case.sk, language=language)
    return _unstored(site, link)


def link_for_notice(site: Site, customer: str, flow: str, language: str, now: int) -> CaseLink:
    """The link that a notice carries, not yet stored: good for 7 days, however far off what it tells of is."""
    link = Link(site.scope, site.id, customer, flow, now + LIFETIME, created=now, language=language)
    return _unstored(site, link)


def _unstored(site: Site, link: Link) -> CaseLink:
    token = links.new_token()
    return CaseLink(_address(site, token), links.row(token, link))


def _put(site: Site, link: Link, token: str | None = None) -> tuple[str, Link]:
    token = token or links.new_token()
    return _address(site, token), links.put(token, link)


def _address(site: Site, token: str) -> str:
    return f"{site.base_url}/l/{token}"


def show_link(token: str, now: int) -> Shown:
    """What a link would open; at most two reads and no write. Raises Retryable."""
    try:
        link = links.find(token)
    except NotFound:
        return Shown(sites.find(config.setting("SITE")), None, "unknown")
    brand = sites.find(link.site)
    site = brand.at(account_of(link.scope)[0])
    if site is None or not allowed(link, site):  # the site may not see the account, or offer the flow, any more
        return Shown(brand, link, "revoked")
    dead = state(link, now)
    if dead != "open":
        return Shown(site, link, dead)
    invoice = _case(link)
    if invoice is not None and closes_case(invoice):
        return Shown(site, link, "settled")
    return Shown(site, link, None, Money(invoice.amount_remaining, invoice.currency) if invoice else None)


def state(link: Link, now: int) -> State:
    """`open`, or why it opens nothing, as its page tells it."""
    if link.revoked_at is not None:
        return "revoked"
    if now >= link.good_until:
        return "expired"
    return "used" if link.used_at is not None else "open"


def allowed(link: Link, site: Site) -> bool:
    """Whether the site still offers what the link opens, and still lets customers back to where it leads."""
    try:
        check(visit_of(link), site)
    except Invalid:
        return False
    return True


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
        target = _target(shown.site, shown.link)
    except Exception:
        if shown.link.single_use:
            links.release(token)
        raise
    _remember(shown.link, now)
    return shown, target


def _remember(link: Link, now: int) -> None:
    """Write down that a reminder was followed; whoever wants to pay must not be held up by our numbers."""
    if link.case_sk is None:
        return
    try:
        cases.clicked(Key(of_customer(link.scope, link.customer), link.case_sk), now)
    except StoreUnavailable as error:
        report(error)


def _target(site: Site, link: Link) -> str:
    if link.flow == PAY and link.case_sk is not None:
        raw = ask_stripe.fetch_invoice(link.case_sk.rsplit("#", 1)[1], link.scope)
        url = shapes.invoice(raw).hosted_invoice_url if raw else None
        if url:
            return url
    return open_portal(site, visit_of(link), minimal=link.flow != MANAGE, back=f"{site.base_url}/done/{link.id}")


def visit_of(link: Link) -> Visit:
    """What a link opens."""
    if link.visit is not None:
        return parse_visit(json.loads(link.visit))
    locale = locales.for_stripe([link.language]) if link.language else None
    flow = {PAY: "payment_method_update", MANAGE: None}.get(link.flow or "", link.flow)
    return Visit(link.customer, Flow(flow, after=After("redirect")), locale=locale)
