"""Every error of ours, and what it means for whoever is waiting.

    StamkundError
    |-- Rejected                what was sent is wrong: 4xx, do not send it again as it is
    |   |-- BadRequest          400 (or the status given)
    |   |-- Unauthorized        401
    |   |-- Forbidden           403
    |   |-- NotFound            404
    |   |-- TooMany             429
    |-- Retryable               try again later: 503, or back to the queue
    |   |-- StoreUnavailable    DynamoDB did not take it
    |   |-- QueueUnavailable    SQS did not take it
    |   |-- StripeUnavailable   no answer, 429 or 5xx
    |   |-- MailUnavailable     SES said that it did not take the mail
    |   |-- MailUnknown         SES's answer was lost: the mail may have left
    |-- Permanent               trying again cannot help: parked with its reason
        |-- StripeRefused       a 4xx of Stripe
        |-- UnknownShape        an object without a field that we need
        |-- Misconfigured       a setting or secret is missing or wrong

Adapters raise these `from` the library's own error. Entry points map them in one place. A message never holds a secret.
"""


class StamkundError(Exception):
    """The base of all; `code` is machine-readable and documented in docs/api.md."""

    code = "internal_error"
    status = 500

    def __init__(self, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.param = param


class Rejected(StamkundError):
    """What was sent is wrong; the sender must change it."""

    code = "invalid_request"
    status = 400


class BadRequest(Rejected):
    """A malformed or unacceptable request; `code` and `status` can be made more exact."""

    def __init__(
        self, message: str, param: str | None = None, code: str = "invalid_request", status: int = 400
    ) -> None:
        super().__init__(message, param)
        self.code = code
        self.status = status


class Unauthorized(Rejected):
    """No API key, or one that does not count."""

    code = "unauthorized"
    status = 401


class Forbidden(Rejected):
    """A known key that may not do this."""

    code = "forbidden"
    status = 403


class NotFound(Rejected):
    """Nothing of that name for this caller."""

    code = "not_found"
    status = 404


class TooMany(Rejected):
    """More requests than anybody needs; `retry_after` seconds from now they are taken again."""

    code = "rate_limited"
    status = 429

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Retryable(StamkundError):
    """Something outside did not answer; the same request may succeed later."""

    code = "temporarily_unavailable"
    status = 503


class StoreUnavailable(Retryable):
    """DynamoDB did not answer or is throttling."""


class QueueUnavailable(Retryable):
    """SQS did not take a message."""


class StripeUnavailable(Retryable):
    """Stripe did not answer, is limiting us, or had an error of its own."""


class MailUnavailable(Retryable):
    """SES did not take a mail and said so: it has not left."""


class MailUnknown(Retryable):
    """SES's answer was lost: the mail may or may not have left."""


class Permanent(StamkundError):
    """Trying again cannot help; park it with its reason."""


class StripeRefused(Permanent):
    """Stripe answered that the request itself is wrong. `stripe_code` is Stripe's own code, if any."""

    code = "stripe_refused"
    status = 502

    def __init__(self, message: str, param: str | None = None, stripe_code: str | None = None) -> None:
        super().__init__(message, param)
        self.stripe_code = stripe_code


class UnknownShape(Permanent):
    """A Stripe object without a field that we cannot do without; names the object type and the field."""


class Misconfigured(Permanent):
    """A setting, site or secret is missing or wrong; names which one, never its value."""
