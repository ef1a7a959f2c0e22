"""How mails and pages write things alike: language, money, dates, names and the copy files.

Shared by `mails` and `pages`, which never import each other. Pure: `now` is nowhere needed, and files are our own copy.
A `tag` is a language tag as people's systems give it (`en-GB`, `sv`, `pt_BR`); a `language` is one we have copy for.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton
from babel.numbers import format_currency
from markupsafe import Markup

from chalicelib.core.model import Money
from chalicelib.core.money import exponent, major
from chalicelib.core.site import Site
from chalicelib.errors import Misconfigured

RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur", "yi", "ps", "sd", "ckb"})
# People's tags that mean a language we would name otherwise: both written Norwegians read bokmål.
_SAME_AS = {"no": "nb", "nn": "nb", "iw": "he"}
_ACCEPTED = re.compile(r"([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)\s*(?:;\s*q=([01](?:\.\d{0,3})?))?\s*(?:,|$)")
_NO_BREAK = "\u00a0"
_ISOLATE, _POP = "\u2068", "\u2069"


def language(wanted: Iterable[str | None], offered: Sequence[str]) -> str:
    """The first wanted tag whose language is offered, else the first offered; ValueError if nothing is offered."""
    if not offered:
        raise ValueError("no language is offered")
    by_base = {_base(name): name for name in reversed(offered)}
    return next((by_base[_base(tag)] for tag in wanted if tag and _base(tag) in by_base), offered[0])


def tag(wanted: Iterable[str | None], offered: Sequence[str]) -> str:
    """Like `language`, but as it was wanted, region and all (`en-US`): what money and dates are written by."""
    chosen = language(wanted := tuple(wanted), offered)
    return next((each for each in wanted if each and _base(each) == _base(chosen)), chosen)


def site_language(site: Site, folder: Path, *wanted: str | None) -> str:
    """The first wanted language that the site offers and `folder` has copy for, else the site's first of these."""
    offered = [name for name in site.languages if name in languages(folder)]
    if not offered:
        raise Misconfigured(f"site {site.id}: no copy in any of its languages {list(site.languages)}")
    return language(wanted, offered)


@lru_cache(maxsize=8)
def languages(folder: Path) -> tuple[str, ...]:
    """The languages that a folder of copy holds."""
    return tuple(sorted(path.stem for path in folder.glob("*.toml")))


def regional(tag: str, language: str, country: str | None = None) -> str:
    """`tag` if it is a tag of `language`, else `language`; without a region of its own it has that of `country`.

    Its region decides how money and dates are written.
    """
    own = tag if _base(tag) == _base(language) else language
    return f"{own}-{country}" if country and not _region(own) else own


def accepted(header: str | None) -> tuple[str, ...]:
    """The tags of an Accept-Language header, most wanted first; what cannot be read is left out."""
    weighed = [(float(weight or 1), tag) for tag, weight in _ACCEPTED.findall((header or "")[:500])]
    return tuple(tag for weight, tag in sorted(weighed, key=lambda pair: -pair[0]) if weight > 0)


def direction(tag: str) -> str:
    """`rtl` or `ltr`, for the dir attribute."""
    return "rtl" if _base(tag) in RIGHT_TO_LEFT else "ltr"


def money(amount: Money, tag: str, country: str | None = None) -> str:
    """An amount as people in `country` write it in this language; whole amounts go without decimals ("149 kr").

    The number of decimals is Stripe's, not CLDR's, which would round off what is really charged in some currencies.
    ValueError for what is no currency's code.
    """
    if not re.fullmatch("[A-Za-z]{3}", amount.currency):
        raise ValueError(f"a currency has three letters, unlike {amount.currency[:40]!r}")
    value = major(amount)
    whole = value == value.to_integral_value()
    decimals = "" if whole or not exponent(amount.currency) else "." + "0" * exponent(amount.currency)
    place = locale(tag, country)
    pattern = re.sub(r"0\.0+", "0" + decimals, place.currency_formats["standard"].pattern)
    text = format_currency(value, amount.currency.upper(), pattern, locale=place, currency_digits=False)
    # CLDR asks for a space between a code and digits ("SEK 149"), which Babel leaves out.
    return re.sub(r"(?<=[A-Za-z])(?=\d)", _NO_BREAK, text)


