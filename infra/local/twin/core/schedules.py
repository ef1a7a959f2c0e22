"""Plans for later: collection that resumes, subscriptions that resume."""

from infra.local.twin.core import pausing
from infra.local.twin.core.events import editing
from infra.local.twin.core.values import Obj
from infra.local.twin.core.world import World


def resume_collection(world: World, sub: Obj) -> None:
    """`pause_collection.resumes_at` has come."""
    if (sub["pause_collection"] or {}).get("resumes_at") == world.now:
        with editing(world, sub, "customer.subscription.updated"):
            sub["pause_collection"] = None


def resume(world: World, sub: Obj) -> None:
    """A pause of limited length is over."""
    if sub["status"] == "paused" and sub.get("_resume_at") == world.now:
        pausing.resume_now(world, sub, {})


def turn(world: World, schedule: Obj) -> None:
    """The next phase."""
