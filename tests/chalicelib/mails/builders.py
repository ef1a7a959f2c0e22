"""A reminder like most: Anna's 149 kr for Nordlys Plus did not go through on 12 December 2026."""

import datetime as dt
from dataclasses import replace
from typing import Any

from chalicelib.core.model import Money, Reminder, Site, Track

DAY = 86_400
FAILED_AT = int(dt.datetime(2026, 12, 12, 9, 30, tzinfo=dt.UTC).timestamp())

SITE = Site(
    id="nordlys",
    name="Nordlys",
    account="acct_1NordlysTest",
    livemode=False,
    base_url="https://pay.nordlys.example",
    home_url="https://nordlys.example",
    return_urls=("https://nordlys.example/",),
    sender="billing@nordlys.example",
    support_email="help@nordlys.example",
    time_zone="Europe/Stockholm",
    country="SE",
)


def site(**changes: Any) -> Site:
    """The site, changed where asked."""
    return replace(SITE, **changes)


def reminder(**changes: Any) -> Reminder:
    """The reminder, changed where asked."""
    usual = Reminder(
        site=SITE,
        language="en",
        time_zone="Europe/Stockholm",
        name="Anna Lind",
        plan="Nordlys Plus",
        amount=Money(14900, "sek"),
        last4="4242",
        failed_at=FAILED_AT,
        next_attempt_at=FAILED_AT + 3 * DAY,
        ends_at=FAILED_AT + 14 * DAY,
        track=Track.FUNDS,
        final=False,
        link="https://pay.nordlys.example/l/5b0c1d",
    )
    return replace(usual, **changes)
