"""The control API under /_twin/, not Stripe's: the clock, chaos, settings, what was delivered, what banks say."""

import json
from collections.abc import Callable
from typing import Any

from infra.local.twin.core import cards, disputes, event_api, webhooks
from infra.local.twin.core.events import editing
from infra.local.twin.core.values import Obj, public
from infra.local.twin.http import faults
from infra.local.twin.http.service import Service

Control = Callable[[Service, Obj], Obj]


class Mistake(Exception):
    """A control request that cannot be done; answered with 400."""


def clock(service: Service, _given: Obj) -> Obj:
    """GET /_twin/clock: {"now", "offset"}."""
    return {"now": service.twin.now, "offset": service.twin.world.offset}


def advance(service: Service, given: Obj) -> Obj:
    """POST /_twin/advance {"to": unix | "seconds": n}: moves on, runs what is due, waits for its webhooks."""
    if ("to" in given) == ("seconds" in given):
        raise Mistake('give one of "to" (UTC seconds) and "seconds"')
    to = _whole(given, "to") if "to" in given else service.twin.now + _whole(given, "seconds")
    try:
        service.advance(to)
    except ValueError as error:
        raise Mistake(str(error)) from None
    pending = service.flush(float(given.get("timeout", 60)))
    return {"now": service.twin.now, "offset": service.twin.world.offset, "pending": pending}


def _whole(given: Obj, name: str) -> int:
    value = given[name]
    if not isinstance(value, int) or isinstance(value, bool):
        raise Mistake(f"{name} is a whole number of seconds")
    return value


def flush(service: Service, given: Obj) -> Obj:
    """POST /_twin/flush {"timeout": seconds}: waits until all webhooks are delivered."""
    return {"pending": service.flush(float(given.get("timeout", 60)))}


def set_chaos(service: Service, given: Obj) -> Obj:
    """POST /_twin/chaos {"profile": name} or {"duplicate": 0.1, ...}."""
    with service.lock:
        try:
            service.twin.set_chaos(given.get("profile", given))
        except ValueError as error:
            raise Mistake(str(error)) from None
        return {"chaos": service.twin.world.chaos}


def set_settings(service: Service, given: Obj) -> Obj:
    """POST /_twin/settings: what a merchant sets in Stripe's dashboard (retries, end_action ...)."""
    with service.lock:
        try:
            service.twin.world.settings.change(given)
        except ValueError as error:
            raise Mistake(str(error)) from None
        return dict(vars(service.twin.world.settings))


def set_card(service: Service, given: Obj) -> Obj:
    """POST /_twin/cards {"payment_method": pm, "decline": code | null}: what the bank says to this card from now on."""
    with service.lock:
        card = service.twin.world.table("payment_method").get(str(given.get("payment_method")))
        reason = given.get("decline")
        if card is None:
            raise Mistake(f"no payment method {given.get('payment_method')!r}")
        if reason is not None and reason not in cards.DECLINES:
            raise Mistake(f"decline is null or one of {', '.join(cards.DECLINES)}")
        card["_charge"] = None if reason == "authentication_required" else reason
        card["_auth"], card["_set_up"] = (
            ("always", False) if reason == "authentication_required" else (None, card["_set_up"])
        )
        return {"payment_method": card["id"], "decline": reason}


def deliveries(service: Service, _given: Obj) -> Obj:
    """GET /_twin/deliveries: every delivery with its attempts, newest first."""
    with service.lock:
        rows = [{k: v for k, v in d.items() if k != "plan"} for d in service.twin.world.deliveries.values()]
    return {"data": rows[::-1]}


def resend(service: Service, given: Obj) -> Obj:
    """POST /_twin/resend {"event": evt, "endpoint": we}: once more, by hand."""
    with service.mail:
        event = service.twin.world.table("event").get(str(given.get("event")))
        endpoint = service.twin.world.table("webhook_endpoint").get(str(given.get("endpoint")))
        if event is None or endpoint is None:
            raise Mistake("give an event and an endpoint that exist")
        webhooks.resend(service.twin.world, event, endpoint)
        service.mail.notify_all()
    return {"event": event["id"]}


