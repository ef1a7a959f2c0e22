"""`python -m infra.stripe plan | apply | check | upgrade`: what our Stripe account must have, from files here.

The two portal configurations of each site (infra/stripe/portal) and the webhook endpoint, whose secret is stored at once.
`plan` shows what would change, `apply` does it, `check` ends with 1 where something differs. `upgrade` moves the endpoint
to our API version without a gap, in as many runs as it takes. The key is that of the environment's STRIPE_API_KEY, or else
the secret's: it must be allowed to write webhook endpoints and portal configurations.
"""

import argparse
import sys

from chalicelib import clock
from chalicelib.errors import StamkundError
from infra import deployment
from infra.shape import FileError
from infra.stacks import NoStack
from infra.stripe import account
from infra.stripe.upgrade import Upgrade


def main(arguments: list[str]) -> int:
    """0 where all is as it should be; 1 where something is left to do or a file is wrong; 2 where AWS or Stripe do not."""
    options = read(arguments)
    try:
        found = deployment.entered(options)
        ours = account.read(found)
        account.check_key(found)
        if options.command == "upgrade":
            runs = [Upgrade(found, found.stripe, each, force=options.force).run() for each in ours.endpoints]
            return 0 if all(runs) else 1
        told = account.tell(ours, apply=options.command == "apply", now=clock.now())
    except FileError as error:
        print(error, file=sys.stderr)
        return 1
    except (NoStack, StamkundError) as error:
        print(error, file=sys.stderr)
        return 2
    return 1 if options.command == "check" and told else 0


def read(arguments: list[str]) -> argparse.Namespace:
    """The command line. Exits where it makes no sense."""
    parser = argparse.ArgumentParser(prog="python -m infra.stripe", description=__doc__)
    parser.add_argument("command", choices=("plan", "apply", "check", "upgrade"))
    parser.add_argument(
        "--force", action="store_true", help="upgrade: do not wait for what is undelivered; then reconcile"
    )
    deployment.arguments(parser)
    options = parser.parse_args(arguments)
    if options.force and options.command != "upgrade":
        parser.error("--force belongs to upgrade")
    return options


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
