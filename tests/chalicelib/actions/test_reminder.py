"""What one mail says of several unpaid invoices, and of access, from the real actions on the twin's clock."""

import re
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from chalicelib import clock
from chalicelib.actions.queue_due import queue_due
from chalicelib.actions.show_access import show_access
from chalicelib.core import choice
from chalicelib.core.site import AccessPolicy, Experiment
from chalicelib.store import customers, sites
from tests.conftest import SITE, Cloud
from tests.edge import TwinEdge
from tests.shop import DAY, Shop, act, run

SCOPE = SITE.scope


@pytest.fixture
def pair(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> tuple[Shop, str]:
    """A shop, and a customer whose payments for two subscriptions, a week apart, have failed."""
    monkeypatch.setattr(clock, "now", lambda: shop.twin.now)
    customer = shop.customer()
    shop.subscribe(customer)
    shop.twin.advance(7 * DAY)
    shop.subscribe(customer)
    shop.twin.advance(12 * DAY)
    shop.card(customer, "pm_twin_expired_card")
    shop.deliver()
    while len(unpaid(shop, customer)) < 1:
        shop.advance(1800)
    return shop, customer


def unpaid(shop: Shop, customer: str) -> list[str]:
    """The customer's open invoices at Stripe, the oldest first."""
    found = shop.do("GET", "invoices", customer=customer, status="open")["data"]
    return [invoice["id"] for invoice in reversed(found)]


def until_both_are_told(shop: Shop, cloud: Cloud, customer: str, texts: list[str]) -> str:
    """Let hours pass until there is a mail after both payments have failed; its text."""
    while len(unpaid(shop, customer)) < 2:
        shop.advance(4 * 3600)
        run(shop, cloud)
    before = len(texts)
    for _ in range(5 * 24):
        if len(texts) > before:
            return texts[-1]
        shop.advance(3600)
        run(shop, cloud)
    pytest.fail("no mail")


def cases(customer: str) -> dict[str, customers.StoredInvoice]:
    """The customer's cases, by invoice."""
    return {each.invoice.id: each for each in customers.find(SCOPE, customer).invoices if each.opened_at}


def day(moment: int) -> str:
    """As an English mail of ours writes it."""
    local = datetime.fromtimestamp(moment, ZoneInfo(SITE.time_zone))
    return f"{local.day} {local:%B}"


def test_a_mail_about_two_invoices_names_the_end_that_comes_first(
    pair: tuple[Shop, str], cloud: Cloud, texts: list[str]
) -> None:
    shop, customer = pair

    text = until_both_are_told(shop, cloud, customer, texts)

    first = min(int(each.opened_at or 0) for each in cases(customer).values())
    assert "298 kr" in text
    assert day(first + 14 * DAY) in text


def test_a_case_that_is_held_out_is_in_nobodys_mail(
    pair: tuple[Shop, str], cloud: Cloud, texts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shop, customer = pair
    (first,) = unpaid(shop, customer)
    monkeypatch.setattr(choice, "draw", lambda case, _: 99 if case == first else 0)
    sites.put(replace(SITE, experiment=Experiment("spring", "monthly_14", share=0, hold_out=50)))

    text = until_both_are_told(shop, cloud, customer, texts)

    assert "149 kr" in text
    assert "298 kr" not in text


def test_an_invoice_whose_subscription_has_ended_is_asked_for_no_more(
    pair: tuple[Shop, str], cloud: Cloud, texts: list[str]
) -> None:
    shop, customer = pair
    while len(unpaid(shop, customer)) < 2:
        shop.advance(4 * 3600)
    (newer, _) = shop.do("GET", "subscriptions", customer=customer)["data"]
    shop.twin.request("DELETE", f"/v1/subscriptions/{newer['id']}", {})  # and its event is still on the way
    shop.twin.advance(3 * DAY)
    older = unpaid(shop, customer)[0]
    due = {message["sk"].rpartition("#")[2]: message for message in queued(shop, cloud)}

    assert act(due[older], shop.twin.now) == "sent"

    assert "149 kr" in texts[-1]
    assert "298 kr" not in texts[-1]


def queued(shop: Shop, cloud: Cloud) -> list[dict[str, str]]:
    """What a run of the schedule hands to the mailer."""
    while datetime.fromtimestamp(shop.twin.now, ZoneInfo(SITE.time_zone)).strftime("%u %H") not in WORKING:
        shop.twin.advance(3600)
    queue_due(shop.twin.now)
    return cloud.messages(cloud.mails_url)


WORKING = {f"{weekday} {hour:02d}" for weekday in range(1, 6) for hour in range(10, 16)}


def test_what_the_bank_wants_confirmed_is_a_mail_about_one_invoice(
    shop: Shop, cloud: Cloud, texts: list[str], edge: TwinEdge
) -> None:
    customer = shop.customer()
    for _ in range(2):
        shop.subscribe(customer)
    shop.deliver()
    shop.twin.advance(20 * DAY)
    shop.card(customer, "pm_card_authenticationRequired")
    while len(unpaid(shop, customer)) < 2:
        shop.advance(1800)
    shop.advance(DAY)
    edge.calls.clear()

    run(shop, cloud)

    assert "149 kr" in texts[0]
    assert "298 kr" not in texts[0]
    assert [path for _, path in edge.calls if path == "/v1/invoices"] == []


@pytest.mark.parametrize("policy", [AccessPolicy(), AccessPolicy(full_days=2), AccessPolicy(full_days=8, end_days=12)])
def test_a_mail_promises_full_access_as_long_as_the_api_gives_it(
    shop: Shop, cloud: Cloud, texts: list[str], policy: AccessPolicy
) -> None:
    site = replace(SITE, access=policy)
    sites.put(site)
    customer = shop.fail_renewal(card="pm_twin_expired_card")
    promised = []
    for _ in range(12 * 12):
        shop.advance(2 * 3600)
        before = len(texts)
        run(shop, cloud)
        for text in texts[before:]:
            found = re.search(r"full access until (\d+ \w+)", text)
            told = show_access(site, customer, shop.twin.now)
            assert (found is not None) == (told["access"] == "full")
            assert found is None or found[1] == day(told["until"] - 1)
            promised.append(found is not None)

    assert promised[0]
    assert not promised[-1]
