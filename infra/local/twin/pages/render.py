"""Facts -> HTML: the templates, and money, dates and words in the visitor's language."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from infra.local.twin.core.lines import places
from infra.local.twin.pages.views import View
from infra.local.twin.pages.words import WORDS

MONTHS = {
    "en": ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
    "sv": [
        "januari",
        "februari",
        "mars",
        "april",
        "maj",
        "juni",
        "juli",
        "augusti",
        "september",
        "oktober",
        "november",
        "december",
    ],
}
_environment = Environment(
    loader=FileSystemLoader(Path(__file__).parent.parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def html(view: View) -> str:
    """The page."""
    language = "sv" if str(view.facts.get("locale") or "").startswith("sv") else "en"
    words = WORDS[language]

    def say(key: str, **values: Any) -> str:
        return words[key].format(**values)

    def money(amount: int | None, currency: str) -> str:
        return money_text(amount, currency, language)

    def day(moment: int) -> str:
        return day_text(moment, language)

    style = Markup((Path(__file__).parent.parent / "templates" / "page.css").read_text())  # noqa: S704 - our own file
    return _environment.get_template(view.template).render(
        view.facts, lang=language, say=say, money=money, day=day, style=style
    )


def money_text(amount: int | None, currency: str, language: str) -> str:
    """`SEK 149.00`, or `149,00 kr` in Swedish."""
    if amount is None:
        return "–"
    decimals = places(currency)
    whole, part = divmod(abs(amount), 10**decimals)
    digits = f"{whole:,}" + (f".{part:0{decimals}d}" if decimals else "")
    sign = "-" if amount < 0 else ""
    if language == "sv":
        digits = digits.replace(",", "\u00a0").replace(".", ",")
        return f"{sign}{digits}\u00a0{'kr' if currency == 'sek' else currency.upper()}"
    return f"{sign}{currency.upper()}\u00a0{digits}"


def day_text(moment: int, language: str) -> str:
    """`22 Nov 2026`."""
    day = datetime.fromtimestamp(moment, UTC)
    return f"{day.day} {MONTHS[language][day.month - 1]} {day.year}"
