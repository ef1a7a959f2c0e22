"""Deliveries: signed as Stripe signs, retried on the twin's clock, and disturbed as a profile says."""

import json
from typing import Any

import pytest
import stripe

from infra.local.twin.core import event_api
from tests.infra.local.twin.shop import DAY, Shop


def deliver(shop: Shop, status: int | None = 200) -> list[tuple[Any, bytes, dict[str, str]]]:
    """Empties the outbox, every delivery answered with `status`."""
    sent = []
    while (taken := shop.twin.take()) is not None:
        delivery, (_, body, headers) = taken
        sent.append((delivery, body, headers))
        shop.twin.settle(delivery, status)
    return sent


def test_the_official_sdk_accepts_the_signature_at_the_twins_time(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint = shop.post("webhook_endpoints", url="http://app/hook", enabled_events=["customer.created"])
    shop.post("customers", email="åsa@example.com")

    [(_, body, headers)] = deliver(shop)

    monkeypatch.setattr("time.time", lambda: shop.twin.now + 299)
    event = stripe.Webhook.construct_event(body, headers["Stripe-Signature"], endpoint["secret"])
    assert event.type == "customer.created"
    assert body.startswith(b'{\n  "id": "evt_')
    monkeypatch.setattr("time.time", lambda: shop.twin.now + 301)
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body, headers["Stripe-Signature"], endpoint["secret"])


def test_only_the_endpoints_that_want_a_type_get_it_and_the_secret_is_shown_once(shop: Shop) -> None:
    made = shop.post("webhook_endpoints", url="http://app/a", enabled_events=["invoice.paid"])
    shop.post("webhook_endpoints", url="http://app/b", enabled_events=["*"])

    shop.customer(None)

    assert [d["url"] for d in shop.twin.outbox()] == ["http://app/b"]
    assert made["secret"].startswith("whsec_")
    assert "secret" not in shop.get(f"webhook_endpoints/{made['id']}")


def test_a_failed_delivery_comes_again_with_a_fresh_signature_until_it_is_taken(shop: Shop) -> None:
    shop.post("webhook_endpoints", url="http://app/", enabled_events=["*"])
    shop.post("customers")
    [(first, body, headers)] = deliver(shop, 500)
    event_id = json.loads(body)["id"]
    assert shop.get("events", delivery_success=False)["data"][0]["pending_webhooks"] == 1

    assert deliver(shop) == []
    shop.twin.advance(60)
    [(again, same, later)] = deliver(shop)

    assert (again["id"], again["attempt"], same) == (first["id"], 2, body)
    assert later["Stripe-Signature"] != headers["Stripe-Signature"]
    assert shop.get(f"events/{event_id}")["pending_webhooks"] == 0


def test_retries_end_after_three_days(shop: Shop) -> None:
    shop.post("webhook_endpoints", url="http://app/", enabled_events=["*"])
    shop.post("customers")
    tries = 0
    for _ in range(10 * 24):
        tries += len(deliver(shop, None))
        shop.twin.advance(3600)

    assert tries == 9
    assert next(iter(shop.twin.world.deliveries.values()))["state"] == "failed"


def test_while_a_secret_is_rolled_both_sign(shop: Shop) -> None:
    old = shop.post("webhook_endpoints", url="http://app/", enabled_events=["*"])
    stored = shop.twin.world.get("webhook_endpoint", old["id"])
    new = event_api.roll(shop.twin.world, stored, 3600)
    shop.post("customers")

    [(_, body, headers)] = deliver(shop)
    shop.twin.advance(3601)
    shop.post("customers")
    [(_, late, late_headers)] = deliver(shop)

    verify = stripe.WebhookSignature.verify_header
    assert verify(body.decode(), headers["Stripe-Signature"], old["secret"])
    assert verify(body.decode(), headers["Stripe-Signature"], new)
    with pytest.raises(stripe.SignatureVerificationError):
        verify(late.decode(), late_headers["Stripe-Signature"], old["secret"])


