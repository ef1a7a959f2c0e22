"""`python -m infra.reminders status | resume`: how the account's mails fare, and letting them leave again after a pause."""

import argparse
import sys

from chalicelib import clock
from chalicelib.core.mail_health import reason_to_pause, total
from chalicelib.errors import StamkundError
from chalicelib.store import mail_health
from infra import stacks
from infra.stacks import NoStack


def main(arguments: list[str]) -> int:
    """0 where mails may leave; 1 where they are paused; 2 for failures."""
    parser = argparse.ArgumentParser(prog="python -m infra.reminders", description=__doc__)
    parser.add_argument("command", choices=("status", "resume"))
    stacks.arguments(parser)
    options = parser.parse_args(arguments)
    try:
        stacks.enter(stacks.chosen(options))
        if options.command == "resume":
            mail_health.resume(clock.now())
        return status()
    except (NoStack, StamkundError) as error:
        print(error, file=sys.stderr)
        return 2


def status() -> int:
    """Print how mails fare; 1 where they are paused."""
    counts = total(mail_health.window(clock.now()))
    print(f"the last 7 days: {counts.sends} sent, {counts.bounces} bounced, {counts.complaints} complaints")
    pause = mail_health.paused()
    if pause is None:
        print(f"mails may leave{'; the next return pauses them' if reason_to_pause(counts) else ''}")
        return 0
    print(
        f"mails are paused since {pause.at} (UTC seconds): too many {pause.reason}. Held cases wait and lose nothing."
    )
    print("Find out why (a bought list? an old import?), then: python -m infra.reminders resume")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
