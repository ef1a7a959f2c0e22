"""What became of failed payments: through Stripe's events, our handlers and mails, to the report, to the cent."""

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib import clock
from chalicelib.actions import show_recovery
from chalicelib.actions.queue_due import queue_due
from chalicelib.actions.send_reminder import send_reminder
from chalicelib.core.choice import Payer, choose
from chalicelib.core.model import Invoice, Kind
from chalicelib.core.site import Experiment, scope
from chalicelib.core.window import Guard, Write
from chalicelib.errors import StoreUnavailable
from chalicelib.store import api_keys, cases, keys, links, objects, sites
from chalicelib.store.keys import Key
from chalicelib.store.objects import News
from tests import records
from tests.chalicelib.entrypoints.caller import Answer, call
from tests.conftest import ACCOUNT, NOW, SITE, Cloud
from tests.edge import TwinEdge
from tests.shop import DAY, Shop

REPORT, TABLE = "/v1/metrics/recovery", "/v1/reports/recovery.csv"
HOUR = 3600
ALWAYS = Write(Guard(), NOW, NOW + 4)
NOTHING = {"count": 0, "amount": 0}
ONE = {"count": 1, "amount": 14900}
WINTER = {"from": "2026-11-01", "to": "2027-03-31"}


@pytest.fixture
def key(cloud: Cloud) -> str:
    """A key for metrics and nothing else."""
    return api_keys.create(SITE.id, ("metrics",), NOW)


@dataclass
class Month:
    """A shop in which several customers' renewals fail at once, and what then becomes of each."""

    shop: Shop
    cloud: Cloud

    def begin(self, *wanted: dict[str, Any]) -> list[str]:
        """One customer for each, whose next payment has just failed: `card` and fields of the subscription."""
        found = []
        for each in wanted:
            customer = self.shop.customer()
            fields = {"items": [{"price": self.shop.price}], **{k: v for k, v in each.items() if k != "card"}}
            self.shop.do("POST", "subscriptions", customer=customer, **fields)
            found.append(customer)
        self.shop.deliver()
        self.shop.twin.advance(20 * DAY)
        for customer, each in zip(found, wanted, strict=True):
            self.shop.card(customer, each.get("card", "pm_twin_expired_card"))
        while not all(self.shop.newest_invoice(customer)["attempted"] for customer in found) or any(
            self.shop.newest_invoice(customer)["status"] != "open" for customer in found
        ):
            self.shop.twin.advance(1800)
        self.shop.deliver()
        return found

    def mail(self) -> list[str]:
        """A run of the schedule and of the mailer."""
        now = self.shop.twin.now
        queue_due(now)
        due = self.cloud.messages(self.cloud.mails_url)
        return [send_reminder(Key(each["pk"], each["sk"]), now) for each in due]

    def invoice(self, customer: str) -> str:
        """The customer's newest."""
        return str(self.shop.newest_invoice(customer)["id"])

    def pay(self, customer: str, **params: Any) -> None:
        """The customer has a new card and pays with it."""
        self.shop.card(customer, "pm_card_visa")
        self.shop.do("POST", f"invoices/{self.invoice(customer)}/pay", **params)
        self.shop.deliver()

    def case(self, customer: str) -> Key:
        """Where the case of a customer's newest invoice is."""
        newest = self.shop.newest_invoice(customer)
        return keys.of_object(SITE.scope, Kind.INVOICE, newest["id"], customer, newest["created"])


@pytest.fixture
def month(shop: Shop, cloud: Cloud) -> Month:
    """The shop at its beginning, with a portal in which a card can be replaced."""
    features = {"payment_method_update": {"enabled": "true"}}
    made = shop.do("POST", "billing_portal/configurations", features=features)["id"]
    sites.put(replace(SITE, card_configuration=made))
    return Month(shop, cloud)


def report(key: str, **query: str) -> dict[str, Any]:
    """The report of a period: of the whole winter, unless it is named."""
    answer = call("GET", REPORT, key=key, query={**WINTER, **query})
    assert answer.status == 200, answer.text
    return answer.json


def by(part: dict[str, Any], dimension: str) -> dict[str | None, tuple[int, int]]:
    """What was recovered (count, amount) by the values of a dimension."""
    return {
        group["value"]: (group["recovered"]["count"], group["recovered"]["amount"])
        for group in part["by"][dimension]
        if group["recovered"]["count"]
    }


