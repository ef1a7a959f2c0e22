"""GET /health: that the API answers, with which version, on which stage."""

from chalice.app import Blueprint, Response

from chalicelib import VERSION, config
from chalicelib.entrypoints.callers import stranger
from chalicelib.entrypoints.web import answer, endpoint

blueprint = Blueprint(__name__)


@blueprint.route("/health", methods=["GET"])
@endpoint(blueprint)
def show_health() -> Response:
    """Touches nothing behind the API: it says that the code runs, and which."""
    stranger(blueprint)
    return answer(blueprint, 200, {"status": "ok", "version": VERSION, "stage": config.stage()})
