"""The phases of reconciling what is sold and taken off: small enough that each list is walked in one go."""

from chalicelib.actions.compare import Walk, single
from chalicelib.actions.listing import all_of
from chalicelib.core.catalogue import Price
from chalicelib.core.model import Kind
from chalicelib.store import keys, known
from chalicelib.store.objects import record_of


def known_products(walk: Walk, _cursor: str | None) -> str | None:
    """Products that we have and that Stripe may have deleted: asked for by id, a hundred at once."""
    stored = [row.sk.removeprefix(keys.PRODUCTS) for row in known.catalogue(walk.scope, Kind.PRODUCT) if not row.gone]
    for first in range(0, len(stored), 100):
        wanted = stored[first : first + 100]
        page = walk.stripe.page("/v1/products", {"ids": wanted})
        for ident in sorted(set(wanted) - {raw["id"] for raw in page.data}):
            single(walk, Kind.PRODUCT, ident, None, 0)
    return None


def prices(walk: Walk, _cursor: str | None) -> str | None:
    """All prices in one go, and the active ones that we have and Stripe does not list: deleted, or made for one invoice.

    Without `active` Stripe lists only the active ones. That an inactive price was deleted matters to nobody.
    """
    there = {raw["id"] for active in ("true", "false") for raw in all_of(walk, Kind.PRICE, {"active": active})}
    for row in known.catalogue(walk.scope, Kind.PRICE):
        record = record_of(row)
        if isinstance(record, Price) and record.active and not row.gone and record.id not in there:
            single(walk, Kind.PRICE, record.id, None, record.created)
    return None


def coupons(walk: Walk, _cursor: str | None) -> str | None:
    """All coupons in one go, and those that we have and Stripe has deleted."""
    there = {raw["id"] for raw in all_of(walk, Kind.COUPON, {})}
    for row in known.catalogue(walk.scope, Kind.COUPON):
        record = record_of(row)
        if record is not None and not row.gone and record.id not in there:
            single(walk, Kind.COUPON, record.id, None, record.created)
    return None
