"""When mails of the whole account must stop: before SES puts it under review (5 % bounces, 0.1 % complaints). Pure."""

from collections.abc import Iterable

from chalicelib.core.frozen import frozen

WINDOW = 7 * 86_400
"""Seconds back that are looked at."""

LEAST_SENDS = 200
"""Fewer mails say nothing: of ten, one bounce would be 10 %."""

LEAST_COMPLAINTS = 2
"""One person's anger is no trend; of few mails it would be over the limit at once."""

BOUNCES_OF_10_000 = 400
COMPLAINTS_OF_10_000 = 8


@frozen
class Counts:
    """What became of the mails of an hour, or of many."""

    sends: int = 0
    bounces: int = 0
    complaints: int = 0


def total(hours: Iterable[Counts]) -> Counts:
    """All of them together."""
    kept = tuple(hours)
    return Counts(sum(h.sends for h in kept), sum(h.bounces for h in kept), sum(h.complaints for h in kept))


def reason_to_pause(counts: Counts) -> str | None:
    """`bounces` or `complaints` where there are too many of them, else None."""
    if counts.sends < LEAST_SENDS:
        return None
    if counts.complaints >= LEAST_COMPLAINTS and counts.complaints * 10_000 >= COMPLAINTS_OF_10_000 * counts.sends:
        return "complaints"
    return "bounces" if counts.bounces * 10_000 >= BOUNCES_OF_10_000 * counts.sends else None
