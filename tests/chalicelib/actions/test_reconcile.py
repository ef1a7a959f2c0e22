"""Reconciling: whatever the live path has lost is found, named, repaired and counted; and then there is nothing to do."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from chalicelib import clock, config
from chalicelib.actions import reconcile
from chalicelib.actions.compare import Finding
from chalicelib.core.events import enabled_events
from chalicelib.core.model import Customer, Entitlements, Invoice, Kind, Subscription
from chalicelib.core.reconcile import FIRST, LATE, RECENT, Run, start
from chalicelib.errors import Misconfigured, StripeUnavailable
from chalicelib.store import jobs, objects
from chalicelib.store.objects import record_of
from chalicelib.store.tables import ObjectRow
from chalicelib.stripe_api import shapes
from tests.conftest import ACCOUNT, SITE, Cloud, everything
from tests.edge import TwinEdge
from tests.shop import DAY, Shop


@pytest.fixture
def shop(cloud: Cloud, edge: TwinEdge, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """The shop, whose deliveries are made only where a test makes them."""
    monkeypatch.setattr(clock, "now", lambda: edge.twin.now)
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    monkeypatch.setenv("STRIPE_READS_PER_SECOND", "100")
    reconcile._kept.clear()
    return Shop(edge.twin, cloud)


def lose(shop: Shop) -> None:
    """Every delivery that is under way is answered with 200 and never heard of again."""
    while (taken := shop.twin.take()) is not None:
        shop.twin.settle(taken[0], 200)


def run(shop: Shop, **begin: Any) -> tuple[Run, list[Finding]]:
    """A whole run, begun now; and what it found."""
    found: list[Finding] = []
    shop.twin.advance(10)
    began = start(ACCOUNT, shop.twin.now, **begin)
    done = reconcile.work(lambda: shop.twin.now, 3600, begin=began, tell=found.append)
    assert done is not None
    assert done.place is None
    return done, found


def found(shop: Shop) -> set[tuple[str, str]]:
    """(kind, why) of what a run finds."""
    return {(each.kind.value, each.why) for each in run(shop)[1]}


def stored() -> dict[str, ObjectRow]:
    """Every stored object, by id."""
    found = {}
    for row in ObjectRow.scan():
        kind = row.attribute_values.get("kind")
        alone = {"0#CUSTOMER": row.pk, "4#ENTITLEMENTS": f"{row.pk}#entitlements", "INTENT": row.pk}.get(row.sk, row.sk)
        if kind:
            found[alone.split("#", 2)[2] if alone != row.sk else row.sk.rpartition("#")[2]] = row
    return found


LISTED = set(Kind) - {Kind.ENTITLEMENTS}


def equal(shop: Shop) -> bool:
    """Whether all that we keep is as Stripe has it."""
    rows = stored()
    for kind in LISTED:
        for ident in shop.twin.world.table(kind.value):
            status, _, raw = shop.twin.request(
                "GET", f"/v1/{shapes.PLURALS[kind]}/{ident}", {"expand": list(shapes.EXPAND.get(kind, ()))}
            )
            row = rows.get(ident)
            gone = status == 404 or raw.get("deleted") or (kind is Kind.CARD and raw["customer"] is None)
            if gone:
                if row is not None and not row.gone:
                    return False
                continue
            if row is None or row.gone or record_of(row) != shapes.record(kind, shapes.asked(kind, raw)):
                return False
    return True


A_LIFE = {
    *(Kind.CUSTOMER, Kind.SUBSCRIPTION, Kind.INVOICE, Kind.CARD, Kind.PRODUCT, Kind.PRICE),
    *(Kind.INTENT, Kind.CHARGE, Kind.INVOICE_PAYMENT),
}
"""What there is of a customer who pays."""


def a_life(shop: Shop) -> str:
    """A customer with a card, a subscription and invoices, of whom we have never heard."""
    customer = shop.customer()
    shop.subscribe(customer)
    lose(shop)
    return customer


def test_the_first_run_is_the_backfill(shop: Shop) -> None:
    for _ in range(3):
        a_life(shop)

    done, findings = run(shop, first=True)

    assert equal(shop)
    assert {(each.kind, each.why) for each in findings} == {(kind, "missing") for kind in A_LIFE}
    assert done.counts["drift.subscription"] == 3
    assert done.finished_at == shop.twin.now


def test_a_second_run_writes_nothing(shop: Shop, cloud: Cloud, edge: TwinEdge) -> None:
    a_life(shop)
    a_life(shop)
    run(shop)
    before = everything(cloud)
    cloud.dynamodb_requests.clear()

    _, findings = run(shop)

    assert findings == []
    writes = [name for name in cloud.dynamodb_requests if name not in ("BatchGetItem", "Query", "Scan", "GetItem")]
    assert writes == ["UpdateItem", "UpdateItem"], "the job is claimed and released, and no object is touched"
    assert [each for each in before if each["pk"]["S"][0] != "J"] == [
        each for each in everything(cloud) if each["pk"]["S"][0] != "J"
    ]


def test_a_run_over_lists_makes_no_call_for_a_single_object(shop: Shop, edge: TwinEdge) -> None:
    customer = a_life(shop)
    edge.calls.clear()

    run(shop)

    assert [path.removeprefix("/v1/") for _, path in edge.calls] == [
        *("customers", "subscriptions", "subscription_schedules", "invoices", "invoices"),
        *("payment_intents", "charges", "refunds", "disputes", "invoice_payments"),
        *("products", "products", "prices", "prices", "coupons", "entitlements/features"),
        f"customers/{customer}/payment_methods",
        *("events",) * 4,
    ]


def test_what_is_rarer_is_found_too_and_only_once(shop: Shop, cloud: Cloud) -> None:
    """Each kind of which we have heard nothing: whole, by kind; and a second run writes nothing."""
    everything_there_is(shop)
    lose(shop)

    _, findings = run(shop, first=True)

    assert {(each.kind, each.why) for each in findings} == {(kind, "missing") for kind in Kind}
    assert equal(shop)
    row = next(row for row in stored().values() if row.kind == Kind.ENTITLEMENTS)
    assert record_of(row) == Entitlements(row.pk.rpartition("#")[2], row.pk.rpartition("#")[2], ("export",))
    before = everything(cloud)
    assert found(shop) == set()
    assert [each for each in before if each["pk"]["S"][0] != "J"] == [
        each for each in everything(cloud) if each["pk"]["S"][0] != "J"
    ]


def everything_there_is(shop: Shop) -> str:
    """A customer with something of every kind."""
    feature = shop.do("POST", "entitlements/features", lookup_key="export", name="Export")["id"]
    shop.do("POST", f"products/{shop.product}/features", entitlement_feature=feature)
    coupon = shop.do("POST", "coupons", percent_off="25", duration="forever", applies_to={"products": [shop.product]})
    tiers = [{"up_to": "10", "unit_amount": "100"}, {"up_to": "inf", "unit_amount": "50"}]
    recurring = {"interval": "month"}
    tiered = {"billing_scheme": "tiered", "tiers_mode": "volume", "tiers": tiers, "recurring": recurring}
    shop.do("POST", "prices", product=shop.product, currency="sek", active="false", **tiered)
    customer = shop.customer("pm_card_createDispute")
    subscription = shop.subscribe(customer, discounts=[{"coupon": coupon["id"]}])
    shop.do("POST", "subscription_schedules", from_subscription=subscription)
    shop.card(customer, "pm_card_visa")
    shop.subscribe(customer)
    charge = shop.do("GET", "charges", customer=customer)["data"][0]["id"]
    shop.do("POST", "refunds", charge=charge, amount="100")
    return customer


def end_all(shop: Shop, customer: str) -> None:
    """End all subscriptions of a customer."""
    for each in shop.do("GET", "subscriptions", customer=customer)["data"]:
        shop.do("DELETE", f"subscriptions/{each['id']}")


@pytest.mark.parametrize(
    "change, difference",
    [
        (lambda s, _: s.do("POST", f"prices/{s.price}", nickname="Monthly"), ("price", "differs")),
        (lambda s, _: s.do("POST", f"prices/{s.price}", active="false"), ("price", "differs")),
        (lambda s, _: s.do("DELETE", f"coupons/{newest(s, 'coupons')}"), ("coupon", "gone")),
        (lambda s, _: s.do("POST", f"disputes/{newest(s, 'disputes')}/close"), ("dispute", "differs")),
        (lambda s, _: release(s), ("subscription_schedule", "differs")),
        (lambda s, c: s.do("POST", "refunds", charge=newest(s, "charges", customer=c)), ("refund", "missing")),
        (lambda s, c: s.do("POST", "refunds", charge=newest(s, "charges", customer=c)), ("charge", "differs")),
        (end_all, ("entitlements.active_entitlement_summary", "differs")),
        (lambda s, _: s.do("DELETE", f"subscriptions/{discounted(s)}/discount"), ("subscription", "differs")),
    ],
)
def test_a_lost_event_of_a_rarer_kind_is_found_and_repaired(
    shop: Shop, change: Callable[[Shop, str], Any], difference: tuple[str, str]
) -> None:
    customer = everything_there_is(shop)
    shop.deliver()
    shop.twin.advance(60)
    change(shop, customer)
    lose(shop)

    assert difference in found(shop)
    assert equal(shop)
    assert found(shop) == set()


def newest(shop: Shop, plural: str, **params: str) -> str:
    """The id of the newest object of a list."""
    return str(shop.do("GET", plural, **params)["data"][0]["id"])


def release(shop: Shop) -> None:
    """Let the subscription go on without its schedule."""
    shop.do("POST", f"subscription_schedules/{newest(shop, 'subscription_schedules')}/release")


def discounted(shop: Shop) -> str:
    """The subscription with a discount."""
    return str(next(each["id"] for each in shop.do("GET", "subscriptions")["data"] if each["discounts"]))


def test_prices_that_stripe_does_not_list_are_asked_for_only_while_they_are_active(shop: Shop, edge: TwinEdge) -> None:
    """Stripe's lists leave out what was made for one subscription only, and what was deleted."""
    shop.deliver()
    shop.twin.advance(60)
    hidden = shop.twin.world.table("price").pop(shop.price)
    edge.calls.clear()

    assert found(shop) == {("price", "gone")}
    assert ("GET", f"/v1/prices/{shop.price}") in edge.calls
    edge.calls.clear()
    assert found(shop) == set()
    assert ("GET", f"/v1/prices/{shop.price}") not in edge.calls
    shop.twin.world.table("price")[shop.price] = hidden
    assert ("price", "revived") in found(shop)


