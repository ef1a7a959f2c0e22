"""The stand-in's pages, as a customer meets Stripe's: the merchant's brand, calm, in English or Swedish, no script."""

import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from chalicelib import wording
from chalicelib.core.brand import variables
from chalicelib.core.model import Money, Page
from chalicelib.pages.sheet import origin
from infra.local.twin.views import Price, View

_HERE = Path(__file__).parent
COPY = _HERE / "copy"
ACCENT = "#5b52d6"


@dataclass(frozen=True)
class Look:
    """Whose page it is and who reads it. `locale` is the session's; unknown ones and `auto` read English."""

    business: str
    locale: str | None = "en"
    accent: str | None = None
    headline: str | None = None
    return_url: str | None = None
    country: str | None = None
    zone: str = "UTC"

    @property
    def language(self) -> str:
        """The language that there is copy for."""
        return wording.language([self.locale], ("en", *wording.languages(COPY)))


def shown(view: View, look: Look) -> Page:
    """The page of a view, and the policy that fits it; its forms may lead to us and to the merchant's return address."""
    style = variables(_accent(look)) + (_HERE / "templates" / "style.css").read_text("utf-8")
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", type(view).__name__).lower()
    facts = {"view": view, "look": look, "style": style, "strings": wording.copy(COPY, look.language)}
    return Page(_TEMPLATES.get_template(f"{name}.html").render(facts), _policy(style, look))


def _accent(look: Look) -> str:
    return look.accent if re.fullmatch("#[0-9a-fA-F]{6}", look.accent or "") and look.accent else ACCENT


def _policy(style: str, look: Look) -> str:
    digest = b64encode(sha256(style.encode()).digest()).decode()
    target = f" {origin(look.return_url)}" if look.return_url else ""
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'{target}; base-uri 'none'; "
        "frame-ancestors 'none'"
    )


@pass_context
def _say(context: Context, key: str, **values: str) -> str:
    strings: Mapping[str, str] = context["strings"]
    return wording.say(strings, key, {"business": context["look"].business, **values})


@pass_context
def _money(context: Context, amount: int, currency: str) -> str:
    look: Look = context["look"]
    return wording.money(Money(amount, currency), wording.regional(look.locale or "en", look.language), look.country)


@pass_context
def _day(context: Context, at: int) -> str:
    look: Look = context["look"]
    tag = wording.regional(look.locale or "en", look.language)
    return wording.day(at, wording.zone(look.zone, "UTC"), tag, look.country)


@pass_context
def _price(context: Context, price: Price) -> str:
    """ "149 kr per month", "By use, per month", "2 x 20 kr every 3 months"."""
    amount = _say(context, "price.by_use") if price.amount is None else _money(context, price.amount, price.currency)
    if price.quantity != 1 and price.amount is not None:
        amount = f"{price.quantity} × {amount}"
    if not price.interval:
        return amount
    form = "one" if price.interval_count == 1 else "many"
    every = _say(context, f"price.{price.interval}_{form}", count=str(price.interval_count))
    return f"{amount} {every}"


_TEMPLATES = Environment(
    loader=FileSystemLoader(_HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.globals["say"] = _say
_TEMPLATES.globals["direction"] = wording.direction
_TEMPLATES.filters |= {"money": _money, "day": _day, "price": _price}
