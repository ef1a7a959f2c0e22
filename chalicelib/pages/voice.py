"""One site's strings in one language, for pages."""

from pathlib import Path

from chalicelib import wording
from chalicelib.core.rendered import Page
from chalicelib.core.site import Site
from chalicelib.errors import Misconfigured
from chalicelib.pages.sheet import Brand, Button, Sheet, laid_out

COPY = Path(__file__).parent / "copy"
NEUTRAL_ACCENT = "#0b5cad"


class Voice:
    """Says the strings of one language in one site's name, with what is always known already filled in.

    Without a site it speaks the first of our languages that is asked for, English else.
    """

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
