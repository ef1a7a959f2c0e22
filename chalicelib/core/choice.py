"""Which campaign a case follows: customer, then price, interval, country, then the site's own. Pure.

Experiments are drawn by hash, so that a case drawn twice is drawn alike, and nothing has to be remembered.
"""

import hashlib

from chalicelib.core.frozen import frozen
from chalicelib.core.site import CampaignRule, Experiment, Site

HELD_OUT = "held_out"


@frozen
class Payer:
    """What a choice can be made by. `campaign` is what the merchant has written into the customer's metadata."""

    campaign: str | None = None
    prices: tuple[str, ...] = ()
    intervals: tuple[str, ...] = ()
    country: str | None = None


@frozen
class Choice:
    """A campaign's id, and in which arm of which experiment the case is (`spring:B`), if it is in one."""

    campaign: str
    variant: str | None = None

    @property
    def held_out(self) -> bool:
        """Whether the case is one of those that get no mail, so that it can be told what mails are worth."""
        return self.variant is not None and self.variant.endswith(f":{HELD_OUT}")


def choose(site: Site, case: str, payer: Payer) -> Choice:
    """The campaign of a case, by its invoice's id. A campaign that the customer was given is no matter of experiment."""
    if payer.campaign:
        return Choice(payer.campaign)
    usual = _by_rule(site.campaign_rules, payer) or site.campaign
    return Choice(usual) if site.experiment is None else _drawn(site.experiment, case, usual)


def _by_rule(rules: tuple[CampaignRule, ...], payer: Payer) -> str | None:
    by_price = [rule for rule in rules if rule.price is not None and rule.price in payer.prices]
    by_interval = [rule for rule in rules if rule.interval is not None and rule.interval in payer.intervals]
    by_country = [rule for rule in rules if rule.country is not None and rule.country == payer.country]
    return next((rule.campaign for rule in (*by_price, *by_interval, *by_country)), None)


def _drawn(experiment: Experiment, case: str, usual: str) -> Choice:
    """Percent by percent: first those held out, then those of the new campaign, then the rest as usual."""
    lot = draw(case, experiment.id)
    if lot < experiment.hold_out:
        return Choice(usual, f"{experiment.id}:{HELD_OUT}")
    if lot < experiment.hold_out + experiment.share:
        return Choice(experiment.campaign, f"{experiment.id}:B")
    return Choice(usual, f"{experiment.id}:A")


def draw(case: str, experiment: str) -> int:
    """A lot from 0 to 99."""
    return int(hashlib.sha256(f"{case}{experiment}".encode()).hexdigest(), 16) % 100
