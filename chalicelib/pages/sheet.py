"""One page in a site's brand: the shape that every page of ours shares, with the security policy that fits it."""

from base64 import b64encode
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from chalicelib.core.brand import variables
from chalicelib.core.frozen import frozen
from chalicelib.core.rendered import Page
from chalicelib.wording import direction, with_mailto

_HERE = Path(__file__).parent


@frozen
class Button:
    """The one thing to do: a link, or (`posts`) a form that posts to `address`."""

    label: str
    address: str
    posts: bool = False


@frozen
class Brand:
    """Whose page it is; `help` is the line that says where to ask, with `support` in it."""

    name: str
    home_url: str
    logo_url: str | None
    support: str
    help: str


@frozen
class Sheet:
    """What a page says, in plain text."""

    heading: str
    paragraphs: tuple[str, ...]
    facts: tuple[tuple[str, str], ...] = ()
    button: Button | None = None
    notes: tuple[str, ...] = ()
    form_targets: tuple[str, ...] = ()


def laid_out(sheet: Sheet, language: str, accent: str, brand: Brand | None) -> Page:
    """The page and its policy: nothing is loaded but the logo, and forms reach us and `form_targets` only."""
    style = stylesheet(accent)
    facts = {"sheet": sheet, "language": language, "dir": direction(language), "brand": brand, "style": style}
    return Page(_TEMPLATES.get_template("page.html").render(facts), _policy(sheet, style, brand))


@lru_cache(maxsize=64)
def stylesheet(accent: str) -> str:
    """Our stylesheet with the site's colours; ValueError if the accent is not `#rrggbb`."""
    return variables(accent) + (_HERE / "assets" / "page.css").read_text("utf-8")


def origin(address: str) -> str:
    """Scheme, host and port of an absolute http address; ValueError for what could add a rule to a policy."""
    parts = urlsplit(address)
    if parts.scheme not in ("https", "http") or not parts.hostname or set(parts.netloc) & set(" ;,'\"@\\*"):
        raise ValueError(f"not an http address: {address[:80]!r}")
    return f"{parts.scheme}://{parts.netloc}"


def _policy(sheet: Sheet, style: str, brand: Brand | None) -> str:
    digest = b64encode(sha256(style.encode()).digest()).decode()
    # Chromium holds a form's redirects to form-action too, so where we redirect after the POST must stand in it.
    targets = (
        ["'self'", *dict.fromkeys(map(origin, sheet.form_targets))]
        if sheet.button and sheet.button.posts
        else ["'none'"]
    )
    rules = {
        "default-src": "'none'",
        "style-src": f"'sha256-{digest}'",
        "img-src": origin(brand.logo_url) if brand and brand.logo_url else "'none'",
        "form-action": " ".join(targets),
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


_TEMPLATES = Environment(
    loader=FileSystemLoader(_HERE / "templates"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters["with_mailto"] = with_mailto
