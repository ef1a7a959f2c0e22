"""`python -m infra.reminders`: how mails fare, and letting them leave again."""

import pytest

from chalicelib import clock
from chalicelib.store import mail_health
from infra.reminders import main
from tests.conftest import NOW, Cloud
from tests.infra.deployment import tell

STAGE = ("--stage", "dev")


@pytest.fixture(autouse=True)
def deployed(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """A deployment whose clock stands at NOW."""
    tell(monkeypatch, cloud)
    monkeypatch.setattr(clock, "now", lambda: NOW)


def test_the_counts_are_told_and_that_mails_may_leave(capsys: pytest.CaptureFixture[str]) -> None:
    for what in ("sends", "sends", "bounces"):
        mail_health.count(what, NOW - 3600)  # type: ignore[arg-type]

    assert main(["status", *STAGE]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "the last 7 days: 2 sent, 1 bounced, 0 complaints",
        "mails may leave",
    ]


def test_a_pause_is_told_with_its_reason_and_ended_by_hand(capsys: pytest.CaptureFixture[str]) -> None:
    mail_health.count("complaints", NOW - 3600)
    assert mail_health.pause("complaints", NOW)
    assert not mail_health.pause("bounces", NOW + 1)

    assert main(["status", *STAGE]) == 1
    assert f"paused since {NOW} (UTC seconds): too many complaints" in capsys.readouterr().out
    assert main(["resume", *STAGE]) == 0
    assert "0 complaints\nmails may leave" in capsys.readouterr().out
    assert mail_health.paused() is None


def test_what_is_older_than_a_week_does_not_count(capsys: pytest.CaptureFixture[str]) -> None:
    mail_health.count("bounces", NOW - 8 * 86_400)

    main(["status", *STAGE])

    assert "0 bounced" in capsys.readouterr().out
