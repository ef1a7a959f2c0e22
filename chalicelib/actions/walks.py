"""The phases of reconciling one account (`core.reconcile.PHASES`): each does one page and says where the next begins."""

import json
from collections.abc import Callable

from chalicelib.actions.compare import Raw, Walk, listed, single
from chalicelib.core import window
from chalicelib.core.events import EVENTS, enabled_events
from chalicelib.core.model import Card, Customer, Invoice, Kind
from chalicelib.core.window import Verdict
from chalicelib.errors import StripeRefused, UnknownShape
from chalicelib.store import keys, known, objects
from chalicelib.store.objects import record_of
from chalicelib.stripe_api import shapes
from chalicelib.stripe_api.paging import Page

Phase = Callable[[Walk, str | None], str | None]

TYPES_AT_ONCE = 20
"""Event types for which one call may ask."""


def _of_list(kind: Kind, path: str, params: Callable[[Walk], Raw]) -> Phase:
    def phase(walk: Walk, cursor: str | None) -> str | None:
        page = walk.stripe.page(path, params(walk), cursor)
        listed(walk, kind, page.data, page.start, page.end)
        return page.cursor

    return phase


def known_products(walk: Walk, _cursor: str | None) -> str | None:
    """Products that we have and that Stripe may have deleted: asked for by id, a hundred at once."""
    stored = [row.sk.removeprefix(keys.PRODUCTS) for row in known.products(walk.scope) if not row.gone]
    for first in range(0, len(stored), 100):
        wanted = stored[first : first + 100]
        page = walk.stripe.page("/v1/products", {"ids": wanted})
        for ident in sorted(set(wanted) - {raw["id"] for raw in page.data}):
            single(walk, Kind.PRODUCT, ident, None, 0)
    return None


def known_customers(walk: Walk, cursor: str | None) -> str | None:
    """The cards of customers that we know, and what no list shows: deleted customers, old invoices that may have changed."""
    rows, following = known.customers(walk.scope, cursor)
    for row in rows:
        record = record_of(row)
        if isinstance(record, Customer):
            cards(walk, record.id, record.created)
        elif isinstance(record, Invoice) and (record.status == "draft" or record.created < walk.since):
            single(walk, Kind.INVOICE, record.id, record.customer, record.created)
    return following


def cards(walk: Walk, customer: str, created: int) -> None:
    """A customer's cards on both sides. Where Stripe lists none, the customer may be deleted: one more read tells."""
    try:
        pages = _all(walk, f"/v1/customers/{customer}/payment_methods")
    except StripeRefused as refused:
        if refused.stripe_code != "resource_missing":
            raise
        pages = []
    there = set()
    for page in pages:
        held = [raw for raw in page.data if shapes.reference(raw.get("customer"))]  # else detached while it was listed
        listed(walk, Kind.CARD, held, page.start, page.end)
        there |= {raw["id"] for raw in held}
    if not there:
        single(walk, Kind.CUSTOMER, customer, customer, created)
    for row in known.cards(walk.scope, customer):
        record = record_of(row)
        if isinstance(record, Card) and not row.gone and record.id not in there:
            single(walk, Kind.CARD, record.id, customer, record.created)


def _all(walk: Walk, path: str) -> list[Page]:
    pages = [walk.stripe.page(path, {})]
    while pages[-1].cursor:
        pages.append(walk.stripe.page(path, {}, pages[-1].cursor))
    return pages


def undelivered(walk: Walk, cursor: str | None) -> str | None:
    """Events that no endpoint has taken, of the thirty days for which Stripe keeps them: their objects, once each."""
    first, after = json.loads(cursor) if cursor else (0, None)
    types = enabled_events()[first : first + TYPES_AT_ONCE]
    page = walk.stripe.page("/v1/events", {"types": types, "delivery_success": "false"}, after)
    done: set[keys.Key] = set()
    for raw in page.data:
        _of_event(walk, raw, done)
    if page.cursor:
        return json.dumps([first, page.cursor])
    following = first + TYPES_AT_ONCE
    return json.dumps([following, None]) if following < len(EVENTS) else None


def _of_event(walk: Walk, raw: Raw, done: set[keys.Key]) -> None:
    try:
        event = shapes.event(raw)
        kind = EVENTS[event.type](event).kind
        ident, customer, created = shapes.identity(kind, event.object, event.previous)
    except UnknownShape:
        walk.counts["unreadable.event"] += 1
        return
    walk.counts["seen.event"] += 1
    key = keys.of_object(walk.scope, kind, ident, customer, created)
    if key in done:
        return
    done.add(key)
    stored = objects.window_of(objects.rows([key]).get(key))
    if window.judge(stored, event.created) is not Verdict.OLD:
        single(walk, kind, ident, customer, created, remember=True)


def customer(walk: Walk, ident: str) -> None:
    """All of one customer, on both sides."""
    single(walk, Kind.CUSTOMER, ident, ident, 0)
    for kind, path, params in (
        (Kind.SUBSCRIPTION, "/v1/subscriptions", {"customer": ident, "status": "all"}),
        (Kind.INVOICE, "/v1/invoices", {"customer": ident}),
    ):
        cursor: str | None = ""
        while cursor is not None:
            page = walk.stripe.page(path, params, cursor or None)
            listed(walk, kind, page.data, page.start, page.end)
            cursor = page.cursor
    for invoice in known.drafts(walk.scope, ident):
        single(walk, Kind.INVOICE, invoice.id, ident, invoice.created)
    cards(walk, ident, 0)


WALKS: dict[str, Phase] = {
    "customers": _of_list(Kind.CUSTOMER, "/v1/customers", lambda _walk: {}),
    "subscriptions": _of_list(Kind.SUBSCRIPTION, "/v1/subscriptions", lambda _walk: {"status": "all"}),
    "open_invoices": _of_list(Kind.INVOICE, "/v1/invoices", lambda _walk: {"status": "open"}),
    "recent_invoices": _of_list(Kind.INVOICE, "/v1/invoices", lambda walk: {"created": {"gte": walk.since}}),
    "products": _of_list(Kind.PRODUCT, "/v1/products", lambda _walk: {}),
    "known_products": known_products,
    "known_customers": known_customers,
    "undelivered": undelivered,
}
"""A phase by its name: does one page, and gives the cursor of the next, or None at its end."""