def roll(service: Service, given: Obj) -> Obj:
    """POST /_twin/roll {"endpoint": we, "keep_seconds": 86400}: a new secret; for so long the old one signs too."""
    with service.lock:
        endpoint = service.twin.world.table("webhook_endpoint").get(str(given.get("endpoint")))
        if endpoint is None:
            raise Mistake(f"no endpoint {given.get('endpoint')!r}")
        return {
            "endpoint": endpoint["id"],
            "secret": event_api.roll(service.twin.world, endpoint, int(given.get("keep_seconds", 86400))),
        }


def set_faults(service: Service, given: Obj) -> Obj:
    """POST /_twin/faults {"rules": [{"pattern", "fault", "rate", "count", "seconds"}]}: failures of the API from now on."""
    try:
        service.faults.rules = faults.parse(given.get("rules"))
    except (ValueError, TypeError) as error:
        raise Mistake(str(error)) from None
    return {"rules": [vars(rule) for rule in service.faults.rules]}


def open_dispute(service: Service, given: Obj) -> Obj:
    """POST /_twin/disputes {"charge": ch, "reason": "fraudulent"}: the customer's bank takes a payment back."""
    with service.mail:
        charge = service.twin.world.table("charge").get(str(given.get("charge")))
        if charge is None or not charge["paid"] or charge["disputed"]:
            raise Mistake("give a charge that succeeded and is not disputed")
        made = disputes.open_(service.twin.world, charge, str(given.get("reason", "fraudulent")))
        service.mail.notify_all()
        return {"dispute": made["id"]}


def update_card(service: Service, given: Obj) -> Obj:
    """POST /_twin/card-updates {"payment_method": pm, "exp_month", "exp_year", "last4"}: the network renews a card."""
    with service.mail:
        card = service.twin.world.table("payment_method").get(str(given.get("payment_method")))
        fresh = {k: v for k, v in given.items() if k in ("exp_month", "exp_year", "last4")}
        if card is None or not fresh:
            raise Mistake("give a payment method and at least one of exp_month, exp_year, last4")
        with editing(service.twin.world, card, "payment_method.automatically_updated"):
            card["card"] = {**card["card"], **fresh}
        service.mail.notify_all()
        return {"payment_method": card["id"]}


def save(service: Service, _given: Obj) -> Obj:
    """POST /_twin/save: writes the state file now, and not only at the end."""
    if service.state_file is None:
        raise Mistake("the twin was started without --state")
    service.save()
    return {"state": str(service.state_file)}


def state(service: Service, given: Obj) -> Obj:
    """GET /_twin/objects?kind=..: all objects of a kind, oldest first, for comparisons."""
    with service.lock:
        return {"data": [public(obj) for obj in service.twin.world.table(str(given.get("kind"))).values()]}


ROUTES: dict[tuple[str, str], Control] = {
    ("GET", "/_twin/clock"): clock,
    ("POST", "/_twin/advance"): advance,
    ("POST", "/_twin/flush"): flush,
    ("POST", "/_twin/chaos"): set_chaos,
    ("POST", "/_twin/settings"): set_settings,
    ("POST", "/_twin/cards"): set_card,
    ("GET", "/_twin/deliveries"): deliveries,
    ("POST", "/_twin/resend"): resend,
    ("POST", "/_twin/roll"): roll,
    ("GET", "/_twin/objects"): state,
    ("POST", "/_twin/faults"): set_faults,
    ("POST", "/_twin/disputes"): open_dispute,
    ("POST", "/_twin/card-updates"): update_card,
    ("POST", "/_twin/save"): save,
}


def answer(service: Service, method: str, path: str, query: Obj, body: bytes) -> tuple[int, Obj]:
    """Status and body of a control request."""
    control = ROUTES.get((method, path))
    if control is None:
        return 404, {"error": f"no {method} {path}; there are {', '.join(f'{m} {p}' for m, p in ROUTES)}"}
    try:
        given: Any = json.loads(body) if body else query
        if not isinstance(given, dict):
            raise Mistake("the body is a JSON object")
        return 200, control(service, given)
    except (Mistake, json.JSONDecodeError) as error:
        return 400, {"error": str(error)}
