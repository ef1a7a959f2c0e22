"""Stripe's lists in the simulation: newest first, a page at a time, each object as it is at some moment of the call."""

import json
from collections.abc import Callable, Iterable
from typing import Any

from chalicelib.core.model import Kind
from tests.sim.lives import Raw
from tests.sim.shop import PLURALS, Parcel, Shop, Thing

Asked = dict[str, Any]
PAGE = 1
"""Objects on a page. Stripe's are a hundred: with one, any two objects of a kind are two pages."""


def page(shop: Shop, path: str, asked: Asked, moment: Callable[[], None]) -> tuple[int, str]:
    """Status and body of a page of the list at `path`; `moment` passes between two objects."""
    if path == "/v1/events":
        return 200, _events(shop, asked)
    if path.startswith("/v1/customers/"):
        owner = path.split("/")[3]
        holder = next((each for each in shop.things if each.id == owner), None)
        if holder is None or holder.gone or not holder.version:
            return 404, _missing("customer")
        there = [each for each in _there(shop, Kind.CARD) if each.customer == owner]
    else:
        kind = PLURALS.get(path.split("/")[2])  # what is not simulated, there is none of
        there = [each for each in _there(shop, kind) if _matches(each.raw, asked)] if kind else []
    after = asked.get("starting_after")
    if after is not None and after not in [each.id for each in there]:
        return 400, _missing("starting_after")
    rest = there[[each.id for each in there].index(after) + 1 :] if after is not None else there
    return 200, _body(_read(rest[:PAGE], moment), len(rest) > PAGE)


def _there(shop: Shop, kind: Kind) -> list[Thing]:
    """What a list shows: detached cards and what is deleted are not there; an ended subscription is."""
    return [each for each in reversed(shop.things) if each.kind is kind and each.version and not each.gone]


def _matches(raw: Raw, asked: Asked) -> bool:
    created = asked.get("created", {})
    return (
        asked.get("status", "all") in ("all", raw.get("status"))
        and int(created.get("gte", 0)) <= raw["created"] <= int(created.get("lte", raw["created"]))
        and raw["id"] in asked.get("ids", [raw["id"]])
    )


def _read(things: Iterable[Thing], moment: Callable[[], None]) -> list[str]:
    """What was deleted meanwhile is not shown; a card that was detached meanwhile is, without an owner: be it so or not."""
    found = []
    for thing in things:
        moment()
        if not thing.gone or thing.kind is Kind.CARD:
            found.append(thing.shown)
    return found


def _events(shop: Shop, asked: Asked) -> str:
    """The events that no endpoint has taken, of the types asked for."""
    assert asked["delivery_success"] == "false"
    waiting: list[Parcel] = [each for each in reversed(shop.untaken.values()) if each.type in asked["types"]]
    after = asked.get("starting_after")
    rest = [each for each in waiting if after is None or _number(each.event) < _number(after)]
    return _body([each.body.decode() for each in rest[:PAGE]], len(rest) > PAGE)


def _number(event: str) -> int:
    return int(event.removeprefix("evt_"))


def _body(found: list[str], more: bool) -> str:
    return f'{{"object": "list", "has_more": {json.dumps(more)}, "data": [{", ".join(found)}]}}'


def _missing(param: str) -> str:
    error = {"type": "invalid_request_error", "code": "resource_missing", "param": param, "message": "No such"}
    return json.dumps({"error": error})
