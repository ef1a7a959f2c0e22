"""What a cold REST Lambda does not import, and what a webhook does not either: each in a fresh interpreter."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path

import pytest

from infra.bench.server import Answerer, settings

ROOT = Path(__file__).parents[3]
HEAVY = {
    *("stripe", "boto3", "s3transfer", "aws_lambda_powertools", "jinja2", "babel", "yaml", "tomllib", "zoneinfo"),
    *("chalicelib.pages.render", "chalicelib.mails.render", "chalicelib.wording", "chalicelib.campaigns"),
    "chalicelib.core.zones",
    *("chalicelib.actions.reconcile", "chalicelib.actions.send_reminder", "chalicelib.actions.links"),
    *("chalicelib.actions.show_customer", "chalicelib.actions.open_portal", "chalicelib.stripe_api.gateway"),
}
DELIVERY = """
import time
from infra.bench.webhook import body_maker, ours, signed
body, now = body_maker()(1), int(time.time())
ours()(body, signed(body, now), now)
"""


@pytest.fixture
def environment() -> Iterator[dict[str, str]]:
    """Of a function whose DynamoDB says yes to everything."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answerer)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield {"PATH": os.environ["PATH"], **settings(server.server_port)}
    server.shutdown()
    server.server_close()
    thread.join()


def loaded(code: str, environment: dict[str, str]) -> set[str]:
    """The modules that are there after `code` has run in an interpreter of its own."""
    program = f"import sys\n{code}\nprint(*sys.modules)"
    command = [sys.executable, "-W", "error", "-B", "-c", program]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return set(done.stdout.splitlines()[-1].split())


def test_a_cold_rest_lambda_imports_only_what_a_webhook_needs() -> None:
    modules = loaded("import app", {"PATH": os.environ["PATH"]})

    assert {"chalice.app", "pynamodb.models", "chalicelib.actions.receive_event"} <= modules
    assert modules & HEAVY == set()


def test_nor_does_the_first_webhook(environment: dict[str, str]) -> None:
    """From the import of the handler to the answer that the event was news."""
    assert loaded(DELIVERY, environment) & HEAVY == set()


def test_what_is_called_heavy_is_there_to_be_imported() -> None:
    assert [name for name in HEAVY if find_spec(name) is None] == []
