"""`python -m infra.campaigns`: what would go out when, before anybody gets it."""

from typing import Any

import pytest
import yaml

from chalicelib import campaigns
from infra.campaigns import main
from tests.chalicelib.core.test_campaign import SOUND


@pytest.fixture(autouse=True)
def fresh() -> None:
    """Nothing is cached."""
    campaigns.load.cache_clear()


def test_check_reads_every_campaign(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 0

    assert capsys.readouterr().out.splitlines() == [
        "sound  annual_60: days 0, 3, 8, 16, 26, 40, 53 final; end on day 60",
        "sound  monthly_14: days 0, 3, 7, 11 final; end on day 14",
        "sound  monthly_28: days 0, 3, 7, 14, 21, 25 final; end on day 28",
    ]


def test_check_names_what_is_wrong_and_exits_with_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "ours.yaml").write_text(yaml.safe_dump({**SOUND, "steps": []}))
    monkeypatch.setattr(campaigns, "files", lambda _name: tmp_path)

    assert main(["check"]) == 1
    assert "ours.yaml: steps: there is none. Write a list of {key, day}." in capsys.readouterr().out


def test_check_names_a_window_in_two_kinds_of_time(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    window = SOUND["window"] | {"opens": "09:00Z"}
    (tmp_path / "ours.yaml").write_text(yaml.safe_dump({**SOUND, "window": window}))
    monkeypatch.setattr(campaigns, "files", lambda _name: tmp_path)

    assert main(["check"]) == 1
    assert "ours.yaml: window.opens: '09:00Z' names a zone." in capsys.readouterr().out


def test_preview_prints_the_calendar(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["preview", "monthly_14"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "monthly_14, version 1: Monday to Friday, 09:00 to 17:00 local time"
    assert lines[4] == "  day  11  day_11  (final: names the end)"


def test_simulate_prints_what_goes_out_in_local_time(capsys: pytest.CaptureFixture[str]) -> None:
    """A failure on a Friday afternoon: the first mail waits for Monday, and the final one leaves before the weekend."""
    asked = ["--failed", "2026-11-06T16:30", "--zone", "Europe/Stockholm", "--code", "generic_decline"]

    assert main(["simulate", "monthly_14", *asked, "--retry", "2.5", "--retry", "9"]) == 0

    assert capsys.readouterr().out.splitlines() == [
        "2026-11-06 Fri 16:30  the payment fails: generic_decline",
        "2026-11-06 Fri 18:30  waits: send_window",
        "2026-11-09 Mon 04:30  Stripe tries again",
        "2026-11-09 Mon 09:00  MAIL day_0 (contact_bank); promises a retry on 2026-11-15 Sun 16:30",
        "2026-11-09 Mon 16:30  waits: frequency_cap",
        "2026-11-10 Tue 09:00  MAIL day_3 (contact_bank); promises a retry on 2026-11-15 Sun 16:30",
        "2026-11-13 Fri 16:30  MAIL day_7 (contact_bank); promises a retry on 2026-11-15 Sun 16:30",
        "2026-11-15 Sun 16:30  Stripe tries again",
        "2026-11-17 Tue 09:00  MAIL day_11 (contact_bank); names the end, 2026-11-20 Fri 16:30",
        "2026-11-20 Fri 16:30  the case is closed: campaign_ended",
    ]


def test_a_retry_that_will_not_happen_is_not_promised(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "monthly_14", "--code", "lost_card", "--retry", "3"]) == 0

    printed = capsys.readouterr().out
    assert "promises" not in printed
    assert "Stripe tries again in name only" in printed


@pytest.mark.parametrize("asked", [["simulate"], ["preview"], ["simulate", "monthly_14", "--zone", "Mars"]])
def test_a_command_that_makes_no_sense_is_refused(asked: list[str]) -> None:
    with pytest.raises(SystemExit):
        main(asked)


def test_an_unknown_campaign_is_told_with_those_that_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["preview", "weekly"]) == 1
    assert "annual_60" in capsys.readouterr().err
