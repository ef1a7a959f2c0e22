"""One letter, written as HTML and as text: the shape that every mail shares, whatever it says."""

from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from chalicelib.core.brand import palette
from chalicelib.core.frozen import frozen
from chalicelib.core.rendered import Mail, Purpose
from chalicelib.core.site import Site
from chalicelib.wording import breakable, direction, logo, plain, with_mailto


@frozen
class Table:
    """Rows of a label and a value under a line that says what they are; `total`: the last row sums up the others."""

    caption: str
    rows: tuple[tuple[str, str], ...]
    total: bool = False


@frozen
class OptOut:
    """How to get no more such mails: an https address that takes a GET (a page) and a POST (at once, RFC 8058)."""

    label: str
    address: str
    postal_address: str = ""


@frozen
class Letter:
    """What a mail says, in plain text: the paragraphs before the button, the button, and those after it.

    `support` is turned into a mailto link wherever it stands in a paragraph; nothing else becomes markup.
    """

    language: str
    subject: str
    preheader: str
    heading: str
    before: tuple[str, ...]
    button: str
    link: str
    after: tuple[str, ...]
    why: str
    support: str
    purpose: Purpose
    tables: tuple[Table, ...] = ()
    opt_out: OptOut | None = None


def written(letter: Letter, site: Site) -> Mail:
    """The letter in the site's brand, as HTML and as a text part that stands alone; ValueError for what must not leave."""
    if (letter.purpose == "marketing") != (letter.opt_out is not None):
        raise ValueError("marketing mails, and only these, have a way to unsubscribe")
    _check_address(letter.link, ("https", "http"))
    facts = {
        "letter": letter,
        "dir": direction(letter.language),
        "merchant": plain(site.name),
        "logo_url": logo(site),
        "home_url": site.home_url,
        "palette": palette(site.accent),
    }
    html = _TEMPLATES.get_template("letter.html").render(facts)
    text = _TEMPLATES.get_template("letter.txt").render(facts)
    return Mail(breakable(letter.subject), breakable(text), html, letter.purpose, _headers(letter.opt_out))


def _headers(opt_out: OptOut | None) -> tuple[tuple[str, str], ...]:
    """What lets a mail program unsubscribe by one click, without opening anything."""
    if opt_out is None:
        return ()
    _check_address(opt_out.address, ("https",))
    return (("List-Unsubscribe", f"<{opt_out.address}>"), ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))


def _check_address(address: str, schemes: tuple[str, ...]) -> None:
    """A javascript: or relative address would be ours to have sent; one with a space or bracket would end its header."""
    parts = urlsplit(address)
    if parts.scheme not in schemes or not parts.netloc or not address.isprintable() or set(address) & set(' <>"'):
        raise ValueError(f"an address in a mail must be an absolute {schemes[0]} address")


_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters["with_mailto"] = with_mailto
