"""What people have complained of in public about other reminders, each as a test of ours."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from chalicelib import campaigns
from chalicelib.actions import handle_case
from chalicelib.actions.queue_due import queue_due
from chalicelib.actions.show_access import show_access
from chalicelib.actions.show_recovery import show_recovery
from chalicelib.core.model import Kind, Money
from chalicelib.core.site import CampaignRule
from chalicelib.core.window import Guard, Write
from chalicelib.entrypoints.collect_payments import collect_payments
from chalicelib.errors import Misconfigured
from chalicelib.mails import render
from chalicelib.store import customers, keys, objects, outbox, sites
from chalicelib.store.customers import StoredInvoice
from chalicelib.store.objects import News
from tests import records
from tests.chalicelib.mails.builders import reminder
from tests.conftest import NOW, SITE, Cloud
from tests.edge import TwinEdge
from tests.shop import DAY, Shop, run, sqs_event

SCOPE = SITE.scope
STOCKHOLM = ZoneInfo("Europe/Stockholm")


def live(shop: Shop, cloud: Cloud, days: float, every: int = 2) -> None:
    """Let days pass, with the schedule every so many hours."""
    end = shop.twin.now + int(days * DAY)
    while shop.twin.now < end:
        shop.advance(every * 3600)
        run(shop, cloud)


def case_of(customer: str) -> StoredInvoice:
    """The customer's one case."""
    (found,) = [each for each in customers.find(SCOPE, customer).invoices if each.opened_at]
    return found


def pay(shop: Shop, customer: str) -> None:
    """The customer pays with a new card, and Stripe says so."""
    shop.pay(customer)


def test_two_identical_failed_mails(shop: Shop, cloud: Cloud) -> None:
    """woocommerce-gateway-stripe 1229: one sender, one claim."""
    shop.fail_renewal(card="pm_twin_expired_card")
    shop.advance(DAY)
    for _ in range(3):
        queue_due(shop.twin.now)

    outcomes = run(shop, cloud)

    assert sorted(outcomes) == ["not_due", "not_due", "not_due", "sent"]
    assert len(cloud.mails()) == 1


def test_renewal_failed_is_not_told_after_the_renewal_went_well(shop: Shop, cloud: Cloud) -> None:
    """polar 9084: the contradictory event comes late."""
    customer = shop.fail_renewal()
    pay(shop, customer)
    shop.deliver()

    live(shop, cloud, 3)

    assert cloud.mails() == []


def test_reminder_although_paid(shop: Shop, cloud: Cloud) -> None:
    """akaunting 259, lago-api 2876: even where the event of the payment was lost."""
    customer = shop.fail_renewal(card="pm_twin_expired_card")
    shop.twin.advance(DAY)
    pay(shop, customer)

    assert run(shop, cloud) == ["closed"]
    assert cloud.mails() == []


def test_told_only_after_all_retries(shop: Shop, cloud: Cloud) -> None:
    """org-brain-workshop 15: the first contact comes with the first failure that the customer can do something about."""
    customer = shop.fail_renewal(card="pm_twin_expired_card")

    live(shop, cloud, 4)

    assert len(cloud.mails()) >= 1
    assert shop.newest_invoice(customer)["status"] == "open"
    assert shop.newest_invoice(customer)["next_payment_attempt"] is not None


def test_cancelled_without_a_mail(shop: Shop, cloud: Cloud, texts: list[str]) -> None:
    """subscribie 1308: the last reminder names the day, three days before it; and a mail says when it has come to that."""
    customer = shop.fail_renewal(card="pm_twin_expired_card")

    live(shop, cloud, 18)

    case = case_of(customer)
    step, at = case.sent[-1]
    assert step == "day_11"
    end = case.opened_at + 14 * DAY if case.opened_at else 0
    assert end - at >= 72 * 3600
    assert str(datetime.fromtimestamp(end - 1, STOCKHOLM).day) in texts[-2]
    assert outbox.desk(SCOPE, customer).newest[0].kind == "canceled_for_nonpayment"
    assert "so it stopped on" in texts[-1]


def test_failed_and_cancelled_arrive_together(shop: Shop, cloud: Cloud) -> None:
    """orbiting 334, fxa 7886 and 9172: with the subscription gone, nothing asks for its money any more.

    That it ended for non-payment is told 20 hours after a reminder at the earliest: see test_send_notice.
    """
    customer = shop.fail_renewal(card="pm_twin_expired_card")
    (subscription,) = customers.find(SCOPE, customer).subscriptions
    shop.twin.advance(DAY)
    shop.do("DELETE", f"subscriptions/{subscription.id}")

    assert run(shop, cloud) == ["closed"]
    assert cloud.mails() == []


