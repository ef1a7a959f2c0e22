"""SES's notifications about our mails, through SNS."""

from chalice.app import Blueprint, SNSEvent

from chalicelib.log import count, observed

blueprint = Blueprint(__name__)


@blueprint.on_sns_message(topic="arn:aws:sns:eu-north-1:000000000000:placeholder-mail-feedback")
@observed
def record_mail_feedback(event: SNSEvent) -> None:
    """Take one notification; what cannot be read ends in the dead-letter queue."""
    from chalicelib.actions.record_feedback import record_feedback

    count("MailFeedback", outcome=record_feedback(event.message))
