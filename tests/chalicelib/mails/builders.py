"""A reminder like most: Anna's 149 kr for Nordlys Plus did not go through on 12 December 2026."""

import re
from dataclasses import replace
from typing import Any

from chalicelib.core.failed_payment import Reminder
from chalicelib.core.site import Site
from infra.mails.samples import DAY, LANGUAGES, NOW, REMINDER, SITE

__all__ = ["CARD_WORDS", "DAY", "FAILED_AT", "LANGUAGES", "SITE", "reminder", "site"]
FAILED_AT = NOW
CARD_WORDS = re.compile(r"\b(cards?\b|kort|karte|carte|tarjeta|kaart)")
"""Whatever speaks of a card, in small letters of the nine languages."""


def site(**changes: Any) -> Site:
    """The site, changed where asked."""
    return replace(SITE, **changes)


def reminder(**changes: Any) -> Reminder:
    """The reminder, changed where asked."""
    return replace(REMINDER, **changes)