def test_payments_are_compared_since_the_day_that_a_run_looks_back_to(shop: Shop) -> None:
    a_life(shop)
    shop.twin.advance(RECENT + DAY)
    lose(shop)

    _, findings = run(shop)

    old = {each["id"] for each in shop.twin.objects("charge") if each["created"] < shop.twin.now - RECENT - 100}
    assert old
    assert not old & {each.id for each in findings}


def test_an_account_without_features_is_spared_a_call_for_each_customer(shop: Shop, edge: TwinEdge) -> None:
    for _ in range(3):
        a_life(shop)
    run(shop)
    edge.calls.clear()

    run(shop)

    assert [path for _, path in edge.calls if "entitlements" in path] == ["/v1/entitlements/features"]


@pytest.mark.parametrize(
    "change, difference",
    [
        (lambda s, c: s.do("POST", f"customers/{c}", name="Astrid Ek"), ("customer", "differs")),
        (lambda s, c: s.do("DELETE", f"customers/{c}"), ("customer", "gone")),
        (lambda s, _: s.do("POST", f"products/{s.product}", name="Nordlys Pro"), ("product", "differs")),
        (lambda s, c: s.card(c, "pm_card_mastercard"), ("payment_method", "missing")),
        (lambda s, c: s.do("POST", f"payment_methods/{card_of(s, c)}/detach"), ("payment_method", "gone")),
        (lambda s, c: s.do("DELETE", f"subscriptions/{sub_of(s, c)}"), ("subscription", "differs")),
        (lambda s, c: s.subscribe(c), ("subscription", "missing")),
        (lambda s, _: s.twin.advance(31 * DAY), ("invoice", "missing")),
    ],
)
def test_a_lost_event_is_found_and_repaired(
    shop: Shop, change: Callable[[Shop, str], Any], difference: tuple[str, str]
) -> None:
    customer = shop.customer()
    shop.subscribe(customer)
    shop.deliver()
    shop.twin.advance(60)
    change(shop, customer)
    lose(shop)

    assert difference in found(shop)
    assert equal(shop)
    assert found(shop) == set()


