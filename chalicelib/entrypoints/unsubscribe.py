"""GET and POST /u/{token}: the way out of marketing mails, by a page's button or a mail program's one click (RFC 8058)."""

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from chalice.app import Blueprint, Response

from chalicelib import clock
from chalicelib.entrypoints.callers import stranger
from chalicelib.entrypoints.people import failed, language
from chalicelib.entrypoints.web import page
from chalicelib.log import count

if TYPE_CHECKING:
    from chalicelib.actions.unsubscribe import Asked

blueprint = Blueprint(__name__)


@blueprint.route("/u/{token}", methods=["GET", "HEAD"])
def show_unsubscribe(token: str) -> Response:
    """Ask with one button. Nothing changes, however often a scanner looks."""
    from chalicelib.actions.unsubscribe import show
    from chalicelib.pages import render

    try:
        stranger(blueprint)
        asked = show(token)
        if asked.link is None:
            return _unknown(asked)
        action = f"{urlsplit(asked.site.base_url).path}/u/{token}"
        return page(blueprint, 200, render.unsubscribe_page(asked.site, _language(asked), action))
    except Exception as error:
        return failed(blueprint, token, error, "unsubscribe")


@blueprint.route("/u/{token}", methods=["POST"], content_types=[])
def unsubscribe(token: str) -> Response:
    """Unsubscribe at once. Mail programs post `List-Unsubscribe=One-Click` and no cookie; the body is not looked at."""
    from chalicelib.actions.unsubscribe import unsubscribe as done
    from chalicelib.pages import render

    try:
        stranger(blueprint)
        asked = done(token, clock.now())
        count("Unsubscribed", outcome="unknown" if asked.link is None else "done")
        if asked.link is None:
            return _unknown(asked)
        return page(blueprint, 200, render.unsubscribed_page(asked.site, _language(asked)))
    except Exception as error:
        return failed(blueprint, token, error, "unsubscribe")


def _unknown(asked: "Asked") -> Response:
    from chalicelib.pages import render

    return page(blueprint, 404, render.not_found(asked.site, _language(asked)))


def _language(asked: "Asked") -> str:
    """That of the mail that the link came in, else the browser's."""
    return asked.language or language(blueprint, asked.site.languages)
