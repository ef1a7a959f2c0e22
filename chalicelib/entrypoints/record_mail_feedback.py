"""SES's notifications about our mails, through SNS."""

from typing import Any

from chalice.app import Blueprint, SNSEvent

from chalicelib import clock, config
from chalicelib.errors import Misconfigured
from chalicelib.log import count, observed

blueprint = Blueprint(__name__)


@blueprint.on_sns_message(topic="arn:aws:sns:eu-north-1:000000000000:placeholder-mail-feedback")
@observed
def record_mail_feedback(event: SNSEvent) -> None:
    """Take one notification; what cannot be read, or comes from elsewhere, ends in the dead-letter queue.

    SNS reaches this function only as its resource policy allows, which names our topic; this looks once more. Lambda calls
    it without the message's signature being needed: who may call is decided before.
    """
    from chalicelib.actions.record_feedback import record_feedback

    records: list[dict[str, Any]] = event.to_dict()["Records"]
    if any(record["Sns"].get("TopicArn") != config.setting("MAIL_FEEDBACK_TOPIC") for record in records):
        raise Misconfigured("A notification came from another topic than ours.", "MAIL_FEEDBACK_TOPIC")
    count("MailFeedback", outcome=record_feedback(event.message, clock.now()))
