"""`python -m infra.keys`: a key is shown once, two are active at most, and nothing lists a key."""

import json

import pytest

from chalicelib import clock
from chalicelib.store import api_keys
from infra import keys
from infra.stacks import NoStack, Stacks
from tests.conftest import NOW, SITE, Cloud, everything
from tests.infra.deployment import tell

WHERE = ("--site", SITE.id, "--stage", "dev")
Printed = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def stage(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """A deployment at a fixed second."""
    tell(monkeypatch, cloud, Site=SITE.id)
    monkeypatch.setattr(clock, "now", lambda: NOW)


def made(capsys: Printed, *options: str) -> str:
    """A new key."""
    assert keys.main(["create", *WHERE, *options]) == 0
    return capsys.readouterr().out.strip()


def test_a_new_key_is_the_whole_of_standard_output_and_works(capsys: Printed) -> None:
    secret = made(capsys, "--name", "shop back end")

    found = api_keys.find(secret)
    assert found is not None
    assert (found.site, found.scopes, found.name) == (SITE.id, ("portal", "read"), "shop back end")
    assert secret.startswith("smk_test_")


def test_the_table_holds_the_hash_alone(capsys: Printed, cloud: Cloud) -> None:
    secret = made(capsys)

    assert secret.removeprefix("smk_test_") not in json.dumps(everything(cloud))


def test_scopes_are_chosen(capsys: Printed) -> None:
    found = api_keys.find(made(capsys, "--scope", "metrics", "--scope", "read"))

    assert found is not None
    assert found.scopes == ("read", "metrics")


def test_a_third_active_key_is_refused_until_one_is_revoked(capsys: Printed) -> None:
    first, second = made(capsys), made(capsys)

    assert keys.main(["create", *WHERE]) == 1
    told = capsys.readouterr()
    ids = [each.id for each in api_keys.of_site(SITE.id)]
    assert told.out == ""
    assert all(ident in told.err for ident in ids)
    assert "revoke the one that is no longer used" in told.err

    gone = api_keys.find(first)
    assert gone is not None
    assert keys.main(["revoke", gone.id, *WHERE]) == 0
    capsys.readouterr()
    third = made(capsys)
    assert (api_keys.find(first), api_keys.find(second) is None, api_keys.find(third) is None) == (None, False, False)


def test_the_list_has_everything_but_the_key(capsys: Printed) -> None:
    used, fresh = made(capsys, "--name", "old"), made(capsys, "--scope", "admin")
    api_keys.record_use(used, NOW + 60)
    ident = next(each.id for each in api_keys.of_site(SITE.id) if each.name == "old")
    keys.main(["revoke", ident, *WHERE])
    capsys.readouterr()

    assert keys.main(["list", *WHERE]) == 0

    printed = capsys.readouterr().out
    line = next(each for each in printed.splitlines() if each.startswith(ident))
    assert line.split() == [
        *(ident, "portal,read", "2026-11-02", "12:00", "2026-11-02", "12:01", "2026-11-02", "12:00", "old")
    ]
    other = next(each for each in printed.splitlines() if "admin" in each)
    assert other.split()[-2:] == ["-", "-"]
    assert not any(secret.removeprefix("smk_test_") in printed for secret in (used, fresh))


def test_revoking_twice_says_so_and_another_sites_key_is_not_found(capsys: Printed) -> None:
    made(capsys)
    ident = api_keys.of_site(SITE.id)[0].id
    assert keys.main(["revoke", ident, *WHERE]) == 0
    assert "no key any more" in capsys.readouterr().out

    assert keys.main(["revoke", ident, *WHERE]) == 0
    assert "was revoked already" in capsys.readouterr().out
    assert keys.main(["revoke", "key_unknown", *WHERE]) == 1
    assert "has no key key_unknown" in capsys.readouterr().err


def test_a_site_that_is_not_stored_gets_no_key(capsys: Printed) -> None:
    assert keys.main(["create", "--site", "other", "--stage", "dev"]) == 1
    assert "python -m infra.sites apply --stage dev" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["create"],
        ["create", "key_x", *WHERE],
        ["create", "--scope", "write", *WHERE],
        ["create", "--name", "a\nb", *WHERE],
        ["create", "--name", "", *WHERE],
        ["revoke", *WHERE],
        ["list", "--scope", "read", *WHERE],
    ],
)
def test_a_command_line_that_makes_no_sense_is_refused(arguments: list[str]) -> None:
    with pytest.raises(SystemExit):
        keys.main(arguments)


def test_a_deployment_that_is_not_there_ends_with_2(capsys: Printed, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(_self: Stacks, _call: str, name: str) -> None:
        raise NoStack(f"The stack {name} cannot be looked at.")

    monkeypatch.setattr(Stacks, "_look", gone)

    assert keys.main(["list", *WHERE]) == 2
    assert "stamkund-dev" in capsys.readouterr().err
