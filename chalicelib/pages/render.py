"""Facts in, pages out. Pure: no page changes anything by being read, and none needs JavaScript.

`language` may be any tag (from the link, or `wording.accepted` of the browser): the site's own languages decide.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from chalicelib import wording
from chalicelib.core.model import Money, Page, Site
from chalicelib.errors import Misconfigured
from chalicelib.pages.sheet import Brand, Button, Sheet, laid_out

COPY = Path(__file__).parent / "copy"
STRIPE_ORIGINS = ("https://billing.stripe.com", "https://invoice.stripe.com")
DeadReason = Literal["expired", "revoked", "used", "unknown"]
NEUTRAL_ACCENT = "#0b5cad"


@dataclass(frozen=True)
class About:
    """What is known of the thing a link opens, and the origins that its POST may redirect to."""

    plan: str | None = None
    amount: Money | None = None
    last4: str | None = None
    form_targets: tuple[str, ...] = STRIPE_ORIGINS


def link_page(site: Site, language: str, action: str, flow: str | None, about: About = About()) -> Page:
    """The page of a mailed link: says what will happen; its one button posts to `action`, a path of ours.

    `flow` is Stripe's flow type, `pay` for the hosted invoice, or null for the portal's home.
    """
    voice = _Voice(site, language, plan=about.plan)
    if urlsplit(action).netloc or not action.startswith("/") or action.startswith("//"):
        raise Misconfigured("a link page posts to a path of its own site")
    name = f"link.{flow or 'home'}"
    sheet = Sheet(
        heading=voice.say(f"{name}.heading"),
        paragraphs=(voice.say(f"{name}.body"),),
        facts=_facts(voice, about),
        button=Button(voice.say(f"{name}.button"), action, posts=True),
        notes=(voice.say("link.next"), voice.say("link.unexpected")),
        form_targets=about.form_targets,
    )
    return voice.page(sheet)


def dead_link_page(site: Site, language: str, reason: DeadReason, login_url: str | None = None) -> Page:
    """A link that opens nothing any more: why, and a way on (the portal's login page, else the merchant's support)."""
    voice = _Voice(site, language)
    way_out = voice.say("dead.login" if login_url else "dead.write")
    button = Button(voice.say("dead.login_button"), login_url) if login_url else voice.home_button()
    return voice.page(
        Sheet(voice.say(f"dead.{reason}.heading"), (voice.say(f"dead.{reason}.body"), way_out), button=button)
    )


def done_page(site: Site, language: str) -> Page:
    """Where a customer lands after the portal: calm, and true whether or not something was changed there."""
    voice = _Voice(site, language)
    return voice.page(Sheet(voice.say("done.heading"), (voice.say("done.body"),), button=voice.home_button()))


def settled_page(site: Site, language: str) -> Page:
    """A link of a reminder whose invoice needs nothing more: paid, or written off."""
    voice = _Voice(site, language)
    return voice.page(Sheet(voice.say("settled.heading"), (voice.say("settled.body"),), button=voice.home_button()))


def error_page(site: Site | None, language: str, retry_url: str | None = None, reference: str | None = None) -> Page:
    """Something of ours or behind us failed: try again soon. Needs no site, since the store may be what failed."""
    voice = _Voice(site, language, reference=reference)
    button = Button(voice.say("error.button"), retry_url) if retry_url else None
    notes = (voice.say("common.reference"),) if reference else ()
    return voice.page(Sheet(voice.say("error.heading"), (voice.say("error.body"),), button=button, notes=notes))


def no_login_page(site: Site, language: str) -> Page:
    """Where the portal has no login page of its own: whom to ask."""
    voice = _Voice(site, language)
    return voice.page(Sheet(voice.say("link.home.heading"), (voice.say("common.help"),), button=voice.home_button()))


def not_found(site: Site | None, language: str) -> Page:
    """An address that leads nowhere."""
    voice = _Voice(site, language)
    button = voice.home_button() if site else None
    return voice.page(Sheet(voice.say("not_found.heading"), (voice.say("not_found.body"),), button=button))


class _Voice:
    """One site's strings in one language, with what is always known already filled in."""

    def __init__(self, site: Site | None, tag: str, **names: str | None) -> None:
        self.site = site
        offered = wording.languages(COPY)
        self.language = wording.site_language(site, COPY, tag) if site else wording.language([tag], ("en", *offered))
        self.tag = wording.regional(tag, self.language)
        self.strings = wording.copy(COPY, self.language)
        self.values = {name: self.shown(text) for name, text in names.items() if text}
        self.values.setdefault("plan", self.strings["common.plan_unknown"])
        if site:
            self.values |= {"merchant": self.shown(site.name), "support": wording.plain(site.support_email)}

    def shown(self, name: str) -> str:
        """A name in one line that cannot reorder the words around it."""
        return wording.isolated(wording.plain(name), self.language)

    def say(self, key: str, **values: str) -> str:
        """One string, filled in."""
        return wording.say(self.strings, key, {**self.values, **values})

    def home_button(self) -> Button:
        """The way back to the merchant; only for pages that have a site."""
        if self.site is None:
            raise Misconfigured("a page without a site has no way home")
        return Button(self.say("common.home"), self.site.home_url)

    def page(self, sheet: Sheet) -> Page:
        """The sheet in the site's brand."""
        try:
            return laid_out(sheet, self.language, self.site.accent if self.site else NEUTRAL_ACCENT, self._brand())
        except ValueError as cause:
            raise Misconfigured(f"site {self.site.id if self.site else None}: no page can be made: {cause}") from cause

    def _brand(self) -> Brand | None:
        if self.site is None:
            return None
        name = wording.plain(self.site.name)
        logo_url = wording.logo(self.site)
        return Brand(name, self.site.home_url, logo_url, self.values["support"], self.say("common.help"))


def _facts(voice: _Voice, about: About) -> tuple[tuple[str, str], ...]:
    """What the customer can recognise the matter by; only what is known."""
    facts = []
    if about.plan:
        facts.append((voice.say("common.plan"), voice.shown(about.plan)))
    if about.amount:
        country = voice.site.country if voice.site else None
        facts.append((voice.say("common.amount"), wording.money(about.amount, voice.tag, country)))
    if about.last4:
        facts.append((voice.say("common.card"), voice.say("common.card_ending", last4=wording.plain(about.last4, 8))))
    return tuple(facts)