def lines(answer: Answer) -> list[dict[str, str]]:
    """The lines of a table, by the names of its columns."""
    assert answer.status == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def test_each_payment_is_told_by_what_brought_it_in(month: Month, key: str, cloud: Cloud) -> None:
    shop = month.shop
    silent, mailed, clicked, manual, lost = month.begin({"card": "pm_twin_insufficient_funds"}, *[{}] * 4)
    shop.advance(4 * HOUR)
    assert month.mail() == ["held"] * 5  # the evening
    assert cases.stop(month.case(silent))
    shop.card(silent, "pm_card_visa")
    shop.advance(22 * HOUR)  # past Stripe's first retry
    assert month.mail() == ["sent"] * 4
    month.pay(mailed)
    follow(cloud, clicked)
    month.pay(clicked)
    month.pay(manual, paid_out_of_band="true")
    shop.advance(4 * DAY)

    (sek,) = report(key)["currencies"]
    part = sek["renewals"]
    assert (sek["currency"], part["failed"]) == ("sek", {"count": 5, "amount": 5 * 14900})
    assert (part["recovered"], part["open"], part["lost"]) == ({"count": 4, "amount": 4 * 14900}, ONE, NOTHING)
    assert (part["rate_by_volume"], part["rate_by_closed_cases"]) == ("0.800000", "1.000000")
    ways = dict.fromkeys(("silent_retry", "after_mail", "after_click", "manual"), (1, 14900))
    assert by(part, "attribution") == ways
    assert by(part, "step") == {None: (1, 14900), "day_0": (3, 3 * 14900)}
    assert by(part, "decline_code") == {"insufficient_funds": (1, 14900), "expired_card": (3, 3 * 14900)}
    assert by(part, "plan") == {shop.price: (4, 4 * 14900)}

    shop.advance(14 * DAY)
    (sek,) = report(key)["currencies"]
    assert (sek["renewals"]["lost"], sek["renewals"]["open"]) == (ONE, NOTHING)
    assert sek["renewals"]["rate_by_closed_cases"] == "0.800000"
    assert shop.do("GET", "subscriptions", customer=lost, status="all")["data"][0]["status"] == "canceled"


def follow(cloud: Cloud, customer: str) -> None:
    """Press the button of the page to which the customer's mail leads."""
    texts = [mail.body for mail in cloud.mails()]
    tokens = {token for text in texts for token in re.findall(r"/l/([\w-]{43})", text)}
    (token,) = [each for each in tokens if keys.customer_of(link_of(each)) == customer]
    cloud.dynamodb_requests.clear()
    assert call("POST", "/l/{token}", token=token).status == 303
    writes = [each for each in cloud.dynamodb_requests if each not in ("GetItem", "Query", "BatchGetItem")]
    assert writes == ["UpdateItem"]  # when the link was followed


def link_of(token: str) -> str:
    """The partition of the customer for whom a link was made."""
    link = links.find(token)
    return keys.of_customer(link.scope, link.customer)


def test_the_first_payment_after_a_trial_is_kept_apart(month: Month, key: str) -> None:
    end = str(month.shop.twin.now + 30 * DAY)
    month.begin({}, {"trial_end": end})

    (sek,) = report(key)["currencies"]

    assert (sek["renewals"]["failed"], sek["after_trial"]["failed"]) == (ONE, ONE)
    assert {line["after_trial"] for line in lines(call("GET", TABLE, key=key, query=WINTER))} == {
        "true",
        "false",
    }


def test_currencies_stand_apart_with_their_own_decimals(month: Month, key: str) -> None:
    prices = [
        month.shop.do(
            *("POST", "prices"), product=month.shop.product, unit_amount=amount, currency=currency,
            recurring={"interval": "month"},
        )["id"]
        for currency, amount in (("jpy", "500"), ("kwd", "5120"))
    ]  # fmt: skip
    yen, dinar = month.begin(*({"items": [{"price": price}]} for price in prices))
    month.pay(yen)
    month.pay(dinar)

    found = {each["currency"]: each["renewals"]["recovered"] for each in report(key)["currencies"]}

    assert found == {"jpy": {"count": 1, "amount": 500}, "kwd": {"count": 1, "amount": 5120}}
    assert [each["currency"] for each in report(key, currency="kwd")["currencies"]] == ["kwd"]
    table = lines(call("GET", TABLE, key=key, query=WINTER))
    assert {(line["currency"], line["failed_minor"], line["recovered"]) for line in table} == {
        ("jpy", "500", "500"),
        ("kwd", "5120", "5.120"),
    }


