"""Servers start when they answer, and nothing of them is left at the end."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from infra.local.aws import free_port
from infra.local.processes import Processes, StartError
from infra.package import ROOT

SERVER = """
import http.server, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
open(sys.argv[2], "w").write(str(child.pid))
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), http.server.SimpleHTTPRequestHandler).serve_forever()
"""


def alive(number: int) -> bool:
    """Whether a process still runs; one that only waits to be reaped does not."""
    try:
        return Path(f"/proc/{number}/stat").read_text().split(")")[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_server_is_stopped_with_all_that_it_started(tmp_path: Path) -> None:
    """Its children share its group."""
    processes, port, note = Processes(tmp_path), free_port(), tmp_path / "child"
    command = [sys.executable, "-c", SERVER, str(port), str(note)]
    processes.start("server", command, {}, f"http://127.0.0.1:{port}/nothing-here")
    server, child = processes.running[0][1].pid, int(note.read_text())
    assert alive(server)
    assert alive(child)

    processes.stop()

    deadline = time.monotonic() + 5
    while alive(child) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not alive(server)
    assert not alive(child)
    assert processes.running == []


KILLED = """
import os, sys
from pathlib import Path
from infra.local.processes import Processes
processes = Processes(Path(sys.argv[1]))
port = sys.argv[2]
processes.start("server", [sys.executable, "-m", "http.server", port], {}, f"http://127.0.0.1:{port}")
print(processes.running[0][1].pid, flush=True)
os.kill(os.getpid(), 9)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent is gone")
def test_a_server_ends_where_its_starter_is_killed(tmp_path: Path) -> None:
    """Nobody is left to stop it then."""
    command = [sys.executable, "-c", KILLED, str(tmp_path), str(free_port())]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    server = int(result.stdout)

    deadline = time.monotonic() + 5
    while alive(server) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert result.returncode == -9
    assert not alive(server)


def test_a_server_that_ends_at_once_is_an_error_with_its_last_words(tmp_path: Path) -> None:
    """Rather than a wait of half a minute."""
    processes = Processes(tmp_path)

    with pytest.raises(StartError, match="broken did not start:\nno such thing"):
        processes.start("broken", [sys.executable, "-c", "raise SystemExit('no such thing')"], {}, "http://127.0.0.1:1")
    processes.stop()


def test_a_server_that_ends_later_is_noticed(tmp_path: Path) -> None:
    """So that the program does not sit on a stack that is gone."""
    processes, port = Processes(tmp_path), free_port()
    command = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1", "--directory", str(tmp_path)]
    processes.start("server", command, {}, f"http://127.0.0.1:{port}")
    processes.check()
    os.kill(processes.running[0][1].pid, 9)
    processes.running[0][1].wait()

    with pytest.raises(StartError, match="server ended"):
        processes.check()
    processes.stop()
