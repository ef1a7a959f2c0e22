"""`python -m infra.reminders`: how mails fare, letting them leave again, and letting an address get some again."""

import time

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from chalicelib import clock
from chalicelib.aws.clients import client
from chalicelib.core.site import scope
from chalicelib.store import mail_health
from infra.reminders import main
from tests.conftest import NOW, SITE, Cloud
from tests.infra.deployment import tell

STAGE = ("--stage", "dev")
ADDRESS = "astrid@example.com"


@pytest.fixture(autouse=True)
def deployed(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """A deployment whose clock stands at NOW."""
    tell(monkeypatch, cloud)
    monkeypatch.setattr(clock, "now", lambda: NOW)


def test_the_counts_are_told_and_that_mails_may_leave(capsys: pytest.CaptureFixture[str]) -> None:
    for what in ("sends", "sends", "bounces"):
        mail_health.count(what, NOW - 3600)

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
    printed = capsys.readouterr().out
    assert f"paused since {time.strftime('%Y-%m-%d %H:%M', time.gmtime(NOW))} UTC: too many complaints" in printed
    assert "python -m infra.reminders resume --stage " in printed
    assert main(["resume", *STAGE]) == 0
    assert "0 complaints\nmails may leave" in capsys.readouterr().out
    assert mail_health.paused() is None


def test_what_is_older_than_a_week_does_not_count(capsys: pytest.CaptureFixture[str]) -> None:
    mail_health.count("bounces", NOW - 8 * 86_400)

    main(["status", *STAGE])

    assert "0 bounced" in capsys.readouterr().out


@pytest.fixture
def ses(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """SES's own list of addresses that get no mail: moto has none."""
    held: list[str] = []

    def delete(EmailAddress: str) -> None:  # noqa: N803 - boto3's name
        if EmailAddress not in held:
            raise ClientError({"Error": {"Code": "NotFoundException"}}, "DeleteSuppressedDestination")
        held.remove(EmailAddress)

    monkeypatch.setattr(client("sesv2"), "delete_suppressed_destination", delete)
    return held


def test_an_address_gets_mail_again_from_us_and_from_ses(ses: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    mail_health.suppress(SITE.scope, ADDRESS, "bounce", NOW)
    ses.append(ADDRESS)

    assert main(["lift", *STAGE, "--address", f" {ADDRESS}"]) == 0

    told = capsys.readouterr().out
    assert "our suppression is lifted\nSES's suppression is lifted\n" in told
    assert ADDRESS not in told
    assert mail_health.look(SITE.scope, [ADDRESS]) == ({}, False)
    assert ses == []


def test_an_address_that_nobody_holds_back_is_told_as_such(ses: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    mail_health.suppress(SITE.scope, "other@example.com", "bounce", NOW)

    assert main(["lift", *STAGE, "--address", ADDRESS]) == 1
    assert "we had not suppressed this address\nSES had not suppressed this address" in capsys.readouterr().out
    assert mail_health.suppressed(SITE.scope).total() == 1


@pytest.mark.usefixtures("ses")
def test_a_connected_account_has_addresses_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    connected = scope("acct_Connected", livemode=False)
    for of in (SITE.scope, connected):
        mail_health.suppress(of, ADDRESS, "complaint", NOW)

    assert main(["lift", *STAGE, "--address", ADDRESS, "--account", "acct_Connected"]) == 0

    assert mail_health.look(SITE.scope, [ADDRESS])[0].keys() == {ADDRESS}
    assert mail_health.look(connected, [ADDRESS])[0] == {}


def test_the_suppressed_are_counted_by_reason_and_never_named(capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(3):
        mail_health.suppress(SITE.scope, f"{number}@example.com", "bounce" if number else "complaint", NOW)

    assert main(["suppressed", *STAGE]) == 0
    assert capsys.readouterr().out == "3 addresses get no mail: 2 after a bounce, 1 after a complaint\n"


def test_with_ses_down_our_own_is_lifted_and_it_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    mail_health.suppress(SITE.scope, ADDRESS, "bounce", NOW)

    def fail(**_: str) -> None:
        raise EndpointConnectionError(endpoint_url="https://ses")

    monkeypatch.setattr(client("sesv2"), "delete_suppressed_destination", fail)

    assert main(["lift", *STAGE, "--address", ADDRESS]) == 2
    assert "run the command again" in capsys.readouterr().err
    assert mail_health.suppressed(SITE.scope).total() == 0


@pytest.mark.parametrize("words", [["lift"], ["status", "--address", "a@example.com"]])
def test_a_command_that_makes_no_sense_is_refused(words: list[str]) -> None:
    with pytest.raises(SystemExit):
        main([*words, *STAGE])
