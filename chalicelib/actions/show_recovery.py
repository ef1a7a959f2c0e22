"""What became of failed payments, as the API tells it: the sums of a period, and its cases line by line."""

import re
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from chalicelib.core import csv_text, recovery
from chalicelib.core.days import day_of
from chalicelib.core.members import Invalid
from chalicelib.core.model import Money
from chalicelib.core.money import major
from chalicelib.core.period import Period, period
from chalicelib.core.recovery import Failure, OfCurrency, Part, Sums
from chalicelib.core.site import Site
from chalicelib.store.recovery import TooManyCases, failures

MOST = 5000
"""Cases that one request may be about: some ten megabytes that are read, and one of a table."""

DEFINITION = "recovery.1"
"""Names the definitions of docs/reminders.md; a change of what is counted gets another number."""

COLUMNS = (
    *(
        "definition",
        "invoice",
        "customer",
        "subscription",
        "opened_at",
        "opened_on",
        "currency",
        "failed_minor",
        "failed",
    ),
    *("outcome", "recovered_minor", "recovered", "paid_at", "paid_on", "days", "attribution", "step", "mails"),
    *("clicked_at", "decline_code", "plan", "campaign", "variant", "after_trial"),
)

_CURRENCY = re.compile(r"[a-z]{3}", re.ASCII)


def show_recovery(site: Site, params: Mapping[str, str], now: int) -> dict[str, Any]:
    """The sums of a period, by currency. Raises Invalid, Retryable."""
    of = period(params, site.time_zone, now)
    found = _found(site, params, of)
    return {
        "definition": DEFINITION,
        "from": of.first.isoformat(),
        "to": of.last.isoformat(),
        "time_zone": of.zone,
        "as_of": now,
        "currencies": [_of_currency(each) for each in recovery.report(found, of.zone)],
        "benchmark": {
            "rate_by_volume": recovery.decimal(recovery.STRIPES_AVERAGE),
            "source": recovery.AVERAGE_SOURCE,
        },
    }


def recovery_table(site: Site, params: Mapping[str, str], now: int) -> tuple[str, str]:
    """(file name, table) of a period's cases, oldest first. Raises as `show_recovery`."""
    of = period(params, site.time_zone, now)
    found = _found(site, params, of)
    lines = [[line[name] for name in COLUMNS] for line in (_line(each, of.zone) for each in found)]
    return f"recovery_{of.first}_{of.last}.csv", csv_text.written(COLUMNS, lines)


def _found(site: Site, params: Mapping[str, str], of: Period) -> list[Failure]:
    currency = params.get("currency")
    if currency is not None and not _CURRENCY.fullmatch(currency):
        raise Invalid("currency must be three small letters: sek.", "currency")
    try:
        found = failures(site.scope, *of.seconds, MOST)
    except TooManyCases as error:
        raise Invalid(f"More than {MOST} payments failed in this period: ask for a shorter one.", "from") from error
    return [each for each in found if currency in (None, each.invoice.currency)]


def _of_currency(each: OfCurrency) -> dict[str, Any]:
    return {"currency": each.currency, "renewals": _part(each.renewals), "after_trial": _part(each.after_trial)}


def _part(part: Part) -> dict[str, Any]:
    return {
        **_sums(part.sums),
        "median_seconds": None if part.median is None else int(part.median),
        "by_day": [{"day": day, **asdict(recovered)} for day, recovered in part.days],
        "by": {name: [{"value": value, **_sums(of)} for value, of in groups] for name, groups in part.by.items()},
    }


def _sums(of: Sums) -> dict[str, Any]:
    return {
        **asdict(of),
        "rate_by_volume": recovery.decimal(of.by_volume),
        "rate_by_closed_cases": recovery.decimal(of.by_closed_cases),
    }


def _line(failure: Failure, zone: str) -> dict[str, str | int | None]:
    invoice, paid_at = failure.invoice, failure.paid_at
    return {
        "definition": DEFINITION,
        "invoice": invoice.id,
        "customer": invoice.customer,
        "subscription": invoice.subscription,
        "opened_at": _moment(failure.opened_at),
        "opened_on": _day(failure.opened_at, zone),
        "currency": invoice.currency,
        "failed_minor": failure.amount,
        "failed": _major(failure.amount, invoice.currency),
        "outcome": failure.outcome,
        "recovered_minor": failure.recovered,
        "recovered": _major(failure.recovered, invoice.currency),
        "paid_at": _moment(paid_at),
        "paid_on": _day(paid_at, zone),
        "days": recovery.days_to_recover(failure, zone),
        "attribution": failure.way,
        "step": failure.step,
        "mails": len(failure.sent),
        "clicked_at": _moment(failure.clicked_at),
        "decline_code": failure.decline,
        "plan": invoice.price,
        "campaign": failure.campaign,
        "variant": failure.variant,
        "after_trial": str(failure.after_trial).lower(),
    }


def _major(amount: int, currency: str) -> str:
    return format(major(Money(amount, currency)), "f")


def _moment(at: int | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _day(at: int | None, zone: str) -> str | None:
    return None if at is None else day_of(at, zone).isoformat()
