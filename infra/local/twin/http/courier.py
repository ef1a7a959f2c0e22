"""Posting a webhook, over connections that are kept open."""

import http.client
from urllib.parse import urlsplit

TIMEOUT = 30.0
"""Seconds that an endpoint has for its answer; Stripe does not publish its own limit."""


class Courier:
    """One connection for each host; used by one thread."""

    def __init__(self) -> None:
        self._open: dict[str, http.client.HTTPConnection] = {}

    def send(self, url: str, body: bytes, headers: dict[str, str]) -> int | None:
        """Posts it. The answer's status, or None when there was no answer. A stale connection is tried anew once."""
        for fresh in (False, True):
            try:
                return self._post(url, body, headers)
            except (OSError, http.client.HTTPException):
                self._drop(urlsplit(url).netloc)
                if fresh:
                    return None
        return None

    def _post(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        parts = urlsplit(url)
        connection = self._open.get(parts.netloc)
        if connection is None:
            kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
            connection = self._open[parts.netloc] = kind(parts.netloc, timeout=TIMEOUT)
        connection.request("POST", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), body, headers)
        answer = connection.getresponse()
        answer.read()
        if answer.will_close:
            self._drop(parts.netloc)
        return answer.status

    def _drop(self, host: str) -> None:
        gone = self._open.pop(host, None)
        if gone is not None:
            gone.close()

    def close(self) -> None:
        """Closes what is open."""
        for host in list(self._open):
            self._drop(host)
