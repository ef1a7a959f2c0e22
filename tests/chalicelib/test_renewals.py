"""What a month's renewal costs: the burst of events that Stripe sends of it, in any order, told apart by whole seconds only."""

import json
from collections import Counter
from random import Random

from chalicelib.actions.receive_event import receive
from chalicelib.core.model import Kind
from chalicelib.entrypoints.apply_events import apply_events
from chalicelib.store import keys, objects
from chalicelib.store.objects import record_of
from chalicelib.stripe_api import shapes
from infra.local.twin.core.twin import Twin
from tests.builders import signed
from tests.conftest import ACCOUNT, NOW, SITE, Cloud
from tests.edge import TwinEdge
from tests.shop import DAY, Shop, sqs_event


def renewal(
    edge: TwinEdge, cloud: Cloud, rng: Random, card: str | None = None, percent_off: str | None = None
) -> tuple[int, int]:
    """One renewal of a customer whom we know; how many events it made for us, and how many GETs they cost.

    The events come in any order. Stripe's servers write a burst within some seconds: `created` moves by up to two.
    """
    edge.twin = Twin(seed=rng.randrange(10**6), account_id=ACCOUNT, start=NOW + rng.randrange(DAY))
    shop = Shop(edge.twin, cloud)
    off = (
        [{"coupon": shop.do("POST", "coupons", percent_off=percent_off, duration="forever")["id"]}]
        if percent_off
        else []
    )
    customer = shop.customer()
    subscription = shop.subscribe(customer, discounts=off)
    if card:
        shop.card(customer, card)
    shop.deliver()
    end = shop.do("GET", f"subscriptions/{subscription}")["items"]["data"][0]["current_period_end"]
    edge.calls.clear()
    events, spread = 0, rng.randrange(3)
    for moment in (end, end + 2 * 3600):
        shop.twin.advance(to=moment)
        events += burst(shop, cloud, rng, spread)
    assert right(shop), "all that is stored is as Stripe has it"
    return events, len([path for method, path in edge.calls if method == "GET"])


def burst(shop: Shop, cloud: Cloud, rng: Random, spread: int) -> int:
    """Deliver what Stripe has to deliver, in any order; then the worker settles what is in doubt."""
    taken = [parcel for delivery in shop.twin.outbox() if (parcel := shop.twin.take(delivery["id"]))]
    late = 0
    bodies = []
    for _, (_, body, _) in taken:
        late = max(late, rng.randrange(spread + 1))
        raw = json.loads(body)
        bodies.append(json.dumps(raw | {"created": raw["created"] + late}).encode())
    shop.twin.move(shop.twin.now + late + 1)
    rng.shuffle(bodies)
    for body in bodies:
        receive("default", body, signed(body, shop.twin.now), shop.twin.now)
    doubts = cloud.messages(cloud.events_url)
    if doubts:
        assert apply_events(sqs_event(*doubts), None) == {"batchItemFailures": []}
    return len(bodies)


def right(shop: Shop) -> bool:
    """Whether every object of the renewal is stored as Stripe has it."""
    kinds = (Kind.SUBSCRIPTION, Kind.INVOICE, Kind.INTENT, Kind.CHARGE)
    raws = [
        (kind, shop.do("GET", f"{shapes.PLURALS[kind]}/{each['id']}", expand=list(shapes.EXPAND.get(kind, ()))))
        for kind in kinds
        for each in shop.twin.objects(kind.value)
    ]
    wanted = {keys.of_object(SITE.scope, kind, *shapes.identity(kind, raw)): (kind, raw) for kind, raw in raws}
    rows = objects.rows(wanted)
    return all(key in rows and record_of(rows[key]) == shapes.record(*about) for key, about in wanted.items())


def test_a_renewal_costs_no_call_of_stripe(cloud: Cloud, edge: TwinEdge) -> None:
    rng = Random(1)  # noqa: S311 - nothing secret
    costs = [renewal(edge, cloud, rng) for _ in range(50)]

    assert Counter(costs) == {(7, 0): 50}, "seed 1: renewals by (events, calls of Stripe)"


def test_a_renewal_that_fails_costs_none_either(cloud: Cloud, edge: TwinEdge) -> None:
    rng = Random(2)  # noqa: S311 - nothing secret
    costs = [renewal(edge, cloud, rng, card="pm_card_chargeCustomerFail") for _ in range(20)]

    assert Counter(costs) == {(8, 0): 20}, "seed 2: renewals by (events, calls of Stripe)"


def test_a_renewal_with_a_discount_costs_one_call(cloud: Cloud, edge: TwinEdge) -> None:
    """The event only names the discount."""
    rng = Random(3)  # noqa: S311 - nothing secret
    costs = [renewal(edge, cloud, rng, percent_off="25") for _ in range(5)]

    assert {gets for _, gets in costs} == {1}
