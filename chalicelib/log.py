"""Structured logs and counted metrics. Neither ever holds a body, a token, a URL, an address or a name: ids and outcomes.

Every entry point wears `observed`: what it logs on an error is the error's class and our own message, and a traceback only
for what we did not foresee.
"""

import json
import time
from collections.abc import Callable
from functools import cache, wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from chalicelib.errors import StamkundError

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger

P = ParamSpec("P")
T = TypeVar("T")

NAMESPACE = "Stamkund"


@cache
def logger() -> "Logger":
    """Powertools' logger, imported for the first line that is logged: what goes well logs none."""
    from aws_lambda_powertools import Logger

    return Logger(service="stamkund", utc=True)


def count(metric: str, number: int = 1, **dimensions: str) -> None:
    """Count something in CloudWatch (embedded metric format: a line of the log, no call).

    Powertools would write the same line, at a twentieth of what a webhook costs.
    """
    about = {"Namespace": NAMESPACE, "Dimensions": [[*dimensions]], "Metrics": [{"Name": metric, "Unit": "Count"}]}
    stamp = {"Timestamp": time.time_ns() // 1_000_000, "CloudWatchMetrics": [about]}
    print(json.dumps({"_aws": stamp, **dimensions, metric: [number]}))  # noqa: T201 - CloudWatch reads what Lambda prints


def note(message: str, **fields: object) -> None:
    """Log one thing that happened; fields are ids and outcomes only."""
    logger().info(message, extra=fields)


def report(error: Exception, **fields: object) -> None:
    """Log an error: ours by its message, anything else with its traceback."""
    if isinstance(error, StamkundError):
        logger().warning(error.message, extra={"error": type(error).__name__, **fields})
    else:
        logger().error("unforeseen error", exc_info=error, extra={"error": type(error).__name__, **fields})


def observed(function: Callable[P, T]) -> Callable[P, T]:
    """Log an entry point's failure once, with the Lambda's request id, and let it pass."""

    @wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return function(*args, **kwargs)
        except Exception as error:
            report(error, function=function.__name__, request_id=_request_id(args))
            raise

    return wrapper


def _request_id(args: tuple[Any, ...]) -> str | None:
    context = getattr(args[0], "context", None) if args else None
    return getattr(context, "aws_request_id", None)
