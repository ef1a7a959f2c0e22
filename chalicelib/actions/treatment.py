"""Which campaign a case follows: the one that it has frozen, else the one chosen at this, its first look."""

from chalicelib import campaigns
from chalicelib.core.campaign import Campaign, as_plan, of_plan
from chalicelib.core.choice import Choice, choose
from chalicelib.core.frozen import frozen
from chalicelib.core.site import Site
from chalicelib.errors import Misconfigured
from chalicelib.log import report
from chalicelib.store.cases import Frozen, OpenCase
from chalicelib.stripe_api.facts import Debtor


@frozen
class Treatment:
    """A case's campaign. `freeze` is what a write about the case must keep, or None where it is kept already."""

    campaign: Campaign
    variant: str | None
    held_out: bool
    freeze: Frozen | None


def treatment_of(site: Site, case: OpenCase, debtor: Debtor) -> Treatment:
    """How a case is treated. Raises Misconfigured where not even the site's own campaign can be loaded."""
    if case.plan is not None:
        held_out = Choice("", case.variant).held_out
        return Treatment(of_plan(case.plan), case.variant, held_out, None)
    choice = choose(site, case.invoice.id, debtor.payer)
    campaign = _loaded(choice.campaign, site)
    freeze = Frozen(as_plan(campaign), choice.variant, debtor.facts.decline.code)
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
