"""The notices around a payment, from Stripe's events to the mails, through the real actions, on the twin's clock."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from chalicelib.actions.queue_due import queue_due
from chalicelib.actions.record_feedback import record_feedback
from chalicelib.actions.send_notice import send_notice
from chalicelib.actions.send_reminder import send_reminder
from chalicelib.actions.show_cases import show_mails
from chalicelib.errors import StripeUnavailable
from chalicelib.store import cases, customers, keys, mail_health, optouts, outbox, sites
from chalicelib.store.keys import Key
from tests.conftest import SITE, Cloud
from tests.edge import TwinEdge
from tests.shop import DAY, Shop, run

HOUR = 3600
SCOPE = SITE.scope
PRICE = re.compile(r"1\W490\Wkr")


def live(shop: Shop, cloud: Cloud, days: float, step: int = 6 * HOUR) -> list[str]:
    """Let days pass with a run each `step`; the days (UTC) on which a mail left and its kind."""
    until, left = shop.twin.now + days * DAY, []
    while shop.twin.now < until:
        shop.advance(step)
        before = len(cloud.mails())
        run(shop, cloud)
        day = datetime.fromtimestamp(shop.twin.now, UTC).strftime("%m-%d")
        left += [f"{day} {kind}" for kind in kinds(shop)[before:]]
    return left


def kinds(shop: Shop) -> list[str]:
    """The kinds of the mails to the newest customer, in order."""
    newest = shop.do("GET", "customers")["data"][0]["id"]
    return [post.kind for post in reversed(outbox.page(SCOPE, newest, 100, None)) if post.sent_at]


def yearly(shop: Shop, **fields: Any) -> str:
    """A subscription that renews by the year; its id."""
    recurring = {"interval": "year"}
    price = {"product": shop.product, "unit_amount": "149000", "currency": "sek", "recurring": recurring}
    shop.price = shop.do("POST", "prices", **price)["id"]
    made = shop.subscribe(shop.customer(**fields))
    shop.deliver()
    return made


def trial(shop: Shop, days: int = 30, customer: str | None = None) -> str:
    """A trial of so many days; the subscription's id."""
    made = shop.subscribe(customer or shop.customer(), trial_end=shop.twin.now + days * DAY)
    shop.deliver()
    return made


def send_all(**changes: Any) -> None:
    """The site, changed."""
    sites.put(replace(SITE, **changes))
    sites.forget()


def test_a_trial_is_announced_a_week_and_a_day_before_and_then_not_again(shop: Shop, cloud: Cloud) -> None:
    trial(shop)

    assert live(shop, cloud, 40) == ["11-25 trial_ending", "12-01 trial_ending"]
    first, again = (mail.subject for mail in cloud.mails())
    assert (first, again) == (
        "Your trial with Nordlys ends on 2 December",
        "Reminder: your trial with Nordlys ends on 2 December",
    )
    assert "149" in cloud.mails()[0].body


def test_a_notice_leaves_in_the_daytime_and_language_of_the_customers_address(shop: Shop, cloud: Cloud) -> None:
    customer = shop.customer(address={"country": "US", "state": "HI"})  # half a day from Stockholm
    trial(shop, customer=customer)
    trial(shop, customer=shop.customer(address={"country": "DE"}))

    live(shop, cloud, 26, step=HOUR)

    (post,) = outbox.page(SCOPE, customer, 100, None)
    assert post.sent_at is not None
    assert 9 <= datetime.fromtimestamp(post.sent_at, ZoneInfo("Pacific/Honolulu")).hour < 17
    assert {mail.subject for mail in cloud.mails()} == {
        "Your trial with Nordlys ends on December 2",
        "Dein Testzeitraum bei Nordlys endet am 2. Dezember",
    }


def test_a_trial_without_a_card_asks_for_one(shop: Shop, cloud: Cloud) -> None:
    customer = shop.do("POST", "customers", email="astrid@example.com", name="Astrid Berg")["id"]
    trial(shop, customer=customer)

    assert live(shop, cloud, 24)
    assert "add a card before then" in cloud.mails()[0].body


def test_a_trial_that_was_cancelled_is_not_announced_even_if_its_event_was_lost(shop: Shop, cloud: Cloud) -> None:
    subscription = trial(shop)
    shop.do("POST", f"subscriptions/{subscription}", cancel_at_period_end="true")
    shop.twin.advance(24 * DAY)

    assert run(shop, cloud) == ["closed"]
    assert cloud.mails() == []


