"""Campaigns as files: what ships is sound, and what could not run is refused with its file, its place and how to mend it."""

from typing import Any

import pytest
import yaml

from chalicelib import campaigns
from chalicelib.core.campaign import as_plan, of_plan
from chalicelib.errors import Misconfigured
from tests.chalicelib.core.test_campaign import SOUND

DAYS = {
    "monthly_14": ([0, 3, 7, 11], 14),
    "monthly_28": ([0, 3, 7, 14, 21, 25], 28),
    "annual_60": ([0, 3, 8, 16, 26, 40, 53], 60),
}


@pytest.fixture(autouse=True)
def fresh() -> None:
    """Nothing is cached."""
    campaigns.load.cache_clear()


def written(monkeypatch: pytest.MonkeyPatch, tmp_path: Any, text: str) -> None:
    """A campaign `ours`, where campaigns are looked for."""
    (tmp_path / "ours.yaml").write_text(text)
    monkeypatch.setattr(campaigns, "files", lambda _name: tmp_path)


def test_three_profiles_ship() -> None:
    assert campaigns.known() == sorted(DAYS)


@pytest.mark.parametrize("name", sorted(DAYS))
def test_a_profile_has_its_days_its_end_and_one_final_mail(name: str) -> None:
    campaign = campaigns.load(name)

    assert ([step.day for step in campaign.steps], campaign.end_day) == DAYS[name]
    assert [step.final for step in campaign.steps] == [False] * (len(campaign.steps) - 1) + [True]
    assert (campaign.opens.hour, campaign.closes.hour, campaign.weekdays_only) == (9, 17, True)


@pytest.mark.parametrize("name", sorted(DAYS))
def test_a_campaign_is_the_same_after_it_was_kept_in_a_case(name: str) -> None:
    campaign = campaigns.load(name)

    assert of_plan(as_plan(campaign)) == campaign


def test_a_merchants_own_campaign_loads(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    written(monkeypatch, tmp_path, yaml.safe_dump(SOUND))

    assert campaigns.load("ours").end_day == 7
    assert campaigns.known() == ["ours"]


def test_a_wrong_campaign_names_its_file_the_place_and_the_remedy(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    written(monkeypatch, tmp_path, yaml.safe_dump({**SOUND, "end_day": "soon"}))

    with pytest.raises(Misconfigured, match=r"campaigns/ours\.yaml: end_day: 'soon' is no whole number .* Write one\."):
        campaigns.load("ours")


def test_what_is_no_yaml_says_where(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    written(monkeypatch, tmp_path, "steps: [")

    with pytest.raises(Misconfigured, match=r"ours\.yaml: this is not YAML: .*line"):
        campaigns.load("ours")


@pytest.mark.parametrize("name", ["none", "../secrets", "", "a/b", "monthly_14.yaml"])
def test_an_unknown_or_strange_name_is_refused_with_those_that_there_are(name: str) -> None:
    with pytest.raises(Misconfigured, match=r"no campaign .* known are annual_60, monthly_14, monthly_28"):
        campaigns.load(name)
