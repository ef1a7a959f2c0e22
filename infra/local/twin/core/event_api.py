"""Reading events, and the webhook endpoints that get them."""

from infra.local.twin.core import events, older
from infra.local.twin.core.call import Call
from infra.local.twin.core.errors import invalid
from infra.local.twin.core.event_types import TYPES
from infra.local.twin.core.pages import CREATED, PAGING, paged
from infra.local.twin.core.params import Check, Required, clear, flag, listed, merge_metadata, metadata, need, text
from infra.local.twin.core.values import Obj
from infra.local.twin.core.world import API_VERSION, World, fields

LIST: dict[str, Check | Required] = {**CREATED, "type": text, "types": listed(text, 20), "delivery_success": flag}
ENDPOINT: dict[str, Check | Required] = {
    "url": need(text),
    "enabled_events": need(listed(text, 500)),
    "api_version": text,
    "description": clear(text),
    "metadata": metadata,
    "connect": flag,
}
CHANGE: dict[str, Check | Required] = {
    "url": text,
    "enabled_events": listed(text, 500),
    "description": clear(text),
    "metadata": metadata,
    "disabled": flag,
}
ENDPOINTS: dict[str, Check | Required] = dict(PAGING)


def retrieve(world: World, call: Call) -> Obj:
    """One event, as long as it is kept: thirty days."""
    return events.full(world.get("event", call.id))


def list_(world: World, call: Call) -> Obj:
    """Events, newest first."""
    p = call.p
    rows = list(world.table("event").values())
    if "type" in p and "types" in p:
        raise invalid("You may pass only one of `type` and `types`.", "types")
    wanted = p.get("types") or ([p["type"]] if "type" in p else None)
    if wanted:
        rows = [e for e in rows if any(_fits(e["type"], one) for one in wanted)]
    if "delivery_success" in p:
        rows = [e for e in rows if (not e["_waiting"]) == p["delivery_success"]]
    page = paged(rows, p, call.path)
    page["data"] = [events.full(row) for row in page["data"]]
    return page


def _fits(kind: str, wanted: str) -> bool:
    return kind == wanted or (wanted.endswith("*") and kind.startswith(wanted[:-1]))


def create_endpoint(world: World, call: Call) -> Obj:
    """A webhook endpoint; only this answer shows its secret."""
    p = call.p
    if p.get("connect"):
        raise invalid("The twin has no Connect.", "connect")
    _check(p)
    endpoint = world.add(
        fields(
            id=world.ids.new("we"),
            object="webhook_endpoint",
            api_version=p.get("api_version"),
            application=None,
            created=world.now,
            description=p.get("description"),
            enabled_events=p["enabled_events"],
            livemode=world.livemode,
            metadata=merge_metadata({}, p.get("metadata")),
            status="enabled",
            url=p["url"],
        )
        | {"_secret": world.ids.new("whsec"), "_rolled": []}
    )
    return {**endpoint, "secret": endpoint["_secret"]}


def _check(p: Obj) -> None:
    if not p.get("url", "http://").startswith(("http://", "https://")):
        raise invalid("Invalid URL: An explicit scheme (such as https) must be provided.", "url", "url_invalid")
    if p.get("api_version", API_VERSION) not in (API_VERSION, *older.VERSIONS):
        raise invalid(f"The twin renders events in {API_VERSION} and {', '.join(older.VERSIONS)} only.", "api_version")
    for at, kind in enumerate(p.get("enabled_events", [])):
        if kind != "*" and kind not in TYPES:
            raise invalid(
                f"Invalid enabled_events[{at}]: {kind} is not an event type of {API_VERSION}.", f"enabled_events[{at}]"
            )


def update_endpoint(world: World, call: Call) -> Obj:
    """Changes an endpoint; never its version."""
    endpoint = world.get("webhook_endpoint", call.id)
    _check(call.p)
    for name in call.p.keys() & {"url", "enabled_events", "description"}:
        endpoint[name] = call.p[name]
    if "disabled" in call.p:
        endpoint["status"] = "disabled" if call.p["disabled"] else "enabled"
    endpoint["metadata"] = merge_metadata(endpoint["metadata"], call.p.get("metadata"))
    return endpoint


def delete_endpoint(world: World, call: Call) -> Obj:
    """Deletes an endpoint; what was still to be delivered to it is dropped."""
    endpoint = world.get("webhook_endpoint", call.id)
    del world.table("webhook_endpoint")[endpoint["id"]]
    return {"id": endpoint["id"], "object": "webhook_endpoint", "deleted": True}


def endpoint(world: World, call: Call) -> Obj:
    """One endpoint, without its secret."""
    return world.get("webhook_endpoint", call.id)


def endpoints(world: World, call: Call) -> Obj:
    """Endpoints, newest first."""
    return paged(world.table("webhook_endpoint").values(), call.p, call.path)


def roll(world: World, endpoint: Obj, keep_for: int) -> str:
    """A new secret; the old one stays valid for so many seconds (Stripe: up to a day), and both sign."""
    now = world.now
    endpoint["_rolled"] = [(endpoint["_secret"], now + keep_for), *[r for r in endpoint["_rolled"] if r[1] > now]]
    endpoint["_secret"] = world.ids.new("whsec")
    return str(endpoint["_secret"])
