"""GET /openapi.json: what this API is, for programs. The document is made by infra/openapi.py."""

import json
from pathlib import Path

from chalice.app import Blueprint, Response

from chalicelib import config
from chalicelib.entrypoints.callers import stranger
from chalicelib.entrypoints.web import answer, endpoint
from chalicelib.errors import StamkundError
from chalicelib.store import sites

blueprint = Blueprint(__name__)
DOCUMENT = Path(__file__).parents[1] / "openapi.json"


@blueprint.route("/openapi.json", methods=["GET"])
@endpoint(blueprint)
def show_openapi() -> Response:
    """Read when asked for: no other route needs it. It names our address as the site is configured, never a request's Host."""
    stranger(blueprint)
    document = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    return answer(blueprint, 200, {**document, "servers": _servers() or document["servers"]})


def _servers() -> list[dict[str, str]]:
    try:
        return [{"url": sites.find(config.setting("SITE")).base_url}]
    except StamkundError:
        return []  # relative to wherever the document is
