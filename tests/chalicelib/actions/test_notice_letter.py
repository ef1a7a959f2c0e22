"""Where the link of each notice leads: what its mail says one can do there, one can."""

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib import clock
from chalicelib.actions.links import LIFETIME
from chalicelib.store import links
from tests.chalicelib.actions.test_send_notice import expiring, live, send_all, trial, yearly
from tests.chalicelib.entrypoints.caller import Answer, call
from tests.conftest import SITE, Cloud
from tests.shop import DAY, Shop, run

__all__ = ["expiring"]

ROUTE = "/l/{token}"
CARD = "payment_method_update"
OPEN = ("Your billing page", "See your plan, cards and invoices")
UPDATE = ("Update your card", "Add a new card")


@pytest.fixture(autouse=True)
def portals(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A site with a configuration of the portal for everything, and one for cards."""
    monkeypatch.setattr(clock, "now", lambda: shop.twin.now)
    card = {"payment_method_update": {"enabled": "true"}}
    full = {**card, "invoice_history": {"enabled": "true"}, "subscription_cancel": {"enabled": "true"}}
    ids = [shop.do("POST", "billing_portal/configurations", features=each)["id"] for each in (full, card)]
    send_all(portal_configuration=ids[0], card_configuration=ids[1])
    return dict(zip(("full", "card"), ids, strict=True))


def tokens(cloud: Cloud) -> list[str]:
    """Those of the mails that left, in order."""
    return [mail.body.split("/l/")[1].split()[0].strip('"<>') for mail in cloud.mails()]


def follow(shop: Shop, token: str) -> tuple[Answer, dict[str, Any]]:
    """(the page of a link, the session that its button opens)."""
    page = call("GET", ROUTE, headers={"accept-language": "en"}, token=token)
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert call("POST", ROUTE, headers=form, token=token).status == 303
    return page, shop.twin.objects("billing_portal.session")[-1]


def a_trial(shop: Shop, cloud: Cloud) -> None:
    trial(shop)
    live(shop, cloud, 24)


def a_trial_without_a_card(shop: Shop, cloud: Cloud) -> None:
    trial(shop, customer=shop.do("POST", "customers", email="astrid@example.com")["id"])
    live(shop, cloud, 24)


def a_year(shop: Shop, cloud: Cloud) -> None:
    yearly(shop)
    shop.advance(318 * DAY)
    live(shop, cloud, 5)


def paid_after_all(shop: Shop, cloud: Cloud) -> None:
    customer = shop.fail_renewal(card="pm_twin_expired_card")
    shop.advance(DAY)
    run(shop, cloud)
    shop.pay(customer)
    shop.deliver()
    live(shop, cloud, 3)


def never_paid(shop: Shop, cloud: Cloud) -> None:
    shop.twin.world.settings.change({"retries": [36 * 3600]})
    shop.fail_renewal(card="pm_twin_expired_card")
    live(shop, cloud, 5)


@pytest.mark.parametrize(
    "happens, configuration, flow, words",
    [
        (a_trial, "full", None, OPEN),
        (a_trial_without_a_card, "card", CARD, UPDATE),
        (a_year, "full", None, OPEN),
        (paid_after_all, "full", None, OPEN),
        (never_paid, "full", None, OPEN),
    ],
)
def test_the_link_of_a_notice_opens_the_portal_that_its_mail_tells_of(
    shop: Shop,
    cloud: Cloud,
    portals: dict[str, str],
    happens: Callable[[Shop, Cloud], None],
    configuration: str,
    flow: str | None,
    words: tuple[str, str],
) -> None:
    happens(shop, cloud)

    page, session = follow(shop, tokens(cloud)[-1])

    assert all(each in page.text for each in words)
    assert session["configuration"] == portals[configuration]
    assert (session["flow"] or {}).get("type") == flow


def test_the_link_about_a_card_that_expires_opens_no_more_than_the_card(
    shop: Shop, cloud: Cloud, portals: dict[str, str], expiring: str
) -> None:
    live(shop, cloud, 35)

    page, session = follow(shop, tokens(cloud)[-1])

    assert all(each in page.text for each in UPDATE)
    assert (session["configuration"], session["flow"]["type"]) == (portals["card"], CARD)


def test_where_a_site_has_no_configuration_the_link_opens_stripes_default(shop: Shop, cloud: Cloud) -> None:
    send_all()
    a_year(shop, cloud)

    _, session = follow(shop, tokens(cloud)[-1])

    default = shop.do("GET", "billing_portal/configurations", is_default="true")["data"][0]["id"]
    assert (session["configuration"], session["flow"]) == (default, None)


def test_a_link_that_opens_the_whole_portal_dies_after_a_week_and_its_page_leads_on(shop: Shop, cloud: Cloud) -> None:
    a_year(shop, cloud)
    (token,) = tokens(cloud)
    link = links.find(token)
    assert link.good_until - link.created == LIFETIME == 7 * DAY

    shop.twin.advance(7 * DAY)
    dead = call("GET", ROUTE, headers={"accept-language": "en"}, token=token)
    send_all(login_url="https://billing.stripe.com/p/login/test")
    led = call("GET", ROUTE, headers={"accept-language": "en"}, token=token)

    assert (dead.status, led.status) == (410, 410)
    assert SITE.support_email in dead.text
    assert "send you a new one" in dead.text
    assert "https://billing.stripe.com/p/login/test" in led.text
    assert "you get a new link by mail" in led.text
