"""A new card, money in: pay a customer's open invoices with it at once, where the site wants that."""

from chalicelib import config
from chalicelib.actions import ask_stripe
from chalicelib.core import collecting
from chalicelib.core.cases import opens_case
from chalicelib.core.collecting import Collect, Owed
from chalicelib.core.site import account_of
from chalicelib.errors import StripeRefused
from chalicelib.log import count, report
from chalicelib.store import cases, customers, sites
from chalicelib.store.keys import Key, of_customer
from chalicelib.stripe_api import facts


def collect(scope: str, customer: str, now: int) -> dict[str, str]:
    """Pay what is open with the card that the customer has now; what became of each invoice, by its id.

    One read, and for each open invoice one GET; where there is a card to pay with, up to two POSTs and one write. Asked
    twice it pays once: Stripe's idempotency keys are made of invoice and card. Raises Retryable.
    """
    if not _wanted(scope):
        return {}
    owed = [each for each in customers.find(scope, customer).invoices if opens_case(each.invoice)]
    return {each.invoice.id: _collect(scope, Key(of_customer(scope, customer), each.sk), now) for each in owed}


def _wanted(scope: str) -> bool:
    site = sites.find(config.setting("SITE")).at(account_of(scope)[0])
    return site is not None and site.pay_open_invoices


def _collect(scope: str, key: Key, now: int) -> str:
    invoice = key.sk.rpartition("#")[2]
    raw = ask_stripe.fetch_invoice(invoice, scope)
    if raw is None:
        return "nothing_owed"
    debtor = facts.debtor(raw)
    found = debtor.facts
    decision = collecting.decide(
        Owed(found.invoice, found.decline.card, debtor.default_card, debtor.subscription_card, found.processing)
    )
    if not isinstance(decision, Collect):
        return decision.reason
    outcome = _pay(scope, key, debtor, decision, now)
    count("Collected", outcome=outcome if outcome in ("paid", "settled") else "declined")
    return outcome


def _pay(scope: str, key: Key, debtor: facts.Debtor, decision: Collect, now: int) -> str:
    """Replace the failed card, pay, and write down both; what Stripe refuses is written down too, and left to its retries."""
    steps = []
    try:
        if decision.replaces and debtor.subscription:
            ask_stripe.replace_card(debtor.subscription, decision.card, scope)
            steps.append("card_replaced")
        steps.append(ask_stripe.pay_invoice(debtor.facts.invoice.id, decision.card, scope))
    except StripeRefused as refused:
        report(refused, invoice=debtor.facts.invoice.id)
        steps.append(refused.stripe_code or "refused")
    cases.collected(key, decision.card, steps, now)
    return steps[-1]
