"""What a webhook costs in CPU, beside a floor in the same run: `python -m infra.bench [--events N] [--rounds N]`.

The floor is the least that any implementation must do: check the HMAC, read the JSON, send one UpdateItem through botocore.
Both talk to the same server, a process of its own that answers at once, and only this process's CPU is counted: machines are
noisy, and a ratio within one run is not. Rounds alternate; the median is the result.
"""

import argparse
import hashlib
import hmac
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

SECRET = "whsec_bench"  # noqa: S105 - signs nothing but this benchmark's own events
ENDPOINT = "/webhooks/stripe/{endpoint_name}"
FIXTURE = Path(__file__).parent.parent / "tests/fixtures/stripe/2026-10-28.endive/invoice.payment_failed.json"


class Answerer(BaseHTTPRequestHandler):
    """A DynamoDB that says yes to everything."""

    protocol_version = "HTTP/1.1"
    wbufsize = 65536  # one packet an answer: two would wait for each other

    def do_POST(self) -> None:
        """Read the request, answer `{}`."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response_only(200)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that http.server uses
        """Say nothing."""


def serve() -> None:
    """The server process: print the port, then answer until killed."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answerer)
    server.daemon_threads = True
    print(server.server_port, flush=True)
    server.serve_forever()


def signed(body: bytes, now: int) -> str:
    """A Stripe-Signature header."""
    digest = hmac.new(SECRET.encode(), b"%d." % now + body, hashlib.sha256).hexdigest()
    return f"t={now},v1={digest}"


def bodies(events: int) -> list[bytes]:
    """Events of as many invoices, each with its own id."""
    event = json.loads(FIXTURE.read_text())
    made = []
    for number in range(events):
        event["id"], event["data"]["object"]["id"] = f"evt_{number}", f"in_{number}"
        made.append(json.dumps(event).encode())
    return made


def floor() -> Callable[[bytes, str, int], None]:
    """HMAC, JSON, and one UpdateItem with four values, by botocore alone."""
    import botocore.session  # noqa: PLC0415 - after the environment names the endpoint

    client = botocore.session.get_session().create_client("dynamodb", region_name="eu-north-1")

    def handle(body: bytes, header: str, now: int) -> None:
        stamp, _, given = header.removeprefix("t=").partition(",v1=")
        digest = hmac.new(SECRET.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(digest, given) or abs(now - int(stamp)) > 300:
            raise ValueError("bad signature")
        event = json.loads(body)
        client.update_item(
            TableName="bench",
            Key={"pk": {"S": event["data"]["object"]["customer"]}, "sk": {"S": event["data"]["object"]["id"]}},
            UpdateExpression="SET #s = :s, #b = :b, seen_to = :t",
            ConditionExpression="attribute_not_exists(seen_to) OR seen_to < :t",
            ExpressionAttributeNames={"#s": "status", "#b": "state"},
            ExpressionAttributeValues={
                ":s": {"S": event["data"]["object"]["status"]},
                ":b": {"S": json.dumps(event["data"]["object"])},
                ":t": {"N": str(event["created"])},
            },
        )

    return handle


def ours() -> Callable[[bytes, str, int], None]:
    """The Lambda handler that ships, with API Gateway's event around the body."""
    from app import app  # noqa: PLC0415 - after the environment names the endpoint
    from chalicelib.aws import secrets  # noqa: PLC0415

    value = {"webhook_secrets": {"default": [SECRET]}}
    nowhere = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    secrets._cached["bench"] = (time.monotonic() + 10**6, value)  # noqa: SLF001 - no Secrets Manager in this run

    def handle(body: bytes, header: str, _now: int) -> None:
        event = {
            "resource": ENDPOINT,
            "path": "/webhooks/stripe/default",
            "httpMethod": "POST",
            "headers": {"stripe-signature": header},
            "multiValueHeaders": {"stripe-signature": [header]},
            "queryStringParameters": None,
            "multiValueQueryStringParameters": None,
            "pathParameters": {"endpoint_name": "default"},
            "stageVariables": None,
            "requestContext": {"resourcePath": ENDPOINT, "httpMethod": "POST", "requestId": "bench"},
            "body": body.decode(),
            "isBase64Encoded": False,
        }
        with redirect_stdout(nowhere):
            answer = app(event, None)
        if answer["statusCode"] != 200 or '"news"' not in answer["body"]:
            raise ValueError(answer["body"])

    return handle


def cpu(handle: Callable[[bytes, str, int], None], events: list[bytes]) -> float:
    """CPU seconds of this process for all events."""
    now = int(time.time())
    headers = [signed(body, now) for body in events]
    began = time.process_time()
    for body, header in zip(events, headers, strict=True):
        handle(body, header, now)
    return time.process_time() - began


def measure(events: int, rounds: int) -> dict[str, Any]:
    """Microseconds of CPU an event, for the floor and for us, and the median ratio of the rounds."""
    lowest, handler, sent = floor(), ours(), bodies(events)
    cpu(lowest, sent[:20])
    cpu(handler, sent[:20])
    pairs = [(cpu(lowest, sent), cpu(handler, sent)) for _ in range(rounds)]
    return {
        "events": events,
        "floor_us": round(statistics.median(pair[0] for pair in pairs) / events * 1e6),
        "ours_us": round(statistics.median(pair[1] for pair in pairs) / events * 1e6),
        "ratio": round(statistics.median(pair[1] / pair[0] for pair in pairs), 2),
    }


def main() -> None:
    """Start the server, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve()
        return
    server = subprocess.Popen([sys.executable, "-m", "infra.bench", "--serve"], stdout=subprocess.PIPE, text=True)
    try:
        os.environ.update(
            AWS_ACCESS_KEY_ID="bench",
            AWS_SECRET_ACCESS_KEY="bench",  # noqa: S106 - of the server above
            AWS_DEFAULT_REGION="eu-north-1",
            AWS_ENDPOINT_URL=f"http://127.0.0.1:{int(next(server.stdout or iter(['0'])))}",
            STAGE="dev",
            TABLE_NAME="bench",
            SECRET_ID="bench",  # noqa: S106 - a name
            STRIPE_ACCOUNT="acct_1TwinNordlys",
            LIVEMODE="false",
        )
        found = measure(options.events, options.rounds)
    finally:
        server.terminate()
        server.wait()
    print("webhook handler, CPU of this process an event:")
    print(f"  floor (HMAC, JSON, one UpdateItem) {found['floor_us']:5} us")
    print(f"  Stamkund, the handler that ships   {found['ours_us']:5} us   ratio {found['ratio']}")


if __name__ == "__main__":
    main()