def test_a_deleted_or_disabled_endpoint_gets_nothing_more(shop: Shop) -> None:
    endpoint = shop.post("webhook_endpoints", url="http://app/", enabled_events=["*"])
    shop.post("customers")
    shop.post(f"webhook_endpoints/{endpoint['id']}", disabled=True)

    assert deliver(shop) == []


def chaotic(profile: Any, seed: int = 5) -> list[tuple[str, str, str]]:
    """(event id, type, version) of what arrives in a year of one subscription under a profile."""
    shop = Shop(seed)
    shop.twin.set_chaos(profile)
    shop.post("webhook_endpoints", url="http://app/", enabled_events=["*"])
    shop.subscribe(shop.customer(), shop.price())
    arrived = []
    for _ in range(14):
        shop.twin.advance(27 * DAY)
        arrived += [json.loads(body) for _, body, _ in deliver(shop)]
    return [(e["id"], e["type"], e["api_version"]) for e in arrived]


def test_chaos_comes_from_the_seed_and_does_what_it_says() -> None:
    calm, wild = chaotic("none"), chaotic("wild")

    assert wild == chaotic("wild")
    assert len({e[0] for e in calm}) == len(calm)
    assert len({e[0] for e in wild}) < len(wild), "duplicates"
    assert {e[0] for e in calm} - {e[0] for e in wild}, "losses"
    assert {e[0] for e in wild} - {e[0] for e in calm}, "two ids for one change"
    assert {e[2] for e in wild} == {"2026-10-28.endive", "2024-06-20"}
    order = [e for e in dict.fromkeys(e[0] for e in wild) if e in {c[0] for c in calm}]
    assert order != [c[0] for c in calm if c[0] in order], "reordered"


def test_an_older_event_has_the_fields_where_they_used_to_be() -> None:
    shop = Shop()
    shop.twin.set_chaos({"older": 1})
    shop.post("webhook_endpoints", url="http://app/", enabled_events=["*"])
    sub = shop.subscribe(shop.customer(), shop.price())

    events = [json.loads(body) for _, body, _ in deliver(shop)]

    invoice = next(e for e in events if e["type"] == "invoice.paid")["data"]["object"]
    created = next(e for e in events if e["type"] == "customer.subscription.created")["data"]["object"]
    assert (invoice["subscription"], "parent" in invoice, invoice["paid"]) == (sub["id"], False, True)
    assert created["current_period_end"] == sub["items"]["data"][0]["current_period_end"]


def test_an_unknown_profile_is_an_error(shop: Shop) -> None:
    wrongs: list[str | dict[str, float]] = ["hurricane", {"duplicate": 2}, {"typo": 0.1}]
    for wrong in wrongs:
        with pytest.raises(ValueError, match=r"chaos|chances"):
            shop.twin.set_chaos(wrong)


def test_an_endpoint_of_an_older_version_gets_its_events_in_it_and_another_beside_it_in_ours(shop: Shop) -> None:
    older = shop.post("webhook_endpoints", url="http://old/", enabled_events=["invoice.paid"], api_version="2024-06-20")
    shop.post("webhook_endpoints", url="http://new/", enabled_events=["invoice.paid"])
    shop.subscribe(shop.customer(), shop.price())

    events = {delivery["url"]: json.loads(body) for delivery, body, _ in deliver(shop)}

    assert older["api_version"] == "2024-06-20"
    assert {url: each["api_version"] for url, each in events.items()} == {
        "http://old/": "2024-06-20",
        "http://new/": "2026-10-28.endive",
    }
    assert "subscription" in events["http://old/"]["data"]["object"]
    assert "subscription" not in events["http://new/"]["data"]["object"]
    assert events["http://old/"]["id"] == events["http://new/"]["id"]


def test_a_version_that_the_twin_does_not_know_is_refused(shop: Shop) -> None:
    asked = {"url": "http://app/", "enabled_events": ["*"], "api_version": "2019-01-01"}
    status, _, body = shop.twin.request("POST", "/v1/webhook_endpoints", asked)

    assert (status, body["error"]["param"]) == (400, "api_version")
