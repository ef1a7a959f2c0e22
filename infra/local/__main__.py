"""`python -m infra.local up | demo`: all of Stamkund on this machine, without an AWS or a Stripe account."""

import argparse
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from infra.local import demo
from infra.local.deploy import DeployError
from infra.local.processes import Processes, StartError
from infra.local.stack import Stack
from infra.local.up import Options, say, start
from infra.package import PackageError


def main(arguments: list[str]) -> int:
    """Start everything; play the demo or wait; stop everything."""
    options = read(arguments)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, interrupt)
    with folder_for(options.data) as folder:
        processes = Processes(folder)
        try:
            stack = start(processes, Options(options.stripe_url, options.chaos, options.data is not None))
            return run(options, stack, processes)
        except KeyboardInterrupt:
            return 0
        except (StartError, PackageError, DeployError, subprocess.CalledProcessError) as error:
            say(f"\n{error}")
            return 1
        finally:
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, signal.SIG_IGN)  # once is enough; stopping takes a second or two
            say("stopping ...")
            processes.stop()


@contextmanager
def folder_for(data: Path | None) -> Iterator[Path]:
    """Where everything of this run is kept: the person's own folder, or one that is gone afterwards."""
    if data is None:
        with tempfile.TemporaryDirectory(prefix="stamkund-") as folder:
            yield Path(folder)
    else:
        data.mkdir(parents=True, exist_ok=True)
        yield data.resolve()


def run(options: argparse.Namespace, stack: Stack, processes: Processes) -> int:
    """Play the demo, or say where everything is; then stay until told to stop or a server ends."""
    if options.command == "demo":
        failure = demo.play(stack)
        if failure or options.once:
            say(f"\nThe demo stopped: {failure}" if failure else "")
            return 1 if failure else 0
    if options.command == "up" and options.json:
        print(stack.line(), flush=True)
    else:
        say(places(stack))
    while True:
        time.sleep(1)
        processes.check()


def places(stack: Stack) -> str:
    """Where a person can go on by hand."""
    return f"""
Everything is running on this machine. Ctrl-C stops it.
  shop    {stack.shop}      subscribe, manage billing, move the clock
  inbox   {stack.inbox}      every mail that was sent
  stripe  {stack.stripe}      the Stripe twin; key {stack.stripe_key}
  api     {stack.api}
          key {stack.api_key}
"""


def interrupt(_number: int, _frame: FrameType | None) -> None:
    """Both signals end the program the same way."""
    raise KeyboardInterrupt


def read(arguments: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m infra.local")
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="start everything and stay until Ctrl-C")
    up.add_argument("--json", action="store_true", help="print one line of JSON when all is ready")
    up.add_argument("--stripe-url", metavar="URL", help="another Stripe API than the twin; nothing is created there")
    up.add_argument("--data", type=Path, metavar="DIR", help="keep everything there and go on with it the next time")
    play = commands.add_parser("demo", help="start everything and play some ten weeks of a merchant's life")
    play.add_argument("--once", action="store_true", help="stop at the end: status 0 when all went right, else 1")
    for each in (up, play):
        each.add_argument("--chaos", metavar="PROFILE", help="let the twin's webhooks misbehave")
    parser.set_defaults(json=False, stripe_url=None, once=False, data=None)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
