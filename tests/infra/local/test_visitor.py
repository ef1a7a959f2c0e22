"""The demo's visitor sees a page as a browser would."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from infra.local.visitor import Lost, Visitor

FORM = """<html><style>p { color: red }</style><body><a href="/next?a=1&amp;b=2">Next</a>
<form method="post" action="/save"><input name="kept" value="old"><input type="radio" name="plan" value="a">
<input type="radio" name="plan" value="b" checked><input type="checkbox" name="news"><input name="card">
<select name="language"><option value="en">English</option><option value="sv" selected>Svenska</option></select>
<select name="first"><option value="1">One</option><option value="2">Two</option></select></form></body></html>"""


class Site(BaseHTTPRequestHandler):
    """Shows a form, says what was posted, and remembers by cookie that it did."""

    def do_GET(self) -> None:
        if self.path.startswith("/missing"):
            self.reply(404, "<h1>Gone</h1>")
        else:
            self.reply(200, f"{self.path} {self.headers.get('Cookie')}" if self.path != "/" else FORM)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.send_response(303)
        self.send_header("Location", f"/saved?{body}")
        self.send_header("Set-Cookie", "session=1")
        self.end_headers()

    def reply(self, status: int, html: str) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(html.encode())

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def site() -> Iterator[str]:
    """A small site."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_form_is_sent_with_what_stands_in_it(site: str) -> None:
    """Checked and chosen values go along, unchecked ones do not; redirects are followed, cookies kept."""
    visitor = Visitor()
    visitor.open(site)

    visitor.submit("/save", card="4242")

    assert visitor.url == f"{site}/saved?kept=old&plan=b&card=4242&language=sv&first=1"
    assert visitor.text.endswith("session=1")


def test_a_link_is_followed(site: str) -> None:
    """With its entities read."""
    visitor = Visitor()
    visitor.open(site)

    visitor.follow("/next")

    assert visitor.url == f"{site}/next?a=1&b=2"


def test_a_style_sheet_is_not_text(site: str) -> None:
    """Nor is anything else that nobody reads."""
    visitor = Visitor()
    visitor.open(site)

    assert visitor.text == "Next English Svenska One Two"


def test_a_missing_form_and_an_error_page_are_told_with_what_the_page_says(site: str) -> None:
    """So that the demo's failure says what a person would have seen."""
    visitor = Visitor()
    visitor.open(site)

    with pytest.raises(Lost, match="nothing that leads to '/pay'"):
        visitor.submit("/pay")
    with pytest.raises(Lost, match="answered 404: Gone"):
        visitor.open("/missing")