def test_the_arms_of_an_experiment_are_told_apart(month: Month, key: str, cloud: Cloud) -> None:
    tried = replace(SITE, experiment=Experiment("spring", "monthly_28", share=30, hold_out=50))
    sites.put(tried)
    customers = month.begin(*[{}] * 8)
    month.shop.advance(26 * HOUR)
    month.mail()
    for customer in customers[:4]:
        month.pay(customer)

    (sek,) = report(key)["currencies"]

    drawn = Counter(choose(tried, month.invoice(each), Payer()).variant for each in customers)
    paid = Counter(choose(tried, month.invoice(each), Payer()).variant for each in customers[:4])
    variants = {group["value"]: group for group in sek["renewals"]["by"]["variant"]}
    assert len(drawn) > 1
    assert {name: each["failed"]["count"] for name, each in variants.items()} == dict(drawn)
    assert {name: number for name, (number, _) in by(sek["renewals"], "variant").items()} == dict(paid)
    table = lines(call("GET", TABLE, key=key, query=WINTER))
    held_out = [line for line in table if line["variant"] == "spring:held_out"]
    assert held_out
    assert all(line["mails"] == "0" and line["step"] == "" for line in held_out)


def test_a_case_is_a_line_of_the_table(month: Month, key: str) -> None:
    (customer,) = month.begin({})
    failed_at = month.shop.twin.now
    month.shop.advance(26 * HOUR)
    month.mail()
    month.pay(customer)

    answer = call("GET", TABLE, key=key, query={"from": "2026-11-15", "to": "2026-12-31"})

    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="recovery_2026-11-15_2026-12-31.csv"'
    (line,) = lines(answer)
    assert {name: line[name] for name in ("invoice", "customer", "currency", "failed", "outcome", "recovered")} == {
        "invoice": month.invoice(customer),
        "customer": customer,
        "currency": "sek",
        "failed": "149.00",
        "outcome": "recovered",
        "recovered": "149.00",
    }
    assert (line["attribution"], line["step"], line["mails"], line["days"]) == ("after_mail", "day_0", "1", "1")
    opened = datetime.fromisoformat(line["opened_at"]).timestamp()
    assert failed_at - 1800 <= opened <= failed_at


def put(moment: str, account: str = ACCOUNT, **changes: Any) -> None:
    """A case that was opened at a moment of UTC."""
    opened = int(datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp())
    record: Invoice = records.invoice(created=opened, **changes)
    where = keys.of_object(scope(account, livemode=False), Kind.INVOICE, record.id, record.customer, opened)
    objects.write(where, News(Kind.INVOICE, record, False, opened), ALWAYS)


@pytest.mark.parametrize(
    "inside, outside, day",
    [
        ("2026-11-01T23:00", "2026-11-01T22:59", "2026-11-02"),
        ("2026-11-02T22:59", "2026-11-02T23:00", "2026-11-02"),
        ("2026-03-28T23:00", "2026-03-28T22:59", "2026-03-29"),  # the clocks go on within the day
        ("2026-03-29T21:59", "2026-03-29T22:00", "2026-03-29"),
        ("2026-10-24T22:00", "2026-10-24T21:59", "2026-10-25"),  # and back
        ("2026-10-25T22:59", "2026-10-25T23:00", "2026-10-25"),
    ],
)
@pytest.mark.usefixtures("shop")
def test_a_day_is_one_of_the_sites_own_zone(key: str, inside: str, outside: str, day: str) -> None:
    put(inside, id="in_inside")
    put(outside, id="in_outside")

    answer = call("GET", TABLE, key=key, query={"from": day, "to": day})

    assert [line["invoice"] for line in lines(answer)] == ["in_inside"]


@pytest.mark.usefixtures("shop")
def test_nothing_but_numbers_of_ones_own_is_told(key: str) -> None:
    connected, foreign = "acct_Connected", "acct_Foreign"
    sites.put(replace(SITE, accounts=(connected,)))
    sites.put(replace(SITE, id="solsken", account=foreign, accounts=()))
    other = api_keys.create("solsken", ("metrics",), NOW)
    for number, account in enumerate((ACCOUNT, connected, foreign), 1):
        put("2026-11-02T10:00", account, amount_remaining=number, id=f"in_{account}")

    def told(key: str, account: str | None = None) -> Any:
        query = {"account": account} if account else {}
        seen = call("GET", REPORT, key=key, query=query)
        table = call("GET", TABLE, key=key, query=query)
        assert seen.status == table.status
        if seen.status != 200:
            return seen.code
        invoices = [line["invoice"] for line in lines(table)]
        return invoices, seen.json["currencies"][0]["renewals"]["failed"]["amount"]

    assert told(key) == ([f"in_{ACCOUNT}"], 1)
    assert told(key, connected) == ([f"in_{connected}"], 2)
    assert told(key, foreign) == "not_found"
    assert told(other) == ([f"in_{foreign}"], 3)
    assert told(other, ACCOUNT) == told(other, connected) == "not_found"


