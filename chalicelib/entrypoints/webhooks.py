"""POST /webhooks/stripe/{endpoint}: Stripe's events. See docs/webhooks.md."""

from chalice.app import Blueprint, Response

from chalicelib import clock
from chalicelib.actions.receive_event import receive
from chalicelib.entrypoints.web import answer, endpoint, raw_body
from chalicelib.log import count

blueprint = Blueprint(__name__)


@blueprint.route("/webhooks/stripe/{endpoint_name}", methods=["POST"], content_types=[], name="receive_webhook")
@endpoint(blueprint)
def receive_webhook(endpoint_name: str) -> Response:
    """Take one delivery; 2xx once it is stored, queued, or none of our business."""
    header = blueprint.current_request.headers.get("stripe-signature")
    outcome = receive(endpoint_name, raw_body(blueprint), header, clock.now())
    count("Events", outcome=outcome)
    return answer(blueprint, 200, {"received": True, "outcome": outcome})
