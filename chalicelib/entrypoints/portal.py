"""The portal for a customer whom the merchant's back end vouches for: sessions, and links that can be mailed."""

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from chalice.app import Blueprint, Response

from chalicelib.core.members import Invalid, identifier, needed, whole
from chalicelib.entrypoints.callers import Caller, caller
from chalicelib.entrypoints.web import answer, endpoint, json_body, limit, query

if TYPE_CHECKING:
    from chalicelib.actions.once import Attempt

blueprint = Blueprint(__name__)


@blueprint.route("/v1/portal-sessions", methods=["POST"], content_types=[])
@endpoint(blueprint)
def create_portal_session() -> Response:
    """A session to redirect the customer to at once: it lives five minutes unused."""
    from chalicelib.actions.open_portal import open_portal, owned
    from chalicelib.core.flow_json import VISIT, parse_visit

    by = caller(blueprint, "portal")
    body = json_body(blueprint, VISIT)
    visit = owned(by.site.scope, parse_visit(body))
    with _attempt(by, "session", body) as attempt:
        return answer(blueprint, 201, {"customer": visit.customer, "url": open_portal(by.site, visit, once=attempt)})


@blueprint.route("/v1/portal-links", methods=["POST"], content_types=[])
@endpoint(blueprint)
def create_portal_link() -> Response:
    """A link to put into a mail: its page opens the portal at the click, for up to seven days."""
    from chalicelib.actions.links import LIFETIME, make_link
    from chalicelib.actions.list_links import shown
    from chalicelib.actions.open_portal import owned
    from chalicelib.core.flow_json import VISIT, parse_visit

    by = caller(blueprint, "portal")
    body = json_body(blueprint, VISIT | {"expires_in", "single_use"})
    visit, lifetime, single = parse_visit(body), whole(body, "expires_in", "", 60, LIFETIME), _single(body)
    visit = owned(by.site.scope, visit)
    with _attempt(by, "link", body) as attempt:
        url, link = make_link(by.site, visit, attempt.at, lifetime or LIFETIME, single, attempt.token)
    return answer(blueprint, 201, {**shown(link, attempt.at), "url": url})


@blueprint.route("/v1/portal-links", methods=["GET"])
@endpoint(blueprint)
def list_portal_links() -> Response:
    """A customer's links, newest first, a page at a time."""
    from chalicelib.actions.list_links import list_links

    by = caller(blueprint, "portal")
    params = query(blueprint)
    customer = str(needed(identifier(params, "customer", prefix="cus_"), "customer"))
    return answer(blueprint, 200, list_links(by.site, customer, limit(params), params.get("cursor"), by.now))


@blueprint.route("/v1/portal-links/{link_id}", methods=["DELETE"])
@endpoint(blueprint)
def revoke_portal_link(link_id: str) -> Response:
    """The link opens nothing from now on; once more changes nothing."""
    from chalicelib.actions.list_links import shown
    from chalicelib.store import links

    by = caller(blueprint, "portal")
    return answer(blueprint, 200, shown(links.revoke(link_id, by.site.scope, by.site.id, by.now), by.now))


def _attempt(by: Caller, what: str, body: dict[str, Any]) -> "AbstractContextManager[Attempt]":
    """The request, made once where it carries an idempotency key."""
    from chalicelib.actions.once import attempt

    key = blueprint.current_request.headers.get("idempotency-key")
    return attempt(by.key, key, [what, by.site.scope, body], by.now)


def _single(body: dict[str, Any]) -> bool:
    single = body.get("single_use", False)
    if not isinstance(single, bool):
        raise Invalid("single_use must be true or false.", "single_use")
    return single
