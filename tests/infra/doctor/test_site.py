"""The site item: one that makes sense, and every mistake."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.core.site import Site
from infra.doctor import site
from infra.doctor.report import Line
from tests.conftest import ACCOUNT, SITE
from tests.infra.doctor.conftest import told


def judged(found: Site, identity: str = "nordlys.example") -> list[Line]:
    """What is said of a site in this deployment."""
    return list(site.judge(found, ACCOUNT, False, identity))


@pytest.mark.parametrize("identity", ["nordlys.example", "example", "Billing@nordlys.example"])
def test_a_site_that_makes_sense(identity: str) -> None:
    assert [str(line) for line in judged(SITE, identity)] == ["ok     site nordlys: makes sense"]


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"base_url": "http://pay.nordlys.example"}, "base_url is not https"),
        ({"base_url": "https://pay.nordlys.example/"}, "ends with a slash"),
        ({"home_url": "nordlys.example"}, "home_url is not https"),
        ({"logo_url": "http://nordlys.example/logo.png"}, "logo_url is not https"),
        ({"return_urls": ("https://nordlys.example/", "http://nordlys.example/")}, "return_urls[1] is not https"),
        ({"return_urls": ()}, "return_urls is empty"),
        ({"account": "acct_1Other"}, "its account is not StripeAccount"),
        ({"livemode": True}, "livemode is True"),
        ({"time_zone": "Europe/Gothenburg"}, "time_zone Europe/Gothenburg is not known"),
        ({"country": "Sweden"}, "two capital letters"),
        ({"name": " "}, "no name"),
        ({"accent": "green"}, "accent"),
        ({"campaign": "weekly"}, "campaign"),
        ({"sender": "Nordlys <billing@other.example>"}, "the sender is not of nordlys.example"),
        ({"sender": "billing@notnordlys.example"}, "the sender is not of nordlys.example"),
        ({"sender": "Nordlys"}, "the sender is not of nordlys.example"),
        ({"support_email": "Nordlys"}, "support_email is no mail address"),
    ],
)
def test_a_mistake_is_named(changes: dict[str, Any], words: str) -> None:
    assert words in told(judged(replace(SITE, **changes)), "wrong")


def test_a_sender_below_the_verified_domain_is_covered_and_another_address_is_not() -> None:
    assert told(judged(replace(SITE, sender="a@mail.nordlys.example")), "wrong") == ""
    assert "not of help@" in told(judged(SITE, "help@nordlys.example"), "wrong")


def test_this_machine_is_fine_for_a_trial_and_not_for_money() -> None:
    here = replace(SITE, home_url="http://127.0.0.1:8000")

    assert told(judged(here), "wrong") == ""
    assert "on this machine" in told(judged(here), "warn")
    assert "home_url is not https" in told(judged(replace(here, livemode=True)), "wrong")
