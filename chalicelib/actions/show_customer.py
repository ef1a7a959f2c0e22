"""The state API: everything about a customer as the API writes it. See docs/api.md."""

import re
from dataclasses import asdict
from typing import Any

from chalicelib.actions.catalogue import product_names
from chalicelib.core.cases import case_state
from chalicelib.core.model import Card, Subscription
from chalicelib.core.payments import Charge, Dispute
from chalicelib.core.schedules import Schedule, next_phase
from chalicelib.core.site import Site
from chalicelib.errors import BadRequest, NotFound
from chalicelib.store import customers, payments
from chalicelib.store.customers import Account, StoredInvoice

RECENT = 12
"""Invoices that the overview shows; the rest is paged."""

_CURSOR = re.compile(r"5#INV#[0-9]{12}#[A-Za-z0-9_]{1,255}")
"""The sort key of an invoice. Anything else may be no key at all for DynamoDB, which would look like a failure of ours."""


def show_customer(site: Site, ident: str, now: int) -> dict[str, Any]:
    """The overview of one customer: three reads. Raises NotFound."""
    account = _account(site, ident)
    customer = account.customer
    assert customer is not None
    names = product_names(site.scope, _products(account.subscriptions), now)
    open_invoices = [each for each in account.invoices if each.invoice.status == "open"]
    return {
        "id": customer.id,
        "account": site.account,
        "livemode": site.livemode,
        "email": customer.email,
        "name": customer.name,
        "locale": customer.locales[0] if customer.locales else None,
        "country": customer.country,
        "deleted": account.deleted,
        "subscriptions": [
            {**_subscription(each, names), "planned_change": _planned(each, account.schedules, now)}
            for each in _newest_first(account.subscriptions)
        ],
        "entitlements": list(account.entitlements),
        "cards": [_card(each, customer.default_payment_method) for each in account.cards],
        "open_invoices": [invoice(each) for each in open_invoices],
        "recent_invoices": [invoice(each) for each in account.invoices[:RECENT]],
        "disputes": [_without_customer(each) for each in payments.open_disputes(site.scope, ident)],
    }


def show_invoices(site: Site, ident: str, limit: int, cursor: str | None) -> dict[str, Any]:
    """A page of a customer's invoices, newest first. Raises NotFound for an unknown customer, BadRequest for a cursor."""
    if cursor is not None and not _CURSOR.fullmatch(cursor):
        raise BadRequest("cursor must be a next_cursor of this list.", "cursor")
    page, more = customers.invoices(site.scope, ident, limit, cursor)
    if not page and cursor is None:
        _account(site, ident)
    return {"data": [invoice(each) for each in page], "has_more": more, "next_cursor": page[-1].sk if more else None}


def show_payments(site: Site, ident: str, invoice_id: str) -> dict[str, Any]:
    """The tries to pay an invoice that failed, oldest first, with the banks' reasons. Raises NotFound (the customer)."""
    failed = payments.failed_attempts(site.scope, invoice_id, ident)
    if not failed:
        _account(site, ident)
    return {"data": [_without_customer(each) for each in failed if each.customer == ident]}


def invoice(stored: StoredInvoice) -> dict[str, Any]:
    """An invoice and its dunning case as the API writes them."""
    kept = asdict(stored.invoice)
    names = (
        "id number status currency amount_due amount_paid amount_remaining attempt_count next_payment_attempt due_date "
        "billing_reason subscription hosted_invoice_url invoice_pdf created"
    )
    return {**{name: kept[name] for name in names.split()}, "case": case(stored)}


def _account(site: Site, ident: str) -> Account:
    account = customers.find(site.scope, ident)
    if account.customer is None:
        raise NotFound("There is no such customer.", "id")
    return account


def case(stored: StoredInvoice) -> dict[str, Any] | None:
    """The dunning case of an invoice as the API writes it, or None where it has none."""
    if stored.opened_at is None:
        return None
    state = case_state(stored.invoice.status)
    closed = None if stored.next_at is not None else stored.closed  # a retry that failed has opened it again
    return {
        "state": "closed" if state == "open" and closed else state,
        "reason": closed,
        "campaign": stored.campaign,
        "variant": stored.variant,
        "step": stored.handled,
        "opened_at": stored.opened_at,
        "next_at": stored.next_at,
        "sent": [{"step": step, "at": at} for step, at in stored.sent],
        "collected": [{"card": card, "step": step, "at": at} for card, step, at in stored.collected],
    }


def _subscription(subscription: Subscription, names: dict[str, str]) -> dict[str, Any]:
    items = [{**asdict(item), "product_name": names.get(item.product)} for item in subscription.items]
    return {**_without_customer(subscription), "items": items}


def _planned(subscription: Subscription, schedules: list[Schedule], now: int) -> dict[str, Any] | None:
    """What a schedule will change next."""
    own = [
        (each, phase) for each in schedules if each.subscription == subscription.id and (phase := next_phase(each, now))
    ]
    if not own:
        return None
    schedule, phase = own[0]
    return {"at": phase.start, "items": [asdict(item) for item in phase.items], "schedule": schedule.id}


def _without_customer(record: Subscription | Dispute | Charge) -> dict[str, Any]:
    return {name: value for name, value in asdict(record).items() if name != "customer"}


def _card(card: Card, default: str | None) -> dict[str, Any]:
    return {
        "id": card.id,
        "brand": card.brand,
        "last4": card.last4,
        "exp_month": card.exp_month,
        "exp_year": card.exp_year,
        "is_default": card.id == default,
    }


def _newest_first(subscriptions: list[Subscription]) -> list[Subscription]:
    return sorted(subscriptions, key=lambda subscription: (-subscription.created, subscription.id))


def _products(subscriptions: list[Subscription]) -> set[str]:
    return {item.product for subscription in subscriptions for item in subscription.items}
