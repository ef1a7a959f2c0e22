"""The webhook handler that ships, beside the least that any implementation must do.

The floor checks the HMAC, reads the JSON and sends one UpdateItem with four values, through a botocore client as botocore
makes it. Ours sends more (the whole state as a map, seven to twelve values), through PynamoDB's client: without parameter
validation, and with a user agent of its own. Rounds alternate; CPU is this process's alone, wall time includes the server's.
"""

import hashlib
import hmac
import json
import os
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import NamedTuple

SECRET = "whsec_bench"  # noqa: S105 - signs nothing but this benchmark's own events
ENDPOINT = "/webhooks/stripe/{endpoint_name}"
FIXTURE = Path(__file__).parents[2] / "tests/fixtures/stripe/2026-10-28.endive/invoice.payment_failed.json"

Handler = Callable[[bytes, str, int], None]


class Round(NamedTuple):
    """One pass over all events: CPU seconds of this process, and the wall seconds of each event."""

    cpu: float
    walls: list[float]


def signed(body: bytes, now: int) -> str:
    """A Stripe-Signature header."""
    digest = hmac.new(SECRET.encode(), b"%d." % now + body, hashlib.sha256).hexdigest()
    return f"t={now},v1={digest}"


def body_maker() -> Callable[[int], bytes]:
    """Makes the event of one more invoice from its number."""
    event = json.loads(FIXTURE.read_text(encoding="utf-8"))

    def make(number: int) -> bytes:
        event["id"], event["data"]["object"]["id"] = f"evt_{number}", f"in_{number}"
        return json.dumps(event).encode()

    return make


def floor() -> Handler:
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


def ours() -> Handler:
    """The Lambda handler that ships, with API Gateway's event around the body."""
    from app import app  # noqa: PLC0415 - after the environment names the endpoint
    from chalicelib.aws import secrets  # noqa: PLC0415

    value = {"webhook_secrets": {"default": [SECRET]}}
    secrets._cached["bench"] = (time.monotonic() + 10**6, value)  # noqa: SLF001 - no Secrets Manager in this run
    nowhere = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - as long as the handler

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


def timed(handle: Handler, events: list[bytes]) -> Round:
    """One pass over the events."""
    now = int(time.time())
    headers, walls = [signed(body, now) for body in events], []
    cpu = time.process_time()
    for body, header in zip(events, headers, strict=True):
        began = time.perf_counter()
        handle(body, header, now)
        walls.append(time.perf_counter() - began)
    return Round(time.process_time() - cpu, walls)


def measure(events: int, rounds: int) -> list[tuple[Round, Round]]:
    """The rounds, each the floor's and ours."""
    lowest, handler, make = floor(), ours(), body_maker()
    sent = [make(number) for number in range(events)]
    timed(lowest, sent[:50])
    timed(handler, sent[:50])
    return [(timed(lowest, sent), timed(handler, sent)) for _ in range(rounds)]
