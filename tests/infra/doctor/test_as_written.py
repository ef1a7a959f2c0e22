"""What the files say, held against what stands: each where it is so and where it is not."""

from dataclasses import replace

import pytest

from chalicelib.store import api_keys, sites
from infra.deployment import Deployment as Ours
from infra.doctor import as_written
from infra.doctor.report import Line
from infra.sites import files
from infra.sites.files import SiteFile
from infra.stripe import account
from tests.conftest import NOW, SITE
from tests.infra.deployment import write
from tests.infra.doctor.conftest import Deployment, told


@pytest.fixture
def named(deployment: Deployment) -> SiteFile:
    """The one site file."""
    read: list[SiteFile] = []
    assert list(as_written.files_of(ours(deployment), read)) == []
    return read[0]


def ours(deployment: Deployment) -> Ours:
    return Ours("dev", deployment.stacks)


def test_files_that_are_wrong_are_told_with_their_number(deployment: Deployment) -> None:
    write(files.FOLDER, country="se", name="")
    read: list[SiteFile] = []

    (line,) = as_written.files_of(ours(deployment), read)

    assert str(line).startswith("warn   site files: shop.yaml: name: must be")
    assert "names all 2" in str(line)
    assert read == []


def test_a_site_as_its_file_says_and_otherwise(named: SiteFile) -> None:
    assert [line.level for line in as_written.site(named)] == ["ok"]

    sites.put(replace(SITE, country="NO", reminders="off"))
    assert "is not as its file says: country, reminders" in told(list(as_written.site(named)), "warn")
    other = replace(named, site=replace(SITE, id="other"))
    assert "site other: its file is not stored" in told(list(as_written.site(other)), "wrong")


def test_keys_that_count(deployment: Deployment) -> None:
    assert "none is active -> python -m infra.keys create" in told(list(as_written.keys(SITE.id)), "warn")

    secret = api_keys.create(SITE.id, ("read",), NOW)
    (line,) = as_written.keys(SITE.id)
    ident = api_keys.of_site(SITE.id)[0].id
    assert line.what == f"keys of nordlys: 1 active, never used: {ident}"
    api_keys.record_use(secret, NOW)
    (line,) = as_written.keys(SITE.id)
    assert line.what == "keys of nordlys: 1 active"
    api_keys.revoke(SITE.id, ident, NOW)
    assert [line.level for line in as_written.keys(SITE.id)] == ["warn"]


def test_portals_that_are_not_made_as_written_and_changed(deployment: Deployment, named: SiteFile) -> None:
    def look() -> list[Line]:
        return list(as_written.portals([named], "dev", deployment.client))

    assert "portal full of nordlys: is not made yet -> python -m infra.stripe apply" in told(look(), "warn")

    account.tell(account.read(ours(deployment)), apply=True, now=NOW, say=lambda _words: None)
    assert [line.level for line in look()] == ["ok", "ok"]

    ident = sites.find(SITE.id).portal_configuration
    deployment.stripe("post", f"billing_portal/configurations/{ident}", business_profile={"headline": "Sale"})
    assert "portal full of nordlys: is not as its file says: business_profile.headline" in told(look(), "warn")


def test_a_portal_file_that_is_missing_is_told(deployment: Deployment, named: SiteFile) -> None:
    (line,) = as_written.portals([replace(named, full="none")], "dev", deployment.client)

    assert "infra/stripe/portal/none.yaml: is not there" in line.what
