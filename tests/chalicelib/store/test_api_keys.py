"""API keys: shown once, stored by their hash, gone once revoked."""

import json

import pytest

from chalicelib.store import api_keys, keys
from chalicelib.store.api_keys import ApiKey
from tests.conftest import NOW, SITE, Cloud, everything


def test_a_key_is_found_by_its_secret(cloud: Cloud) -> None:
    secret = api_keys.create(SITE.id, ("portal", "read"), NOW, name="shop")

    found = api_keys.find(secret)

    assert found is not None
    assert found == ApiKey(SITE.id, ("portal", "read"), found.id, "shop", NOW)
    assert found.id.startswith("key_")


@pytest.mark.parametrize("livemode, prefix", [(False, "smk_test_"), (True, "smk_live_")])
def test_a_key_shows_its_mode_and_is_nobody_elses_kind_of_key(cloud: Cloud, livemode: bool, prefix: str) -> None:
    secret = api_keys.create(SITE.id, (), NOW, livemode)

    assert secret.startswith(prefix)
    assert len(secret.removeprefix(prefix)) >= 43
    assert api_keys.find(secret) is not None


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


def test_a_revoked_key_is_no_key_and_the_others_stay(cloud: Cloud) -> None:
    secret, other = (api_keys.create(SITE.id, ("read",), NOW + at) for at in (0, 1))
    found = api_keys.find(secret)
    assert found is not None

    assert api_keys.revoke(SITE.id, found.id, NOW + 9) == found

    assert api_keys.find(secret) is None
    assert api_keys.find(other) is not None
    assert [each.revoked_at for each in api_keys.of_site(SITE.id)] == [NOW + 9, None]


def test_a_key_is_revoked_by_its_own_site_and_once(cloud: Cloud) -> None:
    secret = api_keys.create(SITE.id, ("read",), NOW)
    ident = api_keys.of_site(SITE.id)[0].id

    assert api_keys.revoke("other", ident, NOW) is None
    assert api_keys.find(secret) is not None
    api_keys.revoke(SITE.id, ident, NOW + 1)
    api_keys.revoke(SITE.id, ident, NOW + 2)
    assert api_keys.of_site(SITE.id)[0].revoked_at == NOW + 1


def test_a_sites_keys_are_listed_oldest_first_without_the_keys(cloud: Cloud) -> None:
    secrets = [api_keys.create(SITE.id, ("read",), NOW - at, name=str(at)) for at in range(3)]
    api_keys.create("other", ("admin",), NOW)

    found = api_keys.of_site(SITE.id)

    assert [each.name for each in found] == ["2", "1", "0"]
    assert not any(secret.removeprefix("smk_test_") in repr(found) for secret in secrets)


def test_that_a_key_is_used_is_written_down_once_an_hour(cloud: Cloud) -> None:
    secret = api_keys.create(SITE.id, ("read",), NOW)
    times = []
    for now in (NOW, NOW + 3599, NOW + 3600, NOW + 3601):
        api_keys.record_use(secret, now)
        found = api_keys.find(secret)
        assert found is not None
        times.append(found.last_used_at)

    assert times == [NOW, NOW, NOW + 3600, NOW + 3600]


def test_a_key_that_was_never_made_is_not_made_by_its_use(cloud: Cloud) -> None:
    before = everything(cloud)

    api_keys.record_use("smk_test_nobody", NOW)

    assert everything(cloud) == before


def test_looking_for_a_key_is_one_read(cloud: Cloud) -> None:
    secret = api_keys.create(SITE.id, ("read",), NOW)
    cloud.dynamodb_requests.clear()

    api_keys.find(secret)

    assert cloud.dynamodb_requests == ["GetItem"]
