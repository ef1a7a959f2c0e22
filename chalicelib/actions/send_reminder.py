"""One due case: claim it, read the invoice from Stripe again, decide, send at most one mail, write it down."""

from chalicelib import campaigns, config, wording
from chalicelib.actions import ask_stripe
from chalicelib.actions.catalogue import product_names
from chalicelib.actions.links import PAY, link_for_case
from chalicelib.aws import mail
from chalicelib.core import dunning
from chalicelib.core.dunning import Campaign, Case, Close, Hold, Send
from chalicelib.core.model import Money, Reminder, Site, Track, account_of
from chalicelib.errors import MailUnknown, Permanent, StamkundError, StoreUnavailable
from chalicelib.log import report
from chalicelib.mails import render
from chalicelib.store import cases, keys, payments, sites
from chalicelib.store.cases import Claim
from chalicelib.store.keys import Key
from chalicelib.stripe_api import facts
from chalicelib.stripe_api.facts import Debtor

PARKED = 6 * 3600
"""Seconds until a case is looked at again that could not be handled: a wrong setting may have been mended by then."""


def send_reminder(key: Key, now: int) -> str:
    """Do what is due in the case at `key`; what was done, for the log and the metrics.

    Raises Retryable (the message comes again) once the case is given back. Where a mail may have left the case is kept: its
    lease runs out while SES's notification settles it. What trying again cannot mend is logged, and looked at again later.
    """
    claim = cases.claim(key, now)
    if claim is None:
        return "not_due"
    try:
        return _handle(claim, now)
    except MailUnknown:
        return "unknown"
    except Permanent as error:
        report(error, case=claim.invoice.id)
        cases.hold(claim, now + PARKED)
        return "parked"
    except StamkundError:
        cases.release(claim)
        raise


def _handle(claim: Claim, now: int) -> str:
    site = _site(claim)
    if site is None:
        cases.close(claim, "no_site")
        return "closed"
    scope = keys.scope_of(claim.key.pk)
    raw = ask_stripe.fetch_invoice(claim.invoice.id, scope)
    if raw is None:
        cases.close(claim, "invoice_deleted")
        return "closed"
    debtor = facts.debtor(raw, disputed=bool(payments.open_disputes(scope, claim.invoice.customer)))
    campaign = campaigns.load(claim.campaign)
    decision = dunning.decide(campaign, Case(claim.opened_at, claim.handled), debtor.facts, _zone(site, debtor), now)
    match decision:
        case Close(reason):
            cases.close(claim, reason)
            return "closed"
        case Hold(until, _):
            cases.hold(claim, until)
            return "held"
        case Send():
            _send(claim, site, campaign, debtor, decision, now)
            return "sent"


def _site(claim: Claim) -> Site | None:
    """Whose brand the mail wears. A connected account is written for only where the site may see it."""
    site = sites.find(config.setting("SITE"))
    account = account_of(keys.scope_of(claim.key.pk))[0]
    return site if account == config.setting("STRIPE_ACCOUNT") else site.at(account)


def _send(claim: Claim, site: Site, campaign: Campaign, debtor: Debtor, decision: Send, now: int) -> None:
    """Render first: a mail that cannot be written fails before anything is promised."""
    assert debtor.facts.email is not None
    flow = PAY if decision.track is Track.AUTHENTICATE else "payment_method_update"
    link = link_for_case(site, claim.key, claim.invoice.customer, flow, _language(site, debtor), now)
    letter = render.failed_payment(_reminder(claim, site, campaign, debtor, decision, link, now))
    tags = {
        "case": claim.invoice.id,
        "customer": claim.invoice.customer,
        "created": str(claim.invoice.created),
        "step": decision.step.key,
        "claim": str(claim.lease_until),
        **({"account": site.account} if site.account != config.setting("STRIPE_ACCOUNT") else {}),
    }
    mail.send(site, debtor.facts.email, letter, tags)
    done = Case(claim.opened_at, decision.step.key)
    after = dunning.decide(campaign, done, debtor.facts, _zone(site, debtor), now)
    try:
        cases.sent(claim, decision.step.key, now, after.until if isinstance(after, Hold) else now)
    except StoreUnavailable as error:
        # The mail has left: giving the case back now would send it again. SES's notification writes it down instead.
        raise MailUnknown("A mail left, but could not be written down.") from error


def _reminder(
    claim: Claim, site: Site, campaign: Campaign, debtor: Debtor, decision: Send, link: str, now: int
) -> Reminder:
    invoice, decline = debtor.facts.invoice, debtor.facts.decline
    return Reminder(
        site=site,
        language=_language(site, debtor),
        time_zone=_zone(site, debtor),
        name=debtor.name,
        plan=_plan(site, debtor, now),
        amount=Money(invoice.amount_remaining, invoice.currency),
        last4=decline.last4,
        failed_at=claim.opened_at,
        next_attempt_at=dunning.promised_retry(debtor.facts, now),
        ends_at=dunning.ends_at(campaign, Case(claim.opened_at), _zone(site, debtor)),
        track=decision.track,
        final=decision.step.final,
        first=claim.handled is None,
        link=link,
    )


def _plan(site: Site, debtor: Debtor, now: int) -> str | None:
    """The name of the plan; several plans on one subscription are named by the first."""
    names = product_names(site.scope, debtor.products, now)
    return next((names[product] for product in debtor.products if product in names), None)


def _zone(site: Site, debtor: Debtor) -> str:
    """The customer's own time zone where the merchant has put it into Stripe's metadata, else the site's."""
    return debtor.time_zone or site.time_zone


def _language(site: Site, debtor: Debtor) -> str:
    """The customer's first language that the site offers, with its region: that decides how money and dates are written."""
    return wording.tag(debtor.locales, site.languages)
