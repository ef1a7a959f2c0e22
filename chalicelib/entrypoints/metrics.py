"""/v1/metrics and /v1/reports: numbers about the whole of a site, for those who run it."""

from chalice.app import Blueprint, Response

from chalicelib.entrypoints.callers import caller
from chalicelib.entrypoints.web import answer, endpoint, query, table

blueprint = Blueprint(__name__)


@blueprint.route("/v1/metrics/recovery", methods=["GET"])
@endpoint(blueprint)
def get_recovery() -> Response:
    """What became of the payments that failed in a period."""
    from chalicelib.actions.show_recovery import show_recovery

    by = caller(blueprint, "metrics")
    return answer(blueprint, 200, show_recovery(by.site, query(blueprint), by.now))


@blueprint.route("/v1/reports/recovery.csv", methods=["GET"])
@endpoint(blueprint)
def get_recovery_table() -> Response:
    """The same, case by case."""
    from chalicelib.actions.show_recovery import recovery_table

    by = caller(blueprint, "metrics")
    return table(blueprint, *recovery_table(by.site, query(blueprint), by.now))
