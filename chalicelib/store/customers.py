"""All that we know of one customer: one Query, state first, invoices after it, newest first."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from chalicelib.core.frozen import frozen
from chalicelib.core.model import Card, Customer, Entitlements, Invoice, Product, Subscription
from chalicelib.core.schedules import Schedule
from chalicelib.store import keys
from chalicelib.store.objects import record_of, whole
from chalicelib.store.table import store_errors
from chalicelib.store.tables import ObjectRow, bind

AT_ONCE = 200
"""Items of one customer that one look reads: state and the newest invoices."""


@frozen
class StoredInvoice:
    """An invoice and its dunning case. `sent` holds (step, UTC seconds), `collected` (card, step, UTC seconds).

    `end_day` is that of its campaign.
    """

    invoice: Invoice
    sk: str
    opened_at: int | None
    campaign: str | None
    handled: str | None
    next_at: int | None
    closed: str | None
    sent: tuple[tuple[str, int], ...]
    collected: tuple[tuple[str, str, int], ...] = ()
    variant: str | None = None
    end_day: int | None = None


@dataclass
class Account:
    """One customer with everything of theirs that we hold."""

    customer: Customer | None = None
    deleted: bool = False
    subscriptions: list[Subscription] = field(default_factory=list)
    schedules: list[Schedule] = field(default_factory=list)
    entitlements: tuple[str, ...] = ()
    cards: list[Card] = field(default_factory=list)
    invoices: list[StoredInvoice] = field(default_factory=list)


def find(scope: str, customer: str) -> Account:
    """Everything of a customer, with up to about AT_ONCE invoices; an empty Account where we know nothing."""
    account = Account()
    for row in _query(keys.of_customer(scope, customer), AT_ONCE):
        record = record_of(row)
        if isinstance(record, Customer):
            account.customer, account.deleted = record, bool(row.gone)
        elif row.gone:
            continue
        elif isinstance(record, Subscription):
            account.subscriptions.append(record)
        elif isinstance(record, Schedule):
            account.schedules.append(record)
        elif isinstance(record, Entitlements):
            account.entitlements = record.lookup_keys
        elif isinstance(record, Card):
            account.cards.append(record)
        elif isinstance(record, Invoice):
            account.invoices.append(stored_invoice(row, record))
    return account


def invoices(scope: str, customer: str, limit: int, after: str | None) -> tuple[list[StoredInvoice], bool]:
    """A page of a customer's invoices, newest first, after the sort key `after`; and whether there are more."""
    start = f"{after}\uffff" if after else keys.INVOICES
    span = ObjectRow.sk.between(start, f"{keys.INVOICES}\uffff")
    # Deleted drafts are left out by the Query itself: they must neither shorten a page nor look like the end.
    kept = ObjectRow.gone.does_not_exist() & ObjectRow.state.exists()
    rows = _query(keys.of_customer(scope, customer), limit + 1, span, kept)
    found = [(row, record_of(row)) for row in rows]
    page = [stored_invoice(row, record) for row, record in found if isinstance(record, Invoice)]
    return page[:limit], len(page) > limit


def stored_invoice(row: ObjectRow, invoice: Invoice) -> StoredInvoice:
    """A row of an invoice as a value."""
    plan: Any = row.case_plan
    return StoredInvoice(
        invoice=invoice,
        sk=row.sk,
        opened_at=whole(row.case_opened_at),
        campaign=row.case_campaign,
        handled=row.case_handled,
        next_at=whole(row.due_at) or None,  # a settled one has nothing to come
        closed=row.case_closed,
        sent=tuple((str(each["step"]), int(each["at"])) for each in row.case_sent or ()),
        collected=_collected(row),
        variant=row.case_variant,
        end_day=None if plan is None else int(plan["end_day"]),
    )


def _collected(row: ObjectRow) -> tuple[tuple[str, str, int], ...]:
    """What was done with new cards, each once: two workers at once ask Stripe with one key, and are told the same."""
    first: dict[tuple[str, str], int] = {}
    for line in row.case_collected or ():
        first.setdefault((str(line["card"]), str(line["step"])), int(line["at"]))
    return tuple((card, step, at) for (card, step), at in first.items())


def product_names(scope: str, products: Iterable[str]) -> dict[str, str]:
    """The names of products that we know, by id: one BatchGet."""
    wanted = [(keys.catalogue(scope), keys.PRODUCTS + ident) for ident in sorted(set(products))]
    if not wanted:
        return {}
    bind()
    with store_errors():
        records = [record_of(row) for row in ObjectRow.batch_get(wanted)]
    return {record.id: record.name for record in records if isinstance(record, Product)}


def _query(pk: str, limit: int, sort: Any = None, kept: Any = None) -> list[ObjectRow]:
    bind()
    with store_errors():
        return list(ObjectRow.query(pk, sort, kept, limit=limit))
