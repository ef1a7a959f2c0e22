"""Billing periods: the boundaries that an anchor and an interval make, without drift at the ends of months."""

import calendar
from datetime import UTC, datetime

FIXED = {"day": 86400, "week": 7 * 86400}


def add_months(anchor: int, months: int) -> int:
    """`anchor` and so many months, on the same day of the month or the last there is (31 January -> 28 February)."""
    start = datetime.fromtimestamp(anchor, UTC)
    index = start.year * 12 + start.month - 1 + months
    year, month = divmod(index, 12)
    day = min(start.day, calendar.monthrange(year, month + 1)[1])
    return int(start.replace(year=year, month=month + 1, day=day).timestamp())


def boundary(anchor: int, interval: str, count: int, after: int) -> int:
    """The first boundary of the periods around `anchor` that lies after `after`."""
    if interval in FIXED:
        length = FIXED[interval] * count
        return anchor + ((after - anchor) // length + 1) * length
    months = count * (12 if interval == "year" else 1)
    start, now = datetime.fromtimestamp(anchor, UTC), datetime.fromtimestamp(after, UTC)
    steps = ((now.year - start.year) * 12 + now.month - start.month) // months - 1
    while add_months(anchor, steps * months) <= after:
        steps += 1
    return add_months(anchor, steps * months)


def before(anchor: int, interval: str, count: int, end: int) -> int:
    """The start of the full period that ends at the boundary `end`."""
    if interval in FIXED:
        return end - FIXED[interval] * count
    months = count * (12 if interval == "year" else 1)
    guess = boundary(anchor, interval, count, add_months(end, -months) - 2 * 86400)
    return guess if guess < end else add_months(end, -months)


def day_text(moment: int) -> str:
    """`22 Nov 2026`, as invoice lines have it."""
    return (datetime.fromtimestamp(moment, UTC)).strftime("%d %b %Y").lstrip("0")
