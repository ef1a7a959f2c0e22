"""`python -m infra.sites plan | apply | check | secret SITE`: the sites of infra/sites in the deployment's table.

`plan` shows what would change, `apply` stores it, `check` ends with 1 where something differs. `secret` shows the secret
with which a site's back end signs redirects to the portal; `--roll` puts a new one beside it, `--drop-old` ends that.
"""

import argparse
import sys

from chalicelib.errors import StamkundError
from infra import deployment
from infra.deployment import Deployment
from infra.shape import FileError
from infra.sites import files, signing, stored
from infra.sites.signing import CannotRoll
from infra.stacks import NoStack


def main(arguments: list[str]) -> int:
    """0 where all is as it should be; 1 where `check` finds a difference or a file is wrong; 2 where AWS does not do it."""
    options = read(arguments)
    try:
        found = deployment.entered(options)
        return secret(found, options) if options.command == "secret" else sites(found, options.command)
    except (FileError, CannotRoll) as error:
        print(error, file=sys.stderr)
        return 1
    except (NoStack, StamkundError) as error:
        print(error, file=sys.stderr)
        return 2


def read(arguments: list[str]) -> argparse.Namespace:
    """The command line. Exits where it makes no sense."""
    parser = argparse.ArgumentParser(prog="python -m infra.sites", description=__doc__)
    parser.add_argument("command", choices=("plan", "apply", "check", "secret"))
    parser.add_argument("site", nargs="?", metavar="SITE", help="secret: the site's id")
    parser.add_argument("--roll", action="store_true", help="secret: put a new one beside the old; both are accepted")
    parser.add_argument("--drop-old", action="store_true", help="secret: the new one alone is accepted")
    deployment.arguments(parser)
    options = parser.parse_args(arguments)
    if (options.command == "secret") != bool(options.site):
        parser.error("secret needs a site's id, and nothing else takes one")
    if (options.roll or options.drop_old) and (options.command != "secret" or (options.roll and options.drop_old)):
        parser.error("--roll and --drop-old belong to secret, one at a time")
    return options


def sites(found: Deployment, command: str) -> int:
    """Compare every site with its file, and store it if `command` is apply."""
    steps = [stored.plan(each.site) for each in files.read(found.stage, stored.facts(found))]
    value = found.secret()
    unsigned = [each.wanted.id for each in steps if not signing.of_site(value, each.wanted.id)]
    told = [str(each) for each in steps if each.changes or each.there is None]
    told += [f"site {each}: has no signing secret yet" for each in unsigned]
    print("\n".join(told) or f"nothing differs: {', '.join(each.wanted.id for each in steps)}")
    if command == "apply" and told:
        for each in steps:
            stored.bring(each)
        for ident in unsigned:
            found.change_secret(lambda value, ident=ident: signing.ensured(value, ident))  # type: ignore[misc]
        print("stored; functions read a site anew within a minute")
    return 1 if command == "check" and told else 0


def secret(found: Deployment, options: argparse.Namespace) -> int:
    """Show a site's signing secrets, after a change if one is asked for."""
    if stored.find(options.site) is None:
        print(f"There is no site {options.site}: python -m infra.sites apply --stage {found.stage}", file=sys.stderr)
        return 1
    change = signing.rolled if options.roll else signing.settled if options.drop_old else signing.ensured
    found.change_secret(lambda value: change(value, options.site))
    for at, each in enumerate(signing.of_site(found.secret(), options.site)):
        print(each if at == 0 else f"{each}  (old, accepted until --drop-old)")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
