"""An AWS that says yes to everything, in a process of its own, so that only our side of a call is counted.

A Query is answered with due cases (see `reminders`), everything else with `{}`.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from chalicelib.store.keys import due_shards, notice_shards
from infra.bench import reminders

SHARDS = len(due_shards()) + len(notice_shards())


class Answerer(BaseHTTPRequestHandler):
    """Answers at once."""

    protocol_version = "HTTP/1.1"
    wbufsize = 65536  # one packet an answer: two would wait for each other

    def do_POST(self) -> None:
        """Read the request, answer it."""
        asked, answer = self.rfile.read(int(self.headers["Content-Length"])), b"{}"
        if self.headers.get("X-Amz-Target", "").endswith(".Query"):
            answer = json.dumps(reminders.page(json.loads(asked), SHARDS, reminders.DUE)).encode()
        self.send_response_only(200)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that http.server uses
        """Say nothing."""


def serve() -> None:
    """The server process: print the port, then answer until killed."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answerer)
    server.daemon_threads = True
    print(server.server_port, flush=True)
    server.serve_forever()


def settings(port: int) -> dict[str, str]:
    """The environment of a deployed function whose AWS is the server at `port`."""
    return {
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_DEFAULT_REGION": "eu-north-1",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "STAGE": "dev",
        "TABLE_NAME": "bench",
        "MAILS_QUEUE_URL": f"http://127.0.0.1:{port}/mails",
        "SECRET_ID": "bench",
        "STRIPE_ACCOUNT": "acct_1TwinNordlys",
        "LIVEMODE": "false",
    }


@contextmanager
def answering() -> Iterator[None]:
    """The server runs, and this process's environment names it."""
    server = subprocess.Popen([sys.executable, "-m", "infra.bench", "--serve"], stdout=subprocess.PIPE, text=True)
    try:
        os.environ.update(settings(int(next(server.stdout or iter(["0"])))))
        yield
    finally:
        server.terminate()
        server.wait()
