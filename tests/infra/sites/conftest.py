"""The folder of site files of a test, and the deployment that they are for."""

from pathlib import Path

import pytest

from infra.sites import files
from tests.conftest import ACCOUNT, SITE, Cloud
from tests.infra.deployment import tell, write


@pytest.fixture
def folder(tmp_path: Path, cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the file of the site that stands in the table."""
    tell(monkeypatch, cloud, Site=SITE.id, MailIdentity="nordlys.example")
    monkeypatch.setattr(files, "FOLDER", tmp_path / "sites")
    write(tmp_path / "sites")
    return tmp_path / "sites"


@pytest.fixture
def facts() -> files.Facts:
    """What the deployment decides."""
    return files.Facts(ACCOUNT, False, "nordlys.example", "https://abc.example/api", SITE.id)
