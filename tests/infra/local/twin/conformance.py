"""`python -m tests.infra.local.twin.conformance`: Stripe's own tools judge the twin.

(a) The annotations of the installed SDK are compared in test_conformance.py, with the other tests. Here, where Go and npm
are at hand: (b) the requests of the story are sent to stripe-mock, which must accept each; (c) the official CLI's triggers run
against the twin, and the events they promise must arrive at a webhook endpoint. A tool that cannot be had is named and skipped.
"""

# ruff: noqa: T201 - a program for a terminal prints

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import requests
from stripe._encode import _api_encode

from infra.local.twin import Twin
from infra.local.twin.core import portal
from infra.local.twin.http.server import Server
from infra.local.twin.http.service import Service
from tests.infra.local.twin import story

TOOLS = Path("build/tools")
MOCK = "github.com/stripe/stripe-mock@v0.203.0"
CLI = "@stripe/cli@1.52.0"
NEWER = {"billing_portal/sessions": "after_expiration is of 2026-10-28", "/pause": "pausing is of 2026-09-30"}
"""Paths of requests that stripe-mock, whose specification is of 2026-08-26, cannot know yet, and why."""
TRIGGERS = {
    "subscription.payment_failed": "invoice.payment_failed",
    "subscription.payment_succeeded": "invoice.paid",
} | {
    name: name
    for name in [
        "billing_portal.configuration.created",
        "billing_portal.configuration.updated",
        "billing_portal.session.created",
        "charge.dispute.closed",
        "charge.dispute.created",
        "charge.dispute.updated",
        "charge.failed",
        "charge.refund.updated",
        "charge.refunded",
        "charge.succeeded",
        "coupon.created",
        "coupon.deleted",
        "coupon.updated",
        "credit_note.created",
        "credit_note.updated",
        "credit_note.voided",
        "customer.created",
        "customer.deleted",
        "customer.subscription.created",
        "customer.subscription.deleted",
        "customer.subscription.paused",
        "customer.subscription.trial_will_end",
        "customer.subscription.updated",
        "customer.updated",
        "invoice.created",
        "invoice.deleted",
        "invoice.finalized",
        "invoice.marked_uncollectible",
        "invoice.paid",
        "invoice.payment_action_required",
        "invoice.payment_failed",
        "invoice.payment_succeeded",
        "invoice.sent",
        "invoice.updated",
        "invoice.voided",
        "invoiceitem.created",
        "invoiceitem.deleted",
        "payment_intent.canceled",
        "payment_intent.created",
        "payment_intent.payment_failed",
        "payment_intent.requires_action",
        "payment_intent.succeeded",
        "payment_method.attached",
        "payment_method.detached",
        "payment_method.updated",
        "price.created",
        "price.updated",
        "product.created",
        "product.deleted",
        "product.updated",
        "promotion_code.created",
        "promotion_code.updated",
        "setup_intent.canceled",
        "setup_intent.created",
        "setup_intent.requires_action",
        "setup_intent.setup_failed",
        "setup_intent.succeeded",
        "subscription_schedule.canceled",
        "subscription_schedule.created",
        "subscription_schedule.released",
        "subscription_schedule.updated",
        "test_helpers.test_clock.advancing",
        "test_helpers.test_clock.created",
        "test_helpers.test_clock.deleted",
        "test_helpers.test_clock.ready",
    ]
}


def stripe_mock() -> Path | None:
    """The program stripe-mock, built once; None where there is no Go or it cannot be built."""
    program = (TOOLS / "bin" / "stripe-mock").resolve()
    if not program.exists():
        if shutil.which("go") is None:
            return None
        env = {**os.environ, "GOBIN": str(program.parent)}
        subprocess.run(["go", "install", MOCK], env=env, check=False, timeout=600, capture_output=True)
    return program if program.exists() else None


def stripe_cli() -> Path | None:
    """The official CLI from npm; None where there is no npm or it cannot be installed."""
    program = (TOOLS / "cli" / "node_modules" / ".bin" / "stripe").resolve()
    if not program.exists():
        if shutil.which("npm") is None:
            return None
        command = ["npm", "install", "--prefix", str(TOOLS / "cli"), CLI]
        subprocess.run(command, check=False, timeout=600, capture_output=True)
    return program if program.exists() else None


