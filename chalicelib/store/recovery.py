"""Failed payments of an account, by when they failed: what `core.recovery` counts."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from chalicelib.core.model import Invoice, Kind, Subscription
from chalicelib.core.recovery import Failure
from chalicelib.store import keys
from chalicelib.store.customers import stored_invoice
from chalicelib.store.keys import Key
from chalicelib.store.objects import record_of, whole
from chalicelib.store.table import store_errors
from chalicelib.store.tables import ObjectRow, bind


class TooManyCases(Exception):
    """More cases in the period than were asked for at most."""


def failures(scope: str, start: int, end: int, most: int) -> list[Failure]:
    """The cases opened from `start` to `end` (UTC seconds, both inside), oldest first, with their subscriptions.

    One Query for each page (a megabyte: some 300 cases) and one BatchGet for each hundred. Raises TooManyCases where there are
    more than `most`, StoreUnavailable.
    """
    bind()
    span = ObjectRow.by_opening.query(scope, ObjectRow.case_opened_at.between(start, end), limit=most + 1)
    with store_errors():
        found = [failure for row in span if (failure := _failure(row)) is not None]
    if len(found) > most:
        raise TooManyCases
    known = _subscriptions(scope, found)
    return [replace(each, subscription=known.get(each.invoice.subscription or "")) for each in found]


def _failure(row: ObjectRow) -> Failure | None:
    invoice = record_of(row)
    if row.gone or not isinstance(invoice, Invoice):
        return None
    case = stored_invoice(row, invoice)
    amount = whole(row.case_amount)
    return Failure(
        invoice=invoice,
        opened_at=int(row.case_opened_at),
        amount=invoice.amount_due if amount is None else amount,
        paid_before=whole(row.case_paid) or 0,
        attempts=whole(row.case_attempts),
        sent=case.sent,
        clicked_at=whole(row.case_clicked_at),
        closed=case.closed,
        end_day=case.end_day,
        campaign=case.campaign,
        variant=case.variant,
        decline=row.case_decline,
    )


def _subscriptions(scope: str, found: Iterable[Failure]) -> dict[str, Subscription]:
    """The subscriptions of these invoices, by id: whether they had a trial, and whether they have ended."""
    wanted = {_subscription_key(scope, each.invoice) for each in found if each.invoice.subscription}
    if not wanted:
        return {}
    with store_errors():
        rows: Any = ObjectRow.batch_get([tuple(key) for key in sorted(wanted)])
        records = [record_of(row) for row in rows]
    return {record.id: record for record in records if isinstance(record, Subscription)}


def _subscription_key(scope: str, invoice: Invoice) -> Key:
    return keys.of_object(scope, Kind.SUBSCRIPTION, str(invoice.subscription), invoice.customer, 0)
