"""Webhook endpoints: who wants which event, signing, and deliveries that are retried until an endpoint answers 2xx.

Stripe does not publish its intervals; ours grow from a minute to a day and end after three days, as Stripe's live retries do.
"""

import hashlib
import hmac
import json

from infra.local.twin.core import chaos, older
from infra.local.twin.core.values import Obj
from infra.local.twin.core.world import World

MINUTE, HOUR = 60, 3600
RETRIES = (MINUTE, 10 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, 24 * HOUR, 24 * HOUR)
"""Seconds from each failed try to the next."""


def listeners(world: World, kind: str) -> list[Obj]:
    """The enabled endpoints that want events of this type."""
    rows = world.table("webhook_endpoint").values()
    return [e for e in rows if e["status"] == "enabled" and ("*" in e["enabled_events"] or kind in e["enabled_events"])]


def post(world: World, event: Obj, endpoints: list[Obj]) -> None:
    """Puts one delivery for each endpoint into the outbox, or more, fewer and later ones if chaos says so."""
    for endpoint in endpoints:
        event["_waiting"].append(endpoint["id"])
        for plan in chaos.plans(world):
            _enqueue(world, event, endpoint, plan)


def resend(world: World, event: Obj, endpoint: Obj) -> None:
    """One more delivery by hand; the automatic ones go on."""
    _enqueue(world, event, endpoint, chaos.Plan())


def _enqueue(world: World, event: Obj, endpoint: Obj, plan: chaos.Plan) -> None:
    if plan.lost:
        return
    delivery: Obj = {
        "id": f"whd_{len(world.deliveries) + world.sequence}_{event['id'][-6:]}",
        "event": event["id"],
        "type": event["type"],
        "endpoint": endpoint["id"],
        "url": endpoint["url"],
        "attempt": 0,
        "status": None,
        "state": "waiting",
        "created": world.now,
        "delivered_at": None,
        "plan": plan,
    }
    world.sequence += 1
    world.deliveries[delivery["id"]] = delivery
    event.setdefault("_deliveries", []).append(delivery["id"])
    if plan.delay:
        world.at(world.now + plan.delay, "deliver", delivery["id"])
    elif plan.ahead and world.outbox:
        world.outbox.insert(len(world.outbox) - 1, delivery["id"])
    else:
        world.outbox.append(delivery["id"])


def parcel(world: World, delivery: Obj) -> tuple[str, bytes, dict[str, str]] | None:
    """URL, exact bytes and headers of the next try, signed at the twin's time; None when there is nothing to send any more."""
    endpoint = world.table("webhook_endpoint").get(delivery["endpoint"])
    event = world.table("event").get(delivery["event"])
    if endpoint is None or endpoint["status"] != "enabled" or event is None:
        delivery["state"] = "dropped"
        return None
    told = chaos.reshaped(json.loads(event["_body"]), delivery["plan"])
    if endpoint["api_version"] in older.VERSIONS and not delivery["plan"].older:
        told = older.as_of(endpoint["api_version"], told)
    body = json.dumps(told, indent=2, ensure_ascii=False).encode()
    delivery["attempt"] += 1
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Cache-Control": "no-cache",
        "Accept": "*/*; q=0.5, application/xml",
        "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        "Stripe-Signature": signature(body, secrets(world, endpoint), world.now),
    }
    return delivery["url"], body, headers


def secrets(world: World, endpoint: Obj) -> list[str]:
    """The secrets in force: the newest first, and a rolled one until its time is over."""
    rolled = [s for s, until in endpoint["_rolled"] if until > world.now]
    return [endpoint["_secret"], *rolled]


def signature(body: bytes, keys: list[str], now: int) -> str:
    """`t=..,v1=..` with one v1 for each secret, and the meaningless v0 that Stripe adds in test mode."""
    signed = f"{now}.".encode() + body
    codes = [hmac.new(key.encode(), signed, hashlib.sha256).hexdigest() for key in keys]
    other = hmac.new(b"v0" + keys[0].encode(), signed, hashlib.sha256).hexdigest()
    return ",".join([f"t={now}", *(f"v1={code}" for code in codes), f"v0={other}"])


def settle(world: World, delivery: Obj, status: int | None) -> None:
    """The endpoint's answer, None for none. A failure is tried again until three days of the twin's are over."""
    delivery["status"] = status
    event = world.table("event").get(delivery["event"])
    if status is not None and 200 <= status < 300:
        delivery["state"], delivery["delivered_at"] = "delivered", world.now
        if event is not None and delivery["endpoint"] in event["_waiting"]:
            event["_waiting"].remove(delivery["endpoint"])
        return
    if event is not None:
        event["_failed"] = True
    if delivery["attempt"] > len(RETRIES):
        delivery["state"] = "failed"
        return
    delivery["state"] = "retrying"
    world.at(world.now + RETRIES[delivery["attempt"] - 1], "deliver", delivery["id"])
