"""From measurements to the lines that are printed: medians and ratios, never a mean that one hiccup spoils."""

from collections.abc import Sequence
from statistics import median, quantiles
from typing import NamedTuple

from infra.bench.memory import Held
from infra.bench.reminders import Handed
from infra.bench.webhook import Round

MICRO = 1e6


class Spread(NamedTuple):
    """The ratios of the rounds."""

    least: float
    median: float
    most: float

    def __str__(self) -> str:
        return f"{self.median:.2f} (of the rounds: {self.least:.2f} to {self.most:.2f})"


def spread(pairs: Sequence[tuple[float, float]]) -> Spread:
    """Ours over the floor's, round by round."""
    ratios = [ours / lowest for lowest, ours in pairs]
    return Spread(min(ratios), median(ratios), max(ratios))


def percentiles(walls: Sequence[float]) -> tuple[float, float]:
    """p50 and p99."""
    cuts = quantiles(walls, n=100)
    return cuts[49], cuts[98]


def webhook_lines(rounds: Sequence[tuple[Round, Round]]) -> list[str]:
    """The table of the webhook handler."""
    ratio = spread([(lowest.cpu, ours.cpu) for lowest, ours in rounds])
    lines = [f"{'an event, one after another':36}     CPU   events/s      p50      p99"]
    tails = []
    for name, chosen in (("floor: HMAC, JSON, one UpdateItem", 0), ("Stamkund: the handler that ships", 1)):
        walls = [wall for pair in rounds for wall in pair[chosen].walls]
        cpu = median(pair[chosen].cpu / len(pair[chosen].walls) for pair in rounds)
        tails.append(percentiles(walls))
        half, most = tails[-1]
        rate = len(walls) / sum(walls)
        lines.append(f"{name:36} {cpu * MICRO:4.0f} us {rate:8.0f} {half * MICRO:6.0f} us {most * MICRO:6.0f} us")
    (floor_half, floor_most), (our_half, our_most) = tails
    wall = f"wall p50 {our_half / floor_half:.2f}, p99 {our_most / floor_most:.2f}"
    return [*lines, f"ratio: CPU {ratio}; {wall}"]


def cold_lines(rounds: Sequence[tuple[float, float]], floor: str, ours: str) -> list[str]:
    """The table of the cold start. Noise only adds to what an import takes, so the least of the rounds says most."""
    times = [median(pair[chosen] for pair in rounds) * 1000 for chosen in (0, 1)]
    least = [min(pair[chosen] for pair in rounds) for chosen in (0, 1)]
    return [
        "importing in a fresh interpreter, CPU",
        *(f"{code:56} {took:4.0f} ms" for code, took in zip((floor, ours), times, strict=True)),
        f"ratio: of the least {least[1] / least[0]:.2f}; {spread(rounds)}",
    ]


def reminders_lines(rounds: Sequence[tuple[Handed, Handed]], peak: int) -> list[str]:
    """The table of the schedule's run."""
    ratio = spread([(lowest.cpu, ours.cpu) for lowest, ours in rounds])
    lines = [f"{f'handing over {rounds[0][1].cases:,} due cases':36}     CPU      wall"]
    for name, chosen in (("floor: the same calls by botocore", 0), ("Stamkund: the schedule that ships", 1)):
        cpu, wall = (median(getattr(pair[chosen], what) for pair in rounds) for what in ("cpu", "wall"))
        lines.append(f"{name:36} {cpu:5.2f} s {wall:7.2f} s")
    return [*lines, f"ratio: CPU {ratio}; ours holds at most {peak / 2**20:.1f} MiB at once"]


def memory_line(held: Held) -> str:
    """One look."""
    return f"{held.events:>9,} events   {held.blocks:>9,} blocks   resident {held.resident / 2**20:7.1f} MiB"


def growth_line(first: Held, last: Held) -> str:
    """What was added between the first look and the last."""
    events = last.events - first.events
    blocks, resident = last.blocks - first.blocks, last.resident - first.resident
    return f"in {events:,} events: {blocks:+,} blocks, resident {resident:+,} bytes"
