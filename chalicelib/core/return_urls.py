"""Where the portal may send a customer back to: an address under one of the site's own, compared after parsing.

Whatever browsers and servers may read differently is refused outright, wherever it stands: backslashes, userinfo, control
characters, percent-encoding, dot segments, anything that is not ASCII. What is left reads the same to everybody.
"""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

LONGEST = 2000
_PLAIN = re.compile(
    r"https?://[a-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~!$&'()*+,=:/-]*)?(\?[^#]*)?(#.*)?", re.IGNORECASE
)
_REFUSED = re.compile(r"[^!-~]|[\\\"<>@%^`{|}\[\]]|;(?=[^?#]*$)")
_DOTS = re.compile(r"(^|/)\.{1,2}(/|$)|//")


def allowed(url: str, home: str, prefixes: Iterable[str]) -> bool:
    """Whether `url` is the site's home, or has the scheme, host and port of a prefix and a path at or below its path."""
    return url == home or (is_plain(url) and any(_under(url, prefix) for prefix in prefixes))


def is_plain(url: str) -> bool:
    """Whether every parser reads the same address."""
    if len(url) > LONGEST or _REFUSED.search(url) or not _PLAIN.fullmatch(url):
        return False
    return not _DOTS.search(urlsplit(url).path)


def _under(url: str, prefix: str) -> bool:
    try:
        ours, theirs = urlsplit(prefix), urlsplit(url)
        same = (ours.scheme, ours.hostname, ours.port) == (theirs.scheme, theirs.hostname, theirs.port)
    except ValueError:
        return False
    path = ours.path.rstrip("/")
    return same and (theirs.path == path or theirs.path.startswith(f"{path}/") or (not path and not theirs.path))
