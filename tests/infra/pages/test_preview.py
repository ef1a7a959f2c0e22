import sys
from pathlib import Path

import pytest

from infra.pages import __main__ as command
from infra.pages import samples
from tests.chalicelib.markup import Markup


def test_every_page_can_be_looked_at_in_every_language(tmp_path: Path) -> None:
    index = command.preview(tmp_path / "new")
    page = Markup(index.read_text("utf-8"))
    links = [anchor["href"] for anchor in page.all("a")]
    assert {f"{name}-{language}.html" for name in samples.every("en") for language in samples.LANGUAGES} <= set(links)
    for link in links:
        assert Markup((index.parent / link).read_text("utf-8")).all("h1")


def test_the_command_says_where_to_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["infra.pages", "preview", str(tmp_path)])
    assert command.main() == 0
    assert str(tmp_path / "index.html") in capsys.readouterr().out


def test_every_page_has_a_picture_in_the_docs() -> None:
    folder = Path(__file__).parents[3] / "docs" / "images" / "pages"
    names = {path.name for path in folder.glob("*.png")}
    assert names == {
        f"{name}-{scheme}-{device}.png"
        for name in command.pictured()
        for scheme in ("light", "dark")
        for device in ("phone", "desktop")
    }
