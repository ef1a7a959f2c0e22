"""The rules of the house, held on every module; and each rule caught breaking on a source that breaks it."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.house import MAY_IMPORT, breaches, modules, room_of

ROOT = Path(__file__).parents[1]
SOURCES = modules(ROOT)
TOP_LEVEL = {
    *("app.py", "chalicelib", "infra", "tests", "requirements.txt", ".chalice", "README.md"),
    *("Makefile", "pyproject.toml", "requirements-dev.txt", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md"),
    *("docs", ".ci", ".gitignore"),
}

IMPORT_EACH = """
import importlib, os, pkgutil, sys
import botocore.session
sys.path.insert(0, sys.argv[1])
def refuse(*_, **__):
    raise AssertionError("importing made a client")
botocore.session.Session.create_client = refuse
import chalicelib
names = [each.name for each in pkgutil.walk_packages(chalicelib.__path__, "chalicelib.")]
for name in [*names, *(["app"] if os.path.exists(sys.argv[1] + "/app.py") else [])]:
    for loaded in [each for each in sys.modules if each.split(".")[0] in ("chalicelib", "app")]:
        del sys.modules[loaded]
    importlib.import_module(name)
print(len(names))
"""


@pytest.mark.parametrize("module", SOURCES)
def test_every_module_keeps_to_its_room(module: str) -> None:
    assert breaches(module, SOURCES[module]) == []


def test_every_room_of_the_house_is_known() -> None:
    rooms = {name.split(".")[1] for name in SOURCES if "." in name}

    assert rooms == set(MAY_IMPORT) - {"app", "chalicelib"}


@pytest.mark.parametrize(
    "module, source",
    [
        ("chalicelib.core.window", "from chalicelib.errors import NotFound"),
        ("chalicelib.core.window", "import chalicelib.config"),
        ("chalicelib.core.window", "import yaml"),
        ("chalicelib.core.window", "def f():\n    from babel import Locale"),
        ("chalicelib.core.window", "from chalicelib import store"),
        ("chalicelib.store.keys", "from chalicelib.aws import queue"),
        ("chalicelib.store.keys", "from chalicelib.actions import links"),
        ("chalicelib.store.keys", "from chalicelib import wording"),
        ("chalicelib.store.keys", "from chalicelib import clock"),
        ("chalicelib.store.keys", "import boto3"),
        ("chalicelib.store.keys", "from botocore.session import get_session"),
        ("chalicelib.store.keys", "import botocore"),
        ("chalicelib.aws.mail", "from chalicelib.mails import render"),
        ("chalicelib.aws.mail", "import pynamodb.models"),
        ("chalicelib.mails.render", "from chalicelib.pages import render"),
        ("chalicelib.mails.render", "from chalicelib.store.keys import Key"),
        ("chalicelib.pages.render", "from chalicelib.mails import render"),
        ("chalicelib.pages.render", "from chalice.app import Response"),
        ("chalicelib.stripe_api.shapes", "from chalicelib.store import keys"),
        ("chalicelib.wording", "from chalicelib.mails import render"),
        ("chalicelib.log", "from chalicelib import config"),
        ("chalicelib.errors", "from chalicelib.core.model import Kind"),
        ("chalicelib.actions.links", "from chalicelib.entrypoints import web"),
        ("chalicelib.actions.links", "from chalicelib import clock"),
        ("chalicelib.actions.links", "import stripe"),
        ("chalicelib.actions.links", "from botocore.exceptions import ClientError"),
        ("chalicelib.actions.links", "def f():\n    import json"),
        ("chalicelib.actions.links", "async def f():\n    if 1:\n        from chalicelib.store import keys"),
        ("chalicelib.actions.links", "class A:\n    def f(self):\n        import json"),
        ("chalicelib.actions.links", "from . import catalogue"),
        ("chalicelib.actions.links", "import importlib\nimportlib.import_module('stripe')"),
        ("chalicelib.actions.links", "__import__('stripe')"),
        ("chalicelib.actions.links", "from infra.local import nordlys"),
        ("chalicelib.actions.links", "import tests.builders"),
        ("chalicelib.actions.links", "import os\nos.environ['X']"),
        ("chalicelib.actions.links", "from os import environ"),
        ("chalicelib.actions.links", "import os\nos.getenv('X')"),
        ("chalicelib.actions.links", "import time\ntime.time()"),
        ("chalicelib.actions.links", "import datetime\ndatetime.datetime.now()"),
        ("chalicelib.actions.links", "from time import time"),
        ("chalicelib.entrypoints.web", "import boto3"),
        ("chalicelib.entrypoints.web", "from pynamodb.models import Model"),
        ("chalicelib.entrypoints.web", "from app import app"),
        ("chalicelib", "from chalicelib.core import model"),
        ("app", "from chalicelib.actions import links"),
        ("app", "from chalicelib import clock"),
        ("app", "import infra.package"),
    ],
)
def test_a_breach_is_caught(module: str, source: str) -> None:
    assert len(breaches(module, source)) >= 1


@pytest.mark.parametrize(
    "module, source",
    [
        ("chalicelib.core.window", "import enum\nfrom chalicelib.core.model import Kind"),
        ("chalicelib.store.table", "from botocore.exceptions import ClientError\nimport pynamodb"),
        ("chalicelib.store.tables", "from botocore.config import Config"),
        ("chalicelib.actions.ask_stripe", "def f():\n    from chalicelib.stripe_api import gateway"),
        ("chalicelib.entrypoints.links", "def f():\n    from chalicelib.pages import render"),
        ("chalicelib.log", "def f():\n    from aws_lambda_powertools import Logger"),
        ("chalicelib.actions.links", "import time\ntime.monotonic()"),
        ("chalicelib.clock", "import time\ntime.time()"),
        ("app", "from chalice.app import Chalice\nfrom chalicelib.entrypoints import links"),
    ],
)
def test_what_the_rules_allow_passes(module: str, source: str) -> None:
    assert breaches(module, source) == []


def test_even_a_late_import_may_not_cross_rooms() -> None:
    source = "def f():\n    import stripe"

    assert breaches("chalicelib.actions.ask_stripe", source) == [
        "chalicelib.actions.ask_stripe: actions imports stripe, which only ['stripe_api'] may"
    ]


def test_a_room_is_the_first_name_below_the_package() -> None:
    assert room_of("chalicelib.store.keys") == "store"
    assert room_of("chalicelib.VERSION") == "chalicelib"
    assert room_of("stripe.error") == "stripe"


def imported(root: Path) -> subprocess.CompletedProcess[str]:
    """Import each module below `root` as the first one, in an interpreter with an empty environment."""
    command = [sys.executable, "-W", "error", "-B", "-c", IMPORT_EACH, str(root)]
    return subprocess.run(command, env={}, capture_output=True, text=True, timeout=60, check=False)


def test_importing_any_module_needs_no_environment_and_makes_no_client() -> None:
    done = imported(ROOT)

    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout) == len(SOURCES) - 2


@pytest.mark.parametrize(
    "source, complaint",
    [
        ("import boto3\nboto3.client('sqs', region_name='eu-north-1')", "importing made a client"),
        ("import os\nTABLE = os.environ['TABLE_NAME']", "KeyError: 'TABLE_NAME'"),
    ],
)
def test_a_module_that_does_either_is_caught(tmp_path: Path, source: str, complaint: str) -> None:
    (tmp_path / "chalicelib").mkdir()
    (tmp_path / "chalicelib" / "__init__.py").touch()
    (tmp_path / "chalicelib" / "eager.py").write_text(source, encoding="utf-8")

    done = imported(tmp_path)

    assert done.returncode == 1
    assert complaint in done.stderr


def strangers(root: Path) -> set[str]:
    """What stands at the top level without leave; what .gitignore names is nobody's business."""
    ignored = {line.rstrip("/") for line in (root / ".gitignore").read_text(encoding="utf-8").splitlines()}
    return {path.name for path in root.iterdir()} - TOP_LEVEL - ignored - {".git"}


def test_the_top_level_holds_only_what_has_a_place_there() -> None:
    assert strangers(ROOT) == set()


def test_a_stranger_at_the_top_level_is_caught(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("# tools\nbuild/\n", encoding="utf-8")
    for name in ("app.py", "utils.py", "build"):
        (tmp_path / name).touch()

    assert strangers(tmp_path) == {"utils.py"}
