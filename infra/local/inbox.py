"""The inbox: stands in front of the stand-in's SES, shows every mail, and publishes what became of it.

`python -m infra.local.inbox --port N --aws URL --topic ARN --clock-file PATH`. The functions send their SES requests
here; they are passed on as they came, so signature, policy and verified identities are still checked there. Mails are
shown at /, read as JSON at /api/mails.
"""

import argparse
import json
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from infra.local.aws import Aws
from infra.local.mailbox import Letter, Mailbox, read
from infra.local.ses_events import events
from infra.local.web import VIEWS, Request, Response, answer, page, serve

SEND = "/v2/email/outbound-emails"


@dataclass(frozen=True)
class Inbox:
    """What the inbox knows."""

    aws: Aws
    topic: str
    clock_file: Path
    mailbox: Mailbox = field(default_factory=Mailbox)

    def now(self) -> int:
        """The shared clock's time in UTC seconds."""
        offset = int(self.clock_file.read_text() or 0) if self.clock_file.exists() else 0
        return int(time.time()) + offset

    def handle(self, request: Request) -> Response:
        """Answer an SES request or a reader."""
        if request.path.startswith("/v2/"):
            return self.pass_on(request)
        if request.path == "/api/mails":
            return answer([asdict(letter) for letter in self.mailbox.all()])
        return self.show(request.path)

    def pass_on(self, request: Request) -> Response:
        """Give an SES request to the stand-in, and keep the mail where it is taken."""
        address = urlsplit(self.aws.url)
        connection = HTTPConnection(address.hostname or "", address.port, timeout=30)
        try:
            # With the Host header that the caller signed.
            connection.request(request.method, request.target, request.body, dict(request.headers))
            reply = connection.getresponse()
            body = reply.read()
        finally:
            connection.close()
        content_type = reply.getheader("Content-Type", "application/json")
        kind = {"x-amzn-ErrorType": reply.getheader("x-amzn-errortype", "")} if reply.status >= 400 else {}
        after = None
        if reply.status == 200 and request.path == SEND:
            after = self.keep(json.loads(request.body), json.loads(body)["MessageId"])
        return Response(body, reply.status, content_type, kind, after)

    def keep(self, sent: dict[str, object], identity: str) -> Callable[[], None]:
        """Take a mail in; the result publishes its events, in a thread, as SES does some time after its answer."""
        letter = read(sent, identity, self.now())
        self.mailbox.put(letter)
        name = str(sent.get("ConfigurationSetName") or "")
        thread = threading.Thread(target=self.publish, args=(letter, name), daemon=True)
        return thread.start

    def publish(self, letter: Letter, configuration_set: str) -> None:
        """Tell the topic what became of a letter. Without a configuration set, SES tells nobody."""
        if not configuration_set:
            return
        for event in events(letter, configuration_set, self.now()):
            self.aws.client("sns").publish(
                TopicArn=self.topic, Message=json.dumps(event), Subject="Amazon SES Email Event Notification"
            )
            self.mailbox.note(letter.id, event["eventType"])

    def show(self, path: str) -> Response:
        """The list with one letter open, or one part of a letter by itself."""
        if path == "/favicon.ico":
            return Response(b"", 204)  # a browser asks for it where it shows a letter by itself
        letters = self.mailbox.all()
        identity, _, part = path.strip("/").partition("/")
        letter = next((letter for letter in letters if letter.id == identity), None)
        if identity and letter is None:
            return page("inbox.html", 404, letters=letters, letter=None, missing=True)
        if letter and part == "html":
            return Response(letter.html.replace("<head>", '<head><base target="_blank">', 1).encode())
        if letter and part == "text":
            return Response(letter.text.encode(), content_type="text/plain; charset=utf-8")
        return page("inbox.html", letters=letters, letter=letter or (letters[0] if letters else None), missing=False)


def moment(at: int) -> str:
    """A time as the inbox shows it."""
    return datetime.fromtimestamp(at, UTC).strftime("%-d %b %Y, %H:%M")


def main() -> None:
    """Serve until ended."""
    parser = argparse.ArgumentParser(prog="python -m infra.local.inbox")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--aws", required=True)
    parser.add_argument("--topic", required=True)
    parser.add_argument("--clock-file", type=Path, required=True)
    options = parser.parse_args()
    VIEWS.filters["moment"] = moment
    serve(options.port, Inbox(Aws(options.aws), options.topic, options.clock_file).handle)


if __name__ == "__main__":
    main()
