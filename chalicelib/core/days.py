"""Local calendar days as UTC seconds, and back: a day begins at its own midnight, whatever the clocks do in between."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def day_of(moment: int, zone: str) -> date:
    """The calendar day of a moment (UTC seconds) in an IANA time zone."""
    return datetime.fromtimestamp(moment, ZoneInfo(zone)).date()


def begins(day: date, zone: str) -> int:
    """The first second of a local day; where its midnight is skipped, the second at which the clocks go on."""
    return int(datetime.combine(day, time.min, ZoneInfo(zone)).timestamp())


def span(first: date, last: date, zone: str) -> tuple[int, int]:
    """From the first second of `first` to the last one of `last` (UTC seconds, both inside)."""
    return begins(first, zone), begins(last + timedelta(days=1), zone) - 1
