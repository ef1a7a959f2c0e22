"""What a failed-payment mail says: the facts of its case, and of the customer's other unpaid invoices, in one letter."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from chalicelib import wording
from chalicelib.actions import ask_stripe
from chalicelib.actions.catalogue import plan_name
from chalicelib.actions.treatment import Treatment, treatment_of
from chalicelib.core import dunning
from chalicelib.core.access import Unpaid, standing
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
from chalicelib.store.keys import Key, scope_of
from chalicelib.stripe_api import facts
from chalicelib.stripe_api.facts import Debtor, Owed


@frozen
class Other:
    """Another case of the customer's that one mail takes along: its invoice as Stripe has it now, and how it is treated."""

    case: OpenCase
    invoice: Invoice
    treatment: Treatment

    def facts(self, debtor: Debtor) -> Facts:
        """The facts of this case, as far as the calendar of its campaign needs them."""
        return replace(debtor.facts, invoice=self.invoice)


def merged(site: Site, case: OpenCase, others: Mapping[Key, OpenCase], debtor: Debtor) -> tuple[Other, ...]:
    """Which of the customer's other open cases the mail takes along: those in its currency that are unpaid at Stripe now.

    Not those that are stopped or held out, nor an invoice whose subscription has ended: nobody asks for that any more. One call
    to Stripe, and none where there is no such case.
    """
    currency = debtor.facts.invoice.currency
    alike = [other for other in others.values() if other.invoice.currency == currency and _counts(other)]
    if not alike:
        return ()
    asked = {"customer": case.invoice.customer, "status": "open", "expand": facts.OWED_FACTS}
    page = ask_stripe.page("/v1/invoices", asked, scope_of(case.key.pk))
    unpaid = {owed.invoice.id: owed for owed in map(facts.owed, page.data) if _is_asked_for(owed)}
    found = [_other(site, other, unpaid[other.invoice.id], debtor) for other in alike if other.invoice.id in unpaid]
    return tuple(each for each in found if not each.treatment.held_out)


def _counts(other: OpenCase) -> bool:
    return not other.stopped and not closes_case(other.invoice)


def _is_asked_for(owed: Owed) -> bool:
    return opens_case(owed.invoice) and not dunning.subscription_gone(owed.invoice, owed.subscription_status)


def _other(site: Site, case: OpenCase, owed: Owed, debtor: Debtor) -> Other:
    payer = replace(debtor.payer, prices=owed.prices, intervals=owed.intervals)
    return Other(case, owed.invoice, treatment_of(site, case, payer, debtor.facts.decline.code))


@frozen
class Subject:
    """What a mail is about: a case and its campaign, and whoever owes the money, to whom. `others`: all their open cases."""

    case: OpenCase
    campaign: Campaign
    debtor: Debtor
    site: Site
    others: Sequence[OpenCase] = ()


def written(about: Subject, decision: Send, together: Sequence[Other], link: str, now: int) -> Mail:
    """The mail of a step. Raises Misconfigured where the site cannot be written for."""
    case, site, debtor = about.case, about.site, about.debtor
    invoice, decline = debtor.facts.invoice, debtor.facts.decline
    zone = debtor.time_zone or site.time_zone
    owed = [invoice, *(other.invoice for other in together)]
    total = Money(sum(each.amount_remaining for each in owed), invoice.currency)
    lines = tuple(OpenInvoice(Money(each.amount_remaining, each.currency), each.created, each.number) for each in owed)
    end = _end(about, together, zone)
    reminder = Reminder(
        site=site,
        language=language_of(site, debtor),
        time_zone=zone,
        name=debtor.name,
        plan=plan_name(site.scope, debtor.products, now),
        amount=total,
        last4=decline.last4,
        failed_at=case.opened_at,
        next_attempt_at=dunning.promised_retry(debtor.facts, now, end),
        ends_at=end,
        full_until=_full_until(about, end, zone, now),
        track=decision.track,
        final=decision.step.final,
        first=case.handled is None,
        link=link,
        invoices=lines if len(owed) > 1 else (),
        country=debtor.country,
    )
    return render.failed_payment(reminder)


def _end(about: Subject, together: Iterable[Other], zone: str) -> int:
    """The first end of those that the cases of a mail have."""
    ends = [dunning.ends_at(other.treatment.campaign, Case(other.case.opened_at), zone) for other in together]
    return min((dunning.ends_at(about.campaign, Case(about.case.opened_at), zone), *ends))


def _full_until(about: Subject, end: int, zone: str, now: int) -> int | None:
    """Up to when access is full, as the API tells it from the same cases; None where it is so no longer."""
    invoice = about.debtor.facts.invoice
    unpaid = [Unpaid(Money(invoice.amount_remaining, invoice.currency), about.case.opened_at, about.campaign.end_day)]
    for other in about.others:
        if opens_case(other.invoice):
            amount = Money(other.invoice.amount_remaining, other.invoice.currency)
            unpaid.append(Unpaid(amount, other.opened_at, other.end_day))
    found = standing(about.site.access, unpaid, zone, now)
    return min(found.until or end, end) if found.state == "full" else None


def language_of(site: Site, debtor: Debtor) -> str:
    """The customer's first language that the site offers, with its region: that decides how money and dates are written."""
    return wording.tag(debtor.locales, site.languages)
