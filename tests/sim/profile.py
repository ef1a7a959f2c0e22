"""The weather of one run: how busy, how lossy, how faulty. Drawn from the seed: runs differ in kind, not in luck alone."""

from dataclasses import dataclass, replace
from random import Random

from chalicelib.core.window import MARGIN

FAULTS = (
    "crash before",  # the Lambda dies before its call is carried out
    "crash after",  # ... after it was, before it heard so
    "throttled",  # DynamoDB refuses
    "answer lost",  # the call was carried out, and its answer is a time-out
    "twice",  # botocore repeats a call whose answer was lost
    "sqs refuses",
    "stripe 429",
    "stripe 500",
    "stripe silent",
    "stripe undated",  # an answer without a Date header
    "visible again",  # SQS hands a message to another worker while the first goes on
    "not deleted",  # SQS delivers a message again though it was deleted
)


@dataclass(frozen=True)
class Profile:
    """Shares are chances from 0 to 1; `skew_*` are seconds by which a clock of Stripe's may be off, either way."""

    things: int
    changes: int
    tick: float
    leap: float
    haste: dict[str, float]
    lost: float
    doubled: float
    repeated: float
    foreign: float
    slow: float
    skew_events: float
    skew_dates: float
    faults: int
    rates: dict[str, float]
    through_rest: float
    through_sdk: bool
    for_good: bool  # an object's last event may be lost, too: only reconciling can tell
    reconciles: int  # that begin while all the rest goes on
    nights: bool  # reconciling once all is at rest, and once more


def draw(rng: Random) -> Profile:
    """Most runs are small: what goes wrong, goes wrong with one object and a few changes too."""
    for_good = rng.random() < 0.15
    of_dates = rng.choice((0.0, 0.0, MARGIN / 2, float(MARGIN)))
    faults = rng.choice((0, 2, 6))
    ordinary = Profile(
        things=rng.choice((1, 1, 1, 1, 1, 1, 2, 3)),
        changes=rng.choice((1, 2, 2, 3, 3)),
        tick=rng.choice((0.05, 0.3, 1.0, 1.0, 3.0)),
        leap=rng.choice((0.0, 0.0, 0.02)),
        haste={
            "clock": rng.choice((0.05, 0.2, 1.0)),
            **{actor: rng.choice((0.2, 1.0, 1.0, 4.0)) for actor in ("stripe", "mail", "run", "poll")},
            "reconcile": rng.choice((0.05, 0.3, 1.0)),
        },
        lost=rng.choice((0.3, 0.6, 1.0) if for_good else (0.0, 0.0, 0.3, 0.6)),
        doubled=rng.choice((0.0, 0.2)),
        repeated=rng.choice((0.0, 0.0, 0.3)),
        foreign=rng.choice((0.0, 0.0, 0.0, 0.2)),
        slow=rng.choice((0.0, 0.2, 0.5)),
        skew_events=rng.choice((0.0, 1.0)) * (MARGIN - of_dates),
        skew_dates=rng.choice((0.0, 1.0)) * of_dates,
        faults=faults,
        rates={fault: rng.choice((0.0, 0.03, 0.15)) for fault in FAULTS},
        through_rest=rng.choice((0.0,) * 19 + (0.5,)),
        through_sdk=rng.random() < 0.01,
        for_good=for_good,
        reconciles=rng.choice((0,) * 17 + (1, 2, 3)),
        nights=for_good or rng.random() < 0.03,
    )
    if for_good:
        return ordinary
    return rng.choice((_ordinary, _ordinary, _asking, _asking, _heaps, _parking, _racing))(rng, ordinary)


def _ordinary(_rng: Random, profile: Profile) -> Profile:
    return profile


def _asking(rng: Random, profile: Profile) -> Profile:
    """Many events must be asked about, little else goes wrong, and the readers get in each other's way."""
    return replace(
        profile,
        things=1,
        changes=rng.choice((2, 3)),
        tick=rng.choice((0.1, 0.3, 1.0, 3.0)),
        haste={"clock": 0.2, "stripe": rng.choice((0.02, 0.2)), "mail": 1.0, "run": 1.0, "poll": 1.0, "reconcile": 0.1},
        lost=0.0,
        doubled=0.0,
        repeated=rng.choice((0.0, 0.0, 0.5)),
        foreign=rng.choice((0.3, 1.0)),
        slow=rng.choice((0.2, 0.4)),
        faults=rng.choice((0, 0, 2)),
    )


def _heaps(rng: Random, profile: Profile) -> Profile:
    """Doubts heap up over a while, so that one batch holds several about one object, old ones and new ones."""
    haste = {"clock": 0.5, "stripe": 0.2, "mail": 1.0, "run": 1.0, "poll": 0.03, "reconcile": 0.1}
    foreign = rng.choice((0.3, 0.6))
    return replace(
        profile, things=1, changes=4, tick=1.0, leap=0.0, foreign=foreign, haste=haste, repeated=0.0, lost=0.0
    )


def _parking(rng: Random, profile: Profile) -> Profile:
    """Stripe is down for a while: doubts fail until they are parked, and somebody replays them."""
    down = {"stripe 429": 0.3, "stripe 500": 0.3, "stripe silent": 0.2, "crash after": 0.15}
    foreign, faults = rng.choice((0.3, 1.0)), rng.choice((6, 12, 20))
    return replace(profile, things=1, foreign=foreign, lost=0.0, faults=faults, rates=profile.rates | down)


def _racing(rng: Random, profile: Profile) -> Profile:
    """Reconciling again and again, slowly, while the object changes and its events come: little else goes wrong."""
    haste = {"clock": 0.3, "stripe": 0.3, "mail": 1.0, "run": 1.0, "poll": 1.0, "reconcile": 0.5}
    return replace(
        profile,
        things=1,
        changes=rng.choice((2, 3, 4)),
        tick=rng.choice((0.3, 1.0, 3.0, 10.0)),
        haste=haste,
        lost=rng.choice((0.0, 0.5)),
        foreign=rng.choice((0.0, 0.3)),
        slow=0.4,
        faults=rng.choice((0, 0, 2)),
        reconciles=rng.choice((3, 6)),
    )
