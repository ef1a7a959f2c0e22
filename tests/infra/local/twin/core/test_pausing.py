"""Pausing and resuming over the API: what is credited, billed and invoiced."""

from typing import Any

import pytest

from tests.infra.local.twin.shop import DAY, START, Refused, Shop


def _paused(shop: Shop, price: Any, **wish: Any) -> Any:
    """A subscription that is paused ten days after it began."""
    sub = shop.subscribe(shop.customer(), price)
    shop.twin.advance(10 * DAY)
    return shop.post(f"subscriptions/{sub['id']}/pause", **wish)


def _waiting(shop: Shop, sub: Any) -> list[int]:
    return [x["amount"] for x in shop.get("invoiceitems", customer=sub["customer"], pending=True)["data"]]


def _used(shop: Shop, quantity: int) -> tuple[Any, Any]:
    """A metered price at ten, and a subscription that has used some of it."""
    meter = shop.post(
        "billing/meters", display_name="Calls", event_name="calls", default_aggregation={"formula": "sum"}
    )
    recurring = {"interval": "month", "usage_type": "metered", "meter": meter["id"]}
    sub = shop.subscribe(shop.customer(), shop.price(10, recurring=recurring))
    payload = {"stripe_customer_id": sub["customer"], "value": str(quantity)}
    shop.post("billing/meter_events", event_name="calls", payload=payload)
    shop.twin.advance(DAY)
    return sub, payload


def test_unused_time_is_credited_on_the_next_invoice_unless_told_otherwise(shop: Shop) -> None:
    credited = _paused(shop, shop.price(3000))
    kept = _paused(shop, shop.price(3000), bill_for={"unused_time_from": {"type": "none"}})

    assert _waiting(shop, credited) == [-2000]
    assert _waiting(shop, kept) == []


def test_a_pause_with_an_invoice_puts_the_credit_on_the_customers_balance(shop: Shop) -> None:
    sub = _paused(shop, shop.price(3000), invoicing_behavior="invoice")

    assert (sub["status"], _waiting(shop, sub)) == ("paused", [])
    assert (shop.latest(sub)["total"], shop.latest(sub)["status"]) == (-2000, "paid")
    assert shop.get(f"customers/{sub['customer']}")["balance"] == -2000


def test_usage_is_billed_at_the_pause_and_not_again(shop: Shop) -> None:
    sub, payload = _used(shop, 30)
    shop.post(f"subscriptions/{sub['id']}/pause", invoicing_behavior="invoice")
    first = shop.latest(sub)
    shop.post(f"subscriptions/{sub['id']}/resume", billing_cycle_anchor={"type": "unchanged"})
    shop.post("billing/meter_events", event_name="calls", payload={**payload, "value": "4"})
    shop.renewal(sub)

    assert (first["amount_paid"], first["lines"]["data"][0]["quantity"]) == (300, 30)
    assert shop.latest(sub)["total"] == 40


def test_usage_that_is_not_billed_at_the_pause_is_billed_at_the_end_of_the_period(shop: Shop) -> None:
    sub, _ = _used(shop, 30)
    none = {"outstanding_usage_through": {"type": "none"}}
    shop.post(f"subscriptions/{sub['id']}/pause", bill_for=none)
    assert _waiting(shop, sub) == []

    shop.post(f"subscriptions/{sub['id']}/resume", billing_cycle_anchor={"type": "unchanged"})
    shop.renewal(sub)

    assert shop.latest(sub)["total"] == 300


@pytest.mark.parametrize(
    "wish, waiting",
    [
        ({}, [1500, -2000]),
        ({"proration_behavior": "none"}, [-2000]),
        ({"proration_date": START + 10 * DAY}, [2000, -2000]),
    ],
)
def test_resuming_within_the_period_charges_again_what_was_credited(
    shop: Shop, wish: dict[str, Any], waiting: list[int]
) -> None:
    sub = _paused(shop, shop.price(3000))
    shop.twin.advance(5 * DAY)
    shop.post(f"subscriptions/{sub['id']}/resume", billing_cycle_anchor={"type": "unchanged"}, **wish)

    assert _waiting(shop, sub) == waiting


def test_resuming_with_an_invoice_charges_the_rest_at_once(shop: Shop) -> None:
    sub = _paused(shop, shop.price(3000), invoicing_behavior="invoice")
    shop.post(
        f"subscriptions/{sub['id']}/resume",
        billing_cycle_anchor={"type": "unchanged"},
        proration_behavior="always_invoice",
    )

    assert (shop.latest(sub)["total"], shop.latest(sub)["amount_due"]) == (2000, 0)


def test_resuming_after_the_period_charges_a_part_up_to_the_old_anchor(shop: Shop) -> None:
    sub = _paused(shop, shop.price(3100), bill_for={"unused_time_from": {"type": "none"}})
    shop.twin.advance(30 * DAY)  # ten days into the second period, which has 31
    shop.post(f"subscriptions/{sub['id']}/resume", billing_cycle_anchor={"type": "unchanged"})

    assert shop.latest(sub)["total"] == 2100
    assert shop.sub(sub)["billing_cycle_anchor"] == sub["billing_cycle_anchor"]


def test_a_credit_from_the_start_of_the_period_is_refused_and_not_ignored(shop: Shop) -> None:
    with pytest.raises(Refused, match="The twin does not do credits from the start") as caught:
        _paused(shop, shop.price(), bill_for={"unused_time_from": {"type": "item_current_period_start"}})

    assert caught.value.error["param"] == "bill_for[unused_time_from][type]"
