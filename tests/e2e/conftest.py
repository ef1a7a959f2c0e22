"""The whole stack on this machine, and Debian's Chromium to look at it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from infra.local.processes import Processes
from infra.local.stack import Stack
from infra.local.up import Options, start
from infra.package import ROOT
from tests.e2e import leaks


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Everything that `python -m infra.local up` starts. At the end, no secret may lie in a log or in the table."""
    processes = Processes(tmp_path_factory.mktemp("stack"))
    try:
        started = start(processes, Options())
        yield started
        processes.check()
        assert leaks.leaked(started) == []
    finally:
        processes.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium as the distribution packages it."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.fail("make e2e needs Chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        # As root, as in a container, Chromium's own sandbox cannot start.
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        opened = playwright.chromium.launch(executable_path=path, args=arguments)
        yield opened
        opened.close()


@contextmanager
def window(browser: Browser, **how: Any) -> Iterator[Page]:
    """A fresh browser window in which no page may fail to load something or log an error."""
    settings = {"viewport": {"width": 1024, "height": 768}, "locale": "en-GB", "color_scheme": "light"}
    context = browser.new_context(**settings | how)
    context.set_default_timeout(60_000)  # the first click of all waits for cold functions, on whatever machine
    page = context.new_page()
    complaints: list[str] = []
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    context.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    context.on("response", lambda answer: complaints.append(answer.url) if answer.status >= 400 else None)
    yield page
    context.close()
    assert complaints == []


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A window of an ordinary size."""
    with window(browser) as opened:
        yield opened


@pytest.fixture(scope="session")
def images() -> Path:
    """Where screenshots go: build/images, or docs/images where `make images` asks for new ones."""
    folder = ROOT / os.environ.get("IMAGES", "build/images")
    folder.mkdir(parents=True, exist_ok=True)
    return folder
