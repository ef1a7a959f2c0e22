"""What somebody in support does with a case: stop it, let it go on, or send its next mail at once."""

from collections.abc import Callable
from typing import Any

from chalicelib.actions import ask_stripe
from chalicelib.actions.show_cases import show_case
from chalicelib.aws import queue
from chalicelib.core.model import Invoice, Kind
from chalicelib.core.site import Site
from chalicelib.errors import BadRequest, NotFound
from chalicelib.store import cases, keys
from chalicelib.store.customers import stored_invoice
from chalicelib.store.keys import Key
from chalicelib.store.objects import record_of
from chalicelib.stripe_api import shapes

CONFLICT = "conflict"


def stop(site: Site, invoice: str, _now: int) -> dict[str, Any]:
    """No more mails about an invoice; what Stripe does goes on. Raises NotFound, BadRequest, Retryable."""
    return _done(site, invoice, cases.stop)


def resume(site: Site, invoice: str, now: int) -> dict[str, Any]:
    """Look at a case again, stopped or closed, within a quarter of an hour. Raises as `stop`."""
    return _done(site, invoice, lambda key: cases.resume(key, invoice, now))


def send_now(site: Site, invoice: str, now: int) -> dict[str, Any]:
    """Send the next mail at once, whatever the hour: it goes the way of any other, with every check. Raises as `stop`."""

    def change(key: Key) -> bool:
        if not cases.resume(key, invoice, now, send_now=True):
            return False
        queue.send_due([(key.pk, key.sk)])
        return True

    return _done(site, invoice, change)


def _done(site: Site, invoice: str, change: Callable[[Key], bool]) -> dict[str, Any]:
    key = _key(site, invoice)
    if cases.find(key) is None:
        raise NotFound("There is no case of this invoice.", "invoice")
    if not change(key):
        raise BadRequest("The case is settled, or was stopped: nothing was done.", "invoice", CONFLICT, 409)
    row = cases.find(key)
    record = record_of(row) if row is not None else None
    assert row is not None
    assert isinstance(record, Invoice)
    return show_case(stored_invoice(row, record))


def _key(site: Site, invoice: str) -> Key:
    """Where the invoice is stored: its customer and its date, which the key needs, are asked of Stripe."""
    raw = ask_stripe.fetch(Kind.INVOICE, invoice, site.scope).raw
    if raw is None:
        raise NotFound("There is no such invoice.", "invoice")
    _, customer, created = shapes.identity(Kind.INVOICE, raw)
    return keys.of_object(site.scope, Kind.INVOICE, invoice, customer, created)
