"""Subscription schedules: what a subscription will change to, and when."""

from chalicelib.core.frozen import frozen


@frozen
class PhaseItem:
    """One line of a phase; `quantity` is null for metered prices."""

    price: str | None
    quantity: int | None


@frozen
class Phase:
    """From `start` to `end` (UTC seconds) the subscription has these items."""

    start: int
    end: int
    items: tuple[PhaseItem, ...]


@frozen
class Schedule:
    """A schedule of a customer's subscription; `subscription` is null before it starts and after it was released.

    `status` is not_started, active, completed, released or canceled; `end_behavior` says what becomes of the subscription.
    """

    id: str
    customer: str
    subscription: str | None
    status: str
    end_behavior: str
    released_at: int | None
    canceled_at: int | None
    phases: tuple[Phase, ...]
    created: int


def next_phase(schedule: Schedule, now: int) -> Phase | None:
    """The phase that will begin next, or None where nothing is planned."""
    if schedule.status not in ("active", "not_started"):
        return None
    return min((phase for phase in schedule.phases if phase.start > now), key=lambda phase: phase.start, default=None)