@pytest.mark.parametrize("route", [REPORT, TABLE])
def test_a_key_without_the_scope_is_told_nothing(route: str, api_key: str) -> None:
    assert call("GET", route, key=api_key).code == "forbidden"
    assert call("GET", route).code == "unauthorized"


@pytest.mark.parametrize("route", [REPORT, TABLE])
@pytest.mark.parametrize(
    "query, param",
    [
        ({"from": "yesterday"}, "from"),
        ({"from": "2026-02-30"}, "from"),
        ({"to": "20261102"}, "to"),
        ({"to": "2026-W45-1"}, "to"),
        ({"to": "9999-12-31"}, "to"),
        ({"from": "0001-01-01"}, "from"),
        ({"from": "2026-11-03", "to": "2026-11-02"}, "from"),
        ({"from": "2025-11-01", "to": "2026-11-02"}, "from"),
        ({"currency": "SEK"}, "currency"),
        ({"currency": "kr"}, "currency"),
    ],
)
@pytest.mark.usefixtures("shop")
def test_a_period_that_is_none_is_refused(key: str, route: str, query: dict[str, str], param: str) -> None:
    answer = call("GET", route, key=key, query=query)

    assert (answer.status, answer.json["error"]["param"]) == (400, param)


@pytest.mark.parametrize("route", [REPORT, TABLE])
@pytest.mark.usefixtures("shop")
def test_a_period_with_too_much_in_it_is_refused(key: str, route: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(show_recovery, "MOST", 2)
    for number in range(3):
        put("2026-11-02T10:00", id=f"in_{number}")

    answer = call("GET", route, key=key)

    assert (answer.status, answer.json["error"]["param"]) == (400, "from")
    assert "More than 2 payments failed" in answer.json["error"]["message"]


@pytest.mark.usefixtures("shop")
def test_nothing_failed_is_no_rate(key: str) -> None:
    found = report(key)

    assert found["currencies"] == []
    assert found["benchmark"]["rate_by_volume"] == "0.380000"


@pytest.mark.usefixtures("shop")
def test_what_looks_like_a_formula_is_text(key: str) -> None:
    put("2026-11-02T10:00", price="=HYPERLINK(1)")

    (line,) = lines(call("GET", TABLE, key=key))

    assert line["plan"] == "'=HYPERLINK(1)"


def test_a_report_costs_a_query_and_a_look_at_the_subscriptions(
    month: Month, key: str, cloud: Cloud, edge: TwinEdge
) -> None:
    month.begin({}, {}, {})
    report(key)  # the key's last use, once an hour
    cloud.dynamodb_requests.clear()
    edge.calls.clear()

    report(key)

    assert cloud.dynamodb_requests == ["GetItem", "Query", "BatchGetItem"]  # the key, the cases, their subscriptions
    assert edge.calls == []


def test_an_hour_of_our_clock_is_in_the_answer(month: Month, key: str) -> None:
    found = report(key)

    assert (found["from"], found["to"], found["time_zone"]) == ("2026-11-01", "2027-03-31", "Europe/Stockholm")
    assert (found["as_of"], found["definition"]) == (clock.now(), "recovery.1")


def test_the_usual_period_is_the_last_thirty_days(month: Month, key: str) -> None:
    found = call("GET", REPORT, key=key).json

    assert (found["from"], found["to"]) == ("2026-10-04", "2026-11-02")


def test_a_click_that_cannot_be_written_down_holds_nobody_up(
    month: Month, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    month.begin({})
    month.shop.advance(26 * HOUR)
    assert month.mail() == ["sent"]

    def fail(*_: Any) -> None:
        raise StoreUnavailable("throttled")

    monkeypatch.setattr(cases, "clicked", fail)
    (token,) = {token for mail in cloud.mails() for token in re.findall(r"/l/([\w-]{43})", mail.body)}

    assert call("POST", "/l/{token}", token=token).status == 303


def test_looking_at_the_page_of_a_link_is_no_click(month: Month, key: str, cloud: Cloud) -> None:
    (customer,) = month.begin({})
    month.shop.advance(26 * HOUR)
    month.mail()
    (token,) = {token for mail in cloud.mails() for token in re.findall(r"/l/([\w-]{43})", mail.body)}

    assert call("GET", "/l/{token}", token=token).status == 200
    month.pay(customer)

    (line,) = lines(call("GET", TABLE, key=key, query=WINTER))
    assert (line["attribution"], line["clicked_at"]) == ("after_mail", "")
