"""Who is calling, and what finding out costs."""

import pytest

from chalicelib.actions.authenticate import authenticate
from chalicelib.errors import Forbidden, StoreUnavailable, Unauthorized
from chalicelib.store import api_keys, sites
from tests.conftest import NOW, SITE, Cloud


def requests(cloud: Cloud, header: str, now: int) -> list[str]:
    """What DynamoDB is asked for one call, the site being known."""
    sites.find(SITE.id)
    cloud.dynamodb_requests.clear()
    assert authenticate(header, "read", now=now) == SITE
    return list(cloud.dynamodb_requests)


def test_a_keys_use_is_written_once_an_hour_and_every_other_call_is_one_read(cloud: Cloud) -> None:
    header = f"Bearer {api_keys.create(SITE.id, ('read',), NOW)}"

    assert requests(cloud, header, NOW) == ["GetItem", "UpdateItem"]
    assert requests(cloud, header, NOW + 3599) == ["GetItem"]
    assert requests(cloud, header, NOW + 3600) == ["GetItem", "UpdateItem"]


def test_a_table_that_does_not_take_the_use_does_not_refuse_the_caller(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    header = f"Bearer {api_keys.create(SITE.id, ('read',), NOW)}"
    monkeypatch.setattr(api_keys, "update", refuse)

    assert authenticate(header, "read", now=NOW) == SITE


def refuse(*_: object) -> None:
    """A table that takes nothing."""
    raise StoreUnavailable("throttled")


def test_a_key_may_do_what_its_scopes_name_and_admin_everything(cloud: Cloud) -> None:
    reader, admin = (f"Bearer {api_keys.create(SITE.id, (scope,), NOW)}" for scope in ("read", "admin"))

    assert authenticate(reader, "read", now=NOW) == SITE
    assert authenticate(admin, "metrics", now=NOW) == SITE
    with pytest.raises(Forbidden, match="portal"):
        authenticate(reader, "portal", now=NOW)


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic abc", "Bearer smk_test_åäö", "smk_test_x"])
def test_nothing_but_a_key_is_a_key(cloud: Cloud, header: str | None) -> None:
    with pytest.raises(Unauthorized):
        authenticate(header, "read", now=NOW)
