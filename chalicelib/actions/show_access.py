"""What a customer may use at this moment, from the stored state: one read, and nothing is written."""

from typing import Any

from chalicelib.core.access import Unpaid, access
from chalicelib.core.cases import opens_case
from chalicelib.core.model import Customer, Money
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
    unpaid = [_unpaid(each) for each in account.invoices if opens_case(each.invoice)]
    found = access(site.access, account.subscriptions, unpaid, _zone(site, account.customer), now)
    return {
        "customer": ident,
        "access": "blocked" if account.deleted else found.state,
        "reason": "customer_deleted" if account.deleted else found.reason,
        "since": None if account.deleted else found.since,
        "until": None if account.deleted else found.until,
        "unpaid": {"count": len(unpaid), "amounts": _sums(account)},
    }


def _unpaid(stored: StoredInvoice) -> Unpaid:
    """An invoice that no event has opened a case for (a first backfill) failed when it was made, at the earliest."""
    invoice = stored.invoice
    amount = Money(invoice.amount_remaining, invoice.currency)
    return Unpaid(amount, stored.opened_at or invoice.created, stored.end_day)


def _sums(account: Account) -> list[dict[str, Any]]:
    owed = [each.invoice for each in account.invoices if opens_case(each.invoice)]
    currencies = sorted({invoice.currency for invoice in owed})
    return [
        {"currency": currency, "amount": sum(each.amount_remaining for each in owed if each.currency == currency)}
        for currency in currencies
    ]


def _zone(site: Site, customer: Customer) -> str:
    """The zone in which the customer's days are counted: as their mails count them."""
    return time_zone(customer) or site.time_zone
