"""The one clock: real everywhere, movable on the laptop alone."""

import time
from pathlib import Path

import pytest

from chalicelib import clock
from tests.conftest import NOW


@pytest.fixture(autouse=True)
def wall(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's clock stands a little after NOW."""
    monkeypatch.setattr(time, "time", lambda: NOW + 0.9)


@pytest.fixture
def offset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The laptop's file, an hour ahead."""
    path = tmp_path / "offset"
    path.write_text("3600\n", encoding="ascii")
    monkeypatch.setenv("CLOCK_FILE", str(path))
    return path


def test_the_time_is_whole_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    assert clock.now() == NOW
    assert type(clock.now()) is int


def test_on_the_laptop_the_clock_follows_its_file(offset: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAGE", "local")

    assert clock.now() == NOW + 3600
    offset.write_text("-60", encoding="ascii")
    assert clock.now() == NOW - 60


def test_without_its_file_the_laptops_clock_is_real(offset: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAGE", "local")
    offset.unlink()

    assert clock.now() == NOW


@pytest.mark.parametrize("stage", ["dev", "prod", "test"])
def test_on_no_other_stage_can_the_clock_be_moved(offset: Path, monkeypatch: pytest.MonkeyPatch, stage: str) -> None:
    monkeypatch.setenv("STAGE", stage)

    assert clock.now() == NOW


@pytest.mark.parametrize("live", ["true", " true "])
def test_with_live_data_the_clock_cannot_be_moved(offset: Path, monkeypatch: pytest.MonkeyPatch, live: str) -> None:
    monkeypatch.setenv("STAGE", "local")
    monkeypatch.setenv("LIVEMODE", live)

    assert clock.now() == NOW
