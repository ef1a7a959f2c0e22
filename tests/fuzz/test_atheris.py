"""A few seconds of atheris with every test run; `make fuzz SECONDS=3600` for longer."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

needs_atheris = pytest.mark.skipif(find_spec("atheris") is None, reason="atheris has wheels for Linux on x86-64 only")


def fuzz(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own: libFuzzer ends it."""
    command = [sys.executable, "-m", "tests.fuzz", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


@needs_atheris
def test_five_seconds_find_nothing(tmp_path: Path) -> None:
    done = fuzz("--seconds", "5", "--folder", str(tmp_path))

    assert done.returncode == 0, done.stderr[-3000:]
    runs = next(line for line in done.stderr.splitlines() if line.startswith("stat::number_of_executed_units"))
    assert int(runs.split()[-1]) > 1000
    assert [path.name for path in tmp_path.iterdir()] == ["corpus"]


@needs_atheris
def test_what_breaks_the_reader_is_found(tmp_path: Path) -> None:
    """The target can fail: a reader that takes the second of two times for the signed one differs from Stripe's."""
    program = (
        "import re, sys\n"
        "from tests.fuzz import __main__, target\n"
        "target.signature._parse = lambda header: (target.NOW, re.findall(rb'v1 *=([0-9a-f]{64})', header.encode()))\n"
        f"sys.exit(__main__.main(['--seconds', '60', '--folder', {str(tmp_path)!r}]))\n"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False)

    assert done.returncode != 0
    assert any(path.name.startswith("crash-") for path in tmp_path.iterdir())


def test_without_atheris_the_command_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from tests.fuzz import __main__  # noqa: PLC0415 - importing it must not need atheris

    monkeypatch.setattr(__main__, "find_spec", lambda _name: None)

    assert __main__.main(["--seconds", "1"]) == 0
    assert "Linux on x86-64" in capsys.readouterr().out
