"""The period that a report is about: whole local days, as a caller names them. Pure."""

import re
from collections.abc import Mapping
from datetime import date, timedelta

from chalicelib.core.days import day_of, span
from chalicelib.core.frozen import frozen
from chalicelib.core.members import Invalid

USUAL = 30
LONGEST = 366
"""Days: of a period that nobody names, and of the longest that may be asked for."""

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


@frozen
class Period:
    """Days of the time zone `zone` (an IANA name), the first and the last inside."""

    first: date
    last: date
    zone: str

    @property
    def seconds(self) -> tuple[int, int]:
        """Its first second and its last (UTC seconds)."""
        return span(self.first, self.last, self.zone)


def period(params: Mapping[str, str], zone: str, now: int) -> Period:
    """The period of `from` and `to` (YYYY-MM-DD); left out, the last 30 days up to today. Raises Invalid."""
    last = _day(params, "to") or day_of(now, zone)
    first = _day(params, "from") or last - timedelta(days=USUAL - 1)
    if first > last:
        raise Invalid("from must not lie after to.", "from")
    if (last - first).days >= LONGEST:
        raise Invalid(f"A period has at most {LONGEST} days: ask for a part.", "from")
    return Period(first, last, zone)


def _day(params: Mapping[str, str], name: str) -> date | None:
    text = params.get(name)
    if text is None:
        return None
    try:
        day = date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None or not 2000 <= day.year < 2200:
        raise Invalid(f"{name} must be a day of the site's time zone: 2026-11-30.", name)
    return day
