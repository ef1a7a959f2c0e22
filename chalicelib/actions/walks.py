"""The phases of reconciling one account (`core.reconcile.PHASES`): each does one page and says where the next begins."""

import json

from chalicelib.actions.apply_event import doubt_about, key_of, settle
from chalicelib.actions.catalogue_walks import coupons, known_products, prices
from chalicelib.actions.compare import Raw, Walk, single
from chalicelib.actions.listing import Phase, all_of, of_list, recent
from chalicelib.core import window
from chalicelib.core.events import EVENTS, enabled_events
from chalicelib.core.model import Card, Customer, Invoice, Kind
from chalicelib.core.reconcile import DISPUTED
from chalicelib.core.window import Verdict
from chalicelib.errors import StripeRefused, UnknownShape
from chalicelib.store import keys, known, objects
from chalicelib.store.objects import record_of
from chalicelib.stripe_api import shapes

TYPES_AT_ONCE = 20
"""Event types for which one call may ask."""


def known_customers(walk: Walk, cursor: str | None) -> str | None:
    """What belongs to customers that we know, and what no list shows: deleted customers, old invoices that may have changed."""
    rows, following = known.customers(walk.scope, cursor)
    records = [record_of(row) for row in rows]
    entitled = any(isinstance(record, Customer) for record in records) and grants(walk)
    for record in records:
        if isinstance(record, Customer):
            cards(walk, record.id, record.created)
            if entitled:
                single(walk, Kind.ENTITLEMENTS, record.id, record.id, 0)
        elif isinstance(record, Invoice) and (record.status == "draft" or record.created < walk.since):
            single(walk, Kind.INVOICE, record.id, record.customer, record.created)
    return following


def cards(walk: Walk, customer: str, created: int) -> None:
    """A customer's cards on both sides. Where Stripe lists none, the customer may be deleted: one more read tells."""
    try:
        there = {raw["id"] for raw in all_of(walk, Kind.CARD, {}, f"/v1/customers/{customer}/payment_methods")}
    except StripeRefused as refused:
        if refused.stripe_code != "resource_missing":
            raise
        there = set()
    if not there:
        single(walk, Kind.CUSTOMER, customer, customer, created)
    for row in known.cards(walk.scope, customer):
        record = record_of(row)
        if isinstance(record, Card) and not row.gone and record.id not in there:
            single(walk, Kind.CARD, record.id, customer, record.created)


def grants(walk: Walk) -> bool:
    """Whether the account has entitlements at all: most have none, and are spared a call for each customer.

    A key that may not read them must not end the run here, before what comes after it: that is counted.
    """
    try:
        return bool(walk.stripe.page("/v1/entitlements/features", {"limit": 1}).data)
    except StripeRefused:
        walk.counts[f"unreadable.{Kind.ENTITLEMENTS}"] += 1
        return False


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
        doubt = doubt_about(event, EVENTS[event.type](event), walk.scope, "undelivered")
    except UnknownShape:
        walk.counts["unreadable.event"] += 1
        return
    walk.counts["seen.event"] += 1
    if not doubt.placed:
        if walk.repair:
            settle(doubt, walk.stripe.fetch)
        return
    key = key_of(doubt)
    if key in done:
        return
    done.add(key)
    stored = objects.window_of(objects.rows([key]).get(key))
    if window.judge(stored, event.created) is not Verdict.OLD:
        single(walk, doubt.kind, doubt.id, doubt.customer, doubt.object_created, remember=True)


def customer(walk: Walk, ident: str) -> None:
    """All of one customer, on both sides; payments since the beginning of the run."""
    single(walk, Kind.CUSTOMER, ident, ident, 0)
    all_of(walk, Kind.SUBSCRIPTION, {"customer": ident, "status": "all"})
    all_of(walk, Kind.SCHEDULE, {"customer": ident})
    invoices = all_of(walk, Kind.INVOICE, {"customer": ident})
    for invoice in known.drafts(walk.scope, ident):
        single(walk, Kind.INVOICE, invoice.id, ident, invoice.created)
    cards(walk, ident, 0)
    if grants(walk):
        single(walk, Kind.ENTITLEMENTS, ident, ident, 0)
    all_of(walk, Kind.INTENT, {"customer": ident, **recent(walk)})
    for charge in all_of(walk, Kind.CHARGE, {"customer": ident, **recent(walk)}):
        for kind, has in ((Kind.REFUND, charge["amount_refunded"]), (Kind.DISPUTE, charge["disputed"])):
            if has:
                all_of(walk, kind, {"charge": charge["id"]})
    for raw in invoices:
        if raw["created"] >= walk.since and raw["status"] != "draft":
            all_of(walk, Kind.INVOICE_PAYMENT, {"invoice": raw["id"]})


WALKS: dict[str, Phase] = {
    "customers": of_list(Kind.CUSTOMER, lambda _walk: {}),
    "subscriptions": of_list(Kind.SUBSCRIPTION, lambda _walk: {"status": "all"}),
    "schedules": of_list(Kind.SCHEDULE, lambda _walk: {}),
    "open_invoices": of_list(Kind.INVOICE, lambda _walk: {"status": "open"}),
    "recent_invoices": of_list(Kind.INVOICE, recent),
    "intents": of_list(Kind.INTENT, recent),
    "charges": of_list(Kind.CHARGE, recent),
    "refunds": of_list(Kind.REFUND, recent),
    "disputes": of_list(Kind.DISPUTE, lambda walk: {"created": {"gte": max(walk.since - DISPUTED, 0)}}),
    "invoice_payments": of_list(Kind.INVOICE_PAYMENT, recent),
    "products": of_list(Kind.PRODUCT, lambda _walk: {}),
    "known_products": known_products,
    "prices": prices,
    "coupons": coupons,
    "known_customers": known_customers,
    "undelivered": undelivered,
}
"""A phase by its name: does one page, and gives the cursor of the next, or None at its end."""
