"""The worker behind new cards: pays a customer's open invoices, where the site wants that."""

from typing import Any

from chalice.app import Blueprint, SQSEvent

from chalicelib import clock
from chalicelib.aws.queue import read_new_card
from chalicelib.entrypoints.batches import each
from chalicelib.log import observed

blueprint = Blueprint(__name__)


@blueprint.on_sqs_message(queue_arn="arn:aws:sqs:eu-north-1:000000000000:placeholder-new-cards", batch_size=10)
@observed
def collect_payments(event: SQSEvent) -> dict[str, Any]:
    """One customer a message; twice is harmless."""
    from chalicelib.actions.collect_payments import collect

    def handle(body: str) -> None:
        news = read_new_card(body)
        collect(news.scope, news.customer, clock.now())

    return each(event.to_dict(), handle, "collect_payments")
