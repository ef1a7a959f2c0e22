"""/v1/cases: failed payments as people in support see them, and what they may do about one."""

from collections.abc import Callable
from typing import Any

from chalice.app import Blueprint, Response

from chalicelib import clock
from chalicelib.actions import handle_case
from chalicelib.actions.authenticate import authenticate
from chalicelib.actions.show_cases import STATES, show_customers_cases, show_open_cases
from chalicelib.core.model import Site
from chalicelib.entrypoints.web import account, answer, endpoint, is_id, page_limit
from chalicelib.errors import BadRequest, NotFound

blueprint = Blueprint(__name__)


@blueprint.route("/v1/cases", methods=["GET"])
@endpoint(blueprint)
def list_cases() -> Response:
    """All open cases, a page at a time; or all of one customer, in any state."""
    site = authenticate(blueprint.current_request.headers.get("authorization"), "read", account(blueprint))
    params: dict[str, str] = dict(blueprint.current_request.query_params or {})
    state, customer = params.get("state"), params.get("customer")
    if state is not None and state not in STATES:
        raise BadRequest(f"state must be one of {', '.join(STATES)}.", "state")
    if customer is not None:
        if not is_id(customer, "cus_"):
            raise BadRequest("customer must be an id that begins with cus_.", "customer")
        return answer(blueprint, 200, show_customers_cases(site, customer, state))
    if state not in (None, "open"):
        raise BadRequest("Without a customer, only the state open can be listed.", "state")
    return answer(blueprint, 200, show_open_cases(site, page_limit(blueprint), params.get("cursor")))


@blueprint.route("/v1/cases/{invoice_id}/stop", methods=["POST"], content_types=[])
@endpoint(blueprint)
def stop_case(invoice_id: str) -> Response:
    """No more mails about this invoice."""
    return _handled(invoice_id, handle_case.stop)


@blueprint.route("/v1/cases/{invoice_id}/resume", methods=["POST"], content_types=[])
@endpoint(blueprint)
def resume_case(invoice_id: str) -> Response:
    """Go on with a case that was stopped, or closed for a reason that is mended."""
    return _handled(invoice_id, handle_case.resume)


@blueprint.route("/v1/cases/{invoice_id}/send-now", methods=["POST"], content_types=[])
@endpoint(blueprint)
def send_case_now(invoice_id: str) -> Response:
    """Send the next mail of a case at once."""
    return _handled(invoice_id, handle_case.send_now, 202)


def _handled(invoice_id: str, act: Callable[[Site, str, int], dict[str, Any]], status: int = 200) -> Response:
    site = authenticate(blueprint.current_request.headers.get("authorization"), "admin", account(blueprint))
    if not is_id(invoice_id, "in_"):
        raise NotFound("There is no such invoice.", "invoice")
    return answer(blueprint, status, act(site, invoice_id, clock.now()))