def test_invoices_pile_up(shop: Shop, cloud: Cloud, texts: list[str], edge: TwinEdge) -> None:
    """restrict-content-pro 360: several unpaid invoices of one customer are one mail about their sum."""
    customer = shop.customer()
    for _ in range(2):
        shop.subscribe(customer)
    shop.deliver()
    shop.twin.advance(20 * DAY)
    shop.card(customer, "pm_twin_expired_card")
    while len(shop.do("GET", "invoices", customer=customer, status="open")["data"]) < 2:
        shop.twin.advance(1800)
    shop.deliver()
    shop.advance(DAY)
    edge.calls.clear()

    outcomes = run(shop, cloud)

    assert sorted(outcomes) == ["not_due", "sent"]
    assert [path for _, path in edge.calls].count("/v1/invoices") == 1
    (mail,) = texts
    assert mail.startswith("Your payment of 298 kr ")
    numbers = [invoice["number"] for invoice in shop.do("GET", "invoices", customer=customer, status="open")["data"]]
    assert all(number in mail for number in numbers)
    handled = [each.handled for each in customers.find(SCOPE, customer).invoices if each.opened_at]
    assert handled == ["day_0", "day_0"]


@pytest.mark.parametrize("currency, shown", [("jpy", "¥10,000"), ("krw", "₩10,000"), ("usd", "$100")])
def test_amounts_a_hundred_times_too_large(currency: str, shown: str) -> None:
    """lago-api 643 and four more: yen and won have no decimals."""
    mail = render.failed_payment(reminder(amount=Money(10_000, currency), language="en-US"))

    assert shown in mail.text
    assert "1,000,000" not in mail.text


@pytest.mark.parametrize(
    "zone, facts",
    [
        ("Pacific/Kiritimati", {"metadata": {"timezone": "Pacific/Kiritimati"}}),  # fourteen hours ahead of UTC
        ("Asia/Tokyo", {"address": {"country": "JP"}}),
        ("Pacific/Honolulu", {"address": {"country": "US", "state": "HI"}}),
    ],
)
def test_the_mail_at_the_wrong_hour_of_the_wrong_day_twice(
    shop: Shop, cloud: Cloud, zone: str, facts: dict[str, Any]
) -> None:
    """blot 340, staytus 123, scoutplan 237: days, hours and the weekend are the customer's."""
    customer = shop.fail_renewal(card="pm_twin_expired_card", **facts)

    live(shop, cloud, 12, every=1)

    sent = case_of(customer).sent
    assert len(sent) == len({step for step, _ in sent}) >= 3
    for _, at in sent:
        local = datetime.fromtimestamp(at, ZoneInfo(zone))
        assert local.isoweekday() < 6
        assert 9 <= local.hour < 17


