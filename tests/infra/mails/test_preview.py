import sys
from pathlib import Path

import pytest

from infra.mails import __main__ as command
from infra.mails import samples
from tests.chalicelib.markup import Markup


def test_every_mail_can_be_looked_at_in_every_language(tmp_path: Path) -> None:
    index = command.preview(tmp_path / "new")
    page = Markup(index.read_text("utf-8"))
    links = [anchor["href"] for anchor in page.all("a")]
    for language in samples.LANGUAGES:
        for name in samples.every():
            assert {f"{name}-{language}.html", f"{name}-{language}.txt"} <= set(links)
    for link in links:
        content = (index.parent / link).read_text("utf-8")
        assert content.startswith("Subject: ") if link.endswith(".txt") else Markup(content).all("h1")


def test_a_marketing_mail_shows_its_headers_too(tmp_path: Path) -> None:
    command.preview(tmp_path)
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click\n" in (tmp_path / "win_back.first-en.txt").read_text(
        "utf-8"
    )


def test_the_command_says_where_to_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["infra.mails", "preview", str(tmp_path)])
    assert command.main() == 0
    assert str(tmp_path / "index.html") in capsys.readouterr().out


def test_every_mail_has_a_picture_in_the_docs() -> None:
    assert {key.split(".")[0] for key in command.SHOTS.values()} == {name.split(".")[0] for name in samples.every()}
    folder = Path(__file__).parents[3] / "docs" / "images" / "mails"
    names = {path.name for path in folder.glob("*.png")}
    assert names == {
        f"{name}-{scheme}-{device}.png"
        for name in command.pictured()
        for scheme in ("light", "dark")
        for device in ("phone", "desktop")
    }
