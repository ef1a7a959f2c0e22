from pathlib import Path

from chalicelib.core.model import Track
from infra import mails_preview
from tests.chalicelib.markup import Markup


def test_every_mail_and_page_can_be_looked_at(tmp_path: Path) -> None:
    files = mails_preview.write(tmp_path / "new")
    names = {file.name for file in files}
    for language in ("en", "sv"):
        for track in Track:
            for step in mails_preview.STEPS:
                assert f"mail-{language}-{track}-{step}.html" in names
                assert (
                    (tmp_path / "new" / f"mail-{language}-{track}-{step}.txt")
                    .read_text("utf-8")
                    .startswith("Subject: ")
                )
    for file in files:
        assert Markup(file.read_text("utf-8")).all("h1")
    links = {anchor["href"] for anchor in Markup((tmp_path / "new" / "index.html").read_text("utf-8")).all("a")}
    assert names <= links
