"""Which campaign a case follows: the one that it has frozen, else the one chosen at this, its first look."""

from chalicelib import campaigns
from chalicelib.core.campaign import Campaign, as_plan, of_plan
from chalicelib.core.choice import Choice, Payer, choose
from chalicelib.core.frozen import frozen
from chalicelib.core.site import Site
from chalicelib.errors import Misconfigured
from chalicelib.log import report
from chalicelib.store.cases import Frozen, OpenCase


@frozen
class Treatment:
    """A case's campaign. `freeze` is what a write about the case must keep, or None where it is kept already."""

    campaign: Campaign
    variant: str | None
    held_out: bool
    freeze: Frozen | None


def treatment_of(site: Site, case: OpenCase, payer: Payer, decline: str | None) -> Treatment:
    """How a case is treated, whose payment was declined with that code.

    Raises Misconfigured where not even the site's own campaign can be loaded.
    """
    if case.plan is not None:
        held_out = Choice("", case.variant).held_out
        return Treatment(of_plan(case.plan), case.variant, held_out, None)
    choice = choose(site, case.invoice.id, payer)
    campaign = _loaded(choice.campaign, site)
    freeze = Frozen(as_plan(campaign), choice.variant, decline)
    return Treatment(campaign, choice.variant, choice.held_out, freeze)


def _loaded(campaign_id: str, site: Site) -> Campaign:
    """The campaign, or the site's own where somebody has named one that there is not: no case is left without."""
    try:
        return campaigns.load(campaign_id)
    except Misconfigured as error:
        if campaign_id == site.campaign:
            raise
        report(error, campaign=campaign_id)
        return campaigns.load(site.campaign)
