"""Stripe's errors, one class and its makers.

StripeError
  invalid(...)   400  invalid_request_error    a parameter that is wrong, unknown or missing
  missing(...)   404  resource_missing         an id that names nothing (400 when it came as a parameter)
  declined(...)  402  card_error               the bank said no
"""

from typing import Any

from infra.local.twin.core.values import Obj

DOCS = "https://stripe.com/docs/error-codes/"


class StripeError(Exception):
    """An answer other than 200; `body()` is what Stripe would send."""

    def __init__(self, status: int, kind: str, message: str, **extra: Any) -> None:
        super().__init__(message)
        self.status, self.kind, self.message = status, kind, message
        self.extra = {k: v for k, v in extra.items() if v is not None}
        self.headers: dict[str, str] = {}

    def body(self, request_id: str) -> Obj:
        """The error body, with the address of the request's log as Stripe gives it."""
        error: Obj = {**self.extra, "message": self.message}
        if "code" in self.extra:
            error["doc_url"] = DOCS + str(self.extra["code"]).replace("_", "-")
        error["request_log_url"] = f"https://dashboard.stripe.com/test/logs/{request_id}"
        error["type"] = self.kind
        return {"error": {key: error[key] for key in sorted(error)}}


def invalid(message: str, param: str | None = None, code: str | None = None, status: int = 400) -> StripeError:
    """A request that cannot be understood or must not be done; `param` names the parameter as the caller wrote it."""
    return StripeError(status, "invalid_request_error", message, param=param, code=code)


def missing(noun: str, wanted: str, param: str | None = None) -> StripeError:
    """No such object. In the path it is a 404; named by a parameter, a 400."""
    return invalid(f"No such {noun}: '{wanted}'", param or "id", "resource_missing", 404 if param is None else 400)


def declined(error: Obj) -> StripeError:
    """The bank refused; `error` is the payment intent's `last_payment_error`, with the payment intent itself beside it."""
    fields = {k: v for k, v in error.items() if k not in ("type", "message", "doc_url")}
    return StripeError(402, "card_error", str(error["message"]), **fields)


def refused(message: str, status: int = 401) -> StripeError:
    """A missing or unknown API key, or an account it may not use."""
    return StripeError(status, "invalid_request_error", message)