@contextmanager
def served(twin: Twin) -> Iterator[str]:
    """The twin on a free port of loopback."""
    service = Service(twin)
    server = Server(("127.0.0.1", 0), service)
    twin.world.base_url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    service.start()
    try:
        yield twin.world.base_url
    finally:
        server.shutdown()
        server.server_close()
        service.stop()


class Hook(BaseHTTPRequestHandler):
    """A webhook endpoint that keeps the types it got."""

    types: "list[str]" = []  # noqa: RUF012 - one list for the one server of this program

    def do_POST(self) -> None:
        """Takes an event."""
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.types += [line.split('"')[3] for line in body.splitlines() if line.startswith('  "type":')]
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the standard library's name
        """Nothing."""


def replay(program: Path) -> list[str]:
    """(b): what stripe-mock refuses of the story's requests, without what is newer than it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with subprocess.Popen([str(program), "-http-addr", f"127.0.0.1:{port}"], stdout=subprocess.DEVNULL) as process:
        try:
            _wait(port)
            sent = story.tell().sent
            refused = [_sent(f"http://127.0.0.1:{port}/v1/", *one) for one in sent]
        finally:
            process.terminate()
    wrong = [r for r in refused if r]
    print(f"stripe-mock accepted {len(sent) - len(wrong)} of {len(sent)} requests")
    known = [why for r in wrong for part, why in NEWER.items() if part in r]
    for why in known:
        print(f"  and does not know yet: {why}")
    return [r for r in wrong if not any(part in r for part in NEWER)]


def _wait(port: int) -> None:
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)


def _sent(base: str, method: str, path: str, params: dict[str, Any]) -> str | None:
    pairs = list(_api_encode(params))
    head = {"Authorization": "Bearer sk_test_123", "Content-Type": "application/x-www-form-urlencoded"}
    given = {"data": pairs} if method == "POST" else {"params": pairs}
    answer = requests.request(method, base + path, headers=head, timeout=30, **given)  # type: ignore[arg-type]
    return None if answer.status_code == 200 else f"{method} {path}: {answer.json()['error']['message']}"


def trigger(program: Path) -> list[str]:
    """(c): the triggers whose event did not arrive."""
    twin = Twin(7)
    portal.save_default(twin.world)
    hook = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=hook.serve_forever, daemon=True).start()
    failed = []
    with served(twin) as base, tempfile.TemporaryDirectory() as home:
        head = {"Authorization": "Bearer sk_test_1234567890abcdef"}
        form = {"url": f"http://127.0.0.1:{hook.server_address[1]}/", "enabled_events[]": "*"}
        requests.post(f"{base}/v1/webhook_endpoints", headers=head, data=form, timeout=30).raise_for_status()
        for name, wanted in TRIGGERS.items():
            Hook.types.clear()
            code = _run(program, name, base, home)
            requests.post(f"{base}/_twin/flush", timeout=60).raise_for_status()
            if code or wanted not in Hook.types:
                failed.append(f"stripe trigger {name}: status {code}, {wanted} did not arrive")
    hook.shutdown()
    hook.server_close()
    print(f"stripe trigger: {len(TRIGGERS) - len(failed)} of {len(TRIGGERS)} arrived")
    return failed


def _run(program: Path, name: str, base: str, home: str) -> int:
    command = [str(program), "trigger", name, "--api-key", "sk_test_1234567890abcdef", "--api-base", base]
    env = {**os.environ, "HOME": home, "STRIPE_CLI_TELEMETRY_OPTOUT": "1"}
    return subprocess.run(command, env=env, capture_output=True, timeout=120, check=False).returncode


def main() -> int:
    """Status 0 when nothing that could be checked was wrong."""
    wrong: list[str] = []
    for what, tool, check in (("Go", stripe_mock, replay), ("npm", stripe_cli, trigger)):
        program = tool()
        if program is None:
            print(f"{check.__name__}: skipped, for {what} or what it would install is not at hand")
        else:
            wrong += check(program)
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
