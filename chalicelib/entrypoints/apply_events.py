"""The worker of the queue of doubts: asks Stripe, once per object and batch."""

from typing import Any

from chalice.app import Blueprint, SQSEvent

from chalicelib.actions import paced
from chalicelib.actions.apply_event import settle
from chalicelib.aws.queue import read_doubt
from chalicelib.core.model import Kind
from chalicelib.core.window import Verdict
from chalicelib.entrypoints.batches import each
from chalicelib.log import count, observed

blueprint = Blueprint(__name__)


@blueprint.on_sqs_message(queue_arn="arn:aws:sqs:eu-north-1:000000000000:placeholder-events", batch_size=10)
@observed
def apply_events(event: SQSEvent) -> dict[str, Any]:
    """Settle each doubt. One read serves all of the batch about an object: every one of them was here before it began.

    Only a read does: that one event is old news says nothing of the others.
    """
    settled: set[tuple[str, Kind, str]] = set()

    def handle(body: str) -> None:
        doubt = read_doubt(body)
        about = (doubt.scope, doubt.kind, doubt.id)
        verdict = None if about in settled else settle(doubt, paced.reader(doubt.scope))
        if verdict is Verdict.DOUBT:
            settled.add(about)
        count("Doubts", outcome=verdict.value if verdict else "coalesced")

    return each(event.to_dict(), handle, "apply_events")
