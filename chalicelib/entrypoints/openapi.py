"""GET /openapi.json: what this API is, for programs. The document is made by infra/openapi.py."""

import json
from pathlib import Path

from chalice.app import Blueprint, Response

from chalicelib.entrypoints.callers import stranger
from chalicelib.entrypoints.web import answer, endpoint

blueprint = Blueprint(__name__)
DOCUMENT = Path(__file__).parents[1] / "openapi.json"


@blueprint.route("/openapi.json", methods=["GET"])
@endpoint(blueprint)
def show_openapi() -> Response:
    """Read when asked for: no other route needs it."""
    stranger(blueprint)
    return answer(blueprint, 200, json.loads(DOCUMENT.read_text(encoding="utf-8")))