def test_a_trial_that_was_extended_is_announced_before_its_new_end(shop: Shop, cloud: Cloud) -> None:
    subscription = trial(shop, 20)
    shop.do("POST", f"subscriptions/{subscription}", trial_end=shop.twin.now + 40 * DAY)

    assert live(shop, cloud, 45, DAY // 4) == ["12-04 trial_ending", "12-11 trial_ending"]


def test_a_yearly_renewal_is_announced_45_and_7_days_before_and_names_its_price(shop: Shop, cloud: Cloud) -> None:
    yearly(shop)
    shop.advance(315 * DAY)

    assert live(shop, cloud, 70) == ["09-20 renewal_notice", "10-26 renewal_notice"]
    assert [mail.subject.split(":")[0] for mail in cloud.mails()] == ["Nordlys Plus renews on 2 November", "Reminder"]
    assert PRICE.search(cloud.mails()[0].body)


def test_a_discounted_renewal_names_no_price_that_would_be_wrong(shop: Shop, cloud: Cloud) -> None:
    coupon = shop.do("POST", "coupons", percent_off="20", duration="forever")["id"]
    subscription = yearly(shop)
    shop.do("POST", f"subscriptions/{subscription}", discounts=[{"coupon": coupon}])
    shop.advance(318 * DAY)

    assert live(shop, cloud, 5) == ["09-20 renewal_notice"]
    assert not PRICE.search(cloud.mails()[0].body)


def test_a_monthly_subscription_is_in_no_index(shop: Shop, cloud: Cloud, edge: TwinEdge) -> None:
    shop.subscribe(shop.customer())
    shop.deliver()
    shop.advance(25 * DAY)
    edge.calls.clear()

    assert run(shop, cloud) == []
    assert edge.calls == []


@pytest.fixture
def expiring(shop: Shop) -> str:
    """A customer whose card expires on 30 November, and who is charged on the 15th of each month; their id."""
    shop.twin.advance(13 * DAY)
    customer = shop.customer()
    shop.subscribe(customer)
    card = shop.do("GET", f"customers/{customer}")["invoice_settings"]["default_payment_method"]
    shop.do("POST", f"payment_methods/{card}", card={"exp_month": "12", "exp_year": "2026"})
    shop.deliver()
    return customer


def test_a_card_is_written_about_when_it_will_be_too_old_for_the_next_payment(
    shop: Shop, cloud: Cloud, expiring: str
) -> None:
    """Charged on 15 December, still good; then on 15 January, when it is not."""
    assert live(shop, cloud, 44) == ["12-18 card_expiring", "12-25 card_expiring"]
    first, again = (mail.subject for mail in cloud.mails())
    assert first.startswith("Your card for Nordlys expires on 31 December")
    assert again.startswith("Reminder")


def test_a_card_that_was_replaced_or_updated_by_the_network_is_not_written_about(
    shop: Shop, cloud: Cloud, expiring: str
) -> None:
    shop.advance(33 * DAY)
    card = shop.do("GET", f"customers/{expiring}")["invoice_settings"]["default_payment_method"]
    shop.do("POST", f"payment_methods/{card}", card={"exp_month": "12", "exp_year": "2029"})  # its event is lost

    assert live_without_events(shop, cloud, 12) == []


def live_without_events(shop: Shop, cloud: Cloud, days: int) -> list[Any]:
    """Days on which no webhook reaches us; the mails."""
    for _ in range(4 * days):
        shop.twin.advance(6 * HOUR)
        run(shop, cloud)
    return cloud.mails()


def test_a_card_that_pays_nothing_is_never_asked_about(shop: Shop, cloud: Cloud, edge: TwinEdge, expiring: str) -> None:
    shop.card(expiring, "pm_card_mastercard")
    shop.deliver()
    edge.calls.clear()

    assert live(shop, cloud, 44) == []
    assert edge.calls == []


def test_an_invoice_that_we_wrote_about_is_thanked_for_once_when_it_is_paid(shop: Shop, cloud: Cloud) -> None:
    customer = shop.fail_renewal(card="pm_twin_expired_card")
    shop.advance(DAY)
    assert run(shop, cloud) == ["sent"]
    shop.pay(customer)
    shop.deliver()

    assert len(live(shop, cloud, 15)) == 1
    assert kinds(shop) == ["failed_payment", "payment_recovered"]
    assert cloud.mails()[1].subject == "Your payment of 149 kr to Nordlys has gone through"
    (invoice,) = [each for each in customers.find(SCOPE, customer).invoices if each.opened_at]
    assert (invoice.closed, invoice.next_at) == ("invoice_paid", None)


def test_thanks_wait_for_the_cap_and_are_sent_though_the_event_of_the_payment_was_lost(
    shop: Shop, cloud: Cloud
) -> None:
    customer = shop.fail_renewal(card="pm_twin_expired_card")
    shop.advance(DAY)
    run(shop, cloud)
    shop.pay(customer)
    shop.deliver()

    assert run(shop, cloud) == ["held"]
    live_without_events(shop, cloud, 4)
    assert kinds(shop) == ["failed_payment", "payment_recovered"]


def thanked(shop: Shop, customer: str) -> Key:
    """The key of the case of a customer's oldest open invoice, which was written about and is paid now."""
    key = next(each.key for each in cases.of_customer(keys.of_customer(SCOPE, customer)).values() if each.handled)
    card = shop.card(customer, "pm_card_visa")
    shop.do("POST", f"invoices/{key.sk.rpartition('#')[2]}/pay", payment_method=card)
    shop.deliver()
    return key


def test_thanks_cost_one_read_more_which_asks_what_else_is_open(shop: Shop, cloud: Cloud) -> None:
    customer = shop.fail_renewal(card="pm_twin_expired_card")
    shop.advance(DAY)
    run(shop, cloud)
    key = thanked(shop, customer)
    shop.advance(DAY)
    sites.find(SITE.id)  # kept for a minute
    cloud.dynamodb_requests.clear()

    assert send_reminder(key, shop.twin.now) == "sent"

    assert cloud.dynamodb_requests == [
        "Query",  # the customer's newest mails
        "Query",  # the customer's cases
        "Query",  # open disputes
        "BatchGetItem",  # the address, and whether mails are paused
        "Query",  # what else is open
        "BatchGetItem",  # the name of the plan
        "TransactWriteItems",  # the claim and its link
        "TransactWriteItems",  # it has left
    ]
    assert kinds(shop) == ["failed_payment", "payment_recovered"]


@pytest.mark.parametrize("reason", ["campaign_ended", "stopped", "held_out", "payment_disputed"])
def test_nobody_hears_that_all_is_settled_while_a_case_that_was_closed_is_open_at_stripe(
    shop: Shop, cloud: Cloud, reason: str
) -> None:
    customer = shop.customer()
    subscriptions = [shop.subscribe(customer) for _ in range(2)]
    shop.advance(20 * DAY)
    bad = shop.card(customer, "pm_twin_expired_card")
    for each in subscriptions:  # so that no retry finds the new card
        shop.do("POST", f"subscriptions/{each}", default_payment_method=bad)
    shop.advance(10 * DAY + 6 * HOUR)
    assert live(shop, cloud, 3)
    first, second = cases.of_customer(keys.of_customer(SCOPE, customer)).values()
    assert cases.close(second, reason)
    assert thanked(shop, customer) == first.key

    live_without_events(shop, cloud, 3)
    assert kinds(shop) == ["failed_payment"]
    found = {each.sk: each.closed for each in customers.find(SCOPE, customer).invoices}
    assert (found[first.key.sk], found[second.key.sk]) == ("invoice_paid", reason)


@pytest.mark.parametrize("end_action", ["cancel", "unpaid"])
def test_a_subscription_that_ends_unpaid_is_told_of_once_and_not_together_with_a_failed_payment(
    shop: Shop, cloud: Cloud, end_action: str
) -> None:
    shop.twin.world.settings.change({"retries": [36 * HOUR], "end_action": end_action})
    customer = shop.fail_renewal(card="pm_twin_expired_card")
    shop.advance(DAY)
    assert run(shop, cloud) == ["sent"]
    shop.advance(14 * HOUR)  # the last retry fails, within the cap

    assert "held" in run(shop, cloud)
    live(shop, cloud, 12)
    assert kinds(shop) == ["failed_payment", "canceled_for_nonpayment"]
    first, second = outbox.page(SCOPE, customer, 10, None)[::-1]
    assert (second.sent_at or 0) - (first.sent_at or 0) >= 20 * HOUR


def test_a_subscription_whose_last_invoice_was_paid_after_all_is_not_told_of_its_end(shop: Shop, cloud: Cloud) -> None:
    shop.twin.world.settings.change({"retries": [36 * HOUR]})
    customer = shop.fail_renewal(card="pm_twin_expired_card")
    shop.advance(38 * HOUR)
    shop.pay(customer)

    live_without_events(shop, cloud, 5)
    assert kinds(shop) == []


CONSENT = {"metadata": {"stamkund_marketing": "yes"}}
WIN_BACK = {"notices": ("trial_ending", "win_back"), "postal_address": "Storgatan 1, Umeå"}


def end(shop: Shop, **fields: Any) -> str:
    """A customer whose subscription has ended today, on 2 December, because its payment failed; their id."""
    shop.twin.world.settings.change({"retries": []})
    return shop.fail_renewal(**fields)


def leave(shop: Shop, **fields: Any) -> str:
    """A customer who has ended their subscription today; their id."""
    customer = shop.customer(**fields)
    shop.do("DELETE", f"subscriptions/{shop.subscribe(customer)}")
    shop.deliver()
    return customer


def test_who_agreed_is_invited_back_after_14_and_30_days(shop: Shop, cloud: Cloud) -> None:
    send_all(**WIN_BACK)
    end(shop, **CONSENT)

    assert live(shop, cloud, 45) == ["12-16 win_back", "01-01 win_back"]


def test_who_left_on_purpose_is_not_invited_and_stripe_is_not_asked(shop: Shop, cloud: Cloud, edge: TwinEdge) -> None:
    send_all(**WIN_BACK)
    leave(shop, **CONSENT)
    edge.calls.clear()

    assert live(shop, cloud, 45, DAY) == []
    assert edge.calls == []


@pytest.mark.parametrize(
    "site, fields",
    [
        ({"notices": ("trial_ending",)}, CONSENT),
        (WIN_BACK, {}),
        (WIN_BACK, {"metadata": {"stamkund_marketing": "no"}}),
    ],
)
def test_without_consent_or_the_sites_wish_nobody_is_invited_and_stripe_is_not_asked(
    shop: Shop, cloud: Cloud, edge: TwinEdge, site: dict[str, Any], fields: dict[str, Any]
) -> None:
    send_all(**site)
    end(shop, **fields)
    live(shop, cloud, 1)  # the case of its invoice is closed
    edge.calls.clear()

    assert live(shop, cloud, 45, DAY) == []
    assert edge.calls == []


def test_who_came_back_is_not_invited(shop: Shop, cloud: Cloud) -> None:
    send_all(**WIN_BACK)
    customer = end(shop, **CONSENT)
    shop.card(customer, "pm_card_visa")
    shop.subscribe(customer)

    assert live(shop, cloud, 45) == []


def test_who_unsubscribed_gets_no_more_marketing_and_still_what_concerns_their_money(shop: Shop, cloud: Cloud) -> None:
    send_all(**WIN_BACK)
    customer = end(shop, **CONSENT)
    assert live(shop, cloud, 15)
    link = optouts.row("t", SCOPE, SITE.id, "Astrid@example.com ", "en", shop.twin.now)
    optouts.refuse(link, shop.twin.now)

    assert live(shop, cloud, 25) == []
    shop.subscribe(customer, trial_end=shop.twin.now + 10 * DAY)
    shop.deliver()
    assert [each.split()[1] for each in live(shop, cloud, 10)] == ["trial_ending", "trial_ending"]


@pytest.fixture
def due(shop: Shop, cloud: Cloud) -> Key:
    """A trial of which the first notice is due now."""
    trial(shop)
    shop.advance(23 * DAY)
    queue_due(shop.twin.now)
    (message,) = cloud.messages(cloud.mails_url)
    return Key(message["pk"], message["sk"])


def test_a_notice_costs_one_read_of_stripe_one_call_to_ses_and_two_writes(
    shop: Shop, cloud: Cloud, edge: TwinEdge, due: Key
) -> None:
    sites.find(SITE.id)  # kept for a minute
    edge.calls.clear()
    cloud.dynamodb_requests.clear()

    assert send_notice(due, shop.twin.now) == "sent"

    assert [method for method, _ in edge.calls] == ["GET"]
    assert cloud.dynamodb_requests == [
        "Query",  # the customer's newest mails
        "Query",  # the customer
        "BatchGetItem",  # the address, and whether mails are paused
        "BatchGetItem",  # the name of the plan
        "TransactWriteItems",  # the claim and its link
        "TransactWriteItems",  # it has left
    ]
    assert len(cloud.mails()) == 1


def test_a_look_that_finds_nothing_to_send_asks_stripe_nothing_and_writes_once(
    shop: Shop, cloud: Cloud, edge: TwinEdge, due: Key
) -> None:
    assert send_notice(due, shop.twin.now) == "sent"
    edge.calls.clear()
    cloud.dynamodb_requests.clear()

    assert send_notice(due, shop.twin.now) == "held"

    assert edge.calls == []
    assert cloud.dynamodb_requests == ["Query", "Query", "UpdateItem"]
    assert send_notice(due, shop.twin.now) == "not_due"


def test_people_in_support_see_what_was_told_and_about_which_date(shop: Shop, cloud: Cloud, due: Key) -> None:
    send_notice(due, shop.twin.now)

    (told,) = show_mails(SITE, keys.customer_of(due.pk), 10, None, shop.twin.now)["data"]

    assert (told["kind"], told["state"], told["cases"]) == ("trial_ending", "sent", [])
    assert told["notices"] == [{"about": due.sk.rsplit("#", 1)[1], "notice": "trial_7-2026-12-02"}]


def test_a_notice_queued_twice_is_sent_once(shop: Shop, cloud: Cloud, due: Key) -> None:
    assert [send_notice(due, shop.twin.now) for _ in range(3)] == ["sent", "held", "not_due"]
    assert len(cloud.mails()) == 1


def test_with_stripe_down_nothing_is_promised_and_it_comes_again(
    shop: Shop, cloud: Cloud, edge: TwinEdge, due: Key
) -> None:
    edge.fail = lambda _method, _path: ("{}", 500, {})
    with pytest.raises(StripeUnavailable):
        send_notice(due, shop.twin.now)
    edge.fail = lambda _method, _path: None

    assert send_notice(due, shop.twin.now) == "sent"


def test_an_address_that_takes_no_mail_gets_none_and_a_second_one_does(shop: Shop, cloud: Cloud, due: Key) -> None:
    mail_health.suppress(SCOPE, "astrid@example.com", "bounce", shop.twin.now)
    customer = keys.customer_of(due.pk)

    assert send_notice(due, shop.twin.now) == "held"
    shop.do("POST", f"customers/{customer}", metadata={"billing_email": "pay@example.com"})
    shop.advance(6 * DAY)
    assert run(shop, cloud) == ["sent"]
    assert cloud.mails()[0].destinations["ToAddresses"] == ["pay@example.com"]


def test_paused_mails_hold_notices_too(shop: Shop, cloud: Cloud, due: Key) -> None:
    mail_health.pause("bounces", shop.twin.now)

    assert send_notice(due, shop.twin.now) == "held"
    mail_health.resume(shop.twin.now)
    shop.advance(HOUR)
    assert run(shop, cloud) == ["sent"]


@pytest.mark.parametrize("reminders, outcome, left", [("shadow", "shadow", 1), ("off", "held", 0)])
def test_a_site_in_shadow_writes_down_what_would_leave_and_one_that_is_off_waits(
    shop: Shop, cloud: Cloud, due: Key, reminders: str, outcome: str, left: int
) -> None:
    send_all(reminders=reminders)

    assert send_notice(due, shop.twin.now) == outcome
    assert cloud.mails() == []
    assert len(outbox.page(SCOPE, keys.customer_of(due.pk), 10, None)) == left
    shop.advance(DAY)
    run(shop, cloud)
    assert len(outbox.page(SCOPE, keys.customer_of(due.pk), 10, None)) == left


def test_what_cannot_be_written_is_parked_and_nothing_is_claimed(shop: Shop, cloud: Cloud, due: Key) -> None:
    send_all(accent="no colour")

    assert send_notice(due, shop.twin.now) == "parked"
    assert outbox.page(SCOPE, keys.customer_of(due.pk), 10, None) == []


def test_a_bounce_sends_the_notice_to_the_second_contact(shop: Shop, cloud: Cloud, due: Key) -> None:
    customer = keys.customer_of(due.pk)
    shop.do("POST", f"customers/{customer}", metadata={"billing_email": "pay@example.com"})
    shop.deliver()
    assert send_notice(due, shop.twin.now) == "sent"
    (post,) = outbox.page(SCOPE, customer, 1, None)
    told = {"bounceType": "Permanent", "bouncedRecipients": [{"emailAddress": "astrid@example.com"}]}
    tags = {"customer": [customer], "mail": ["1"], "claim": [str(post.at + outbox.LEASE)]}
    mail = {"tags": tags, "timestamp": "2026-11-25T12:00:00Z"}
    record_feedback(json.dumps({"eventType": "Bounce", "mail": mail, "bounce": told}), shop.twin.now)
    shop.advance(DAY)

    assert run(shop, cloud) == ["sent"]
    assert [mail.destinations["ToAddresses"] for mail in cloud.mails()][1:] == [["pay@example.com"]]
