"""GET and POST /l/{token}: the page of a mailed link, and the click that opens what it is for."""

from urllib.parse import urlsplit

from chalice.app import Blueprint, Response

from chalicelib import clock, config, wording
from chalicelib.actions.links import Shown, follow_link, show_link
from chalicelib.entrypoints.web import page, redirect
from chalicelib.entrypoints.web import request_id as id_of
from chalicelib.errors import StamkundError
from chalicelib.log import count, report
from chalicelib.pages import render
from chalicelib.pages.render import STRIPE_ORIGINS, About

blueprint = Blueprint(__name__)


@blueprint.route("/l/{token}", methods=["GET", "HEAD"])
def show_portal_link(token: str) -> Response:
    """Say what the link is for; one button. Nothing changes, however often a scanner looks."""
    try:
        return _shown(token, show_link(token, clock.now()))
    except Exception as error:
        return _failed(error)


@blueprint.route("/l/{token}", methods=["POST"], content_types=[])
def follow_portal_link(token: str) -> Response:
    """Open the portal, made at this very moment."""
    try:
        shown, url = follow_link(token, clock.now())
        count("LinksFollowed", outcome=shown.dead or "opened")
        return redirect(blueprint, url) if url else _shown(token, shown)
    except Exception as error:
        return _failed(error)


def _shown(token: str, shown: Shown) -> Response:
    language = _language(shown)
    if shown.site is None or shown.link is None:
        return page(blueprint, 404, render.not_found(None, language))
    if shown.dead == "settled":
        return page(blueprint, 200, render.settled_page(shown.site, language))
    if shown.dead:
        return page(blueprint, 410, render.dead_link_page(shown.site, language, shown.dead, shown.site.login_url))
    action = f"{urlsplit(shown.site.base_url).path}/l/{token}"
    return page(blueprint, 200, render.link_page(shown.site, language, action, shown.link.flow, _about(shown)))


def _about(shown: Shown) -> About:
    """The twin's own address may be posted to on the laptop, where it stands in for Stripe."""
    twin = config.stripe_api_base()
    return About(amount=shown.amount, form_targets=(*STRIPE_ORIGINS, twin) if twin else STRIPE_ORIGINS)


def _failed(error: Exception) -> Response:
    """Our fault or Stripe's: the person can try again, and the link is not spent."""
    report(error, function="portal_link", request_id=id_of(blueprint))
    status = error.status if isinstance(error, StamkundError) else 500
    language = _language(Shown(None, None, None))
    return page(blueprint, 503 if status >= 500 else status, render.error_page(None, language, None, id_of(blueprint)))


def _language(shown: Shown) -> str:
    """The browser's language; the link says nothing of the customer's, and their mail program may be another's."""
    wanted = wording.accepted(blueprint.current_request.headers.get("accept-language"))
    offered = shown.site.languages if shown.site else wording.languages(render.COPY)
    return wording.language(wanted, offered)
