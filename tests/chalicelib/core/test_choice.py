"""The campaign of a case: customer over price over interval over country over the site's own; experiments by hash."""

from collections import Counter
from dataclasses import replace

import pytest

from chalicelib.core.choice import Choice, Payer, choose, draw
from chalicelib.core.site import CampaignRule, Experiment
from tests.conftest import SITE

RULES = (
    CampaignRule("by_country", country="US"),
    CampaignRule("by_interval", interval="year"),
    CampaignRule("by_price", price="price_1"),
    CampaignRule("never", price="price_1"),
)
RULED = replace(SITE, campaign="own", campaign_rules=RULES)
TRIED = replace(SITE, campaign="own", experiment=Experiment("spring", "new", share=30, hold_out=10))


@pytest.mark.parametrize(
    "payer, campaign",
    [
        (Payer("given", ("price_1",), ("year",), "US"), "given"),
        (Payer(None, ("price_0", "price_1"), ("year",), "US"), "by_price"),
        (Payer(None, ("price_2",), ("month", "year"), "US"), "by_interval"),
        (Payer(None, ("price_2",), ("month",), "US"), "by_country"),
        (Payer(None, ("price_2",), ("month",), "SE"), "own"),
        (Payer(), "own"),
    ],
)
def test_the_nearest_rule_decides(payer: Payer, campaign: str) -> None:
    assert choose(RULED, "in_1", payer) == Choice(campaign)


def test_an_experiment_gives_each_arm_its_share_and_each_case_always_the_same_arm() -> None:
    drawn = [choose(TRIED, f"in_{number}", Payer()) for number in range(10_000)]
    arms = Counter((choice.campaign, choice.variant) for choice in drawn)

    assert drawn == [choose(TRIED, f"in_{number}", Payer()) for number in range(10_000)]
    assert set(arms) == {("own", "spring:held_out"), ("new", "spring:B"), ("own", "spring:A")}
    assert abs(arms["own", "spring:held_out"] - 1000) < 150
    assert abs(arms["new", "spring:B"] - 3000) < 250
    assert all(choice.held_out == (choice.variant == "spring:held_out") for choice in drawn)


def test_a_lot_is_the_hash_of_case_and_experiment() -> None:
    assert [draw("in_1", "spring"), draw("in_1", "autumn"), draw("in_2", "spring")] == [92, 64, 31]


def test_a_campaign_that_the_customer_was_given_is_no_experiment() -> None:
    assert choose(TRIED, "in_1", Payer("given")) == Choice("given")


def test_a_rule_decides_what_the_experiment_is_compared_with() -> None:
    ruled = replace(TRIED, campaign_rules=RULES, experiment=Experiment("spring", "new", share=0))

    assert choose(ruled, "in_1", Payer(country="US")) == Choice("by_country", "spring:A")
