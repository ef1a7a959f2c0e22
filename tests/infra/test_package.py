"""The archives hold what runs, all of it and nothing else."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from infra import slim
from infra.package import ROOT, PackageError, package
from tests.infra.conftest import Packaged

HANDLERS = [
    f"chalicelib.entrypoints.{name}.{name}"
    for name in json.loads((ROOT / ".chalice" / "config.json").read_text())["lambda_functions"]
    if name != "api_handler"
]


def run(runnable: Path, code: str) -> str:
    """Run code as Lambda would: the layer and the code on the path, nothing installed, nothing in the environment."""
    path = [str(runnable / "opt" / "python"), str(runnable / "task")]
    program = f"import sys; sys.path[:0] = {path!r}\n{code}"
    result = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-W", "error::ImportWarning", "-c", program],
        env={},
        cwd=runnable / "task",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.mark.parametrize("handler", HANDLERS)
def test_an_event_handler_imports_without_the_app(runnable: Path, handler: str) -> None:
    """Lambda imports the module of the handler string; app.py, its middleware and its log settings are not there."""
    module, _, function = handler.rpartition(".")

    printed = run(runnable, f"import {module} as m; assert callable(m.{function}); print('app' in sys.modules)")
    assert printed == "False\n"


def test_the_api_handler_imports_with_nothing_in_the_environment(runnable: Path) -> None:
    """And it is Chalice's app, with the routes of every blueprint."""
    printed = run(runnable, "import app; print(*sorted(app.app.routes))")

    assert "/webhooks/stripe/" in printed
    assert "/v1/portal-sessions" in printed


def test_the_code_is_the_app_chalicelib_and_chalice(packaged: Packaged) -> None:
    """No tests, no infra, no caches, nothing that an editor left."""
    names = packaged.names("deployment.zip")

    assert {name.split("/")[0] for name in names} == {"app.py", "chalice", "chalicelib"}
    assert {name for name in names if name.startswith("chalice/")} == {"chalice/__init__.py", "chalice/app.py"}
    assert [name for name in names if "__pycache__" in name or "/." in name] == []


def test_the_code_has_every_file_of_chalicelib(packaged: Packaged) -> None:
    """Templates and other data files too."""
    files = subprocess.run(["git", "ls-files", "chalicelib"], cwd=ROOT, capture_output=True, text=True, check=True)
    wanted = {name for name in files.stdout.split() if (ROOT / name).exists()}

    assert wanted <= set(packaged.names("deployment.zip"))


def test_the_layer_has_exactly_the_runtime_requirements(packaged: Packaged) -> None:
    """With their versions; no tool of ours gets in."""
    locked = re.findall(r"^([a-z0-9-]+)==([^\s;]+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE)

    assert slim.packages(packaged.folder / "layer-deployment.zip") == set(locked)


def test_native_code_in_the_layer_is_for_lambdas_processor(packaged: Packaged) -> None:
    """A wheel for this machine would fail at the first import."""
    native = [name for name in packaged.names("layer-deployment.zip") if name.endswith(".so")]

    assert native
    assert all(name.endswith("-aarch64-linux-gnu.so") for name in native), native


def test_every_requirement_is_locked_with_its_hash() -> None:
    """In all three lists."""
    lists = [ROOT / "requirements.txt", ROOT / "requirements-dev.txt", *(ROOT / "infra").rglob("requirements-*.txt")]

    assert len(lists) == 3
    for path in lists:
        entries = re.split(r"\n(?=[a-z0-9])", path.read_text())[1:]
        assert entries
        assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []
        assert [entry.split()[0] for entry in entries if "==" not in entry.split()[0]] == []


def test_an_unknown_stage_is_refused(tmp_path: Path) -> None:
    """With a word on where stages are named."""
    with pytest.raises(PackageError, match=r"The stage nowhere is not in \.chalice/config\.json"):
        package("nowhere", tmp_path / "package")
