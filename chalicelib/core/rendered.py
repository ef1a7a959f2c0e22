"""What templates make of facts: mails and pages, ready to leave."""

from typing import Literal

from chalicelib.core.frozen import frozen

Purpose = Literal["transactional", "marketing"]


@frozen
class Mail:
    """A rendered mail, ready to send; a marketing one may leave only for who agreed. `headers` are names and values."""

    subject: str
    text: str
    html: str
    purpose: Purpose = "transactional"
    headers: tuple[tuple[str, str], ...] = ()


@frozen
class Page:
    """A rendered page and the one Content-Security-Policy that fits it (its inline stylesheet is named by hash)."""

    html: str
    csp: str
