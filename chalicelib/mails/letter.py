"""One letter, written as HTML and as text: the shape that every mail shares, whatever it says."""

from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from chalicelib.core.brand import palette
from chalicelib.core.model import Mail, Site
from chalicelib.wording import breakable, direction, logo, plain, with_mailto


@dataclass(frozen=True)
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


def written(letter: Letter, site: Site) -> Mail:
    """The letter in the site's brand, as HTML and as a text part that stands alone."""
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
    return Mail(breakable(letter.subject), breakable(text), html)


_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters["with_mailto"] = with_mailto
