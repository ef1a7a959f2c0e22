"""Handlers that run in turns: each is a greenlet that gives way at every call that leaves the process."""

from collections.abc import Callable
from typing import Any

from greenlet import getcurrent, greenlet  # type: ignore[import-untyped]


class Crash(BaseException):
    """The Lambda died here. Not an Exception: nothing that handles errors sees it."""


class Task:
    """One handler under way. `haste` is its weight among all that may happen next; `answer` is what it returned."""

    def __init__(self, name: str, work: Callable[[], Any], after: Callable[["Task"], None]) -> None:
        self.name, self.after = name, after
        self.haste = 1.0
        self.crashed = False
        self.answer: Any = None
        self._work = work
        self._turns: Any = greenlet(self._run)

    def _run(self) -> None:
        try:
            self.answer = self._work()
        except Crash:
            self.crashed = True

    def abandon(self) -> None:
        """Die at the call under way: nothing of what comes after it happens."""
        if self._turns:
            self._turns.throw(Crash)

    def go_on(self) -> bool:
        """Run up to the next call that leaves the process; whether the task is at its end."""
        self._turns.switch()
        return bool(self._turns.dead)


def give_way() -> None:
    """Let others go first; nothing happens outside a task."""
    hub = getcurrent().parent
    if hub is not None:
        hub.switch()
