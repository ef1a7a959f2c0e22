"""A linter for mails: what mail programs do to HTML, and what a reader must be able to do with it, as rules by name.

The rules follow what caniemail.com and the programs' own makers say of Outlook, Gmail, Apple Mail and their like. A rule takes
the mail and yields what breaks it; `lint` gathers `rule: complaint`.
"""

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser

from chalicelib.core.brand import contrast
from chalicelib.core.rendered import Mail

LARGEST = 60_000
WIDEST = 600
READABLE = 4.5
LOWEST_BUTTON = 44
"""Pixels of padding and line together, for thumbs."""

LAYOUT = {"html", "head", "body", "meta", "title", "style", "div", "table", "tr", "td", "th", "h1", "p", "a", "img"}
STYLES = {
    *(
        "margin",
        "padding",
        "background-color",
        "color",
        "border",
        "border-bottom",
        "border-radius",
        "display",
        "opacity",
    ),
    *("max-width", "max-height", "height", "overflow", "overflow-wrap", "text-wrap", "text-align", "text-decoration"),
    *("font-family", "font-size", "font-weight", "font-variant-numeric", "line-height", "mso-hide", "mso-padding-alt"),
}
VOID = {"meta", "img"}
INHERITED = {"color": "", "background-color": ""}


@dataclass(frozen=True)
class Element:
    """One element with the colours that reach it, in the light and the dark scheme."""

    tag: str
    attributes: dict[str, str]
    colours: dict[str, dict[str, str]]
    text: str = ""

    @property
    def styles(self) -> dict[str, str]:
        """The declarations of its style attribute."""
        return declarations(self.attributes.get("style", ""))


def declarations(style: str) -> dict[str, str]:
    """`a:b;c:d` as a dict."""
    pairs = (part.split(":", 1) for part in style.split(";") if ":" in part)
    return {name.strip(): value.replace("!important", "").strip() for name, value in pairs}


