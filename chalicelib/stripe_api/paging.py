"""A page of one of Stripe's lists, and how to ask for the next. Plain values: importing this does not load the SDK."""

from typing import Any

from chalicelib.core.frozen import frozen

Raw = dict[str, Any]


@frozen
class Page:
    """One page, newest first; whether there is more; and Stripe's clock around the call, rounded outwards."""

    data: list[Raw]
    more: bool
    start: int
    end: int

    @property
    def cursor(self) -> str | None:
        """What the next page begins after: `id@created` of the last object; None where there is no more."""
        return f"{self.data[-1]['id']}@{self.data[-1].get('created', 0)}" if self.more and self.data else None


def after(params: Raw, cursor: str | None) -> Raw:
    """The parameters of the page after `cursor`."""
    return {**params, "starting_after": cursor.partition("@")[0]} if cursor else params


def beside(params: Raw, cursor: str) -> Raw:
    """The same where the object at the cursor was deleted meanwhile: from its second on, some of it once more."""
    created = {**params.get("created", {}), "lte": int(cursor.partition("@")[2])}
    return {**params, "created": created}
