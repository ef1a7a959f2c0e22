"""Sites: stored whole, read at most once a minute."""

import time
from dataclasses import replace

import pytest

from chalicelib.core.site import AccessPolicy, CampaignRule, Experiment, Site
from chalicelib.errors import Misconfigured
from chalicelib.store import sites
from tests.conftest import SITE, Cloud

FULL = replace(
    SITE,
    id="full",
    logo_url="https://nordlys.example/logo.svg",
    return_urls=(),
    languages=("sv",),
    portal_configuration="bpc_1",
    card_configuration="bpc_2",
    login_url="https://billing.stripe.example/p/login/1",
    metadata={"owner": "Åsa", "empty": ""},
    campaign_rules=(CampaignRule("annual_60", interval="year"), CampaignRule("ours", price="price_1")),
    experiment=Experiment("spring", "monthly_28", share=50, hold_out=5),
    access=AccessPolicy(3, 10, limited_invoices=2, blocked_amounts={"sek": 100_000}),
    reminders="shadow",
)


@pytest.mark.parametrize("site", [SITE, FULL, replace(FULL, country=None, accent="#ffffff", livemode=True)])
def test_a_site_comes_back_as_it_was_stored(cloud: Cloud, site: Site) -> None:
    sites.put(site)
    sites.forget()

    assert sites.find(site.id) == site


def test_a_site_is_read_once_a_minute(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    cloud.dynamodb_requests.clear()

    sites.find(SITE.id)
    clock[0] += sites.LIFETIME
    sites.find(SITE.id)
    assert cloud.dynamodb_requests == ["GetItem"]
    clock[0] += 1
    sites.find(SITE.id)
    assert cloud.dynamodb_requests == ["GetItem", "GetItem"]


def test_a_site_that_was_just_stored_is_read_anew(cloud: Cloud) -> None:
    sites.find(SITE.id)
    sites.put(replace(SITE, name="Nordlys AB"))

    assert sites.find(SITE.id).name == "Nordlys AB"


def test_an_unknown_site_is_a_matter_of_configuration_and_is_looked_for_again(cloud: Cloud) -> None:
    with pytest.raises(Misconfigured, match="no site 'elsewhere'"):
        sites.find("elsewhere")
    sites.put(replace(SITE, id="elsewhere"))

    assert sites.find("elsewhere").id == "elsewhere"