def day(at: int, zone: ZoneInfo, tag: str, country: str | None = None, near: int | None = None) -> str:
    """The local calendar day of `at` (UTC seconds): "12 December", with the year if it is not the year of `near`.

    Its spaces do not break, so that no line ends in "12".
    """
    return written_day(local_day(at, zone), tag, country, None if near is None else local_day(near, zone))


def written_day(when: date, tag: str, country: str | None = None, near: date | None = None) -> str:
    """A calendar day as `day` writes it. The first of a month is an ordinal in French, which CLDR does not know."""
    place = locale(tag, country)
    same_year = near is not None and near.year == when.year
    text = format_skeleton("MMMMd", when, locale=place) if same_year else format_date(when, "long", locale=place)
    if place.language == "fr" and when.day == 1:
        text = re.sub(r"^1\b", "1er", text)
    return text.replace(" ", _NO_BREAK)


def local_day(at: int, zone: ZoneInfo) -> date:
    """The calendar day on which `at` falls in `zone`, daylight saving time included."""
    return datetime.fromtimestamp(at, zone).date()


def zone(*names: str | None) -> ZoneInfo:
    """The first of `names` that is an IANA zone; ValueError if none is, since a guessed day is a wrong day."""
    for name in names:
        try:
            return ZoneInfo(name or "")
        except (KeyError, ValueError, OSError):
            continue
    raise ValueError(f"no IANA time zone among {names!r}")


@lru_cache(maxsize=256)
def locale(tag: str, country: str | None = None) -> Locale:
    """Babel's locale for a tag: the tag's own region first, then the country, then the bare language."""
    for region in filter(None, (_region(tag), country)):
        try:
            return Locale(_base(tag), region.upper())
        except (UnknownLocaleError, ValueError):
            continue
    try:
        return Locale(_base(tag))
    except (UnknownLocaleError, ValueError) as unknown:
        raise ValueError(f"unknown language {tag!r}") from unknown


def plain(text: str | None, limit: int = 200) -> str:
    """A name fit for one line: no control characters or line ends (they could forge mail headers), cut at `limit`."""
    shown = "".join(" " if unicodedata.category(char) in ("Cc", "Zl", "Zp", "Cs") else char for char in text or "")
    words = " ".join(_without_bidi_controls(shown).split())
    return words if len(words) <= limit else words[: limit - 1].rstrip() + "…"


def breakable(text: str) -> str:
    """`text` with ordinary spaces only: for subjects and plain text, where lines are not ours to keep together."""
    return re.sub("[\u00a0\u202f]", " ", text)


def isolated(text: str, tag: str) -> str:
    """`text`, fenced off if it runs against the language's direction, so that it cannot reorder what is around it."""
    against = ("R", "AL") if direction(tag) == "ltr" else ("L",)
    return _ISOLATE + text + _POP if any(unicodedata.bidirectional(char) in against for char in text) else text


def logo(site: Site) -> str | None:
    """The site's logo, if a browser would load it as one; without, its name stands in the logo's place."""
    return site.logo_url if (site.logo_url or "").startswith(("https://", "http://")) else None


def with_mailto(text: str, address: str, style: str | None = None) -> Markup:
    """`text` escaped, with `address`, wherever it stands, as a link (`style` is for mails: pages have classes)."""
    attribute = Markup(' class="link" style="{}"').format(style) if style else Markup()
    return Markup('<a{0} href="mailto:{1}">{1}</a>').format(attribute, address).join(text.split(address))


@lru_cache(maxsize=64)
def copy(folder: Path, name: str) -> Mapping[str, str]:
    """The strings of one language, keyed `table.name`, from the one file that holds them; OSError if there is none."""
    return dict(_flat(tomllib.loads((folder / f"{name}.toml").read_text("utf-8")), ""))


def say(strings: Mapping[str, str], key: str, values: Mapping[str, str]) -> str:
    """The string `key` with its placeholders filled in; Misconfigured if the copy file and the code disagree."""
    try:
        return strings[key].format_map(values)
    except KeyError as missing:
        raise Misconfigured(f"copy: no {missing} for {key}") from missing


def _flat(table: Mapping[str, object], prefix: str) -> Iterable[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, str(value)


def _base(tag: str) -> str:
    base = re.split(r"[-_]", tag.strip().lower(), maxsplit=1)[0]
    return _SAME_AS.get(base, base)


def _region(tag: str) -> str | None:
    return next((part for part in re.split(r"[-_]", tag)[1:] if re.fullmatch("[A-Za-z]{2}", part)), None)


def _without_bidi_controls(text: str) -> str:
    return re.sub("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]", "", text)