def card_of(shop: Shop, customer: str) -> str:
    """The newest card of a customer."""
    return str(shop.do("GET", "payment_methods", customer=customer)["data"][0]["id"])


def sub_of(shop: Shop, customer: str) -> str:
    """The newest subscription of a customer."""
    return str(shop.do("GET", "subscriptions", customer=customer)["data"][0]["id"])


def test_a_lost_deletion_of_a_product_leaves_a_tombstone(shop: Shop) -> None:
    product = shop.do("POST", "products", name="Mistake")["id"]
    shop.deliver()
    shop.twin.advance(60)
    shop.do("DELETE", f"products/{product}")
    lose(shop)

    assert found(shop) == {("product", "gone")}
    assert stored()[product].gone is True


def test_what_changed_this_very_second_is_read_singly(shop: Shop, edge: TwinEdge) -> None:
    customer = shop.customer()
    shop.deliver()
    row = stored()[customer]
    began = start(ACCOUNT, shop.twin.now)
    shop.do("POST", f"customers/{customer}", name="Astrid Ek")
    lose(shop)
    edge.calls.clear()

    done = reconcile.work(lambda: shop.twin.now, 3600, begin=began)

    assert done
    assert done.counts["asked"] == 1
    assert ("GET", f"/v1/customers/{customer}") in edge.calls
    assert int(stored()[customer].issued) > int(row.issued)
    assert equal(shop)


