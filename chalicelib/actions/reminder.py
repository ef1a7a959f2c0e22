"""What a failed-payment mail says: the facts of its case, and of the customer's other unpaid invoices, in one letter."""

from collections.abc import Mapping
from dataclasses import field, replace

from chalicelib import wording
from chalicelib.actions import ask_stripe
from chalicelib.actions.catalogue import plan_name
from chalicelib.core import dunning
from chalicelib.core.campaign import Campaign
from chalicelib.core.cases import closes_case, opens_case
from chalicelib.core.dunning import Case, Facts, Send
from chalicelib.core.failed_payment import OpenInvoice, Reminder
from chalicelib.core.frozen import frozen
from chalicelib.core.model import Invoice, Money
from chalicelib.core.rendered import Mail
from chalicelib.core.site import Site
from chalicelib.mails import render
from chalicelib.store.cases import OpenCase
from chalicelib.store.keys import Key
from chalicelib.stripe_api import shapes
from chalicelib.stripe_api.facts import Debtor


@frozen
class Merged:
    """The customer's other cases that go into one mail with this one, and their invoices as Stripe has them now."""

    others: tuple[OpenCase, ...] = ()
    invoices: Mapping[str, Invoice] = field(default_factory=dict)

    def facts(self, debtor: Debtor, other: OpenCase) -> Facts:
        """The facts of another case, as far as the calendar of its campaign needs them."""
        return replace(debtor.facts, invoice=self.invoices[other.invoice.id])


def merged(case: OpenCase, others: Mapping[Key, OpenCase], debtor: Debtor, scope: str) -> Merged:
    """Which of the customer's other open cases the mail takes along: those in its currency that are unpaid at Stripe now.

    One call to Stripe, and none where there is no such case.
    """
    currency = debtor.facts.invoice.currency
    alike = [other for other in others.values() if other.invoice.currency == currency and _counts(other)]
    if not alike:
        return Merged()
    page = ask_stripe.page("/v1/invoices", {"customer": case.invoice.customer, "status": "open"}, scope)
    unpaid = {invoice.id: invoice for invoice in map(shapes.invoice, page.data) if opens_case(invoice)}
    return Merged(tuple(other for other in alike if other.invoice.id in unpaid), unpaid)


def _counts(other: OpenCase) -> bool:
    return not other.stopped and not closes_case(other.invoice)


@frozen
class Subject:
    """What a mail is about: a case and its campaign, and whoever owes the money, to whom."""

    case: OpenCase
    campaign: Campaign
    debtor: Debtor
    site: Site


def written(about: Subject, decision: Send, together: Merged, link: str, now: int) -> Mail:
    """The mail of a step. Raises Misconfigured where the site cannot be written for."""
    case, site, debtor = about.case, about.site, about.debtor
    invoice, decline = debtor.facts.invoice, debtor.facts.decline
    zone = debtor.time_zone or site.time_zone
    owed = [invoice, *(together.invoices[other.invoice.id] for other in together.others)]
    total = Money(sum(each.amount_remaining for each in owed), invoice.currency)
    lines = tuple(OpenInvoice(Money(each.amount_remaining, each.currency), each.created, each.number) for each in owed)
    reminder = Reminder(
        site=site,
        language=language_of(site, debtor),
        time_zone=zone,
        name=debtor.name,
        plan=plan_name(site.scope, debtor.products, now),
        amount=total,
        last4=decline.last4,
        failed_at=case.opened_at,
        next_attempt_at=dunning.promised_retry(debtor.facts, now),
        ends_at=dunning.ends_at(about.campaign, Case(case.opened_at), zone),
        track=decision.track,
        final=decision.step.final,
        first=case.handled is None,
        link=link,
        invoices=lines if len(owed) > 1 else (),
        country=debtor.country,
    )
    return render.failed_payment(reminder)


def language_of(site: Site, debtor: Debtor) -> str:
    """The customer's first language that the site offers, with its region: that decides how money and dates are written."""
    return wording.tag(debtor.locales, site.languages)
