"""A single-use link is spent by a session that was made, and by nothing else."""

from typing import Any

import pytest

from chalicelib.actions import ask_stripe
from chalicelib.actions.links import follow_link, make_link
from chalicelib.core.flows import Visit
from chalicelib.errors import Misconfigured, StripeRefused, StripeUnavailable, UnknownShape
from tests.conftest import NOW, SITE, Cloud


@pytest.mark.parametrize(
    "error",
    [
        StripeUnavailable("down"),
        StripeRefused("no configuration"),
        Misconfigured("no key"),
        UnknownShape("no status"),
        RuntimeError("unforeseen"),
    ],
)
def test_whatever_fails_a_single_use_link_can_be_followed_again(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    url, _ = make_link(SITE, Visit("cus_1"), NOW, single=True)
    token = url.rsplit("/", 1)[1]

    def fail(*_: Any) -> str:
        raise error

    with monkeypatch.context() as broken:
        broken.setattr(ask_stripe, "create_portal_session", fail)
        with pytest.raises(type(error)):
            follow_link(token, NOW)
    monkeypatch.setattr(ask_stripe, "create_portal_session", lambda *_: "https://billing.stripe.com/session")

    shown, target = follow_link(token, NOW + 1)
    assert (shown.dead, target) == (None, "https://billing.stripe.com/session")
    assert follow_link(token, NOW + 2)[0].dead == "used"