def test_an_event_between_the_list_and_the_write_wins(
    shop: Shop, edge: TwinEdge, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = shop.customer()
    shop.deliver()
    shop.twin.advance(60)
    shop.do("POST", f"customers/{customer}", name="Lost")
    lose(shop)
    shop.twin.advance(60)
    real = objects.write
    late: list[None] = []

    def write(*args: Any) -> None:
        if not late:
            late.append(None)
            shop.do("POST", f"customers/{customer}", name="Newest")
            shop.deliver()
        real(*args)

    monkeypatch.setattr(objects, "write", write)

    run(shop)

    record = record_of(stored()[customer])
    assert isinstance(record, Customer)
    assert record.name == "Newest"


def test_a_run_that_dies_goes_on_from_its_last_page(
    shop: Shop, edge: TwinEdge, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_life(shop)
    shop.twin.advance(10)
    edge.fail = lambda _method, path: ("{}", 500, {}) if path == "/v1/products" else None
    with pytest.raises(StripeUnavailable):
        reconcile.reconcile(lambda: shop.twin.now, 600)
    assert (under_way := jobs.find(SITE.scope, "reconcile"))
    assert under_way.place
    assert under_way.place.phase == "products"
    edge.fail = lambda _method, _path: None
    edge.calls.clear()

    done = reconcile.reconcile(lambda: shop.twin.now, 600)

    assert done
    assert done.place is None
    assert "/v1/subscriptions" not in [path for _, path in edge.calls]
    assert equal(shop)


def test_a_run_stops_when_its_time_is_up_and_the_next_goes_on(shop: Shop, edge: TwinEdge) -> None:
    for n in range(101):
        shop.do("POST", "customers", email=f"c{n}@example.com")
    lose(shop)
    shop.twin.advance(10)

    def tick() -> int:
        shop.twin.advance(1)
        return shop.twin.now

    calls, place = 0, None
    while True:
        done = reconcile.reconcile(tick, 3)
        assert done
        if done.place is None:
            break
        assert done.place != place
        place, calls = done.place, calls + 1

    assert calls > 3
    assert equal(shop)
    assert done.counts["seen.customer"] == 101


def test_two_at_once_are_one_too_many(shop: Shop) -> None:
    jobs.claim(SITE.scope, "reconcile", shop.twin.now)

    with pytest.raises(jobs.Taken):
        reconcile.reconcile(lambda: shop.twin.now, 600)


def test_a_run_that_was_killed_is_taken_over_when_its_lease_is_up(shop: Shop) -> None:
    jobs.claim(SITE.scope, "reconcile", shop.twin.now)
    shop.twin.advance(jobs.LEASE + 1)

    done = reconcile.reconcile(lambda: shop.twin.now, 600)

    assert done
    assert done.place is None


def test_who_was_taken_over_writes_nothing_more(shop: Shop, edge: TwinEdge) -> None:
    a_life(shop)

    def taken_over(_method: str, path: str) -> None:
        if path == "/v1/products":
            jobs.claim(SITE.scope, "reconcile", shop.twin.now + 1, force=True)

    edge.fail = taken_over

    with pytest.raises(jobs.Taken):
        reconcile.reconcile(lambda: shop.twin.now, 600)


def test_nothing_is_done_before_its_time(shop: Shop, cloud: Cloud, edge: TwinEdge) -> None:
    reconcile.reconcile(lambda: shop.twin.now, 600)
    cloud.dynamodb_requests.clear()
    edge.calls.clear()

    assert reconcile.reconcile(lambda: shop.twin.now, 600) is None

    assert (cloud.dynamodb_requests, edge.calls) == (["GetItem"], [])


def test_the_object_at_the_cursor_may_be_deleted_meanwhile(shop: Shop, edge: TwinEdge) -> None:
    for n in range(150):
        shop.do("POST", "customers", email=f"c{n}@example.com")
        shop.twin.advance(1)
    lose(shop)
    shop.twin.advance(10)
    began = start(ACCOUNT, shop.twin.now)
    first = reconcile.advance(began, shop.twin.now)
    assert first.place
    assert first.place.cursor
    del shop.twin.world.tables["customer"][first.place.cursor.partition("@")[0]]

    second = reconcile.advance(first, shop.twin.now)

    assert second.place
    assert second.place.phase == "subscriptions"
    assert second.counts["seen.customer"] == 150


def test_stripes_refusals_are_waited_out(shop: Shop, edge: TwinEdge, monkeypatch: pytest.MonkeyPatch) -> None:
    a_life(shop)
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    left = [429, 500, 429]
    edge.fail = lambda _method, path: ("{}", left.pop(), {}) if path == "/v1/customers" and left else None

    run(shop)

    assert equal(shop)
    assert sum(waited) >= 1


def test_an_object_that_nobody_can_read_does_not_stop_the_others(shop: Shop) -> None:
    broken, whole = a_life(shop), a_life(shop)
    del shop.twin.world.tables["customer"][broken]["created"]
    shop.twin.world.tables["customer"][broken]["created"] = None

    done, findings = run(shop)

    assert done.counts["unreadable.customer"] == 1
    assert [each.id for each in findings if each.why == "unreadable"] == [broken]
    assert whole in stored()


def test_undelivered_events_are_looked_into_once(shop: Shop, edge: TwinEdge) -> None:
    customer = shop.customer()
    shop.deliver()
    shop.twin.advance(60)
    shop.do("POST", f"customers/{customer}", phone="+46700000000")
    while (taken := shop.twin.take()) is not None:
        shop.twin.settle(taken[0], 500)
    edge.calls.clear()

    done, findings = run(shop)
    first = [path for _, path in edge.calls].count(f"/v1/customers/{customer}")
    again, _ = run(shop)

    assert findings == []
    assert done.counts["seen.event"] == 1
    assert first == 1
    assert again.counts["seen.event"] == 1
    assert [path for _, path in edge.calls].count(f"/v1/customers/{customer}") == 1


def test_every_type_that_we_take_is_looked_for_among_the_undelivered(
    shop: Shop, edge: TwinEdge, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    real = edge.twin.request

    def request(method: str, path: str, given: Any, headers: Any) -> Any:
        if path == "/v1/events":
            asked.append(str(given))
        return real(method, path, given, headers)

    monkeypatch.setattr(edge.twin, "request", request)

    run(shop)

    assert all(any(f"={each}&" in f"{query}&" for query in asked) for each in enabled_events())
    assert all("delivery_success=false" in query for query in asked)


def test_old_debts_open_no_case_at_the_backfill(shop: Shop) -> None:
    customer = shop.fail_renewal()
    shop.twin.advance(LATE + DAY)
    lose(shop)
    for row in list(ObjectRow.scan()):
        if row.kind is not None:
            row.delete()

    run(shop, first=True)

    invoices = [row for row in stored().values() if row.kind == "invoice"]
    assert any(record.status == "open" for row in invoices if isinstance(record := record_of(row), Invoice))
    assert all(row.due_at is None and row.case_opened_at is None for row in invoices)
    assert customer in stored()


def test_a_failure_of_last_night_that_was_lost_opens_its_case(shop: Shop) -> None:
    customer = shop.customer()
    shop.subscribe(customer)
    shop.deliver()
    shop.twin.advance(20 * DAY)
    shop.card(customer, "pm_card_chargeCustomerFail")
    while shop.newest_invoice(customer)["status"] != "open":
        shop.twin.advance(1800)
    lose(shop)

    run(shop)

    invoice = stored()[shop.newest_invoice(customer)["id"]]
    assert invoice.due_at is not None
    assert invoice.case_opened_at is not None


def test_a_dry_run_writes_nothing_at_all(shop: Shop, cloud: Cloud) -> None:
    a_life(shop)
    shop.twin.advance(10)
    before = everything(cloud)
    findings: list[Finding] = []

    going = start(ACCOUNT, shop.twin.now)
    while going.place is not None:
        going = reconcile.advance(going, shop.twin.now, findings.append, repair=False)

    assert everything(cloud) == before
    assert {each.why for each in findings} == {"missing"}


def test_findings_name_fields_and_never_values(shop: Shop) -> None:
    customer = shop.customer()
    shop.deliver()
    shop.twin.advance(60)
    shop.do("POST", f"customers/{customer}", name="Astrid Ek", email="ek@example.com")
    lose(shop)

    _, findings = run(shop)

    assert [(each.id, each.why, each.fields) for each in findings] == [(customer, "differs", ("email", "name"))]
    assert "ek@example.com" not in json.dumps([each.fields for each in findings])


def test_the_first_run_goes_back_further_than_the_others(shop: Shop) -> None:
    assert start(ACCOUNT, 0, first=True).since == -FIRST
    assert start(ACCOUNT, 0).since == -RECENT


def test_the_rate_is_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRIPE_READS_PER_SECOND", "7")
    assert config.stripe_reads_per_second() == 7
    for wrong in ("0", "101", "fast", "-1", "2.5"):
        monkeypatch.setenv("STRIPE_READS_PER_SECOND", wrong)
        with pytest.raises(Misconfigured):
            config.stripe_reads_per_second()


def test_what_a_merchant_writes_on_an_object_is_stored_as_well(shop: Shop) -> None:
    customer = shop.customer(metadata={"user": "u-1"})
    subscription = shop.subscribe(customer, metadata={"plan": "plus"})
    shop.do("POST", f"subscriptions/{subscription}", pause_collection={"behavior": "void"})
    lose(shop)

    run(shop)

    stored = {each.id: each for each in map(record_of, ObjectRow.scan(ObjectRow.kind.exists())) if each}
    assert isinstance(found := stored[customer], Customer)
    assert found.metadata == {"user": "u-1"}
    assert isinstance(paused := stored[subscription], Subscription)
    assert (paused.metadata, (paused.pause_collection or {})["behavior"]) == ({"plan": "plus"}, "void")
