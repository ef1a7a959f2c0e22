"""Stripe's events over Amazon EventBridge: the same as a webhook, without a signature.

Nobody but Stripe can put an event on its partner bus, and AWS lets nobody else use a source that begins with `aws.`.
"""

from chalice.app import Blueprint, CloudWatchEvent

from chalicelib.actions.receive_event import receive_unsigned
from chalicelib.log import count, observed

blueprint = Blueprint(__name__)


@blueprint.on_cw_event({"source": [{"prefix": "aws.partner/stripe.com"}]})
@observed
def take_partner_event(event: CloudWatchEvent) -> dict[str, str]:
    """Take one event. What fails is tried again by Lambda and then parked."""
    outcome = receive_unsigned(event.detail)
    count("Events", outcome=outcome)
    return {"outcome": outcome}
