"""GET and POST /l/{token}: the page of a mailed link, and the click that opens what it is for; /done/{id}: the way back."""

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from chalice.app import Blueprint, Response

from chalicelib import clock, config
from chalicelib.entrypoints.callers import stranger
from chalicelib.entrypoints.people import failed, language
from chalicelib.entrypoints.web import page, redirect
from chalicelib.errors import NotFound
from chalicelib.log import count

if TYPE_CHECKING:
    from chalicelib.actions.links import Shown
    from chalicelib.pages.render import About

blueprint = Blueprint(__name__)


@blueprint.route("/l/{token}", methods=["GET", "HEAD"])
def show_portal_link(token: str) -> Response:
    """Say what the link is for; one button. Nothing changes, however often a scanner looks."""
    from chalicelib.actions.links import show_link

    try:
        stranger(blueprint)
        return _shown(token, show_link(token, clock.now()))
    except Exception as error:
        return failed(blueprint, token, error, "portal_link")


@blueprint.route("/l/{token}", methods=["POST"], content_types=[])
def follow_portal_link(token: str) -> Response:
    """Open the portal, made at this very moment."""
    from chalicelib.actions.links import follow_link

    try:
        stranger(blueprint)
        shown, url = follow_link(token, clock.now())
        count("LinksFollowed", outcome=shown.dead or "opened")
        return redirect(blueprint, url) if url else _shown(token, shown)
    except Exception as error:
        return failed(blueprint, token, error, "portal_link")


@blueprint.route("/done/{link_id}", methods=["GET"])
def come_back_from_portal(link_id: str) -> Response:
    """Where the portal lets customers out again who came by a link: on to the merchant, or a page of ours."""
    from chalicelib.actions.come_back import come_back
    from chalicelib.core.flows import ENDED
    from chalicelib.pages import render

    try:
        stranger(blueprint)
        params = blueprint.current_request.query_params
        ended = params is not None and params.get("flow") == ENDED
        back = come_back(link_id, ended, clock.now())
        if back.url:
            return redirect(blueprint, back.url)
        spoken = back.language or language(blueprint, back.site.languages)
        return page(blueprint, 200, render.done_page(back.site, spoken))
    except NotFound:
        return page(blueprint, 404, render.not_found(None, language(blueprint)))
    except Exception as error:
        return failed(blueprint, link_id, error, "portal_link")


def _shown(token: str, shown: "Shown") -> Response:
    from chalicelib.pages import render

    language = _language(shown)
    if shown.dead == "settled":
        return page(blueprint, 200, render.settled_page(shown.site, language))
    if shown.dead or shown.link is None:
        status = 410 if shown.link else 404
        dead = render.dead_link_page(shown.site, language, shown.dead or "unknown", shown.site.login_url)
        return page(blueprint, status, dead)
    action = f"{urlsplit(shown.site.base_url).path}/l/{token}"
    return page(blueprint, 200, render.link_page(shown.site, language, action, shown.link.flow, _about(shown)))


def _about(shown: "Shown") -> "About":
    """The twin's own address may be posted to on the laptop, where it stands in for Stripe."""
    from chalicelib.pages.render import STRIPE_ORIGINS, About

    twin = config.stripe_api_base()
    return About(amount=shown.amount, form_targets=(*STRIPE_ORIGINS, twin) if twin else STRIPE_ORIGINS)


def _language(shown: "Shown") -> str:
    """That of the mail that the link came in, else the browser's."""
    if shown.link and shown.link.language:
        return shown.link.language
    return language(blueprint, shown.site.languages)
