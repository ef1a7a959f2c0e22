"""`python -m infra.local.twin --port N`: serves the twin until SIGTERM or Ctrl-C."""

import argparse
import json
import secrets
import signal
import sys
import threading
from pathlib import Path
from types import FrameType

from infra.local.twin.core import portal, saving
from infra.local.twin.core.twin import Twin
from infra.local.twin.http.server import Server
from infra.local.twin.http.service import Service


def arguments(words: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m infra.local.twin", description="A small, stateful stand-in of Stripe's API."
    )
    parser.add_argument(
        "--port", type=int, required=True, help="0 takes a free one; the first line of output says which"
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--base-url", help="how the twin's own pages are reached, if not http://HOST:PORT")
    parser.add_argument("--seed", type=int, help="the same seed gives the same ids, events and chaos")
    parser.add_argument("--account", default="acct_1TwinNordlys")
    parser.add_argument(
        "--start", type=int, help="UTC seconds at which the clock stands until it is advanced; default: real time"
    )
    parser.add_argument("--chaos", default="none", help="none, mild, wild, or a JSON file of chances")
    parser.add_argument(
        "--clock-file", type=Path, help="the offset to real time, in whole seconds, is written here before each move"
    )
    parser.add_argument(
        "--no-default-portal", action="store_true", help="as a merchant who saved no portal settings yet"
    )
    parser.add_argument(
        "--state", type=Path, help="the state is read from here at the start, and written here at the end"
    )
    return parser.parse_args(words)


def build(options: argparse.Namespace) -> Twin:
    """The twin that the command line asks for; ValueError when the chaos profile is none."""
    seed = options.seed if options.seed is not None else secrets.randbelow(1 << 32)
    twin = Twin(seed, account_id=options.account, start=options.start)
    given = Path(options.chaos)
    twin.set_chaos(json.loads(given.read_text()) if given.is_file() else options.chaos)
    if options.state and options.state.is_file():
        twin.world = saving.load(options.state.read_bytes(), twin.world.wall)
    elif not options.no_default_portal:
        portal.save_default(twin.world)
    return twin


def main(words: list[str] | None = None) -> int:
    """Serves until it is told to stop."""
    options = arguments(words)
    try:
        twin = build(options)
    except ValueError as error:
        print(f"twin: {error}", file=sys.stderr)
        return 2
    service = Service(twin, options.clock_file, options.state)
    server = Server((options.host, options.port), service)
    twin.world.base_url = options.base_url or f"http://{options.host}:{server.server_address[1]}"
    service.start()

    def stop(_number: int, _frame: FrameType | None) -> None:
        threading.Thread(target=server.shutdown, daemon=True).start()

    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, stop)
    print(json.dumps({"url": twin.world.base_url, "account": options.account, "seed": twin.world.seed}), flush=True)
    server.serve_forever(poll_interval=0.1)
    service.stop()
    service.save()
    server.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
