"""Stripe's lists beside the table, a page at a time: all that walks of any kind have in common."""

from collections.abc import Callable

from chalicelib.actions.compare import Raw, Walk, listed
from chalicelib.core.model import Kind
from chalicelib.stripe_api import shapes
from chalicelib.stripe_api.fields import reference
from chalicelib.stripe_api.paging import Page

Phase = Callable[[Walk, str | None], str | None]
"""Does one page of a phase, and gives the cursor of the next, or None at its end."""


def of_list(kind: Kind, params: Callable[[Walk], Raw]) -> Phase:
    """A phase that is one list of Stripe's."""

    def phase(walk: Walk, cursor: str | None) -> str | None:
        return page_of(walk, kind, params(walk), cursor).cursor

    return phase


def page_of(walk: Walk, kind: Kind, params: Raw, cursor: str | None, path: str | None = None) -> Page:
    """One page of a kind's list, compared. It asks for all that a single read would ask for."""
    wanted = [f"data.{name}" for name in shapes.EXPAND.get(kind, ())]
    params = {**params, "expand": wanted} if wanted else params
    page = walk.stripe.page(path or f"/v1/{shapes.PLURALS[kind]}", params, cursor)
    listed(walk, kind, [shapes.asked(kind, raw) for raw in _held(kind, page)], page.start, page.end)
    return page


def all_of(walk: Walk, kind: Kind, params: Raw, path: str | None = None) -> list[Raw]:
    """The same for every page, one after the other; what there is."""
    page = page_of(walk, kind, params, None, path)
    found = _held(kind, page)
    while page.cursor:
        page = page_of(walk, kind, params, page.cursor, path)
        found += _held(kind, page)
    return found


def _held(kind: Kind, page: Page) -> list[Raw]:
    """What stands on a page, without the cards that were detached while it was listed: those are nobody's now."""
    return [raw for raw in page.data if kind is not Kind.CARD or reference(raw.get("customer"))]


def recent(walk: Walk) -> Raw:
    """The parameter that bounds a list to what the run looks at."""
    return {"created": {"gte": walk.since}}
