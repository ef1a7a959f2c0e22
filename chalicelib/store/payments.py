"""What became of payments: the failed tries of an invoice, and the disputes of a customer. See `core.payments`."""

from collections.abc import Iterable
from typing import Any

from chalicelib.core.model import Kind
from chalicelib.core.payments import Charge, Dispute, InvoicePayment, PaymentIntent, is_open
from chalicelib.core.records import Record
from chalicelib.store import keys
from chalicelib.store.objects import record_of
from chalicelib.store.table import store_errors
from chalicelib.store.tables import ObjectRow, bind


def failed_attempts(scope: str, invoice: str, customer: str) -> list[Charge]:
    """The charges of an invoice that failed, oldest first, with the banks' reasons. Raises StoreUnavailable.

    One Query for the links and one for each payment. Until a link is known (Stripe tells of it when the invoice is paid, a
    nightly run finds the others) a third looks for the customer's intents that name the invoice as their order.
    """
    links = _related(keys.ref_invoice(scope, invoice))
    payments = {link.payment for link in links if isinstance(link, InvoicePayment)}
    if not payments:
        intents = _related(keys.ref_customer(scope, customer, Kind.INTENT))
        payments = {each.id for each in intents if isinstance(each, PaymentIntent) and each.order == invoice}
    charges = [charge for payment in sorted(payments) for charge in _charges(scope, payment)]
    return sorted((each for each in charges if each.status == "failed"), key=lambda each: (each.created, each.id))


def open_disputes(scope: str, customer: str) -> list[Dispute]:
    """A customer's disputes that are not settled, oldest first: one Query. Raises StoreUnavailable."""
    found = _related(keys.ref_customer(scope, customer, Kind.DISPUTE))
    return [each for each in found if isinstance(each, Dispute) and is_open(each)]


def _related(ref: str) -> list[Record]:
    bind()
    with store_errors():
        rows: Any = ObjectRow.by_ref.query(ref)
        return _records(rows)


def _charges(scope: str, payment: str) -> list[Charge]:
    bind()
    with store_errors():
        rows = ObjectRow.query(keys.of_payment(scope, payment), ObjectRow.sk.startswith(keys.CHARGES))
        return [record for record in _records(rows) if isinstance(record, Charge)]


def _records(rows: Iterable[ObjectRow]) -> list[Record]:
    return [record for row in rows if not row.gone and (record := record_of(row)) is not None]
