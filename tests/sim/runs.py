"""Runs by seed, and the one question at the end of each: is every stored object what Stripe has?"""

from collections.abc import Iterable
from dataclasses import dataclass

from chalicelib.core.dunning import opens_case
from chalicelib.core.model import Invoice, Kind
from chalicelib.store import keys
from chalicelib.store.objects import record_of
from chalicelib.store.tables import ObjectRow
from chalicelib.stripe_api import shapes
from tests.sim.edges import Edges
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
    except Restless as restless:
        return Divergence(seed, str(restless))
    found = [reason for thing in world.shop.things for reason in differences(edges, thing)]
    expected = {tuple(key_of(thing)) for thing in world.shop.things}
    found += [f"an item of nothing: {key}" for key in edges.table.items if key not in expected and key[0][:2] != "Q#"]
    for reason in found:
        world.note("WRONG", reason)
    return Divergence(seed, "; ".join(found)) if found else None


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
    if item is None:
        return [f"{thing.told} is not stored"]
    row = ObjectRow.from_raw_data(dict(item))
    if bool(row.gone) != thing.gone:
        return [f"{thing.told} is stored as {'gone' if row.gone else 'there'}"]
    actual = shapes.record(thing.kind, thing.answered)
    stored = record_of(row)
    wrong = [] if thing.gone or stored == actual else [f"{thing.told} is stored as {stored}"]
    due = thing.kind is Kind.INVOICE and not thing.gone and isinstance(actual, Invoice) and opens_case(actual)
    names = ("due_at", "due_shard", *(("case_opened_at",) if due else ()))
    odd = [name for name in names if (name in item) != due]
    return wrong + [f"{thing.told}: {name} is {'there' if name in item else 'missing'}" for name in odd]
