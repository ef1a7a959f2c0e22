"""Campaigns as data: what ships is sound, and what could not run is refused by name."""

from typing import Any

import pytest
import yaml

from chalicelib import campaigns
from chalicelib.core.cases import DEFAULT_CAMPAIGN
from chalicelib.errors import Misconfigured

SOUND: dict[str, Any] = {
    "version": 1,
    "steps": [{"key": "a", "day": 0}, {"key": "b", "day": 3, "final": True}],
    "end_day": 7,
    "funds_wait_hours": 24,
    "window": {"opens": "09:00", "closes": "17:00", "weekdays_only": True},
}


@pytest.fixture(autouse=True)
def fresh() -> None:
    """Nothing is cached."""
    campaigns.load.cache_clear()


def written(monkeypatch: pytest.MonkeyPatch, tmp_path: Any, **changes: Any) -> None:
    """A campaign `ours` with changes, where campaigns are looked for."""
    (tmp_path / "ours.yaml").write_text(yaml.safe_dump({**SOUND, **changes}))
    monkeypatch.setattr(campaigns, "files", lambda _name: tmp_path)


def test_the_campaign_that_cases_open_with_ships_in_that_version() -> None:
    name, version = DEFAULT_CAMPAIGN

    campaign = campaigns.load(name)

    assert (campaign.id, campaign.version) == (name, version)
    assert [step.day for step in campaign.steps] == [0, 3, 7, 11]
    assert [step.final for step in campaign.steps] == [False, False, False, True]


def test_a_sound_campaign_loads(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    written(monkeypatch, tmp_path)

    assert campaigns.load("ours").end_day == 7


@pytest.mark.parametrize(
    "changes,words",
    [
        ({"steps": [{"key": "a", "day": 3}, {"key": "b", "day": 0}]}, "order"),
        ({"steps": [{"key": "a", "day": 0}, {"key": "b", "day": 0}]}, "one a day"),
        ({"steps": [{"key": "a", "day": 0}, {"key": "a", "day": 1}]}, "same key"),
        ({"steps": [{"key": "a", "day": 7}]}, "end_day"),
        ({"steps": []}, "end_day"),
        ({"steps": [{"day": 0}]}, "key"),
        ({"window": {"opens": "17:00", "closes": "09:00", "weekdays_only": True}}, "window"),
        ({"window": {"opens": "late", "closes": "09:00", "weekdays_only": True}}, "isoformat"),
    ],
)
def test_a_campaign_that_could_not_run_is_refused_by_what_is_wrong(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any, changes: dict[str, Any], words: str
) -> None:
    written(monkeypatch, tmp_path, **changes)

    with pytest.raises(Misconfigured, match=words):
        campaigns.load("ours")


@pytest.mark.parametrize("name", ["none", "../secrets", "", "a/b", "monthly_14.yaml"])
def test_an_unknown_or_strange_name_is_refused(name: str) -> None:
    with pytest.raises(Misconfigured, match="no campaign"):
        campaigns.load(name)
