"""`python -m infra.sites`: the difference is told, applied once, and found again where somebody changes the table."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest

from chalicelib.store import sites
from infra.sites import __main__ as command
from infra.sites import files, stored
from tests.conftest import SITE, Cloud, everything
from tests.infra.deployment import put_secret, secret_value, write

Printed = pytest.CaptureFixture[str]


def run(*arguments: str) -> int:
    """The command, for the stage of the tests."""
    return command.main([*arguments, "--stage", "dev"])


def test_plan_shows_what_would_change_and_changes_nothing(folder: Path, cloud: Cloud, capsys: Printed) -> None:
    write(folder, name="Nordlys AB", reminders="shadow")
    before, secret = everything(cloud), secret_value()

    assert run("plan") == 0

    assert capsys.readouterr().out.splitlines() == [
        "site nordlys: name: Nordlys -> Nordlys AB",
        "site nordlys: reminders: on -> shadow",
    ]
    assert (everything(cloud), secret_value()) == (before, secret)


def test_apply_stores_it_and_a_second_apply_writes_nothing(folder: Path, cloud: Cloud, capsys: Printed) -> None:
    write(folder, name="Nordlys AB")
    write(folder, "other.yaml", id="other")

    assert run("apply") == 0

    assert stored.find(SITE.id) == replace(SITE, name="Nordlys AB")
    assert stored.find("other") == replace(SITE, id="other")
    before, secret = everything(cloud), secret_value()
    capsys.readouterr()
    cloud.dynamodb_requests.clear()
    assert run("apply") == 0
    assert capsys.readouterr().out == "nothing differs: nordlys, other\n"
    assert set(cloud.dynamodb_requests) == {"GetItem"}
    assert (everything(cloud), secret_value()) == (before, secret)


def test_check_ends_with_1_until_it_is_applied(folder: Path) -> None:
    write(folder, country="NO")

    assert run("check") == 1
    assert run("apply") == 0
    assert run("check") == 0
    sites.put(replace(SITE, country="DK"))
    assert run("check") == 1


def test_what_infra_stripe_has_stored_stays(folder: Path) -> None:
    kept: dict[str, Any] = {
        "portal_configuration": "bpc_1",
        "card_configuration": "bpc_2",
        "login_url": "https://x.example",
    }
    sites.put(replace(SITE, **kept))
    write(folder, name="Nordlys AB")

    run("apply")

    assert stored.find(SITE.id) == replace(SITE, name="Nordlys AB", **kept)


def test_how_a_site_treats_who_owes_is_the_files_to_say(folder: Path, facts: files.Facts, capsys: Printed) -> None:
    said: dict[str, Any] = {
        "campaign_rules": [{"interval": "year", "campaign": "annual_60"}],
        "experiment": {"id": "spring", "campaign": "monthly_28", "share": 20},
        "access": {"full_days": 3, "limited_amounts": {"sek": 50000}},
    }
    write(folder, **said)

    assert run("apply") == 0
    found = stored.find(SITE.id)
    assert found == files.read("dev", facts)[0].site
    assert run("check") == 0

    write(folder)
    capsys.readouterr()
    assert run("apply") == 0
    assert "experiment" in capsys.readouterr().out
    assert stored.find(SITE.id) == SITE


@pytest.mark.parametrize(
    "first, then, told",
    [
        ({"languages": ["en", "sv"]}, {"languages": ["sv", "en"]}, "languages: en, sv -> sv, en"),
        (
            {"access": {"limited_amounts": {"sek": 1, "eur": 2}}},
            {"access": {"limited_amounts": {"sek": 1}}},
            "access: ",
        ),
    ],
)
def test_another_order_and_what_was_taken_out_are_differences_too(
    folder: Path, facts: files.Facts, capsys: Printed, first: dict[str, Any], then: dict[str, Any], told: str
) -> None:
    write(folder, **first)
    run("apply")
    write(folder, **then)
    capsys.readouterr()

    assert run("apply") == 0

    assert f"site nordlys: {told}" in capsys.readouterr().out
    assert stored.find(SITE.id) == files.read("dev", facts)[0].site


def test_a_wrong_file_ends_with_1_and_stores_nothing(folder: Path, cloud: Cloud, capsys: Printed) -> None:
    write(folder, "other.yaml", id="other", country="se")
    before = everything(cloud)

    assert run("apply") == 1

    assert "other.yaml: country" in capsys.readouterr().err
    assert everything(cloud) == before


def test_apply_makes_each_site_a_signing_secret_and_keeps_what_stands_in_the_secret(
    folder: Path, capsys: Printed
) -> None:
    before = secret_value()

    assert run("apply") == 0

    after = secret_value()
    (secret,) = after["site_secrets"][SITE.id]
    assert after == {**before, "site_secrets": {SITE.id: [secret]}}
    assert secret.startswith("smss_")
    assert len(secret) == len("smss_") + 43
    assert secret not in capsys.readouterr().out


def test_the_secret_is_shown_on_request_and_rolled_in_two_steps(folder: Path, capsys: Printed) -> None:
    run("apply")
    (first,) = secret_value()["site_secrets"][SITE.id]
    capsys.readouterr()

    assert run("secret", SITE.id) == 0
    assert capsys.readouterr().out == f"{first}\n"

    assert run("secret", SITE.id, "--roll") == 0
    second, old = secret_value()["site_secrets"][SITE.id]
    assert (old, second != first) == (first, True)
    assert capsys.readouterr().out == f"{second}\n{first}  (old, accepted until --drop-old)\n"
    assert run("secret", SITE.id, "--roll") == 1
    assert "has two already" in capsys.readouterr().err

    assert run("secret", SITE.id, "--drop-old") == 0
    assert secret_value()["site_secrets"][SITE.id] == [second]
    assert run("secret", SITE.id, "--drop-old") == 1
    assert "no old one to drop" in capsys.readouterr().err


def test_a_secret_of_an_unknown_site_is_not_made(folder: Path, capsys: Printed) -> None:
    before = secret_value()

    assert run("secret", "other") == 1

    assert "no site other" in capsys.readouterr().err
    assert secret_value() == before


@pytest.mark.parametrize("value", ["nonsense", "[]"])
def test_a_secret_that_is_no_json_object_is_not_overwritten(folder: Path, value: str, capsys: Printed) -> None:
    boto3.client("secretsmanager").put_secret_value(SecretId="stamkund-test", SecretString=value)

    assert run("apply") == 2
    assert "not" in capsys.readouterr().err
    found = boto3.client("secretsmanager").get_secret_value(SecretId="stamkund-test")
    assert found["SecretString"] == value


def test_secrets_of_other_sites_stay(folder: Path) -> None:
    put_secret({**secret_value(), "site_secrets": {"other": ["smss_x"]}})

    run("apply")

    assert secret_value()["site_secrets"]["other"] == ["smss_x"]


@pytest.mark.parametrize(
    "arguments", [("secret",), ("plan", "nordlys"), ("plan", "--roll"), ("secret", "nordlys", "--roll", "--drop-old")]
)
def test_a_command_line_that_makes_no_sense_is_refused(arguments: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit):
        run(*arguments)
