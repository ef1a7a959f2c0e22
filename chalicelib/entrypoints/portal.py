"""POST /v1/portal-sessions and /v1/portal-links: the portal for a customer whom the merchant's back end vouches for."""

from typing import TYPE_CHECKING, Any

from chalice.app import Blueprint, Response

from chalicelib import clock
from chalicelib.entrypoints.web import account, answer, endpoint, identifier, json_body, text
from chalicelib.errors import BadRequest

if TYPE_CHECKING:
    from chalicelib.actions.open_portal import Flow

blueprint = Blueprint(__name__)


@blueprint.route("/v1/portal-sessions", methods=["POST"], content_types=[])
@endpoint(blueprint)
def create_portal_session() -> Response:
    """A session to redirect the customer to at once: it lives five minutes unused."""
    from chalicelib.actions.authenticate import authenticate
    from chalicelib.actions.open_portal import check_owner, open_portal

    site = authenticate(
        blueprint.current_request.headers.get("authorization"), "portal", account(blueprint), now=clock.now()
    )
    body = json_body(blueprint, {"customer", "flow", "return_url", "locale"})
    customer, flow = _subject(body)
    check_owner(site.scope, customer, flow)
    url = open_portal(site, customer, flow, text(body, "return_url"), text(body, "locale", longest=10))
    return answer(blueprint, 201, {"customer": customer, "url": url})


@blueprint.route("/v1/portal-links", methods=["POST"], content_types=[])
@endpoint(blueprint)
def create_portal_link() -> Response:
    """A link to put into a mail: its page opens the portal at the click, for up to seven days."""
    from chalicelib.actions.authenticate import authenticate
    from chalicelib.actions.links import make_link
    from chalicelib.actions.open_portal import check_owner

    site = authenticate(
        blueprint.current_request.headers.get("authorization"), "portal", account(blueprint), now=clock.now()
    )
    body = json_body(blueprint, {"customer", "flow", "expires_in", "single_use"})
    customer, flow = _subject(body)
    check_owner(site.scope, customer, flow)
    single = body.get("single_use", False)
    if not isinstance(single, bool):
        raise BadRequest("single_use must be true or false.", "single_use")
    url, link = make_link(site, customer, flow, clock.now(), _lifetime(body), single)
    return answer(
        blueprint,
        201,
        {"id": link.id, "customer": customer, "url": url, "expires_at": link.good_until, "single_use": single},
    )


def _subject(body: dict[str, Any]) -> tuple[str, "Flow"]:
    from chalicelib.actions.open_portal import Flow, check_flow

    customer = identifier(body, "customer", "cus_", required=True)
    assert customer is not None
    raw = body.get("flow")
    if raw is None:
        return customer, Flow()
    if not isinstance(raw, dict) or set(raw) - {"type", "subscription"}:
        raise BadRequest("flow must be an object with type and, for some types, subscription.", "flow")
    flow = Flow(text(raw, "type", required=True, longest=50), identifier(raw, "subscription", "sub_"))
    check_flow(flow)
    return customer, flow


def _lifetime(body: dict[str, Any]) -> int:
    from chalicelib.actions.links import LIFETIME

    value = body.get("expires_in", LIFETIME)
    if type(value) is not int or not 60 <= value <= LIFETIME:
        raise BadRequest(f"expires_in must be a whole number of seconds from 60 to {LIFETIME}.", "expires_in")
    return value
