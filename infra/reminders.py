"""`python -m infra.reminders status | resume | suppressed | lift`: how the account's mails fare, letting them leave again
after a pause, how many addresses get none, and letting one get mail again.
"""

import argparse
import sys
import time

from chalicelib import clock, config
from chalicelib.aws import mail
from chalicelib.core.mail_health import reason_to_pause, total
from chalicelib.core.site import scope
from chalicelib.errors import MailUnavailable, StamkundError
from chalicelib.store import mail_health
from infra import stacks
from infra.stacks import NoStack


def main(arguments: list[str]) -> int:
    """0 where it is done, or mails may leave; 1 where they are paused, or nothing was lifted; 2 for failures."""
    parser = argparse.ArgumentParser(prog="python -m infra.reminders", description=__doc__)
    parser.add_argument("command", choices=("status", "resume", "suppressed", "lift"))
    parser.add_argument("--address", help="lift: the address that may be written to again")
    parser.add_argument("--account", help="suppressed, lift: of a connected account (default: the deployment's own)")
    stacks.arguments(parser)
    options = parser.parse_args(arguments)
    if (options.command == "lift") != (options.address is not None):
        parser.error("lift, and nothing else, takes --address")
    try:
        stacks.enter(stacks.chosen(options))
        of = scope(options.account, config.livemode()) if options.account else config.account_scope()
        if options.command == "suppressed":
            return suppressed(of)
        if options.command == "lift":
            return lift(of, options.address.strip())
        if options.command == "resume":
            mail_health.resume(clock.now())
        return status(options.stage)
    except (NoStack, StamkundError) as error:
        print(error, file=sys.stderr)
        return 2


def status(stage: str) -> int:
    """Print how mails fare; 1 where they are paused."""
    counts = total(mail_health.window(clock.now()))
    print(f"the last 7 days: {counts.sends} sent, {counts.bounces} bounced, {counts.complaints} complaints")
    pause = mail_health.paused()
    if pause is None:
        print(f"mails may leave{'; the next return pauses them' if reason_to_pause(counts) else ''}")
        return 0
    since = time.strftime("%Y-%m-%d %H:%M", time.gmtime(pause.at))
    print(f"mails are paused since {since} UTC: too many {pause.reason}. Held cases wait and lose nothing.")
    print(f"Find out why (a bought list? an old import?), then: python -m infra.reminders resume --stage {stage}")
    return 1


def suppressed(of: str) -> int:
    """Print how many addresses get no mail, and why; which they are we do not know, since only hashes are kept."""
    counts = mail_health.suppressed(of)
    reasons = ", ".join(f"{number} after a {reason}" for reason, number in sorted(counts.items()))
    print(f"{counts.total()} addresses get no mail{f': {reasons}' if reasons else ''}")
    return 0


def lift(of: str, address: str) -> int:
    """Let an address get mail again, from us and from SES, which has a list of its own; 1 where neither held it back."""
    ours = mail_health.lift(of, address)
    print("our suppression is lifted" if ours else "we had not suppressed this address")
    try:
        theirs = mail.unsuppress(address)
    except MailUnavailable as error:
        print(f"{error.message} Its own list may hold the address still: run the command again.", file=sys.stderr)
        return 2
    print("SES's suppression is lifted" if theirs else "SES had not suppressed this address")
    if ours:
        print("A case that was closed for it goes on after: POST /v1/cases/{invoice}/resume")
    return 0 if ours or theirs else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
