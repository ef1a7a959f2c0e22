"""The mailer: one due case, subscription or card a message, at most one mail each; and the merchant's digest."""

from typing import Any

from chalice.app import Blueprint, SQSEvent

from chalicelib import clock
from chalicelib.aws.queue import read_due
from chalicelib.entrypoints.batches import each
from chalicelib.log import count, observed
from chalicelib.store.keys import INVOICES, MAILS, Key

blueprint = Blueprint(__name__)


@blueprint.on_sqs_message(queue_arn="arn:aws:sqs:eu-north-1:000000000000:placeholder-mails", batch_size=10)
@observed
def send_mails(event: SQSEvent) -> dict[str, Any]:
    """Do what is due in each."""
    from chalicelib.actions.send_digest import send_digest
    from chalicelib.actions.send_notice import send_notice
    from chalicelib.actions.send_reminder import send_reminder

    def handle(body: str) -> None:
        key = Key(*read_due(body))
        if key.sk.startswith(MAILS):
            count("Digests", outcome=send_digest(key, clock.now()))
        elif key.sk.startswith(INVOICES):
            count("Reminders", outcome=send_reminder(key, clock.now()))
        else:
            count("Notices", outcome=send_notice(key, clock.now()))

    return each(event.to_dict(), handle, "send_mails")
