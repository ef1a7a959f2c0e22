"""What the pages for people share: the browser's language, and the page about a failure."""

import re
from collections.abc import Sequence

from chalice.app import Blueprint, Response

from chalicelib.entrypoints.web import known, page, with_retry
from chalicelib.entrypoints.web import request_id as id_of
from chalicelib.log import report

_NAME = re.compile(r"[A-Za-z0-9_-]+")


def language(blueprint: Blueprint, offered: Sequence[str] | None = None) -> str:
    """What the browser asks for of the languages `offered`, all of ours where no site says which."""
    from chalicelib import wording
    from chalicelib.pages import render

    wanted = wording.accepted(blueprint.current_request.headers.get("accept-language"))
    return wording.tag(wanted, offered if offered is not None else wording.languages(render.COPY))


def failed(blueprint: Blueprint, name: str, error: Exception, function: str) -> Response:
    """Our fault or Stripe's, and nothing is spent: the page leads to itself, whose last part is `name`.

    The site may be what cannot be read, so the page wears no brand.
    """
    from chalicelib.pages import render

    report(error, function=function, request_id=id_of(blueprint))
    told = known(error)
    again = name if _NAME.fullmatch(name) else None  # a relative link to this very page, and to nowhere else
    shown = render.error_page(None, language(blueprint), again, id_of(blueprint))
    return with_retry(page(blueprint, 503 if told.status >= 500 else told.status, shown), told)
