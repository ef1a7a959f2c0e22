"""The languages that a customer reads, and which of Stripe's portal they mean."""

import re
from collections.abc import Iterable

from chalicelib.core.model import Customer

LOCALES = frozenset(
    re.findall(
        r"\S+",
        """
        bg cs da de el en en-AU en-CA en-GB en-IE en-IN en-NZ en-SG es es-419 et fi fil fr fr-CA hr hu id it ja ko lt lv ms
        mt nb nl pl pt pt-BR ro ru sk sl sv th tr vi zh zh-HK zh-TW
        """,
    )
)
"""Stripe's 46, beside `auto`: the browser's."""

_BY_TAG = {locale.lower(): locale for locale in LOCALES}
_SAME_AS = {"no": "nb", "nn": "nb", "tl": "fil", "in": "id"}
_TRADITIONAL = {"mo": "zh-HK"}
_LATIN_AMERICA = re.compile("ar|bo|cl|co|cr|cu|do|ec|gt|hn|mx|ni|pa|pe|pr|py|sv|us|uy|ve")

_SPOKEN = {
    "da": "DK FO GL",
    "de": "AT DE LI",
    "en": "AU CA GB GG GI IE IM IN JE MT NG NZ SG US ZA",
    "es": "AR BO CL CO CR CU DO EC ES GT HN MX NI PA PE PR PY SV UY VE",
    "fi": "FI",
    "fr": "FR GF GP MC MQ RE YT",
    "nb": "NO SJ",
    "nl": "NL SR",
    "sv": "AX SE",
}
"""By language, the countries where nearly everyone reads it: neither Belgium nor Switzerland has one."""

_BY_COUNTRY = {country: language for language, countries in _SPOKEN.items() for country in countries.split()}


def wanted(customer: Customer) -> tuple[str, ...]:
    """The tags of the languages that a customer wants, best first: their own, then that of their country."""
    spoken = _BY_COUNTRY.get((customer.country or "").upper())
    return tuple(dict.fromkeys((*customer.locales, spoken))) if spoken else customer.locales


def for_stripe(tags: Iterable[str]) -> str | None:
    """The portal's language for the first of a customer's tags (`pt_BR`, `zh-Hant-TW`) that it has; None for none of them."""
    return next((found for tag in tags if (found := _one(tag))), None)


def _one(tag: str) -> str | None:
    parts = tag.replace("_", "-").lower().split("-")
    base, rest = _SAME_AS.get(parts[0], parts[0]), parts[1:]
    region = next((part for part in reversed(rest) if len(part) == 2 or part.isdigit()), "")
    if base == "zh":
        traditional = "zh-TW" if "hant" in rest else None
        return _BY_TAG.get(f"zh-{region}") or _TRADITIONAL.get(region) or traditional or "zh"
    if base == "es" and _LATIN_AMERICA.fullmatch(region):
        return "es-419"
    return _BY_TAG.get(f"{base}-{region}") or _BY_TAG.get(base)
