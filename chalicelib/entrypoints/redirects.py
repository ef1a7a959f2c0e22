"""GET /portal/{site} and GET /login/{site}: a person's browser on its way into the portal. What fails is told by a page."""

from typing import TYPE_CHECKING, Any

from chalice.app import Blueprint, Response

from chalicelib import clock
from chalicelib.entrypoints.callers import stranger
from chalicelib.entrypoints.people import language
from chalicelib.entrypoints.web import known, page, redirect, with_retry
from chalicelib.entrypoints.web import request_id as id_of
from chalicelib.errors import Misconfigured, NotFound, StamkundError
from chalicelib.log import count, report
from chalicelib.store import sites

if TYPE_CHECKING:
    from chalicelib.core.rendered import Page
    from chalicelib.core.site import Site

blueprint = Blueprint(__name__)
STATUS = {"invalid_signature": 403, "expired": 410, "used": 410}


@blueprint.route("/portal/{site_id}", methods=["GET"])
def follow_signed_redirect(site_id: str) -> Response:
    """Open the portal as the signed address asks, once."""
    from chalicelib.actions.follow_redirect import follow_redirect

    try:
        stranger(blueprint)
        url = follow_redirect(site_id, _params(), clock.now())
        count("RedirectsFollowed", outcome="opened")
        return redirect(blueprint, url)
    except Exception as error:
        return _refused(site_id, error)


@blueprint.route("/login/{site_id}", methods=["GET"])
def go_to_login(site_id: str) -> Response:
    """The portal's own login page, where Stripe mails a code; without one, whom to ask."""
    from chalicelib.pages import render

    try:
        stranger(blueprint)
        site = _found(site_id)
        if site.login_url:
            return redirect(blueprint, site.login_url)
        return page(blueprint, 404, render.no_login_page(site, language(blueprint, site.languages)))
    except Exception as error:
        return _refused(site_id, error)


def _params() -> dict[str, list[str]]:
    held: Any = blueprint.current_request.query_params
    return {name: list(held.getlist(name)) for name in held} if held else {}


def _refused(site_id: str, error: Exception) -> Response:
    """A page for the person, and a header with the code for whoever builds the address."""
    told = known(error)
    report(told if told.status < 500 else error, function="portal_redirect", request_id=id_of(blueprint))
    count("RedirectsFollowed", outcome=told.code)
    status = STATUS.get(told.code, told.status)
    shown = page(blueprint, 503 if status >= 500 else status, _page(site_id, told, status))
    shown.headers["X-Error-Code"] = told.code
    if told.param and status < 500:
        shown.headers["X-Error-Param"] = told.param
    return with_retry(shown, told)


def _page(site_id: str, error: StamkundError, status: int) -> "Page":
    from chalicelib.pages import render

    if status == 429:
        brand = _site(site_id)
        return render.too_many_page(brand, language(blueprint, brand.languages if brand else None))
    if status >= 500:
        return render.error_page(None, language(blueprint), reference=id_of(blueprint))
    site = _site(site_id)
    if site is None:
        return render.not_found(None, language(blueprint))
    reason: Any = error.code if error.code in ("expired", "used") else "invalid"
    return render.redirect_failed_page(site, language(blueprint, site.languages), reason)


def _site(site_id: str) -> "Site | None":
    """Whose brand a page about a failure wears; it does without where that fails too."""
    try:
        return _found(site_id)
    except StamkundError:
        return None


def _found(site_id: str) -> "Site":
    try:
        if sites.is_id(site_id):
            return sites.find(site_id)
    except Misconfigured as error:
        raise NotFound("There is no such site.", "site") from error
    raise NotFound("There is no such site.", "site")
