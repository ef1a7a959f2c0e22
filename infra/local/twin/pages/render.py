"""Facts -> HTML: the templates, and money, dates and words in the visitor's language."""

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from chalicelib import wording
from chalicelib.core.model import Money
from infra.local.twin.pages.views import View
from infra.local.twin.pages.words import WORDS

TEMPLATES = Path(__file__).parent.parent / "templates"
TEST_NUMBERS = (
    ("4242 4242 4242 4242", "hint_works"),
    ("4000 0000 0000 0341", "hint_fails_later"),
    ("4000 0000 0000 9995", "hint_insufficient"),
    ("4000 0000 0000 0002", "hint_declined"),
    ("4000 0025 0000 3155", "hint_confirm"),
)
_environment = Environment(
    loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)
_environment.globals["test_numbers"] = TEST_NUMBERS


def html(view: View) -> str:
    """The page."""
    wanted = str(view.facts.get("locale") or "")
    language = wording.language([wanted], ("en", *WORDS))
    tag = wording.regional(wanted, language)
    words = WORDS[language]

    def say(key: str, **values: Any) -> str:
        return words[key].format(**values)

    def money(amount: int | None, currency: str) -> str:
        return money_text(amount, currency, tag)

    def day(moment: int) -> str:
        return day_text(moment, tag)

    style = Markup((TEMPLATES / "page.css").read_text("utf-8"))  # noqa: S704 - our own file
    return _environment.get_template(view.template).render(
        view.facts, lang=language, say=say, money=money, day=day, style=style
    )


def money_text(amount: int | None, currency: str, tag: str) -> str:
    """`SEK 149.50`, or `149,50 kr` in Swedish."""
    return "–" if amount is None else wording.money(Money(amount, currency), tag)


def day_text(moment: int, tag: str) -> str:
    """`November 22, 2026`, or `22 november 2026` in Swedish. Days are UTC's: the twin's customers have no zone."""
    return wording.day(moment, ZoneInfo("UTC"), tag)
