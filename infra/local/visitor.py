"""A person with a browser, as far as the demo needs one: follows links, fills forms in, keeps cookies."""

import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin


class Lost(Exception):
    """The page has no such link or form, or answered with an error; the message holds what a person would read."""


@dataclass
class Form:
    """A form as it stands on a page: where it posts to, and its fields with their present values."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)


class _Page(HTMLParser):
    """Links, forms and text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.forms: list[Form] = []
        self.text: list[str] = []
        self._select = ""
        self._silent = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag == "form":
            self.forms.append(Form(given.get("action", "")))
        elif tag in ("style", "script"):
            self._silent += 1
        elif self.forms:
            self._field(tag, given)

    def _field(self, tag: str, given: dict[str, str]) -> None:
        fields = self.forms[-1].fields
        choice = given.get("type") in ("radio", "checkbox")
        if tag == "input" and "name" in given and (not choice or "checked" in given):
            fields[given["name"]] = given.get("value", "on" if choice else "")
        elif tag == "select":
            self._select = given.get("name", "")
        elif tag == "option" and self._select and ("selected" in given or self._select not in fields):
            fields[self._select] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        elif tag in ("style", "script"):
            self._silent -= 1

    def handle_data(self, data: str) -> None:
        if not self._silent and data.strip():
            self.text.append(" ".join(data.split()))


class Visitor:
    """One person's browser, at one page at a time."""

    def __init__(self) -> None:
        self.url = ""
        self.page = _Page("")
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    @property
    def text(self) -> str:
        """What the page says."""
        return " ".join(self.page.text)

    def open(self, address: str, fields: dict[str, str] | None = None) -> None:
        """Go to an address, posting the fields if there are any, and follow redirects. Raises Lost."""
        target = urljoin(self.url, address)
        body = None if fields is None else urlencode(fields).encode()
        try:
            with self._opener.open(target, body, timeout=300) as reply:
                self.url, html = reply.url, reply.read().decode()
        except HTTPError as error:
            raise Lost(f"{target} answered {error.code}: {_short(_Page(error.read().decode()).text)}") from error
        self.page = _Page(html)

    def follow(self, part: str) -> None:
        """Click the first link whose address has `part` in it. Raises Lost."""
        self.open(self._one(part, iter(self.page.links)))

    def submit(self, part: str, **fields: str) -> None:
        """Fill in and send the first form that posts to an address with `part` in it. Raises Lost."""
        action = self._one(part, (form.action for form in self.page.forms))
        form = next(form for form in self.page.forms if form.action == action)
        self.open(action or self.url, form.fields | fields)

    def _one(self, part: str, addresses: Iterator[str]) -> str:
        for address in addresses:
            if part in address:
                return address
        raise Lost(f"{self.url} has nothing that leads to {part!r}: {_short(self.page.text)}")


def _short(text: list[str]) -> str:
    return " ".join(text)[:300]
