"""The mails that the inbox holds: read from the body of an SES SendEmail request."""

import base64
import threading
from dataclasses import dataclass, field, replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any


@dataclass(frozen=True)
class Letter:
    """A mail as SES took it; `at` is UTC seconds on the shared clock, `events` what became of it, in order."""

    id: str
    at: int
    sender: str
    to: tuple[str, ...]
    subject: str
    text: str
    html: str
    headers: dict[str, str]
    tags: dict[str, str]
    events: tuple[str, ...] = ()


@dataclass
class Mailbox:
    """All letters, newest last, for several threads."""

    letters: dict[str, Letter] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def put(self, letter: Letter) -> None:
        """Take in a letter."""
        with self.lock:
            self.letters[letter.id] = letter

    def note(self, identity: str, event: str) -> None:
        """Remember what became of a letter."""
        with self.lock:
            letter = self.letters[identity]
            self.letters[identity] = replace(letter, events=(*letter.events, event))

    def all(self) -> list[Letter]:
        """The letters, newest first."""
        with self.lock:
            return list(reversed(self.letters.values()))


def read(request: dict[str, Any], identity: str, at: int) -> Letter:
    """A letter from the body of a SendEmail request (simple or raw content) and the id that SES gave it."""
    content = request["Content"]
    if "Raw" in content:
        return _read_raw(request, content["Raw"]["Data"], identity, at)
    simple = content["Simple"]
    body = simple["Body"]
    return Letter(
        id=identity,
        at=at,
        sender=request.get("FromEmailAddress", ""),
        to=_recipients(request),
        subject=simple["Subject"]["Data"],
        text=body.get("Text", {}).get("Data", ""),
        html=body.get("Html", {}).get("Data", ""),
        headers={header["Name"]: header["Value"] for header in simple.get("Headers", [])},
        tags=_tags(request),
    )


def _read_raw(request: dict[str, Any], data: str, identity: str, at: int) -> Letter:
    message = message_from_bytes(base64.b64decode(data), _class=EmailMessage, policy=default)
    assert isinstance(message, EmailMessage)  # noqa: S101 - for the type checker; the line above decides it
    return Letter(
        id=identity,
        at=at,
        sender=request.get("FromEmailAddress") or str(message["From"]),
        to=_recipients(request) or (str(message["To"]),),
        subject=str(message["Subject"] or ""),
        text=_part(message, "plain"),
        html=_part(message, "html"),
        headers={name: str(value) for name, value in message.items()},
        tags=_tags(request),
    )


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()) if part is not None else ""


def _recipients(request: dict[str, Any]) -> tuple[str, ...]:
    destination = request.get("Destination", {})
    fields = ("ToAddresses", "CcAddresses", "BccAddresses")
    return tuple(address for name in fields for address in destination.get(name) or [])


def _tags(request: dict[str, Any]) -> dict[str, str]:
    return {tag["Name"]: tag["Value"] for tag in request.get("EmailTags") or []}
