"""What a customer may use at this moment, from the stored state: one read, and nothing is written."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from chalicelib.core.access import Unpaid, access
from chalicelib.core.cases import opens_case
from chalicelib.core.model import LIVE, Customer, Invoice, Money
from chalicelib.core.site import Site
from chalicelib.errors import NotFound
from chalicelib.store import customers
from chalicelib.store.customers import Account, StoredInvoice
from chalicelib.stripe_api.facts import time_zone


def show_access(site: Site, ident: str, now: int) -> dict[str, Any]:
    """The access of a customer, as the API writes it. Raises NotFound."""
    account = customers.find(site.scope, ident)
    if account.customer is None:
        raise NotFound("There is no such customer.", "id")
    owed = [each for each in account.invoices if _is_owed(each.invoice, account)]
    unpaid = [_unpaid(each) for each in owed]
    found = access(site.access, account.subscriptions, unpaid, _zone(site, account.customer), now)
    return {
        "customer": ident,
        "access": "blocked" if account.deleted else found.state,
        "reason": "customer_deleted" if account.deleted else found.reason,
        "since": None if account.deleted else found.since,
        "until": None if account.deleted else found.until,
        "unpaid": {"count": len(unpaid), "amounts": _sums(each.invoice for each in owed)},
    }


def _is_owed(invoice: Invoice, account: Account) -> bool:
    """Also where Stripe has given an invoice up as uncollectible, and its subscription runs on."""
    if invoice.status != "uncollectible":
        return opens_case(invoice)
    runs = any(each.id == invoice.subscription and each.status in LIVE for each in account.subscriptions)
    return runs and opens_case(replace(invoice, status="open"))


def _unpaid(stored: StoredInvoice) -> Unpaid:
    """An invoice that no event has opened a case for (a first backfill) failed when it was made, at the earliest."""
    invoice = stored.invoice
    amount = Money(invoice.amount_remaining, invoice.currency)
    return Unpaid(amount, stored.opened_at or invoice.created, stored.end_day)


def _sums(owed: Iterable[Invoice]) -> list[dict[str, Any]]:
    sums: dict[str, int] = {}
    for invoice in owed:
        sums[invoice.currency] = sums.get(invoice.currency, 0) + invoice.amount_remaining
    return [{"currency": currency, "amount": amount} for currency, amount in sorted(sums.items())]


def _zone(site: Site, customer: Customer) -> str:
    """The zone in which the customer's days are counted: as their mails count them."""
    return time_zone(customer) or site.time_zone
