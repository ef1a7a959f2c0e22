"""Bad luck on the way to a webhook endpoint: copies, swaps, delays, losses, a second id for one change, an older version.

All of it comes from one seeded source, so a run can be repeated. A profile is a map of chances; the named ones are below.
"""

import hashlib
from dataclasses import dataclass

from infra.local.twin.core import older
from infra.local.twin.core.values import Obj
from infra.local.twin.core.world import World

PROFILES: dict[str, dict[str, float]] = {
    "none": {},
    "mild": {"duplicate": 0.05, "reorder": 0.1, "delay": 0.02},
    "wild": {"duplicate": 0.2, "reorder": 0.3, "delay": 0.1, "lose": 0.05, "two_ids": 0.1, "older": 0.1},
}
CHANCES = ("duplicate", "reorder", "delay", "lose", "two_ids", "older")
OLDER = older.VERSIONS[0]


@dataclass(frozen=True)
class Plan:
    """How one copy of an event travels: `delay` in seconds, `ahead` of the one before it, `twin_id` under another event id."""

    delay: int = 0
    ahead: bool = False
    lost: bool = False
    twin_id: bool = False
    older: bool = False


def profile(given: "str | dict[str, float]") -> dict[str, float]:
    """A profile by name, or checked from a map; ValueError says what is wrong."""
    if isinstance(given, str):
        if given not in PROFILES:
            raise ValueError(f"no chaos profile {given!r}; there are {', '.join(PROFILES)}")
        return PROFILES[given]
    for name, chance in given.items():
        if name not in CHANCES or not 0 <= chance <= 1:
            raise ValueError(f"{name}={chance!r}: a chaos profile maps {', '.join(CHANCES)} to chances from 0 to 1")
    return given


def plans(world: World) -> list[Plan]:
    """The copies of an event that one endpoint gets; without chaos exactly one, at once."""
    rates = world.chaos
    if not rates:
        return [Plan()]

    def luck(name: str) -> bool:
        return world.mischief.random() < rates.get(name, 0)

    if luck("lose"):
        return [Plan(lost=True)]
    first = Plan(
        delay=world.mischief.randint(1, 3600) if luck("delay") else 0, ahead=luck("reorder"), older=luck("older")
    )
    copies = [first]
    if luck("duplicate"):
        copies.append(Plan(delay=world.mischief.choice((0, 0, 30, 600)), older=first.older))
    if luck("two_ids"):
        copies.append(Plan(twin_id=True, older=first.older))
    return copies


def reshaped(event: Obj, plan: Plan) -> Obj:
    """The event as this copy shows it."""
    if plan.twin_id:
        event["id"] = event["id"][:-8] + hashlib.sha256(event["id"].encode()).hexdigest()[:8]
    return older.as_of(OLDER, event) if plan.older else event
