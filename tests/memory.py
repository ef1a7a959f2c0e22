"""Memory of the webhook handler over many events: `python -m tests.memory --events 100000`.

The Lambda handler that ships takes signed events, each about an object of its own, and one in ten that nobody signed. AWS is a
process beside it that answers at once. What is measured is this process's resident memory, after a tenth of the events
and at the end: between the two it must not grow by more than `--most` MiB.
"""

import argparse
import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from chalicelib.stripe_api.signature import sign

SECRET = "whsec_memory"
FIXTURE = Path(__file__).parent / "fixtures" / "stripe" / "2026-10-28.endive" / "invoice.payment_failed.json"
ROUTE = "/webhooks/stripe/{endpoint_name}"
MOST = 4.0
"""MiB."""


class Aws(BaseHTTPRequestHandler):
    """Every service that a webhook reaches: Secrets Manager has the secret, the others say yes."""

    protocol_version = "HTTP/1.1"
    wbufsize = 65_536

    def do_POST(self) -> None:
        """Read the request, answer."""
        self.rfile.read(int(self.headers["Content-Length"]))
        secret = json.dumps({"webhook_secrets": {"default": [SECRET]}})
        asked = self.headers.get("X-Amz-Target", "").endswith("GetSecretValue")
        body = json.dumps({"SecretString": secret} if asked else {}).encode()
        self.send_response_only(200)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def serve() -> None:
    """The process beside: prints its port, then answers until it is ended."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Aws)
    server.daemon_threads = True
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()


@contextmanager
def handler() -> Iterator[Callable[[dict[str, Any]], dict[str, Any]]]:
    """The Lambda handler, in the environment of a function whose AWS is the process beside."""
    server = subprocess.Popen([sys.executable, "-m", "tests.memory", "--serve"], stdout=subprocess.PIPE, text=True)
    try:
        os.environ |= {
            "AWS_ACCESS_KEY_ID": "memory",
            "AWS_SECRET_ACCESS_KEY": "memory",
            "AWS_DEFAULT_REGION": "eu-north-1",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{int(next(server.stdout or iter(['0'])))}",
            "STAGE": "dev",
            "TABLE_NAME": "memory",
            "SECRET_ID": "memory",
            "EVENTS_QUEUE_URL": "https://sqs.invalid",
            "STRIPE_ACCOUNT": "acct_1TwinNordlys",
            "LIVEMODE": "false",
        }
        from app import app  # noqa: PLC0415 - after the environment names the address

        yield lambda event: dict(app(event, None))
    finally:
        server.terminate()
        server.wait()


def request(number: int, raw: dict[str, Any]) -> dict[str, Any]:
    """An event about an object of its own, as API Gateway hands it over; every tenth under a wrong signature."""
    raw["id"], raw["data"]["object"]["id"], raw["created"] = f"evt_{number}", f"in_{number}", 1_793_620_800 + number
    raw["data"]["object"]["customer"] = f"cus_{number}"
    body, now = json.dumps(raw), int(time.time())
    signature = sign(body.encode(), SECRET if number % 10 else "whsec_other", now)
    headers = {"stripe-signature": f"t={now},v1={signature}"}
    return {
        "resource": ROUTE,
        "path": "/webhooks/stripe/default",
        "httpMethod": "POST",
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": {"endpoint_name": "default"},
        "stageVariables": None,
        "requestContext": {"resourcePath": ROUTE, "httpMethod": "POST", "requestId": f"req-{number}"},
        "body": body,
        "isBase64Encoded": False,
    }


def resident() -> float:
    """MiB of this process that are in memory (Linux)."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGESIZE") / 2**20


def measure(handle: Callable[[dict[str, Any]], dict[str, Any]], events: int) -> list[float]:
    """Resident memory after each tenth of the events."""
    raw, found = json.loads(FIXTURE.read_text(encoding="utf-8")), []
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        for number in range(1, events + 1):
            with redirect_stdout(nowhere):
                status = handle(request(number, raw))["statusCode"]
            if status != (200 if number % 10 else 400):
                raise RuntimeError(f"event {number} was answered with {status}")
            if number % (events // 10) == 0:
                found.append(resident())
    return found


def main() -> int:
    """0 where memory stays flat."""
    parser = argparse.ArgumentParser(prog="python -m tests.memory", description=__doc__)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--most", type=float, default=MOST, help=f"MiB that it may grow (default {MOST})")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve()
    os.environ["LOG_LEVEL"] = "CRITICAL"
    with handler() as handle:
        found = measure(handle, options.events)
    grown = found[-1] - found[0]
    shown = " ".join(f"{each:.1f}" for each in found)
    sys.stdout.write(f"{options.events} events, MiB after each tenth: {shown}; grown by {grown:.1f}\n")
    return 0 if grown <= options.most else 1


if __name__ == "__main__":
    sys.exit(main())
