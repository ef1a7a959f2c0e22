"""What every route shares: the error shape, the security headers, and reading a JSON body without trusting it."""

import json
from collections.abc import Callable, Collection, Mapping
from functools import wraps
from typing import Any, ParamSpec
from uuid import uuid4

from chalice.app import Blueprint, Response

from chalicelib.core.members import Invalid, identifier
from chalicelib.core.rendered import Page
from chalicelib.errors import BadRequest, StamkundError, TooMany
from chalicelib.log import count, report

P = ParamSpec("P")

SECURITY = {
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
JSON_CSP = "default-src 'none'; frame-ancestors 'none'"
Headers = dict[str, str | list[str]]
LARGEST_BODY = 64 * 1024
LARGEST_PAGE = 100


def request_id(blueprint: Blueprint) -> str:
    """API Gateway's id of this request, else one of our own: customers quote it, logs hold it."""
    return str(blueprint.current_request.context.get("requestId") or uuid4())


def answer(blueprint: Blueprint, status: int, body: Mapping[str, Any]) -> Response:
    """A JSON answer with every header that a JSON answer of ours has."""
    headers: Headers = {
        **SECURITY,
        "Content-Type": "application/json",
        "Content-Security-Policy": JSON_CSP,
        "X-Request-Id": request_id(blueprint),
    }
    return Response(body=json.dumps(body, ensure_ascii=False), status_code=status, headers=headers)


def page(blueprint: Blueprint, status: int, rendered: Page) -> Response:
    """A page with the one policy that fits it."""
    headers: Headers = {
        **SECURITY,
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": rendered.csp,
        "X-Request-Id": request_id(blueprint),
    }
    return Response(body=rendered.html, status_code=status, headers=headers)


def table(blueprint: Blueprint, name: str, text: str) -> Response:
    """Comma-separated values, to be saved as a file of this name."""
    headers: Headers = {
        **SECURITY,
        "Content-Type": "text/csv; charset=utf-8",
        "Content-Disposition": f'attachment; filename="{name}"',
        "Content-Security-Policy": JSON_CSP,
        "X-Request-Id": request_id(blueprint),
    }
    return Response(body=text, status_code=200, headers=headers)


def redirect(blueprint: Blueprint, url: str) -> Response:
    """303 See Other: the browser follows with a GET, whatever it came with."""
    headers: Headers = {
        **SECURITY,
        "Content-Security-Policy": JSON_CSP,
        "Location": url,
        "X-Request-Id": request_id(blueprint),
    }
    return Response(body="", status_code=303, headers=headers)


SOON = "Something failed on our side. Try again soon."
_OURS = {
    "stripe_refused": "Stripe refused what we asked of it, and would again. The log has why, under X-Request-Id.",
}


def refusal(blueprint: Blueprint, error: StamkundError) -> Response:
    """The one error shape. What is our own fault is told without details; what can be mended, exactly."""
    ours = error.status >= 500
    message = _OURS.get(error.code, SOON) if ours else error.message
    body = {"error": {"code": error.code, "message": message, "param": None if ours else error.param}}
    response = answer(blueprint, error.status, body)
    return with_retry(response, error)


def with_retry(response: Response, error: StamkundError) -> Response:
    """The answer with when to come again, where that helps."""
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.retry_after)
    elif response.status_code == 503:
        response.headers["Retry-After"] = "30"
    return response


def endpoint(blueprint: Blueprint) -> Callable[[Callable[P, Response]], Callable[P, Response]]:
    """Map every error of a JSON route to the one shape; nothing else may leave it."""

    def decorate(function: Callable[P, Response]) -> Callable[P, Response]:
        @wraps(function)
        def wrapper(*args: P.args, **kwargs: P.kwargs) -> Response:
            try:
                return function(*args, **kwargs)
            except Exception as error:
                return refusal(blueprint, _reported(blueprint, function.__name__, error))

        return wrapper

    return decorate


def _reported(blueprint: Blueprint, name: str, error: Exception) -> StamkundError:
    report(known(error) if isinstance(error, Invalid) else error, function=name, request_id=request_id(blueprint))
    told = known(error)
    count("Refusals", code=told.code)
    return told


def known(error: Exception) -> StamkundError:
    """An error as one of ours: what was sent wrong, or what we did not foresee."""
    if isinstance(error, Invalid):
        return BadRequest(error.message, error.param, error.code)
    return error if isinstance(error, StamkundError) else StamkundError("unforeseen")


def query(blueprint: Blueprint) -> dict[str, str]:
    """The parameters of the query; of one that stands there twice, the last."""
    return dict(blueprint.current_request.query_params or {})


def account(blueprint: Blueprint) -> str | None:
    """The account that `?account=` names, or None for the site's own. Raises Invalid for what is no id of one."""
    return identifier(query(blueprint), "account", prefix="acct_")


def limit(params: Mapping[str, str]) -> int:
    """How many elements of a list a page has. Raises Invalid."""
    value = params.get("limit", "20")
    if not (value.isascii() and value.isdigit()) or not 1 <= int(value[:9]) <= LARGEST_PAGE:
        raise Invalid(f"limit must be a whole number from 1 to {LARGEST_PAGE}.", "limit")
    return int(value)


def raw_body(blueprint: Blueprint) -> bytes:
    """The exact bytes of the body. Raises BadRequest for what is no text at all."""
    try:
        body = blueprint.current_request.raw_body
    except ValueError as error:
        raise BadRequest("The body is not valid UTF-8.") from error
    return body.encode() if isinstance(body, str) else bytes(body)


def json_body(blueprint: Blueprint, allowed: Collection[str]) -> dict[str, Any]:
    """The body as a JSON object that has only `allowed` members. Raises BadRequest, naming the member."""
    kind = blueprint.current_request.headers.get("content-type", "application/json")
    if kind.partition(";")[0].strip().lower() != "application/json":
        raise BadRequest("Send the body as application/json.", "Content-Type", status=415)
    raw = raw_body(blueprint)
    if len(raw) > LARGEST_BODY:
        raise BadRequest(f"The body is larger than {LARGEST_BODY} bytes.", code="payload_too_large", status=413)
    try:
        body = json.loads(raw or b"{}", parse_constant=_no_constant)
        json.dumps(body, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise BadRequest("The body is not valid JSON.") from error
    if not isinstance(body, dict):
        raise BadRequest("The body must be a JSON object.")
    unknown = sorted(set(body) - set(allowed))
    if unknown:
        raise BadRequest(f"Unknown member; allowed are {', '.join(sorted(allowed))}.", unknown[0][:100])
    return body


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
