"""Campaigns as data: one YAML file each, shipped with the code and named by id. Add your own beside ours."""

from functools import cache
from importlib.resources import files

import yaml

from chalicelib.core.campaign import Campaign, WrongCampaign, parse
from chalicelib.errors import Misconfigured


@cache
def load(campaign_id: str) -> Campaign:
    """The campaign of that id.

    Raises Misconfigured where there is none, or its file could not run: which file, where in it, what, and how to mend it.
    """
    source = files(__name__) / f"{campaign_id}.yaml"
    if not campaign_id.isidentifier() or not source.is_file():
        raise Misconfigured(f"There is no campaign {campaign_id!r}: known are {', '.join(known())}.", "campaign")
    try:
        return parse(campaign_id, yaml.safe_load(source.read_text(encoding="utf-8")))
    except WrongCampaign as error:
        raise Misconfigured(f"chalicelib/campaigns/{campaign_id}.yaml: {error}", "campaign") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        where = f"chalicelib/campaigns/{campaign_id}.yaml"
        raise Misconfigured(f"{where}: this is not YAML: {_first_line(error)}.", "campaign") from error


def known() -> list[str]:
    """The ids of all campaigns."""
    names = (each.name for each in files(__name__).iterdir())
    return sorted(name.removesuffix(".yaml") for name in names if name.endswith(".yaml"))


def _first_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
