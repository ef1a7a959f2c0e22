"""The little that the laptop's own servers (inbox, shop) need from HTTP."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

VIEWS = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "views"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True)
class Request:
    """A request: `path` without the query, `query` and `form` decoded, header names as they came."""

    method: str
    path: str
    target: str
    query: dict[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        """The fields of a posted form."""
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


@dataclass(frozen=True)
class Response:
    """An answer. `after` runs once it is sent."""

    body: bytes
    status: int = 200
    content_type: str = "text/html; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)
    after: Callable[[], None] | None = None


def page(view: str, status: int = 200, **values: Any) -> Response:
    """A page from the folder views."""
    return Response(VIEWS.get_template(view).render(**values).encode(), status)


def answer(value: Any, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(json.dumps(value).encode(), status, "application/json")


def redirect(address: str) -> Response:
    """See another page."""
    return Response(b"", 303, headers={"Location": address})


def serve(port: int, handle: Callable[[Request], Response]) -> None:
    """Answer on a loopback port until the process is ended."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def respond(self) -> None:
            response = handle(self.request_read())
            self.send_response(response.status)
            for name, value in {
                "Content-Type": response.content_type,
                "Content-Length": str(len(response.body)),
                "Cache-Control": "no-store",
                **response.headers,
            }.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(response.body)
            if response.after:
                response.after()

        def request_read(self) -> Request:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            parts = urlsplit(self.path)
            return Request(
                self.command, parts.path, self.path, dict(parse_qsl(parts.query)), dict(self.headers.items()), body
            )

        do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = respond  # noqa: N815 - the names that http.server calls

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    server.serve_forever()
