"""GET /v1/customers/{id} and its invoices: the stored state, for the merchant's own back end."""

from chalice.app import Blueprint, Response

from chalicelib.core.members import is_id
from chalicelib.entrypoints.callers import caller
from chalicelib.entrypoints.web import answer, endpoint, limit, query
from chalicelib.errors import NotFound

blueprint = Blueprint(__name__)


@blueprint.route("/v1/customers/{customer_id}", methods=["GET"])
@endpoint(blueprint)
def get_customer(customer_id: str) -> Response:
    """One customer with everything at a glance."""
    from chalicelib.actions.show_customer import show_customer

    by = caller(blueprint, "read")
    return answer(blueprint, 200, show_customer(by.site, _known(customer_id), by.now))


@blueprint.route("/v1/customers/{customer_id}/invoices", methods=["GET"])
@endpoint(blueprint)
def list_invoices(customer_id: str) -> Response:
    """A customer's invoices, newest first, a page at a time."""
    from chalicelib.actions.show_customer import show_invoices

    by = caller(blueprint, "read")
    params = query(blueprint)
    return answer(blueprint, 200, show_invoices(by.site, _known(customer_id), limit(params), params.get("cursor")))


@blueprint.route("/v1/customers/{customer_id}/invoices/{invoice_id}/payments", methods=["GET"])
@endpoint(blueprint)
def list_payments(customer_id: str, invoice_id: str) -> Response:
    """Why the payments of an invoice failed."""
    from chalicelib.actions.show_customer import show_payments

    by = caller(blueprint, "read")
    if not is_id(invoice_id, "in_"):
        raise NotFound("There is no such invoice.", "invoice")
    return answer(blueprint, 200, show_payments(by.site, _known(customer_id), invoice_id))


@blueprint.route("/v1/customers/{customer_id}/access", methods=["GET"])
@endpoint(blueprint)
def get_access(customer_id: str) -> Response:
    """What the customer may use at this moment, while money is owed."""
    from chalicelib.actions.show_access import show_access

    by = caller(blueprint, "read")
    return answer(blueprint, 200, show_access(by.site, _known(customer_id), by.now))


@blueprint.route("/v1/customers/{customer_id}/mails", methods=["GET"])
@endpoint(blueprint)
def list_mails(customer_id: str) -> Response:
    """What the customer was sent, newest first, a page at a time."""
    from chalicelib.actions.show_cases import show_mails

    by = caller(blueprint, "read")
    params = query(blueprint)
    found = show_mails(by.site, _known(customer_id), limit(params), params.get("cursor"), by.now)
    return answer(blueprint, 200, found)


def _known(customer_id: str) -> str:
    if not is_id(customer_id, "cus_"):
        raise NotFound("There is no such customer.", "id")
    return customer_id
