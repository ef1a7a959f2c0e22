"""Facts in, pages out. Pure: no page changes anything by being read, and none needs JavaScript.

`language` may be any tag (from the link, or `wording.accepted` of the browser): the site's own languages decide.
"""

from typing import Literal
from urllib.parse import urlsplit

from chalicelib import wording
from chalicelib.core.frozen import frozen
from chalicelib.core.model import Money
from chalicelib.core.rendered import Page
from chalicelib.core.site import Site
from chalicelib.errors import Misconfigured
from chalicelib.pages.sheet import Button, Sheet, origin
from chalicelib.pages.voice import COPY, Voice

__all__ = [
    "COPY",
    "STRIPE_ORIGINS",
    "About",
    "DeadReason",
    "RedirectReason",
    "dead_link_page",
    "done_page",
    "error_page",
    "link_page",
    "no_login_page",
    "not_found",
    "redirect_failed_page",
    "settled_page",
    "too_many_page",
    "unsubscribe_page",
    "unsubscribed_page",
]

STRIPE_ORIGINS = ("https://billing.stripe.com", "https://invoice.stripe.com")
DeadReason = Literal["expired", "revoked", "used", "unknown"]
RedirectReason = Literal["expired", "used", "invalid"]

HOME = (None, "manage")
"""Links to the portal's home: one that was asked for by the API, and one of a notice."""


@frozen
class About:
    """What is known of the thing a link opens, and the origins that its POST may redirect to."""

    amount: Money | None = None
    form_targets: tuple[str, ...] = STRIPE_ORIGINS


NOTHING = About()
"""Nothing is known of the thing."""


def link_page(site: Site, language: str, action: str, flow: str | None, about: About = NOTHING) -> Page:
    """The page of a mailed link: says what will happen; its one button posts to `action`, a path of ours.

    `flow` is Stripe's flow type, `pay` for the hosted invoice, or null or `manage` for the portal's home.
    """
    voice = Voice(site, language)
    name = "link.home" if flow in HOME else f"link.{flow}"
    sheet = Sheet(
        heading=voice.say(f"{name}.heading"),
        paragraphs=(voice.say(f"{name}.body"),),
        facts=_facts(voice, about),
        button=Button(voice.say(f"{name}.button"), _own_path(action), posts=True),
        notes=(voice.say("link.next"), voice.say("link.unexpected")),
        form_targets=about.form_targets,
    )
    return voice.page(sheet)


def dead_link_page(site: Site, language: str, reason: DeadReason, login_url: str | None = None) -> Page:
    """A link that opens nothing any more: why, and a way on (the portal's login page, else the merchant's support)."""
    voice = Voice(site, language)
    way_out = voice.say("dead.login" if login_url else "dead.write")
    button = Button(voice.say("dead.login_button"), login_url) if login_url else voice.home_button()
    return voice.page(
        Sheet(voice.say(f"dead.{reason}.heading"), (voice.say(f"dead.{reason}.body"), way_out), button=button)
    )


def done_page(site: Site, language: str) -> Page:
    """Where a customer lands after the portal: calm, and true whether or not something was changed there."""
    voice = Voice(site, language)
    return voice.page(Sheet(voice.say("done.heading"), (voice.say("done.body"),), button=voice.home_button()))


def settled_page(site: Site, language: str) -> Page:
    """A link of a reminder whose invoice needs nothing more: paid, or written off."""
    voice = Voice(site, language)
    return voice.page(Sheet(voice.say("settled.heading"), (voice.say("settled.body"),), button=voice.home_button()))


def error_page(site: Site | None, language: str, retry_url: str | None = None, reference: str | None = None) -> Page:
    """Something of ours or behind us failed: try again soon. Needs no site, since the store may be what failed."""
    voice = Voice(site, language, reference=reference)
    button = Button(voice.say("error.button"), retry_url) if retry_url else None
    notes = (voice.say("common.reference"),) if reference else ()
    return voice.page(Sheet(voice.say("error.heading"), (voice.say("error.body"),), button=button, notes=notes))


def not_found(site: Site | None, language: str) -> Page:
    """An address that leads nowhere."""
    voice = Voice(site, language)
    button = voice.home_button() if site else None
    return voice.page(Sheet(voice.say("not_found.heading"), (voice.say("not_found.body"),), button=button))


def too_many_page(site: Site | None, language: str) -> Page:
    """Throttled (429): wait a minute. No button, since pressing it at once would be the wrong thing to do."""
    voice = Voice(site, language)
    return voice.page(Sheet(voice.say("too_many.heading"), (voice.say("too_many.body"),)))


def redirect_failed_page(site: Site, language: str, reason: RedirectReason) -> Page:
    """A signed redirect that opens nothing: why, and back to the merchant, to try once more."""
    voice = Voice(site, language)
    paragraphs = (voice.say(f"redirect.{reason}.body"), voice.say("redirect.next"))
    button = Button(voice.say("redirect.button"), _outside(site.home_url))
    return voice.page(
        Sheet(voice.say(f"redirect.{reason}.heading"), paragraphs, button=button, notes=(voice.say("redirect.safe"),))
    )


def no_login_page(site: Site, language: str) -> Page:
    """The merchant has no login page of the portal: the other ways to get there."""
    voice = Voice(site, language)
    paragraphs = (voice.say("no_login.body"), voice.say("no_login.write"))
    return voice.page(Sheet(voice.say("no_login.heading"), paragraphs, button=voice.home_button()))


def unsubscribe_page(site: Site, language: str, action: str) -> Page:
    """Where the unsubscribe link of a marketing mail leads: its one button posts to `action`, a path of ours."""
    voice = Voice(site, language)
    button = Button(voice.say("unsubscribe.button"), _own_path(action), posts=True)
    return voice.page(Sheet(voice.say("unsubscribe.heading"), (voice.say("unsubscribe.body"),), button=button))


def unsubscribed_page(site: Site, language: str) -> Page:
    """What was asked for is done."""
    voice = Voice(site, language)
    return voice.page(
        Sheet(voice.say("unsubscribed.heading"), (voice.say("unsubscribed.body"),), button=voice.home_button())
    )


def _outside(address: str) -> str:
    """`address`, if a browser may be sent there; a javascript: one would run as ours."""
    try:
        origin(address)
    except ValueError as cause:
        raise Misconfigured(f"a page cannot lead there: {cause}") from cause
    return address


def _own_path(action: str) -> str:
    """`action`, if it is a path; a form of ours never posts to a site that an argument names."""
    if urlsplit(action).netloc or not action.startswith("/") or action.startswith("//"):
        raise Misconfigured("a page's form posts to a path of its own site")
    return action


def _facts(voice: Voice, about: About) -> tuple[tuple[str, str], ...]:
    """What the customer can recognise the matter by; only what is known."""
    if about.amount is None:
        return ()
    country = voice.site.country if voice.site else None
    return ((voice.say("common.amount"), wording.money(about.amount, voice.tag, country)),)
