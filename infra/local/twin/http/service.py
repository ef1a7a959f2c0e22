"""The running twin: the core behind one lock, its clock's ticker, and the worker that delivers webhooks."""

import threading
import time
from pathlib import Path
from typing import Any

from infra.local.twin.core import saving
from infra.local.twin.core.twin import Answer, Twin
from infra.local.twin.core.values import Obj
from infra.local.twin.http.courier import Courier
from infra.local.twin.http.faults import Faults

TICK = 0.5
"""Seconds between two looks at what has become due by real time passing."""


class Service:
    """Everything that touches the core goes through here, one thing at a time."""

    def __init__(self, twin: Twin, clock_file: Path | None = None, state_file: Path | None = None) -> None:
        self.twin, self.clock_file, self.state_file = twin, clock_file, state_file
        self.lock = threading.RLock()
        self.mail = threading.Condition(self.lock)
        self.busy = 0
        self.stopped = threading.Event()
        self.courier = Courier()
        self.faults = Faults(twin.world.seed)
        self.threads: list[threading.Thread] = []
        twin.on_move = self._write_offset
        self._write_offset(twin.world.offset)

    def start(self) -> None:
        """Starts the ticker and the delivery worker."""
        for work in (self._tick, self._deliver):
            thread = threading.Thread(target=work, daemon=True, name=work.__name__)
            thread.start()
            self.threads.append(thread)

    def stop(self) -> None:
        """Lets both end."""
        self.stopped.set()
        with self.mail:
            self.mail.notify_all()
        for thread in self.threads:
            thread.join(5)

    def save(self) -> None:
        """Writes the state file, if there is to be one."""
        if self.state_file is not None:
            fresh = self.state_file.with_name(self.state_file.name + ".new")
            with self.lock:
                fresh.write_bytes(saving.dump(self.twin.world))
            fresh.replace(self.state_file)

    def request(self, method: str, path: str, given: "str | Obj | None", headers: Any) -> Answer:
        """One API request."""
        with self.mail:
            answer = self.twin.request(method, path, given, headers)
            self.mail.notify_all()
            return answer

    def advance(self, to: int) -> None:
        """Moves the clock, tells the app first, then runs what is due; other requests get their turn in between."""
        with self.lock:
            self.twin.move(to)
        done = False
        while not done:
            with self.mail:
                done = self.twin.run_due()
                self.mail.notify_all()

    def flush(self, timeout: float = 60.0) -> int:
        """Waits until the outbox is empty and nothing is under way; returns how many deliveries are still waiting then."""
        end = time.monotonic() + timeout
        with self.mail:
            while self._pending() and not self.stopped.is_set():
                left = end - time.monotonic()
                if left <= 0:
                    break
                self.mail.wait(min(left, 1.0))
            return self._pending()

    def _pending(self) -> int:
        return len(self.twin.world.outbox) + self.busy

    def _write_offset(self, offset: int) -> None:
        if self.clock_file is not None:
            fresh = self.clock_file.with_name(self.clock_file.name + ".new")
            fresh.write_text(f"{offset}\n")
            fresh.replace(self.clock_file)

    def _tick(self) -> None:
        while not self.stopped.wait(TICK):
            with self.mail:
                self.twin.run_due()
                self.mail.notify_all()

    def _deliver(self) -> None:
        while not self.stopped.is_set():
            with self.mail:
                parcel = self.twin.take()
                if parcel is None:
                    self.mail.wait(1.0)
                    continue
                self.busy += 1
            self._send(*parcel)
        self.courier.close()

    def _send(self, delivery: Obj, parcel: tuple[str, bytes, dict[str, str]]) -> None:
        status: int | None = None
        try:
            status = self.courier.send(*parcel)
        finally:
            with self.mail:
                self.busy -= 1
                self.twin.settle(delivery, status)
                self.mail.notify_all()
