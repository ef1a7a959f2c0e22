"""Meters and their events: the usage that metered prices charge in arrears."""

from infra.local.twin.core.call import Call
from infra.local.twin.core.errors import invalid
from infra.local.twin.core.events import editing, emit
from infra.local.twin.core.pages import PAGING, paged
from infra.local.twin.core.params import Check, Required, metadata, need, one_of, shape, text, when
from infra.local.twin.core.values import Obj
from infra.local.twin.core.world import World, fields

CREATE: dict[str, Check | Required] = {
    "display_name": need(text),
    "event_name": need(text),
    "default_aggregation": need(shape(formula=need(one_of("count", "last", "sum")))),
    "customer_mapping": shape(event_payload_key=need(text), type=need(one_of("by_id", "by_id"))),
    "event_time_window": one_of("day", "hour"),
    "value_settings": shape(event_payload_key=need(text)),
}
UPDATE: dict[str, Check | Required] = {"display_name": text}
LIST: dict[str, Check | Required] = {**PAGING, "status": one_of("active", "inactive")}
EVENT: dict[str, Check | Required] = {
    "event_name": need(text),
    "payload": need(metadata),
    "identifier": text,
    "timestamp": when,
}


def create(world: World, call: Call) -> Obj:
    """A meter; its event name must be new."""
    if any(
        m["event_name"] == call.p["event_name"] and m["status"] == "active"
        for m in world.table("billing.meter").values()
    ):
        raise invalid(f"An active meter with event_name {call.p['event_name']} already exists.", "event_name")
    obj = fields(
        id=world.ids.new("mtr"),
        object="billing.meter",
        created=world.now,
        customer_mapping=call.p.get("customer_mapping", {"event_payload_key": "stripe_customer_id", "type": "by_id"}),
        default_aggregation=call.p["default_aggregation"],
        display_name=call.p["display_name"],
        event_name=call.p["event_name"],
        event_time_window=call.p.get("event_time_window"),
        livemode=world.livemode,
        status="active",
        status_transitions={"deactivated_at": None},
        updated=world.now,
        value_settings=call.p.get("value_settings", {"event_payload_key": "value"}),
    )
    obj["_events"] = {}
    emit(world, "billing.meter.created", world.add(obj))
    return obj


def update(world: World, call: Call) -> Obj:
    """Renames a meter."""
    obj = world.get("billing.meter", call.id)
    with editing(world, obj, "billing.meter.updated"):
        obj.update(call.p, updated=world.now)
    return obj


def retrieve(world: World, call: Call) -> Obj:
    """One meter."""
    return world.get("billing.meter", call.id)


def list_(world: World, call: Call) -> Obj:
    """Meters, newest first."""
    rows = [m for m in world.table("billing.meter").values() if m["status"] == call.p.get("status", m["status"])]
    return paged(rows, call.p, call.path)


def report(world: World, call: Call) -> Obj:
    """A meter event. Stripe takes them as much as 35 days old, and at most 5 minutes ahead."""
    meter = next((m for m in world.table("billing.meter").values() if m["event_name"] == call.p["event_name"]), None)
    if meter is None or meter["status"] != "active":
        raise invalid(f"No active meter found for event_name {call.p['event_name']}", "event_name", "resource_missing")
    customer = call.p["payload"].get(meter["customer_mapping"]["event_payload_key"], "")
    value = call.p["payload"].get(meter["value_settings"]["event_payload_key"], "")
    world.get("customer", customer, f"payload[{meter['customer_mapping']['event_payload_key']}]")
    if not value.isdigit() and meter["default_aggregation"]["formula"] != "count":
        raise invalid("The value of a meter event must be a whole number.", "payload[value]")
    moment = call.p.get("timestamp", world.now)
    if not world.now - 35 * 86400 <= moment <= world.now + 300:
        raise invalid("The timestamp must be within the past 35 days or up to 5 minutes in the future.", "timestamp")
    identifier = call.p.get("identifier") or world.ids.letters(24)
    meter["_events"].setdefault(customer, {}).setdefault(identifier, (moment, int(value or 1)))
    return {
        "object": "billing.meter_event",
        "created": world.now,
        "event_name": call.p["event_name"],
        "identifier": identifier,
        "livemode": world.livemode,
        "payload": call.p["payload"],
        "timestamp": moment,
    }


def usage(world: World, price: Obj, customer: str, start: int, end: int) -> int:
    """What the meter of `price` counts for the customer in [start, end)."""
    meter = world.table("billing.meter").get(price["recurring"]["meter"] or "")
    if meter is None:
        return 0
    values = [v for t, v in sorted(meter["_events"].get(customer, {}).values()) if start <= t < end]
    formula = meter["default_aggregation"]["formula"]
    return len(values) if formula == "count" else sum(values) if formula == "sum" else (values or [0])[-1]
