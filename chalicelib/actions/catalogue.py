"""Names of products and plans: from the table, and from Stripe for one that no event has brought yet."""

from collections.abc import Iterable, Sequence

from chalicelib.actions import ask_stripe
from chalicelib.actions.apply_event import settle
from chalicelib.core.events import Doubt
from chalicelib.core.model import Kind
from chalicelib.errors import StamkundError
from chalicelib.log import report
from chalicelib.store import customers


def product_names(scope: str, products: Iterable[str], now: int) -> dict[str, str]:
    """Names by product id: one read, and a call and a write for each that is missing. A name may stay missing.

    A name is never worth failing for, so Stripe's errors are logged and the name is left out.
    """
    wanted = set(products)
    known = customers.product_names(scope, wanted)
    missing = sorted(wanted - known.keys())
    if not missing:
        return known
    for product in missing:
        _fetch(scope, product, now)
    return customers.product_names(scope, wanted)


def plan_name(scope: str, products: Sequence[str], now: int) -> str | None:
    """What a mail calls a subscription to these products: the first name that is known. Costs what `product_names` does."""
    names = product_names(scope, products, now)
    return next((names[product] for product in products if product in names), None)


def _fetch(scope: str, product: str, now: int) -> None:
    try:
        settle(Doubt("", "", Kind.PRODUCT, product, None, 0, scope, now, "missing"), ask_stripe.reader(scope))
    except StamkundError as error:
        report(error, product=product)
