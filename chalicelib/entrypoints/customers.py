"""GET /v1/customers/{id} and its invoices: the stored state, for the merchant's own back end."""

from chalice.app import Blueprint, Response

from chalicelib import clock
from chalicelib.actions.authenticate import authenticate
from chalicelib.actions.show_customer import show_customer, show_invoices, show_payments
from chalicelib.entrypoints.web import account, answer, endpoint, is_id
from chalicelib.errors import BadRequest, NotFound

blueprint = Blueprint(__name__)
LARGEST_PAGE = 100


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
    return answer(
        blueprint, 200, show_invoices(site, _known(customer_id), _limit(params.get("limit")), params.get("cursor"))
    )


@blueprint.route("/v1/customers/{customer_id}/invoices/{invoice_id}/payments", methods=["GET"])
@endpoint(blueprint)
def list_payments(customer_id: str, invoice_id: str) -> Response:
    """Why the payments of an invoice failed."""
    site = authenticate(blueprint.current_request.headers.get("authorization"), "read", account(blueprint))
    if not is_id(invoice_id, "in_"):
        raise NotFound("There is no such invoice.", "invoice")
    return answer(blueprint, 200, show_payments(site, _known(customer_id), invoice_id))


def _known(customer_id: str) -> str:
    if not is_id(customer_id, "cus_"):
        raise NotFound("There is no such customer.", "id")
    return customer_id


def _limit(value: str | None) -> int:
    if value is None:
        return 20
    if not (value.isascii() and value.isdigit()) or not 1 <= int(value[:9]) <= LARGEST_PAGE:
        raise BadRequest(f"limit must be a whole number from 1 to {LARGEST_PAGE}.", "limit")
    return int(value)