def test_an_archived_campaign_strands_its_cases(shop: Shop, cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """A case keeps its campaign though the file is gone; one that cannot find its own begins with the site's."""
    load = campaigns.load

    def without(name: str) -> Any:
        if name in gone:
            raise Misconfigured(f"There is no campaign {name!r}.")
        return load(name)

    gone: set[str] = set()
    monkeypatch.setattr(campaigns, "load", without)
    sites.put(replace(SITE, campaign_rules=(CampaignRule("monthly_28", interval="month"),)))
    customer = shop.fail_renewal(card="pm_twin_expired_card")
    live(shop, cloud, 1.5)
    assert case_of(customer).campaign == "monthly_28"

    gone |= {"monthly_28", "monthly_14"}
    live(shop, cloud, 4)
    assert [step for step, _ in case_of(customer).sent] == ["day_0", "day_3"]

    gone.remove("monthly_14")
    other = shop.fail_renewal(card="pm_twin_expired_card")
    live(shop, cloud, 1.5)
    assert case_of(other).campaign == "monthly_14"


def test_new_card_added_and_the_old_one_charged(shop: Shop, cloud: Cloud) -> None:
    """codecov-api 630, highlight 3709, woocommerce-gateway-stripe 149, 722 and 728: this month's invoice and the next."""
    sites.put(replace(SITE, pay_open_invoices=True))
    customer = shop.fail_renewal()
    (subscription,) = shop.do("GET", "subscriptions", customer=customer)["data"]
    old = shop.do("GET", f"customers/{customer}")["invoice_settings"]["default_payment_method"]
    shop.do("POST", f"subscriptions/{subscription['id']}", default_payment_method=old)
    new_card(shop, cloud, customer)

    shop.advance(31 * DAY)

    charged = [each["payment_method"] for each in shop.twin.objects("charge") if each["status"] == "succeeded"]
    new = shop.do("GET", f"customers/{customer}")["invoice_settings"]["default_payment_method"]
    assert charged[-2:] == [new, new]
    assert {each["status"] for each in shop.do("GET", "invoices", customer=customer)["data"]} == {"paid"}


def new_card(shop: Shop, cloud: Cloud, customer: str) -> None:
    """As the customer gives one in the portal, and what our worker then does."""
    shop.card(customer, "pm_card_visa")
    shop.deliver()
    assert collect_payments(sqs_event(*cloud.messages(cloud.cards_url)), None) == {"batchItemFailures": []}
    shop.deliver()


def test_the_billing_anniversary_drifts(shop: Shop, cloud: Cloud) -> None:
    """Lazuar: who pays a week late is billed on the old day again."""
    sites.put(replace(SITE, pay_open_invoices=True))
    customer = shop.fail_renewal(card="pm_twin_expired_card")
    before = period(customer)
    live(shop, cloud, 7)
    new_card(shop, cloud, customer)
    assert period(customer) == before

    shop.advance(30 * DAY)

    assert period(customer)[0] == before[1]


def period(customer: str) -> tuple[int, int]:
    """The current period of the customer's one subscription, as we have it."""
    (subscription,) = customers.find(SCOPE, customer).subscriptions
    (item,) = subscription.items
    return item.current_period_start, item.current_period_end


def test_recovered_revenue_ignores_manual_payments(shop: Shop) -> None:
    """Lazuar: what the merchant notes as paid outside Stripe has come in too."""
    customer = shop.fail_renewal(card="pm_twin_expired_card")
    shop.do("POST", f"invoices/{shop.newest_invoice(customer)['id']}/pay", paid_out_of_band="true")
    shop.deliver()

    (sek,) = show_recovery(SITE, {}, shop.twin.now)["currencies"]

    recovered = {each["value"]: each["recovered"] for each in sek["renewals"]["by"]["attribution"]}
    assert recovered == {"manual": {"count": 1, "amount": 14900}}


def test_counting_over_a_truncated_list(shop: Shop, cloud: Cloud) -> None:
    """cap-go 2993: what does not fit one answer of the database (a megabyte) is asked for until the end."""
    for number in range(30):
        invoice = records.invoice(id=f"in_{number}", amount_remaining=100, invoice_pdf="https://" + 40_000 * "x")
        where = keys.of_object(SCOPE, Kind.INVOICE, invoice.id, invoice.customer, invoice.created)
        objects.write(where, News(Kind.INVOICE, invoice, False, NOW), Write(Guard(), NOW, NOW))
    cloud.dynamodb_requests.clear()

    (sek,) = show_recovery(SITE, {}, NOW)["currencies"]

    assert sek["renewals"]["failed"] == {"count": 30, "amount": 3_000}
    assert cloud.dynamodb_requests.count("Query") > 1


def test_a_second_step_of_the_same_day_is_dropped(shop: Shop, cloud: Cloud) -> None:
    """Lazuar: a step is known by its key, not by its day."""
    customer = shop.fail_renewal(card="pm_twin_expired_card")
    while not case_of(customer).sent:
        live(shop, cloud, 1 / 12)

    handle_case.send_now(SITE, case_of(customer).invoice.id, shop.twin.now)
    live(shop, cloud, 12)

    sent = case_of(customer).sent
    assert [step for step, _ in sent] == ["day_0", "day_3", "day_7", "day_11"]
    first, second = (datetime.fromtimestamp(at, STOCKHOLM).date() for _, at in sent[:2])
    assert first == second


def test_no_link_in_the_mail_that_works(shop: Shop, cloud: Cloud, texts: list[str]) -> None:
    """launchly 316, polar 6498 and 6496, lago-api 2530: our own link, of no portal that dies after five minutes."""
    shop.fail_renewal(card="pm_twin_expired_card")
    live(shop, cloud, 2)

    assert texts[0].count("https://pay.nordlys.example/l/") == 1
    assert "billing.stripe.com" not in texts[0]


def test_the_merchants_mails_double_stripes_own(shop: Shop, cloud: Cloud) -> None:
    """2anki 3615: in shadow mode everything is decided and written down, and nobody gets a mail."""
    sites.put(replace(SITE, reminders="shadow"))
    customer = shop.fail_renewal(card="pm_twin_expired_card")

    live(shop, cloud, 12)

    assert cloud.mails() == []
    history = outbox.page(SCOPE, customer, 10, None)
    assert [post.cases[0].step for post in reversed(history)] == ["day_0", "day_3", "day_7", "day_11"]
    assert {post.state for post in history} == {"shadow"}
    assert case_of(customer).sent == ()


def test_reminders_that_are_off_ask_nobody_and_wait(shop: Shop, cloud: Cloud, edge: TwinEdge) -> None:
    """The other half of it: switched off, a case costs a look a day."""
    sites.put(replace(SITE, reminders="off"))
    shop.fail_renewal(card="pm_twin_expired_card")
    shop.advance(DAY)
    edge.calls.clear()

    assert run(shop, cloud) == ["held"]
    assert run(shop, cloud) == []
    assert edge.calls == []


def test_access_cut_on_the_first_failure(shop: Shop, cloud: Cloud) -> None:
    """stripe-firebase-extensions 588, cap 2074, cody 1601: a week of grace, and past_due alone takes nothing away."""
    customer = shop.fail_renewal(card="pm_twin_expired_card")
    (subscription,) = customers.find(SCOPE, customer).subscriptions

    assert subscription.status == "past_due"
    assert show_access(SITE, customer, shop.twin.now)["access"] == "full"
    assert show_access(SITE, customer, shop.twin.now + 8 * DAY)["access"] == "limited"