class Tree(HTMLParser):
    """Reads a mail; texts come out as elements of their parent's tag, with the colours they are seen in."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self.texts: list[Element] = []
        self.open: list[Element] = []
        self.dark = dark_rules(source)
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        inline = declarations(attributes.get("style", ""))
        above = self.open[-1].colours if self.open else {"light": INHERITED, "dark": INHERITED}
        dark = dict(inline)
        for name in attributes.get("class", "").split():
            dark |= self.dark.get(name, {})
        colours = {
            scheme: {key: own.get(key, above[scheme][key]) for key in INHERITED}
            for scheme, own in (("light", inline), ("dark", dark))
        }
        element = Element(tag, attributes, colours)
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 - as HTMLParser calls it
        self.open.pop()

    def handle_data(self, data: str) -> None:
        if data.strip() and self.open[-1].tag not in ("style", "title"):
            parent = self.open[-1]
            self.texts.append(Element(parent.tag, parent.attributes, parent.colours, " ".join(data.split())))


def dark_rules(source: str) -> dict[str, dict[str, str]]:
    """The classes that the dark scheme restyles."""
    block = re.search(r"@media \(prefers-color-scheme: dark\) \{(.*?\})\s*\}", source, re.DOTALL)
    return {name: declarations(body) for name, body in re.findall(r"\.(\w+) \{([^}]*)\}", block[1] if block else "")}


def size(mail: Mail, _: Tree) -> Iterator[str]:
    """Gmail cuts what is above 102 KB, and a reminder has no reason to come near."""
    if (length := len(mail.html.encode())) >= LARGEST:
        yield f"{length} bytes"


def layout(mail: Mail, tree: Tree) -> Iterator[str]:
    """Tables and inline styles only: Outlook knows little else, and nothing may run or be fetched but the logo."""
    yield from (f"<{each.tag}>" for each in tree.elements if each.tag not in LAYOUT)
    yield from (
        f"{name} on <{each.tag}>" for each in tree.elements for name in each.attributes if name.startswith("on")
    )
    yield from (f"style {name}" for each in tree.elements for name in set(each.styles) - STYLES)
    if re.search(r"@import|@font-face|url\(", mail.html):
        yield "something is loaded by the stylesheet"
    if mail.html.count("<style>") > 1:
        yield "more than one stylesheet"


def width(mail: Mail, tree: Tree) -> Iterator[str]:
    """At most 600 px, and fluid below: a phone must not scroll sideways."""
    for each in tree.elements:
        wide = [each.attributes.get("width", ""), each.styles.get("width", ""), each.styles.get("max-width", "")]
        for value in wide:
            if (number := re.match(r"\d+", value)) and not value.endswith("%") and int(number[0]) > WIDEST:
                yield f"<{each.tag}> is {value} wide"
    if f"max-width:{WIDEST}px" not in mail.html:
        yield "nothing holds the column to 600 px"


def language(_: Mail, tree: Tree) -> Iterator[str]:
    """`lang` and `dir` on html and, since web mail drops that, once more inside."""
    holders = [each for each in tree.elements if each.attributes.get("lang") and each.attributes.get("dir")]
    if len(holders) < 2 or len({each.attributes["lang"] for each in holders}) > 1:
        yield "lang and dir must stand on html and on the article"


def schemes(_: Mail, tree: Tree) -> Iterator[str]:
    """The meta tags by which a mail program lets the mail choose its own dark colours."""
    named = {
        each.attributes.get("name"): each.attributes.get("content") for each in tree.elements if each.tag == "meta"
    }
    for name in ("color-scheme", "supported-color-schemes"):
        if named.get(name) != "light dark":
            yield f"no meta {name}"


def readable(_: Mail, tree: Tree) -> Iterator[str]:
    """Every text against what is behind it, light and dark (WCAG 1.4.3)."""
    for each in tree.texts:
        if each.styles.get("display") == "none":
            continue
        for scheme, colours in each.colours.items():
            if not all(colours.values()):
                yield f"{scheme}: nothing sets the colours of {each.text[:30]!r}"
            elif contrast(colours["color"], colours["background-color"]) < READABLE:
                yield f"{scheme}: {each.text[:30]!r} {colours}"


def images(_: Mail, tree: Tree) -> Iterator[str]:
    """Each has words in its place and a height, so that the mail reads and stands still without it."""
    for each in tree.elements:
        if each.tag == "img" and not (each.attributes.get("alt") and each.attributes.get("height")):
            yield f"an image without alt or height: {each.attributes}"


def pixels(element: Element, name: str) -> int:
    """The first number of a style, 0 without one."""
    found = re.match(r"\d+", element.styles.get(name, ""))
    return int(found[0]) if found else 0


def links(mail: Mail, tree: Tree) -> Iterator[str]:
    """Links say where they lead and lead where a mail program goes; one button, that works without images."""
    anchors = [each for each in tree.elements if each.tag == "a"]
    texts = {id(each.attributes): each.text for each in tree.texts if each.tag == "a"}
    for each in anchors:
        if not texts.get(id(each.attributes)):
            yield f"a link without text: {each.attributes['href']}"
        if not each.attributes["href"].startswith(("https://", "http://", "mailto:")):
            yield f"a link to {each.attributes['href']}"
    buttons = [each for each in anchors if "padding" in each.styles]
    if len(buttons) != 1:
        yield f"{len(buttons)} buttons"
    for each in buttons:
        if 2 * pixels(each, "padding") + pixels(each, "line-height") < LOWEST_BUTTON:
            yield "the button is too low for a thumb"
    allowed = {"transactional": 2, "marketing": 3}[mail.purpose]  # button and home, and the way out
    if (number := sum(not each.attributes["href"].startswith("mailto:") for each in anchors)) != allowed:
        yield f"{number} links to the web in a {mail.purpose} mail"


def complete(mail: Mail, tree: Tree) -> Iterator[str]:
    """Every text and every address of the HTML stands in the text part, which stands alone."""
    plain = " ".join(mail.text.split())
    preheader = next(each for each in tree.texts if each.styles.get("display") == "none").text
    for each in tree.texts:
        for piece in filter(None, (part.strip(" ,.") for part in re.split("[\u00a0\u202f ]", each.text))):
            if each.text != preheader and piece not in plain:
                yield f"text: {piece!r} of {each.text[:40]!r}"
    for each in tree.elements:
        if each.tag == "a" and each.attributes["href"].removeprefix("mailto:") not in mail.text:
            yield f"text: no {each.attributes['href']}"
    if html.unescape(mail.text) != mail.text or re.search(r"</?[a-z]+>|[{}]|\n\n\n", mail.text):
        yield "text: markup, a placeholder or a hole"


def structure(mail: Mail, tree: Tree) -> Iterator[str]:
    """One heading; layout tables are said to be so; a preheader; the subject is the title and one line."""
    if sum(each.tag == "h1" for each in tree.elements) != 1:
        yield "not one heading"
    for each in tree.elements:
        if each.tag == "table" and each.attributes.get("role") != "presentation" and "<th" not in mail.html:
            yield "a layout table that reads as data"
    if not any(each.styles.get("display") == "none" for each in tree.texts):
        yield "no preheader"
    if len(mail.subject.splitlines()) != 1:
        yield "a subject in several lines"


def unsubscribing(mail: Mail, tree: Tree) -> Iterator[str]:
    """RFC 8058 on marketing mails, with the same address where people see it; neither on transactional ones."""
    headers = dict(mail.headers)
    if mail.purpose == "transactional":
        yield from (f"{name} on a transactional mail" for name in headers)
        return
    address = headers.get("List-Unsubscribe", "").strip("<>")
    if headers.get("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click" or not address.startswith("https://"):
        yield "no one-click unsubscribe"
    if address not in [each.attributes.get("href") for each in tree.elements]:
        yield "no link to unsubscribe"


RULES: tuple[Callable[[Mail, Tree], Iterator[str]], ...] = (
    *(size, layout, width, language, schemes, readable, images, links, complete, structure, unsubscribing),
)


def lint(mail: Mail) -> list[str]:
    """Everything that is wrong with a mail."""
    tree = Tree(mail.html)
    return [f"{rule.__name__}: {complaint}" for rule in RULES for complaint in rule(mail, tree)]
