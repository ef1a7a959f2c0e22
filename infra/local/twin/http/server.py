"""The HTTP server: Stripe's API under /v1, the control API under /_twin, and everything else the pages a person sees."""

import base64
import binascii
import json
import socket
import struct
import time
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from infra.local.twin.http import control, faults
from infra.local.twin.http.service import Service

LARGEST = 1 << 20
"""Bytes of a request body that are read."""


class Server(ThreadingHTTPServer):
    """One thread for each connection; `service` is shared."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], service: Service) -> None:
        super().__init__(address, Handler)
        self.service = service


class Handler(BaseHTTPRequestHandler):
    """Parses, asks, answers."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def do_GET(self) -> None:
        """Reads."""
        self._serve()

    do_POST = do_DELETE = do_PUT = do_PATCH = do_GET  # noqa: N815 - named by the standard library

    def _serve(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > LARGEST:
            self.close_connection = True
            return self._send(413, {"Content-Type": "text/plain"}, b"too large\n")
        body = self.rfile.read(int(length))
        parts = urlsplit(self.path)
        if parts.path.startswith("/v1/") or parts.path.startswith("/v2/"):
            return self._api(parts.path, parts.query, body)
        if parts.path.startswith("/_twin/") and not parts.path.startswith("/_twin/3ds/"):
            query = dict(parse_qsl(parts.query, keep_blank_values=True))
            return self._json(*control.answer(self.server.service, self.command, parts.path, query, body))
        return self._page(parts.path, parts.query, body)

    def _api(self, path: str, query: str, body: bytes) -> None:
        form = "&".join(part for part in (query, body.decode("utf-8", "replace")) if part)
        headers = {k.lower(): v for k, v in self.headers.items()}
        _basic(headers)
        rule = self.server.service.faults.hit(self.command, path)
        if rule and self._fault(rule):
            return
        status, extra, answer = self.server.service.request(self.command, path, form, headers)
        if rule and rule.fault == "lost_answer":
            self._cut()
        else:
            self._json(status, answer, extra)

    def _fault(self, rule: faults.Rule) -> bool:
        """Carries out a failure; True when the request ends with it."""
        if rule.fault in ("slow", "timeout"):
            time.sleep(rule.seconds)
        if rule.fault in ("timeout", "reset"):
            self._cut()
        elif rule.fault not in ("slow", "lost_answer"):
            status, headers, answer = faults.answer(rule, self.server.service.twin.world.ids.new("req"))
            self._json(status, answer, headers)
        return rule.fault not in ("slow", "lost_answer")

    def _cut(self) -> None:
        """Ends the connection without an answer, as a network does."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    def _page(self, path: str, query: str, body: bytes) -> None:
        from infra.local.twin.pages import site  # noqa: PLC0415 - loads Jinja2, at the first page and not at the start

        status, headers, html = site.serve(
            self.server.service, self.command, path, query, body.decode("utf-8", "replace")
        )
        self._send(status, headers, html.encode())

    def _json(self, status: int, answer: Any, headers: dict[str, str] | None = None) -> None:
        self._send(
            status, {"Content-Type": "application/json", **(headers or {})}, json.dumps(answer, indent=2).encode()
        )

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response_only(status)
        full = {
            "Date": formatdate(self.server.service.twin.now, usegmt=True),
            "Server": "twin",
            "Cache-Control": "no-store",
            **headers,
        }
        for name, value in full.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the standard library's name
        """Nothing: portal addresses are keys and do not belong into a log."""


def _basic(headers: dict[str, str]) -> None:
    """The key may come as the user name of basic authentication."""
    given = headers.get("authorization", "")
    if given.lower().startswith("basic "):
        try:
            headers["authorization"] = "Bearer " + base64.b64decode(given[6:]).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            headers["authorization"] = ""
