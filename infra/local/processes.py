"""The servers of the laptop: started as processes of their own, in a group of their own, and all stopped at the end."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

READY_SECONDS = 30
STOP_SECONDS = 10
PR_SET_PDEATHSIG = 1


class StartError(Exception):
    """A server did not start; the message has the end of its log."""


@dataclass
class Processes:
    """Running servers, each with its log below `folder`."""

    folder: Path
    running: list[tuple[str, subprocess.Popen[bytes]]] = field(default_factory=list)

    def start(self, name: str, command: list[str], environment: dict[str, str], ready: str) -> None:
        """Start a server and wait until the address `ready` answers.

        A group of its own keeps Ctrl-C in a terminal from reaching it before we say so, and lets us stop whatever it
        started in turn. Raises StartError where it ends or stays silent for READY_SECONDS.
        """
        log = self.folder / f"{name}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=_end_with_us,  # noqa: PLW1509 - no other thread of ours runs yet
            )
        self.running.append((name, process))
        deadline = time.monotonic() + READY_SECONDS
        while not _answers(ready):
            if process.poll() is not None or time.monotonic() > deadline:
                raise StartError(f"{name} did not start:\n{_tail(log)}")
            time.sleep(0.05)

    def check(self) -> None:
        """Raises StartError where a server has ended on its own."""
        for name, process in self.running:
            if process.poll() is not None:
                raise StartError(f"{name} ended:\n{_tail(self.folder / f'{name}.log')}")

    def stop(self) -> None:
        """Stop every server, the last one first, with all that it started."""
        while self.running:
            _, process = self.running.pop()
            _signal_group(process, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(STOP_SECONDS)
            _signal_group(process, signal.SIGKILL)
            process.wait()


def _end_with_us() -> None:
    """On Linux, have a server told to stop where we are killed without a chance to do so ourselves."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return


def _answers(address: str) -> bool:
    try:
        with urlopen(address, timeout=2):
            return True
    except HTTPError:
        return True
    except (URLError, OSError):
        return False


def _tail(log: Path, lines: int = 20) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
