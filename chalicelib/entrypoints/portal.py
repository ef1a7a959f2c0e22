"""The portal for a customer whom the merchant's back end vouches for: sessions, and links that can be mailed."""

from typing import Any

from chalice.app import Blueprint, Response

from chalicelib import clock
from chalicelib.actions.authenticate import authenticate
from chalicelib.actions.links import LIFETIME, make_link
from chalicelib.actions.list_links import list_links, shown
from chalicelib.actions.open_portal import open_portal, owned
from chalicelib.core.flow_json import VISIT, parse_visit
from chalicelib.core.members import Invalid, identifier, needed, whole
from chalicelib.core.model import Site
from chalicelib.entrypoints.web import account, answer, endpoint, json_body, limit, query
from chalicelib.store import links

blueprint = Blueprint(__name__)


@blueprint.route("/v1/portal-sessions", methods=["POST"], content_types=[])
@endpoint(blueprint)
def create_portal_session() -> Response:
    """A session to redirect the customer to at once: it lives five minutes unused."""
    site = _site()
    visit = owned(site.scope, parse_visit(json_body(blueprint, VISIT)))
    return answer(blueprint, 201, {"customer": visit.customer, "url": open_portal(site, visit)})


@blueprint.route("/v1/portal-links", methods=["POST"], content_types=[])
@endpoint(blueprint)
def create_portal_link() -> Response:
    """A link to put into a mail: its page opens the portal at the click, for up to seven days."""
    site, now = _site(), clock.now()
    body = json_body(blueprint, VISIT | {"expires_in", "single_use"})
    visit, lifetime, single = parse_visit(body), _lifetime(body), _single(body)
    url, link = make_link(site, owned(site.scope, visit), now, lifetime, single)
    return answer(blueprint, 201, {**shown(link, now), "url": url})


@blueprint.route("/v1/portal-links", methods=["GET"])
@endpoint(blueprint)
def list_portal_links() -> Response:
    """A customer's links, newest first, a page at a time."""
    site = _site()
    params = query(blueprint)
    customer = str(needed(identifier(params, "customer", prefix="cus_"), "customer"))
    return answer(blueprint, 200, list_links(site, customer, limit(params), params.get("cursor"), clock.now()))


@blueprint.route("/v1/portal-links/{link_id}", methods=["DELETE"])
@endpoint(blueprint)
def revoke_portal_link(link_id: str) -> Response:
    """The link opens nothing from now on; once more changes nothing."""
    site, now = _site(), clock.now()
    return answer(blueprint, 200, shown(links.revoke(link_id, site.scope, site.id, now), now))


def _site() -> Site:
    return authenticate(blueprint.current_request.headers.get("authorization"), "portal", account(blueprint))


def _lifetime(body: dict[str, Any]) -> int:
    value = whole(body, "expires_in", "", 60, LIFETIME)
    return LIFETIME if value is None else value


def _single(body: dict[str, Any]) -> bool:
    single = body.get("single_use", False)
    if not isinstance(single, bool):
        raise Invalid("single_use must be true or false.", "single_use")
    return single
