"""/v1/cases: failed payments as people in support see them, and what they may do about one."""

from chalice.app import Blueprint, Response

from chalicelib.core.members import is_id
from chalicelib.entrypoints.callers import Caller, caller
from chalicelib.entrypoints.web import answer, endpoint, limit, query
from chalicelib.errors import BadRequest, NotFound

blueprint = Blueprint(__name__)


@blueprint.route("/v1/cases", methods=["GET"])
@endpoint(blueprint)
def list_cases() -> Response:
    """All open cases, a page at a time; or all of one customer, in any state."""
    from chalicelib.actions.show_cases import STATES, show_customers_cases, show_open_cases

    by, params = caller(blueprint, "read"), query(blueprint)
    state, customer = params.get("state"), params.get("customer")
    if state is not None and state not in STATES:
        raise BadRequest(f"state must be one of {', '.join(STATES)}.", "state")
    if customer is not None:
        if not is_id(customer, "cus_"):
            raise BadRequest("customer must be an id that begins with cus_.", "customer")
        return answer(blueprint, 200, show_customers_cases(by.site, customer, state))
    if state not in (None, "open"):
        raise BadRequest("Without a customer, only the state open can be listed.", "state")
    return answer(blueprint, 200, show_open_cases(by.site, limit(params), params.get("cursor")))


@blueprint.route("/v1/cases/{invoice_id}/stop", methods=["POST"], content_types=[])
@endpoint(blueprint)
def stop_case(invoice_id: str) -> Response:
    """No more mails about this invoice."""
    from chalicelib.actions.handle_case import stop

    by = _steering(invoice_id)
    return answer(blueprint, 200, stop(by.site, invoice_id, by.now))


@blueprint.route("/v1/cases/{invoice_id}/resume", methods=["POST"], content_types=[])
@endpoint(blueprint)
def resume_case(invoice_id: str) -> Response:
    """Go on with a case that was stopped, or closed for a reason that is mended."""
    from chalicelib.actions.handle_case import resume

    by = _steering(invoice_id)
    return answer(blueprint, 200, resume(by.site, invoice_id, by.now))


@blueprint.route("/v1/cases/{invoice_id}/send-now", methods=["POST"], content_types=[])
@endpoint(blueprint)
def send_case_now(invoice_id: str) -> Response:
    """Send the next mail of a case at once."""
    from chalicelib.actions.handle_case import send_now

    by = _steering(invoice_id)
    return answer(blueprint, 202, send_now(by.site, invoice_id, by.now))


def _steering(invoice_id: str) -> Caller:
    """Who may steer a case: an admin's key. Raises NotFound for what is no invoice's id."""
    by = caller(blueprint, "admin")
    if not is_id(invoice_id, "in_"):
        raise NotFound("There is no such invoice.", "invoice")
    return by
