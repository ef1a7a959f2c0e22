"""One of each page: what the gallery shows, what the tests read, and what a browser judges."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import get_args

from chalicelib.core.model import Money
from chalicelib.core.rendered import Page
from chalicelib.core.site import Site
from chalicelib.pages import render
from chalicelib.pages.render import About, DeadReason, RedirectReason
from infra.mails.samples import LANGUAGES, SITE

ABOUT = About(amount=Money(14900, "sek"))
LOGIN = "https://billing.stripe.com/p/login/test"
ACTION = "/l/5b0c1d7e"
FLOWS = (
    "payment_method_update",
    "customer_update",
    "subscription_cancel",
    "subscription_update",
    "subscription_update_confirm",
    "subscription_pause",
    "pay",
    None,
)
__all__ = ["ABOUT", "ACTION", "FLOWS", "LANGUAGES", "LOGIN", "SITE", "every", "odd"]


def every(language: str, site: Site = SITE) -> dict[str, Callable[[], Page]]:
    """Each page there is in one language: its name -> what makes it."""
    return {
        **{f"link-{flow or 'home'}": partial(render.link_page, site, language, ACTION, flow, ABOUT) for flow in FLOWS},
        **{
            f"dead-{reason}": partial(render.dead_link_page, site, language, reason, LOGIN)
            for reason in get_args(DeadReason)
        },
        "dead-no-login": partial(render.dead_link_page, site, language, "expired"),
        **{
            f"redirect-{reason}": partial(render.redirect_failed_page, site, language, reason)
            for reason in get_args(RedirectReason)
        },
        "done": partial(render.done_page, site, language),
        "settled": partial(render.settled_page, site, language),
        "error": partial(render.error_page, site, language, ACTION, "4f1c9a20-7d1e"),
        "error-no-site": partial(render.error_page, None, language),
        "not-found": partial(render.not_found, site, language),
        "not-found-no-site": partial(render.not_found, None, language),
        "too-many": partial(render.too_many_page, site, language),
        "too-many-no-site": partial(render.too_many_page, None, language),
        "no-login": partial(render.no_login_page, site, language),
        "unsubscribe": partial(render.unsubscribe_page, site, language, "/u/5b0c1d7e"),
        "unsubscribed": partial(render.unsubscribed_page, site, language),
    }


def odd(language: str = "en") -> dict[str, Callable[[], Page]]:
    """What is long, foreign, pale or hostile."""
    long = replace(
        SITE, name="Aktiebolaget " * 15, support_email="customer-care-department@aktiebolaget-nordlys.example"
    )
    owed = About(amount=Money(1234567890, "idr"))
    foreign = replace(SITE, name="שירותי ענן")
    hostile = replace(SITE, name="<script>alert(1)</script>")
    return {
        "long": partial(render.link_page, long, language, ACTION, "payment_method_update", owed),
        "right-to-left": partial(render.link_page, foreign, language, ACTION, None),
        "hostile": partial(render.link_page, hostile, language, ACTION, None),
        "pale": partial(render.link_page, replace(SITE, accent="#ffd84d"), language, ACTION, "pay", ABOUT),
        "black": partial(render.link_page, replace(SITE, accent="#000000"), language, ACTION, "pay", ABOUT),
    }
