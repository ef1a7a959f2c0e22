"""`python -m infra.redrive list | show MESSAGE | replay (MESSAGE ... | --all)`: what failed, why, and giving it back.

A replay is safe as often as you like: an event is judged by its window of doubt, a case by the claim of its mail.
"""

import argparse
import sys

from chalicelib.errors import StamkundError
from infra import stacks
from infra.redrive import words
from infra.redrive.queues import SOURCES, NoTarget, letters, replay
from infra.stacks import NoStack, Stacks


def main(arguments: list[str]) -> int:
    """0 where all that was asked was done."""
    options = read(arguments)
    try:
        found = stacks.chosen(options)
        stacks.enter(found)
        queues = [options.queue] if options.queue else list(SOURCES)
        return {"list": list_, "show": show, "replay": give_back}[options.command](found, options, queues)
    except (NoStack, NoTarget, StamkundError) as error:
        print(error, file=sys.stderr)
        return 1


def read(arguments: list[str]) -> argparse.Namespace:
    """The command line. Exits where it makes no sense."""
    parser = argparse.ArgumentParser(prog="python -m infra.redrive", description=__doc__)
    parser.add_argument("command", choices=("list", "show", "replay"))
    parser.add_argument("messages", nargs="*", metavar="MESSAGE", help="ids, as `list` shows them")
    parser.add_argument("--all", action="store_true", help="replay: every message of the queue")
    parser.add_argument("--queue", choices=tuple(SOURCES), help="one queue only (default: all of them)")
    parser.add_argument("--most", type=int, default=1000, help="at most so many of a queue (default: 1000)")
    stacks.arguments(parser)
    options = parser.parse_args(arguments)
    if options.command == "show" and not options.messages:
        parser.error("show needs a message's id")
    if options.command == "replay" and bool(options.messages) == options.all:
        parser.error("replay needs the messages' ids, or --all")
    return options


def list_(found: Stacks, options: argparse.Namespace, queues: list[str]) -> int:
    """Print a line for each parked message."""
    for queue in queues:
        parked = letters(found, queue, options.most)
        print(f"{queue}: {len(parked) or 'nothing'} parked")
        for letter in parked:
            print(f"  {words.line(letter)}")
    return 0


def show(found: Stacks, options: argparse.Namespace, queues: list[str]) -> int:
    """Print all about some messages; 1 where one is not there."""
    known = {letter.id: letter for queue in queues for letter in letters(found, queue, options.most)}
    for ident in options.messages:
        print(words.whole(known[ident]) if ident in known else f"{ident} is not parked (or somebody is looking at it)")
    return 0 if known.keys() >= set(options.messages) else 1


def give_back(found: Stacks, options: argparse.Namespace, queues: list[str]) -> int:
    """Replay some messages, or all; 1 where one is not there."""
    wanted = None if options.all else set(options.messages)
    gone = [ident for queue in queues for ident in replay(found, queue, wanted, options.most)]
    print(f"{len(gone)} replayed")
    missing = sorted((wanted or set()) - set(gone))
    for ident in missing:
        print(f"{ident} is not parked (or somebody is looking at it)")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
