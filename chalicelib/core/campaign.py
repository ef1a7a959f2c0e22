"""Campaigns: when to write to a customer whose payment failed, as plain data with a schema. Pure.

A case freezes its whole campaign (`as_plan`) at its first look, so that no later edit can touch a case that is open.
"""

from collections.abc import Mapping
from datetime import time
from typing import Any

from chalicelib.core.frozen import frozen

NOTICE_DAYS = 3
"""The final mail stands at least so many days before the end that it names."""

SHORTEST_WINDOW = 60
"""Minutes that a send window is open at least."""

LONGEST = 366
_NEEDED = {"version", "steps", "end_day", "funds_wait_hours", "window"}


@frozen
class Step:
    """One mail of a campaign, `day` local calendar days after the failure. The final one names the date of the end."""

    key: str
    day: int
    final: bool = False


@frozen
class Campaign:
    """When to write. The window is local time, Monday to Friday where `weekdays_only`; it only ever moves a mail later."""

    id: str
    version: int
    steps: tuple[Step, ...]
    end_day: int
    funds_wait_hours: int
    opens: time
    closes: time
    weekdays_only: bool


class WrongCampaign(ValueError):
    """A campaign that could not run: where, what is wrong, and how to mend it."""

    def __init__(self, path: str, what: str, mend: str) -> None:
        super().__init__(f"{path}: {what}. {mend}")
        self.path = path


def as_plan(campaign: Campaign) -> dict[str, Any]:
    """The campaign as its file has it, with its id: what a case keeps."""
    return {
        "id": campaign.id,
        "version": campaign.version,
        "steps": [{"key": step.key, "day": step.day, "final": step.final} for step in campaign.steps],
        "end_day": campaign.end_day,
        "funds_wait_hours": campaign.funds_wait_hours,
        "window": {
            "opens": campaign.opens.isoformat("minutes"),
            "closes": campaign.closes.isoformat("minutes"),
            "weekdays_only": campaign.weekdays_only,
        },
    }


def of_plan(plan: Mapping[str, Any]) -> Campaign:
    """The campaign of a plan: what was sound when it was kept is sound."""
    window = plan["window"]
    return Campaign(
        id=plan["id"],
        version=int(plan["version"]),
        steps=tuple(Step(step["key"], int(step["day"]), bool(step.get("final", False))) for step in plan["steps"]),
        end_day=int(plan["end_day"]),
        funds_wait_hours=int(plan["funds_wait_hours"]),
        opens=time.fromisoformat(window["opens"]),
        closes=time.fromisoformat(window["closes"]),
        weekdays_only=bool(window["weekdays_only"]),
    )


def parse(campaign_id: str, raw: Any) -> Campaign:
    """The campaign of a file's content. Raises WrongCampaign for one that could not run."""
    if not isinstance(raw, dict):
        raise WrongCampaign("the file", "it is no mapping", f"Write {', '.join(sorted(_NEEDED))}.")
    _members("the file", raw, _NEEDED, _NEEDED)
    _whole("version", raw["version"], 1, 10**6)
    _whole("end_day", raw["end_day"], 1, LONGEST)
    _whole("funds_wait_hours", raw["funds_wait_hours"], 0, 240)
    _check_steps(raw["steps"], raw["end_day"])
    _check_window(raw["window"])
    return of_plan({**raw, "id": campaign_id})


def _check_steps(steps: Any, end_day: int) -> None:
    if not isinstance(steps, list) or not steps:
        raise WrongCampaign("steps", "there is none", "Write a list of {key, day}.")
    for number, step in enumerate(steps):
        _check_step(f"steps[{number}]", step, end_day)
    days = [step["day"] for step in steps]
    if days != sorted(set(days)):
        raise WrongCampaign("steps", "they do not stand in the order of their days, one a day", "Sort them.")
    if len({step["key"] for step in steps}) != len(steps):
        raise WrongCampaign("steps", "two have the same key", "A key is what a case remembers: make each its own.")
    if any(step.get("final") for step in steps[:-1]):
        raise WrongCampaign("steps", "a step comes after the final one", "Only the last may be final.")


def _check_step(path: str, step: Any, end_day: int) -> None:
    if not isinstance(step, dict):
        raise WrongCampaign(path, "it is no mapping", "Write {key: day_3, day: 3}.")
    _members(path, step, {"key", "day"}, {"key", "day", "final"})
    if not isinstance(step["key"], str) or not step["key"].isidentifier() or not step["key"].isascii():
        raise WrongCampaign(f"{path}.key", f"{step['key']!r} is no name", "Use letters, digits and underscores.")
    if type(step.get("final", False)) is not bool:
        raise WrongCampaign(f"{path}.final", "it is neither true nor false", "Write true or leave it out.")
    _whole(f"{path}.day", step["day"], 0, LONGEST)
    last = end_day - (NOTICE_DAYS if step.get("final") else 1)
    if step["day"] > last:
        what = f"day {step['day']} is too close to end_day {end_day}"
        mend = f"A final step stands at least {NOTICE_DAYS} days before it, any other at least one."
        raise WrongCampaign(f"{path}.day", what, mend)


def _check_window(window: Any) -> None:
    names = {"opens", "closes", "weekdays_only"}
    if not isinstance(window, dict):
        raise WrongCampaign(
            "window", "it is no mapping", 'Write {opens: "09:00", closes: "17:00", weekdays_only: true}.'
        )
    _members("window", window, names, names)
    opens, closes = (_clock(f"window.{name}", window[name]) for name in ("opens", "closes"))
    if opens >= closes:
        raise WrongCampaign("window", "it closes before it opens", "It cannot reach over midnight.")
    if _minutes(closes) - _minutes(opens) < SHORTEST_WINDOW:
        what = f"it is open for less than {SHORTEST_WINDOW} minutes"
        raise WrongCampaign("window", what, "Runs are 15 minutes apart, and a mail waits for its turn.")
    if type(window["weekdays_only"]) is not bool:
        raise WrongCampaign("window.weekdays_only", "it is neither true nor false", "Write one of them.")


def _clock(path: str, value: Any) -> time:
    try:
        found = time.fromisoformat(value)
    except (TypeError, ValueError):
        raise WrongCampaign(path, f"{value!r} is no time of day", 'Write it in quotes, as "09:00".') from None
    if found.tzinfo is not None:
        raise WrongCampaign(path, f"{value!r} names a zone", "The hours are the customer's own: leave it out.")
    return found


def _minutes(clock: time) -> int:
    return clock.hour * 60 + clock.minute


def _whole(path: str, value: Any, least: int, most: int) -> None:
    if type(value) is not int or not least <= value <= most:
        raise WrongCampaign(path, f"{value!r} is no whole number from {least} to {most}", "Write one.")


def _members(path: str, raw: dict[Any, Any], needed: set[str], known: set[str]) -> None:
    missing, strange = sorted(needed - raw.keys()), sorted(map(str, raw.keys() - known))
    if missing:
        raise WrongCampaign(path, f"{missing[0]} is missing", f"Known are {', '.join(sorted(known))}.")
    if strange:
        raise WrongCampaign(path, f"{strange[0]} is not known", f"Known are {', '.join(sorted(known))}.")
