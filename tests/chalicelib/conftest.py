"""What tests of mails share."""

from typing import Any

import pytest

from chalicelib.aws import clients
from tests.conftest import Cloud


@pytest.fixture
def texts(monkeypatch: pytest.MonkeyPatch, cloud: Cloud) -> list[str]:
    """The text part of every mail."""
    seen: list[str] = []
    ses = clients.client("sesv2", once=True)
    real = ses.send_email

    def send(**call: Any) -> Any:
        seen.append(call["Content"]["Simple"]["Body"]["Text"]["Data"])
        return real(**call)

    monkeypatch.setattr(ses, "send_email", send)
    return seen
