"""GET /v1/customers/{id} and its invoices: the stored state, for the merchant's own back end."""

from chalice.app import Blueprint, Response

from chalicelib import clock
from chalicelib.actions.authenticate import authenticate
from chalicelib.actions.show_access import show_access
from chalicelib.actions.show_cases import show_mails
from chalicelib.actions.show_customer import show_customer, show_invoices
from chalicelib.entrypoints.web import account, answer, endpoint, is_id, page_limit
from chalicelib.errors import NotFound

blueprint = Blueprint(__name__)


@blueprint.route("/v1/customers/{customer_id}", methods=["GET"])
@endpoint(blueprint)
def get_customer(customer_id: str) -> Response:
    """One customer with everything at a glance."""
    site = authenticate(blueprint.current_request.headers.get("authorization"), "read", account(blueprint))
    return answer(blueprint, 200, show_customer(site, _known(customer_id), clock.now()))


@blueprint.route("/v1/customers/{customer_id}/invoices", methods=["GET"])
@endpoint(blueprint)
def list_invoices(customer_id: str) -> Response:
    """A customer's invoices, newest first, a page at a time."""
    site = authenticate(blueprint.current_request.headers.get("authorization"), "read", account(blueprint))
    params: dict[str, str] = dict(blueprint.current_request.query_params or {})
    return answer(blueprint, 200, show_invoices(site, _known(customer_id), page_limit(blueprint), params.get("cursor")))


@blueprint.route("/v1/customers/{customer_id}/access", methods=["GET"])
@endpoint(blueprint)
def get_access(customer_id: str) -> Response:
    """What the customer may use at this moment, while money is owed."""
    site = authenticate(blueprint.current_request.headers.get("authorization"), "read", account(blueprint))
    return answer(blueprint, 200, show_access(site, _known(customer_id), clock.now()))


@blueprint.route("/v1/customers/{customer_id}/mails", methods=["GET"])
@endpoint(blueprint)
def list_mails(customer_id: str) -> Response:
    """What the customer was sent, newest first, a page at a time."""
    site = authenticate(blueprint.current_request.headers.get("authorization"), "read", account(blueprint))
    params: dict[str, str] = dict(blueprint.current_request.query_params or {})
    found = show_mails(site, _known(customer_id), page_limit(blueprint), params.get("cursor"), clock.now())
    return answer(blueprint, 200, found)


def _known(customer_id: str) -> str:
    if not is_id(customer_id, "cus_"):
        raise NotFound("There is no such customer.", "id")
    return customer_id
