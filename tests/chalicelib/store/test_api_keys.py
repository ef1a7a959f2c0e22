"""API keys: shown once, stored by their hash, gone once revoked."""

import json

import pytest

from chalicelib.store import api_keys, keys
from chalicelib.store.api_keys import ApiKey
from chalicelib.store.tables import KeyRow
from tests.conftest import NOW, SITE, Cloud, everything


def test_a_key_is_found_by_its_secret(cloud: Cloud) -> None:
    secret = api_keys.create(SITE.id, ("portal", "read"), NOW)

    assert api_keys.find(secret) == ApiKey(SITE.id, ("portal", "read"))


@pytest.mark.parametrize("livemode, prefix", [(False, "smk_test_"), (True, "smk_live_")])
def test_a_key_shows_its_mode_and_is_nobody_elses_kind_of_key(cloud: Cloud, livemode: bool, prefix: str) -> None:
    secret = api_keys.create(SITE.id, (), NOW, livemode)

    assert secret.startswith(prefix)
    assert len(secret.removeprefix(prefix)) >= 43
    assert api_keys.find(secret) == ApiKey(SITE.id, ())


def test_no_two_keys_are_alike(cloud: Cloud) -> None:
    assert api_keys.create(SITE.id, (), NOW) != api_keys.create(SITE.id, (), NOW)


def test_the_table_holds_nothing_that_opens_anything(cloud: Cloud) -> None:
    secret = api_keys.create(SITE.id, ("admin",), NOW)

    dump = json.dumps(everything(cloud))

    assert secret not in dump
    assert secret.removeprefix("smk_test_") not in dump
    assert keys.digest(secret) in dump


@pytest.mark.parametrize("change", [str.upper, lambda secret: secret[:-1], lambda secret: secret + "x", lambda _: ""])
def test_nothing_but_the_exact_secret_is_a_key(cloud: Cloud, change: object) -> None:
    secret = api_keys.create(SITE.id, ("read",), NOW)

    assert callable(change)
    assert api_keys.find(change(secret)) is None


def test_a_revoked_key_is_no_key(cloud: Cloud) -> None:
    secret = api_keys.create(SITE.id, ("read",), NOW)
    row = KeyRow.get(*keys.api_key(secret))
    row.update([KeyRow.revoked_at.set(NOW)])

    assert api_keys.find(secret) is None


def test_looking_for_a_key_is_one_read(cloud: Cloud) -> None:
    secret = api_keys.create(SITE.id, ("read",), NOW)
    cloud.dynamodb_requests.clear()

    api_keys.find(secret)

    assert cloud.dynamodb_requests == ["GetItem"]
