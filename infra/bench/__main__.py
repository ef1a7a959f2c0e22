"""`python -m infra.bench`: a webhook, the schedule of reminders and the cold start, each beside its floor.

`--memory`: what events leave behind.
"""

import argparse

from infra.bench import cold, memory, reminders, webhook
from infra.bench.figures import cold_lines, growth_line, memory_line, reminders_lines, webhook_lines
from infra.bench.server import answering, serve

RUNS = 5
"""Runs of the schedule, of either kind."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m infra.bench", description=__doc__)
    parser.add_argument("--events", type=int, help="of the webhook: 200 a round, or 100,000 for --memory")
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--memory", action="store_true", help="whether the handler keeps anything; some minutes")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve()
    elif options.memory:
        _memory(options.events or 100_000)
    else:
        with answering():
            print(*webhook_lines(webhook.measure(options.events or 200, options.rounds)), sep="\n", flush=True)
            print(*reminders_lines(reminders.measure(RUNS), reminders.peak()), sep="\n", flush=True)
        print(*cold_lines(cold.measure(options.rounds), cold.FLOOR, cold.OURS), sep="\n")


def _memory(events: int) -> None:
    looks = []
    with answering():
        for held in memory.measure(events):
            looks.append(held)
            print(memory_line(held), flush=True)
    print(growth_line(looks[0], looks[-1]))


if __name__ == "__main__":
    main()
