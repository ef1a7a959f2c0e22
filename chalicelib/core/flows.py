"""What a portal session opens: every flow of Stripe's portal, and what of it a site allows.

How a flow is written is `core.flow_json`'s business; what it may offer (prices, coupons) and where it may lead is the site's;
whose subscription it is, our table knows.
"""

from dataclasses import replace

from chalicelib.core import return_urls
from chalicelib.core.frozen import frozen
from chalicelib.core.members import Invalid
from chalicelib.core.site import Site

MEMBERS: dict[str, frozenset[str]] = {
    "payment_method_update": frozenset(),
    "customer_update": frozenset(),
    "subscription_cancel": frozenset({"subscription", "retention"}),
    "subscription_pause": frozenset({"subscription"}),
    "subscription_update": frozenset({"subscription"}),
    "subscription_update_confirm": frozenset({"subscription", "items", "discounts"}),
}
"""Every type of flow, and what it takes beside `type` and `after_completion`."""

AFTER = ("portal_homepage", "redirect", "hosted_confirmation")
"""What can come after a flow."""

ENDED = "done"
"""What an address of ours hears as `flow` from a customer who has ended the flow, and from no other who comes back."""


@frozen
class Change:
    """The one change that a customer is asked to confirm; `item` is None for the subscription's only one."""

    item: str | None = None
    price: str | None = None
    quantity: int | None = None
    coupon: str | None = None
    promotion_code: str | None = None


@frozen
class After:
    """Where a customer lands after the flow: at `return_url`, or at Stripe's own page with our `message`.

    A redirect without an address leads to a page of ours: that of a reminder's link.
    """

    type: str
    return_url: str | None = None
    message: str | None = None


@frozen
class Flow:
    """Which page of the portal to open; no type is its home."""

    type: str | None = None
    subscription: str | None = None
    retention_coupon: str | None = None
    change: Change | None = None
    after: After | None = None


@frozen
class Visit:
    """A customer on the way into the portal. `login_until`: an expired session can be had anew by a login until then."""

    customer: str
    flow: Flow = Flow()
    return_url: str | None = None
    locale: str | None = None
    login_until: int | None = None


def by_way_of(visit: Visit, address: str) -> Visit:
    """The visit with every way back leading over `address`, which hears of a flow that was ended by `flow=done`."""
    after = visit.flow.after
    if after and after.type == "redirect":
        after = replace(after, return_url=f"{address}?flow={ENDED}")
    return replace(visit, return_url=address, flow=replace(visit.flow, after=after))


def check(visit: Visit, site: Site) -> None:
    """Raise Invalid for a price, a coupon or an address that the site does not allow."""
    _check_url(visit.return_url, "return_url", site)
    flow, change = visit.flow, visit.flow.change
    _check_url(flow.after.return_url if flow.after else None, "flow.after_completion.redirect.return_url", site)
    _check_offer(flow.retention_coupon, "flow.retention.coupon_offer.coupon", site.retention_coupons)
    if change:
        _check_offer(change.price, "flow.items[0].price", site.offer_prices)
        _check_offer(change.coupon, "flow.discounts[0].coupon", site.retention_coupons)


def _check_url(url: str | None, param: str, site: Site) -> None:
    if url is not None and not return_urls.allowed(url, site.home_url, site.return_urls):
        raise Invalid(f"{param} is not in the site's list of return URLs.", param)


def _check_offer(ident: str | None, param: str, offered: tuple[str, ...]) -> None:
    if ident is not None and ident not in offered:
        raise Invalid(f"{param} is not among what the site may offer.", param)
