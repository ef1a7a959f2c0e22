"""The schema of a campaign: what could not run is refused with its place, what is wrong, and how to mend it."""

from datetime import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.campaign import Campaign, Step, WrongCampaign, as_plan, of_plan, parse

SOUND: dict[str, Any] = {
    "version": 1,
    "steps": [{"key": "a", "day": 0}, {"key": "b", "day": 3, "final": True}],
    "end_day": 7,
    "funds_wait_hours": 24,
    "window": {"opens": "09:00", "closes": "17:00", "weekdays_only": True},
}
WINDOW = SOUND["window"]


def test_a_sound_campaign_is_read() -> None:
    steps = (Step("a", 0), Step("b", 3, final=True))

    assert parse("ours", SOUND) == Campaign("ours", 1, steps, 7, 24, time(9), time(17), weekdays_only=True)


@pytest.mark.parametrize(
    "changes, path, words",
    [
        ({"steps": [{"key": "a", "day": 3}, {"key": "b", "day": 0}]}, "steps", "order of their days"),
        ({"steps": [{"key": "a", "day": 0}, {"key": "b", "day": 0}]}, "steps", "one a day"),
        ({"steps": [{"key": "a", "day": 0}, {"key": "a", "day": 1}]}, "steps", "same key"),
        ({"steps": [{"key": "a", "day": 7}]}, "steps[0].day", "too close to end_day 7"),
        ({"steps": [{"key": "a", "day": 5, "final": True}]}, "steps[0].day", "A final step stands at least 3 days"),
        ({"steps": [{"key": "a", "day": 1, "final": True}, {"key": "b", "day": 2}]}, "steps", "after the final one"),
        ({"steps": [{"key": "a", "day": 1, "final": "yes"}]}, "steps[0].final", "neither true nor false"),
        ({"steps": []}, "steps", "there is none"),
        ({"steps": "day_0"}, "steps", "there is none"),
        ({"steps": ["day_0"]}, "steps[0]", "no mapping"),
        ({"steps": [{"day": 0}]}, "steps[0]", "key is missing"),
        ({"steps": [{"key": "a", "day": 0, "hour": 9}]}, "steps[0]", "hour is not known. Known are day, final, key"),
        ({"steps": [{"key": "a b", "day": 0}]}, "steps[0].key", "no name"),
        ({"steps": [{"key": 1, "day": 0}]}, "steps[0].key", "no name"),
        ({"steps": [{"key": "a", "day": "0"}]}, "steps[0].day", "no whole number"),
        ({"steps": [{"key": "a", "day": -1}]}, "steps[0].day", "no whole number"),
        ({"version": True}, "version", "no whole number"),
        ({"end_day": 14.0}, "end_day", "no whole number"),
        ({"funds_wait_hours": None}, "funds_wait_hours", "no whole number"),
        ({"window": None}, "window", "no mapping"),
        ({"window": {**WINDOW, "opens": "17:00"}}, "window", "closes before it opens"),
        ({"window": {**WINDOW, "opens": "late"}}, "window.opens", "'late' is no time of day"),
        ({"window": {**WINDOW, "opens": "09:00Z"}}, "window.opens", "'09:00Z' names a zone"),
        ({"window": {**WINDOW, "closes": "17:00+01:00"}}, "window.closes", "leave it out"),
        (
            {"window": {**WINDOW, "opens": "09:00Z", "closes": "17:00Z"}},
            "window.opens",
            "The hours are the customer's own",
        ),
        ({"window": {**WINDOW, "opens": "16:01"}}, "window", "open for less than 60 minutes"),
        ({"window": {**WINDOW, "opens": 540}}, "window.opens", "Write it in quotes"),
        ({"window": {**WINDOW, "weekdays_only": "yes"}}, "window.weekdays_only", "neither true nor false"),
        ({"window": {"opens": "09:00", "closes": "17:00"}}, "window", "weekdays_only is missing"),
        ({"colour": "red"}, "the file", "colour is not known"),
    ],
)
def test_what_could_not_run_is_refused(changes: dict[str, Any], path: str, words: str) -> None:
    with pytest.raises(WrongCampaign) as refused:
        parse("ours", {**SOUND, **changes})

    assert refused.value.path == path
    assert words in str(refused.value)


@pytest.mark.parametrize("raw", [None, [], "monthly", 14])
def test_a_file_that_is_no_mapping_is_refused(raw: Any) -> None:
    with pytest.raises(WrongCampaign, match="it is no mapping"):
        parse("ours", raw)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 400) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.fixed_dictionaries({name: JSON | st.just(value) for name, value in SOUND.items()}))
def test_any_content_is_either_a_campaign_or_refused_by_name(raw: dict[str, Any]) -> None:
    try:
        campaign = parse("ours", raw)
    except WrongCampaign:
        return

    assert of_plan(as_plan(campaign)) == campaign
    assert all(step.day < campaign.end_day for step in campaign.steps)
