"""What our own table knows of an account, page by page: for reconcile, which must also see what Stripe has no more."""

import json

from chalicelib.core.model import Invoice, Kind
from chalicelib.store import keys
from chalicelib.store.objects import record_of
from chalicelib.store.table import store_errors
from chalicelib.store.tables import ObjectRow, bind

AT_ONCE = 500
"""Items that one page of the Scan looks at, before it is filtered."""


def customers(scope: str, cursor: str | None) -> tuple[list[ObjectRow], str | None]:
    """Customers that are not gone, and invoices that may still change: a page, and the cursor of the next.

    One Scan of the table, which costs its size: half a read unit for each 4 kB. Raises StoreUnavailable.
    """
    ours = ObjectRow.pk.startswith(keys.of_customer(scope, "")) & ObjectRow.gone.does_not_exist()
    state = ObjectRow.state["status"]
    unsettled = ObjectRow.sk.startswith(keys.INVOICES) & state.is_in("draft", "open")
    bind()
    with store_errors():
        pages = ObjectRow.scan(
            ours & ((ObjectRow.sk == keys.CUSTOMER) | unsettled),
            page_size=AT_ONCE,
            last_evaluated_key=_key(cursor),
        ).page_iter
        raw = next(pages)
    last = raw.get("LastEvaluatedKey")
    found = [ObjectRow.from_raw_data(item) for item in raw["Items"]]
    return found, json.dumps([last["pk"]["S"], last["sk"]["S"]]) if last else None


def cards(scope: str, customer: str) -> list[ObjectRow]:
    """A customer's cards, those that are gone too: one Query. Raises StoreUnavailable."""
    return _query(keys.of_customer(scope, customer), keys.CARDS)


def catalogue(scope: str, kind: Kind) -> list[ObjectRow]:
    """All products, prices or coupons, those that are gone too: one Query. Raises StoreUnavailable."""
    return _query(keys.catalogue(scope), keys.CATALOGUE[kind])


def _query(pk: str, prefix: str) -> list[ObjectRow]:
    bind()
    with store_errors():
        return list(ObjectRow.query(pk, ObjectRow.sk.startswith(prefix), consistent_read=True))


def _key(cursor: str | None) -> dict[str, dict[str, str]] | None:
    if cursor is None:
        return None
    pk, sk = json.loads(cursor)
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def drafts(scope: str, customer: str) -> list[Invoice]:
    """A customer's invoices that were drafts when we last heard of them: Stripe may have deleted them."""
    rows = _query(keys.of_customer(scope, customer), keys.INVOICES)
    records = [record_of(row) for row in rows if not row.gone]
    return [record for record in records if isinstance(record, Invoice) and record.status == "draft"]
