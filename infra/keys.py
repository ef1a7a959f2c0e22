"""`python -m infra.keys create | list | revoke --site SITE`: the API keys of a site's back end.

A key is shown once, when it is made; only its hash is stored. Two may be active at a time, so that one can take the other's
place without a pause: create the new one, give it to your back end, revoke the old one.
"""

import argparse
import sys
import time

from chalicelib import clock
from chalicelib.errors import StamkundError
from chalicelib.store import api_keys
from chalicelib.store.api_keys import SCOPES, ApiKey
from infra import deployment
from infra.deployment import Deployment
from infra.sites import stored
from infra.stacks import NoStack

ACTIVE = 2
"""Keys of a site that may be active at a time."""


class Refusal(Exception):
    """What was asked cannot be done; the message says why and what can."""


def main(arguments: list[str]) -> int:
    """0 where it was done, 1 where it may not be, 2 where AWS does not do it."""
    options = read(arguments)
    try:
        found = deployment.entered(options)
        {"create": create, "list": list_, "revoke": revoke}[options.command](found, options)
    except Refusal as error:
        print(error, file=sys.stderr)
        return 1
    except (NoStack, StamkundError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def read(arguments: list[str]) -> argparse.Namespace:
    """The command line. Exits where it makes no sense."""
    parser = argparse.ArgumentParser(prog="python -m infra.keys", description=__doc__)
    parser.add_argument("command", choices=("create", "list", "revoke"))
    parser.add_argument("key", nargs="?", metavar="KEY", help="revoke: the key's id, as `list` shows it")
    parser.add_argument("--site", required=True, help="the site's id")
    scope_help = "create: may be given several times (default: portal and read)"
    parser.add_argument("--scope", action="append", choices=SCOPES, help=scope_help)
    parser.add_argument("--name", help="create: what the key is for, in your own words")
    deployment.arguments(parser)
    options = parser.parse_args(arguments)
    if (options.command == "revoke") != bool(options.key):
        parser.error("revoke needs a key's id (key_...), and nothing else takes one")
    if options.command != "create" and (options.scope or options.name):
        parser.error("--scope and --name belong to create")
    if options.name is not None and not (options.name.isprintable() and 0 < len(options.name.strip()) <= 80):
        parser.error("--name must be 1 to 80 printable characters")
    return options


def create(found: Deployment, options: argparse.Namespace) -> None:
    """Make a key and show it. Raises Refusal where the site is not there, or has its two keys."""
    site = stored.find(options.site)
    if site is None:
        raise Refusal(f"There is no site {options.site}: python -m infra.sites apply --stage {found.stage}")
    active = [each for each in api_keys.of_site(site.id) if each.revoked_at is None]
    if len(active) >= ACTIVE:
        ids = " and ".join(each.id for each in active)
        raise Refusal(f"{site.id} has {len(active)} active keys, {ids}: revoke the one that is no longer used first.")
    scopes = tuple(each for each in SCOPES if each in (options.scope or ("portal", "read")))
    print(api_keys.create(site.id, scopes, clock.now(), site.livemode, options.name))
    print(f"This key is not shown again. It may: {', '.join(scopes)}.", file=sys.stderr)


def list_(_found: Deployment, options: argparse.Namespace) -> None:
    """A line for each key, oldest first."""
    print(f"{'id':<20} {'scopes':<26} {'created':<16} {'last used':<16} {'revoked':<16} name")
    for each in api_keys.of_site(options.site):
        print(_line(each))


def _line(key: ApiKey) -> str:
    times = " ".join(f"{_moment(each):<16}" for each in (key.created, key.last_used_at, key.revoked_at))
    return f"{key.id:<20} {','.join(key.scopes):<26} {times} {key.name or ''}".rstrip()


def _moment(at: int | None) -> str:
    return "-" if at is None else time.strftime("%Y-%m-%d %H:%M", time.gmtime(at))


def revoke(found: Deployment, options: argparse.Namespace) -> None:
    """End a key at once. Raises Refusal where the site has none of that id."""
    key = api_keys.revoke(options.site, options.key, clock.now())
    if key is None:
        remedy = f"python -m infra.keys list --stage {found.stage} --site {options.site}"
        raise Refusal(f"{options.site} has no key {options.key}: {remedy}")
    print(f"{key.id} was revoked already" if key.revoked_at is not None else f"{key.id} is no key any more")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
