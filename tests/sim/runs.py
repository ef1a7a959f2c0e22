"""Runs by seed, and the one question at the end of each: is every stored object what Stripe has?"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from chalicelib.core.cases import closes_case, opens_case
from chalicelib.core.model import Invoice
from chalicelib.store import keys
from chalicelib.store.objects import record_of
from chalicelib.store.tables import ObjectRow
from chalicelib.stripe_api import shapes
from tests.sim.edges import Edges
from tests.sim.expressions import Item
from tests.sim.shop import SCOPE, Thing
from tests.sim.world import Restless, World


@dataclass(frozen=True)
class Divergence:
    """A run that ended wrong."""

    seed: int
    reason: str


def run(edges: Edges, seed: int, lines: list[str] | None = None) -> Divergence | None:
    """One run; `lines` takes its trace. What is wrong at its end, if anything."""
    world = World(seed, lines)
    edges.begin(world)
    try:
        world.run()
        found = [] if world.profile.for_good else wrong(edges)
        if world.profile.nights and not found:
            world.night()
            found = wrong(edges) or second_night(edges)
    except Restless as restless:
        return Divergence(seed, str(restless))
    except Exception as error:
        error.add_note(f"seed {seed}")
        raise
    for reason in found:
        world.note("WRONG", reason)
    return Divergence(seed, "; ".join(found)) if found else None


def wrong(edges: Edges) -> list[str]:
    """All in which the table is not what Stripe has; jobs and the reasons of parked messages are our own."""
    things = edges.world.shop.things
    found = [reason for thing in things for reason in differences(edges, thing)]
    expected = {tuple(key_of(thing)) for thing in things}
    return found + [f"an item of nothing: {key}" for key in objects_of(edges) if key not in expected]


def objects_of(edges: Edges) -> dict[tuple[str, str], Item]:
    """What is stored of Stripe's."""
    return {key: item for key, item in edges.table.items.items() if key[0][:2] not in ("Q#", "J#")}


def second_night(edges: Edges) -> list[str]:
    """Reconcile once more, and nothing goes wrong: whatever it writes is a fault. An item that is written is another one."""
    edges.world.faults_left = 0
    before = objects_of(edges)
    edges.world.night()
    after = objects_of(edges)
    return [f"written for nothing: {key}" for key in after if after[key] is not before.get(key)]


def first_divergence(edges: Edges, seeds: Iterable[int]) -> Divergence | None:
    """The first of these runs that ends wrong."""
    return next((found for seed in seeds if (found := run(edges, seed))), None)


def trace(edges: Edges, seed: int) -> str:
    """What happens in a run, line by line; the same every time."""
    lines: list[str] = []
    run(edges, seed, lines)
    return "\n".join(lines)


def key_of(thing: Thing) -> keys.Key:
    """Where an object is stored."""
    return keys.of_object(SCOPE, thing.kind, thing.id, thing.customer, thing.raw["created"])


def differences(edges: Edges, thing: Thing) -> list[str]:
    """All in which the stored object is not what Stripe has."""
    item = edges.table.items.get(key_of(thing))
    if item is None and thing.gone and edges.world.profile.for_good:
        return []  # it came and went, and nobody heard of it
    if item is None:
        return [f"{thing.told} is not stored"]
    row = ObjectRow.from_raw_data(dict(item))
    if bool(row.gone) != thing.gone:
        return [f"{thing.told} is stored as {'gone' if row.gone else 'there'}"]
    actual = shapes.record(thing.kind, thing.answered)
    stored = record_of(row)
    wrong = [] if thing.gone or stored == actual else [f"{thing.told} is stored as {stored}"]
    odd = _misplaced(thing, actual, item)
    return wrong + [f"{thing.told}: {name} is {'there' if name in item else 'missing'}" for name in odd]


def _misplaced(thing: Thing, actual: object, item: dict[str, Any]) -> list[str]:
    """What of the index `due` is there and should not be, or the other way round."""
    there: list[str] = [name for name in ("due_at", "due_shard") if name in item]
    if thing.gone:
        return there
    if not isinstance(actual, Invoice):  # a notice may be due about it: both, or neither
        return there if len(there) == 1 else []
    if opens_case(actual):
        return [name for name in ("due_at", "due_shard", "case_opened_at") if name not in item]
    # A settled one is due at once, to be closed, if it had a case; in the index it is only with its shard.
    settled = closes_case(actual) and item.get("due_at", {"N": "0"}) == {"N": "0"}
    return [] if settled else there
