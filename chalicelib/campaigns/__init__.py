"""Campaigns as data: one YAML file each, shipped with the code and named by id."""

from datetime import time
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from chalicelib.core.dunning import Campaign, Step
from chalicelib.errors import Misconfigured


@cache
def load(campaign_id: str) -> Campaign:
    """The campaign of that id.

    Raises Misconfigured where there is none, or its file lacks something.
    """
    source = files(__name__) / f"{campaign_id}.yaml"
    if not campaign_id.isidentifier() or not source.is_file():
        raise Misconfigured(f"There is no campaign {campaign_id!r} in chalicelib/campaigns.", "campaign")
    try:
        return _campaign(campaign_id, yaml.safe_load(source.read_text(encoding="utf-8")))
    except (KeyError, TypeError, ValueError) as error:
        raise Misconfigured(f"Campaign {campaign_id}: {error!r} is missing or wrong.", "campaign") from error


def _campaign(campaign_id: str, raw: dict[str, Any]) -> Campaign:
    window = raw["window"]
    campaign = Campaign(
        id=campaign_id,
        version=raw["version"],
        steps=tuple(Step(step["key"], step["day"], step.get("final", False)) for step in raw["steps"]),
        end_day=raw["end_day"],
        funds_wait_hours=raw["funds_wait_hours"],
        opens=time.fromisoformat(window["opens"]),
        closes=time.fromisoformat(window["closes"]),
        weekdays_only=window["weekdays_only"],
    )
    _check(campaign)
    return campaign


def _check(campaign: Campaign) -> None:
    """Raise ValueError, naming what is wrong, for a campaign that could not run."""
    days = [step.day for step in campaign.steps]
    if days != sorted(set(days)):
        raise ValueError("steps must stand in the order of their days, one a day")
    if len({step.key for step in campaign.steps}) != len(campaign.steps):
        raise ValueError("two steps have the same key")
    if not days or days[-1] >= campaign.end_day:
        raise ValueError("every step must come before end_day")
    if campaign.opens >= campaign.closes:
        raise ValueError("the window must open before it closes")
