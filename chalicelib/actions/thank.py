"""Payment recovered: thanks for an invoice that we had written about, once, when Stripe says that it is paid."""

from collections.abc import Mapping

from chalicelib import wording
from chalicelib.actions.catalogue import plan_name
from chalicelib.actions.links import MANAGE, link_for_notice
from chalicelib.actions.posting import Parcel, deliver, done, tags_of
from chalicelib.core import dunning, noticing
from chalicelib.core.cases import RECOVERED, SETTLED, closes_case
from chalicelib.core.dunning import Around
from chalicelib.core.frozen import frozen
from chalicelib.core.model import Money
from chalicelib.core.notices import PaymentRecovered, Reader
from chalicelib.core.noticing import Clock
from chalicelib.core.site import Site
from chalicelib.mails import render
from chalicelib.store import cases
from chalicelib.store.cases import OpenCase
from chalicelib.store.keys import Key
from chalicelib.store.outbox import Covered, Desk
from chalicelib.stripe_api.facts import Debtor

GOOD = 7 * 86_400
"""Seconds after a payment in which thanks are still worth a mail."""


@frozen
class Paid:
    """A case whose invoice is paid at Stripe, and what lies around it."""

    case: OpenCase
    others: Mapping[Key, OpenCase]
    desk: Desk
    site: Site
    debtor: Debtor
    clock: Clock
    now: int


def deserves_thanks(case: OpenCase, others: Mapping[Key, OpenCase], site: Site) -> bool:
    """Whether a paid case was written about, not thanked for yet, and leaves nothing open that mails are still about.

    What is open without a case in the index, `cases.owes` knows: that is asked only where a mail would leave.
    """
    wanted = RECOVERED in site.notices and case.handled not in (None, RECOVERED)
    return wanted and all(closes_case(other.invoice) for other in others.values())


def silent(case: OpenCase, others: Mapping[Key, OpenCase], site: Site) -> bool:
    """Whether a case has come to its end, as far as we know, and nothing is to be said of it."""
    thanked = case.invoice.status == "paid" and deserves_thanks(case, others, site)
    return closes_case(case.invoice) and not thanked


def thank(paid: Paid, around: Around) -> str:
    """Send the mail, wait until it may leave, or close the case; what was done."""
    case, debtor, now = paid.case, paid.debtor, paid.now
    to = dunning.address(debtor.facts, around)
    stale = debtor.paid_at is not None and debtor.paid_at < now - GOOD
    together = _together(paid)
    amount = debtor.facts.invoice.amount_paid + sum(other.invoice.amount_paid for other in together)
    if to is None or stale or not amount or not deserves_thanks(case, paid.others, paid.site):
        return done("closed", cases.close(case, "invoice_paid"))
    until = noticing.held(paid.clock, around.last_mail_at, around.paused, now)
    if until is not None:
        return done("held", cases.hold(case, until))
    if cases.owes(case.key):  # thanks say that all is settled: not while a case that we had given up is open at Stripe
        return done("closed", cases.close(case, "invoice_paid"))
    return _send(paid, together, amount, to)


def _together(paid: Paid) -> list[OpenCase]:
    """Other cases of the same currency that were paid too: their thanks are the same mail."""
    currency = paid.case.invoice.currency
    alike = [each for each in paid.others.values() if each.invoice.currency == currency and not each.stopped]
    return [each for each in alike if each.invoice.status == "paid" and each.handled not in (None, RECOVERED)]


def _send(paid: Paid, together: list[OpenCase], amount: int, to: str) -> str:
    site, debtor, desk, now = paid.site, paid.debtor, paid.desk, paid.now
    language = wording.tag(debtor.locales, site.languages)
    link = link_for_notice(site, desk.customer, MANAGE, language, now)
    letter = render.payment_recovered(
        PaymentRecovered(
            reader=Reader(site, language, paid.clock.zone, now, debtor.name, debtor.country),
            plan=plan_name(site.scope, debtor.products, now),
            amount=Money(amount, debtor.facts.invoice.currency),
            paid_at=debtor.paid_at or now,
            link=link.url,
        )
    )
    about = [paid.case, *together]
    covered = tuple(Covered(each.key.sk, RECOVERED, each.handled, SETTLED) for each in about)
    post = desk.next_mail(RECOVERED, covered, now)
    return deliver(Parcel(site, post, about, link.row, to, letter, tags_of(post, site)), now)
