"""The handler of webhooks keeps nothing of an event. `python -m tests.memory` measures a hundred thousand."""

import subprocess
import sys
from pathlib import Path

import pytest

linux = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="resident memory is read from Linux's /proc")


@linux
def test_memory_is_flat_over_a_thousand_events() -> None:
    done = measured()

    assert done.returncode == 0, done.stdout + done.stderr
    assert "1000 events" in done.stdout


@linux
def test_a_handler_that_keeps_its_events_is_caught() -> None:
    keeping = (
        "import sys, tests.memory as memory\n"
        "from chalicelib.actions import receive_event\n"
        "kept, parse = [], receive_event._parse\n"
        "receive_event._parse = lambda body: kept.append(body * 2) or parse(body)\n"
        "sys.argv = ['memory', '--events', '1000']\n"
        "sys.exit(memory.main())\n"
    )

    assert measured("-c", keeping).returncode == 1


def measured(*program: str) -> subprocess.CompletedProcess[str]:
    """The command, in a process of its own."""
    command = [sys.executable, *(program or ("-m", "tests.memory", "--events", "1000"))]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
