"""The whole state as bytes, and back. The file is the twin's own: one from elsewhere must not be loaded (it is a pickle)."""

import pickle
from collections.abc import Callable

from infra.local.twin.core.world import API_VERSION, World

FORMAT = 1


def dump(world: World) -> bytes:
    """Everything but where real time comes from."""
    kept = {name: value for name, value in vars(world).items() if name not in ("wall", "moment", "journal", "request")}
    return pickle.dumps({"format": FORMAT, "version": API_VERSION, "world": kept})


def load(data: bytes, wall: Callable[[], int]) -> World:
    """The state that was saved; ValueError for one of another format or API version."""
    saved = pickle.loads(data)  # noqa: S301 - the twin's own file, named on its command line
    if saved.get("format") != FORMAT or saved.get("version") != API_VERSION:
        raise ValueError("the state file is of another version of the twin")
    kept = saved["world"]
    world = World(kept["seed"], kept["account"], wall, kept["base_url"])
    vars(world).update(kept)
    return world
