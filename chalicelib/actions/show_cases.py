"""Dunning cases and mails, as people in support see them."""

from typing import Any

from chalicelib.actions.show_customer import case
from chalicelib.core.cases import closes_case
from chalicelib.core.model import Invoice
from chalicelib.core.site import Site
from chalicelib.errors import BadRequest
from chalicelib.store import cases, customers, outbox
from chalicelib.store.customers import StoredInvoice, stored_invoice
from chalicelib.store.keys import INVOICES
from chalicelib.store.objects import record_of
from chalicelib.store.outbox import Covered, Post
from chalicelib.store.tables import ObjectRow

STATES = ("open", "recovered", "lost", "voided", "closed")


def show_open_cases(site: Site, limit: int, cursor: str | None) -> dict[str, Any]:
    """A page of all open cases of the site's account, in no order that matters. Raises BadRequest for a cursor."""
    try:
        rows, following = cases.listed(site.scope, cursor, limit)
    except ValueError as error:
        raise BadRequest("cursor must be a next_cursor of this list.", "cursor") from error
    found = [_of_row(row) for row in rows]
    return {"data": [each for each in found if each], "has_more": following is not None, "next_cursor": following}


def show_customers_cases(site: Site, customer: str, state: str | None) -> dict[str, Any]:
    """All cases of one customer, in one state if one is named; the newest first."""
    found = [show_case(each) for each in customers.find(site.scope, customer).invoices if each.opened_at is not None]
    kept = [each for each in found if state in (None, each["state"])]
    return {"data": kept, "has_more": False, "next_cursor": None}


def show_case(stored: StoredInvoice) -> dict[str, Any]:
    """One case as the API writes it: what is owed by whom, and what was done about it."""
    invoice = stored.invoice
    return {
        "invoice": invoice.id,
        "customer": invoice.customer,
        "currency": invoice.currency,
        "amount_remaining": invoice.amount_remaining,
        "attempt_count": invoice.attempt_count,
        **(case(stored) or {}),
    }


def _of_row(row: ObjectRow) -> dict[str, Any] | None:
    record = record_of(row)
    if not isinstance(record, Invoice) or closes_case(record):  # settled a moment ago: the next run closes it
        return None
    return show_case(stored_invoice(row, record))


def show_mails(site: Site, customer: str, limit: int, cursor: str | None, now: int) -> dict[str, Any]:
    """A page of what a customer was sent, newest first; empty where they got nothing. Raises BadRequest for a cursor."""
    if cursor is not None and not (cursor.isascii() and cursor.isdigit() and len(cursor) <= 8):
        raise BadRequest("cursor must be a next_cursor of this list.", "cursor")
    found = outbox.page(site.scope, customer, limit + 1, int(cursor) if cursor else None)
    page, more = found[:limit], len(found) > limit
    shown = [_mail(post, now) for post in page if post.state != outbox.FREE]
    return {"data": shown, "has_more": more, "next_cursor": str(page[-1].number) if more else None}


def _mail(post: Post, now: int) -> dict[str, Any]:
    """`unsent`: its mailer died before SES had it. No address: the customer's are at Stripe."""
    lapsed = post.state == outbox.SENDING and (post.lease_until or 0) < now
    return {
        "number": post.number,
        "kind": post.kind,
        "state": "unsent" if lapsed else post.state,
        "at": post.sent_at or post.at,
        "track": post.track,
        "reason": post.reason,
        "cases": [{"invoice": _ident(each), "step": each.step} for each in post.cases if each.sk.startswith(INVOICES)],
        "notices": [
            {"about": _ident(each), "notice": each.step} for each in post.cases if not each.sk.startswith(INVOICES)
        ],
    }


def _ident(covered: Covered) -> str:
    return covered.sk.rsplit("#", 1)[1]
