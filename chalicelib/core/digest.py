"""A day in numbers, for the merchant: when it is told, and what is told. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from chalicelib.core.days import span
from chalicelib.core.notices import DaySums
from chalicelib.core.recovery import Failure

HOUR = 8
"""Of the site's morning, from which on the day before is told."""

BACK = timedelta(days=62)
"""How long before a day a payment may have failed that still counts as open, or as recovered on it: as long as `annual_60`."""


def told_today(now: int, zone: str) -> date | None:
    """The day that is told today (yesterday), or None before the hour."""
    local = datetime.fromtimestamp(now, ZoneInfo(zone))
    return local.date() - timedelta(days=1) if local.hour >= HOUR else None


def day_sums(failures: Iterable[Failure], day: date, zone: str) -> tuple[DaySums, ...]:
    """What happened on a day, by currency: several are never added."""
    found: dict[str, list[Failure]] = {}
    for failure in failures:
        found.setdefault(failure.invoice.currency, []).append(failure)
    made = [_of_currency(currency, found[currency], day, zone) for currency in sorted(found)]
    return tuple(each for each in made if each.failed or each.recovered or each.unpaid or each.open)


def _of_currency(currency: str, failures: Sequence[Failure], day: date, zone: str) -> DaySums:
    start, end = span(day, day, zone)
    failed = [each for each in failures if start <= each.opened_at <= end]
    recovered = [each for each in failures if each.paid_at is not None and start <= each.paid_at <= end]
    unpaid = [each for each in failures if (lost := each.lost_at(zone)) is not None and start <= lost <= end]
    still = [each for each in failures if each.opened_at <= end and _open_after(each, end, zone)]
    return DaySums(
        currency,
        *(len(failed), _owed(failed), len(recovered), sum(each.recovered for each in recovered)),
        *(len(still), _owed(still), len(unpaid), _owed(unpaid)),
    )


def _open_after(failure: Failure, end: int, zone: str) -> bool:
    if failure.outcome == "open":
        return True
    closed = failure.paid_at if failure.outcome == "recovered" else failure.lost_at(zone)
    return closed is not None and closed > end


def _owed(failures: Iterable[Failure]) -> int:
    return sum(each.amount for each in failures)


def reasons(failures: Iterable[Failure], day: date, zone: str) -> tuple[tuple[str, int], ...]:
    """The decline codes of the payments that failed on a day, as far as they are known, and how often."""
    start, end = span(day, day, zone)
    codes = Counter(each.decline for each in failures if each.decline and start <= each.opened_at <= end)
    return tuple(sorted(codes.items(), key=lambda code: (-code[1], code[0])))
