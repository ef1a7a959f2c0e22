"""When a step of a campaign falls due, and when a mail may leave: local calendar days, never multiples of 86,400. Pure."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from chalicelib.core.campaign import Campaign

NOTICE = 72 * 3600
"""Seconds that the final mail leaves before the end which it names."""

ON_ITS_WAY = 3600
"""Seconds that may lie between a step's time and its mail: a run each quarter of an hour, and the queue behind it."""


def days_after(moment: int, days: int, zone: str) -> int:
    """The same wall-clock time `days` local calendar days later (UTC seconds); across a DST change a day is not 24 hours."""
    local = datetime.fromtimestamp(moment, ZoneInfo(zone))
    return int((local + timedelta(days=days)).timestamp())


def final_time(campaign: Campaign, opened_at: int, day: int, zone: str) -> int:
    """When the final step falls due: on its day, or earlier where the window would let it out too late.

    Then it leaves at the last opening of the window from which the notice is still whole.
    """
    planned = days_after(opened_at, day, zone)
    latest = days_after(opened_at, campaign.end_day, zone) - NOTICE - ON_ITS_WAY
    return planned if within_window(campaign, planned, zone) <= latest else last_opening(campaign, latest, zone)


def within_window(campaign: Campaign, moment: int, zone: str) -> int:
    """`moment` if it lies in the send window, else the next opening of the window (UTC seconds)."""
    tz = ZoneInfo(zone)
    local = datetime.fromtimestamp(moment, tz)
    if _open_day(campaign, local) and campaign.opens <= local.time() < campaign.closes:
        return moment
    day = local if local.time() < campaign.opens else local + timedelta(days=1)
    while not _open_day(campaign, day):
        day += timedelta(days=1)
    opening = datetime.combine(day.date(), campaign.opens, tz)
    # In the hour that comes twice the first opening may be over: then the second one is next.
    return int((opening if opening.timestamp() > moment else opening.replace(fold=1)).timestamp())


def last_opening(campaign: Campaign, moment: int, zone: str) -> int:
    """The latest opening of the window at or before `moment` (UTC seconds)."""
    tz = ZoneInfo(zone)
    day = datetime.fromtimestamp(moment, tz)
    while True:
        opening = datetime.combine(day.date(), campaign.opens, tz)
        if _open_day(campaign, opening) and opening.timestamp() <= moment:
            return int(opening.timestamp())
        day -= timedelta(days=1)


def _open_day(campaign: Campaign, local: datetime) -> bool:
    return not campaign.weekdays_only or local.weekday() < 5
