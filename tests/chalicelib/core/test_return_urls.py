"""No trick leads a customer anywhere else, and what we accept, browsers read as we do."""

import json
import shutil
import subprocess

import pytest

from chalicelib.core.return_urls import allowed
from tests.chalicelib.core.tricks import GOOD, HOST, PATH, tricks

HOME = f"https://{HOST}{PATH}"
TRICKS = list({url: kind for kind, url in tricks()}.items())
WHATWG = """
const read = (url) => { try { const u = new URL(url); return [u.origin, u.pathname, u.username + u.password]; }
                        catch { return null; } };
let text = ""; process.stdin.on("data", (part) => text += part).on("end", () =>
  console.log(JSON.stringify(JSON.parse(text).map(read))));
"""


@pytest.mark.parametrize("url", GOOD)
def test_what_lies_under_the_sites_addresses_is_taken(url: str) -> None:
    assert allowed(url, HOME, [HOME])


def test_of_five_hundred_tricks_and_more_none_is_taken() -> None:
    assert len(TRICKS) >= 500
    assert len({kind for _, kind in TRICKS}) >= 8

    assert [(kind, url) for url, kind in TRICKS if allowed(url, HOME, [HOME])] == []


def test_a_whole_host_can_be_allowed_and_still_no_other() -> None:
    for prefix in (f"https://{HOST}", f"https://{HOST}/"):
        assert allowed(f"https://{HOST}", HOME, [prefix])
        assert allowed(f"https://{HOST}/anything?x", HOME, [prefix])
        taken = [url for url, _ in TRICKS if allowed(url, HOME, [prefix])]
        assert all(url.lower().startswith(f"https://{HOST}") for url in taken)
        assert all(url.lower().removeprefix(f"https://{HOST}")[:1] in ("", "/", "?", "#") for url in taken)


def test_the_home_may_be_any_address_and_a_port_belongs_to_the_host() -> None:
    assert allowed("http://127.0.0.1:8080/a%20b", "http://127.0.0.1:8080/a%20b", [])
    assert allowed("http://127.0.0.1:8080/shop", HOME, ["http://127.0.0.1:8080"])
    assert not allowed("http://127.0.0.1:8081/shop", HOME, ["http://127.0.0.1:8080"])


@pytest.mark.skipif(not shutil.which("node"), reason="needs Node, whose URL is the browsers' own parser")
def test_whatever_we_take_a_browser_reads_alike() -> None:
    prefix = f"https://{HOST}"
    urls = [url for url in (*GOOD, *(url for url, _ in TRICKS)) if "\ud800" not in url]
    done = subprocess.run(["node", "-e", WHATWG], input=json.dumps(urls), capture_output=True, text=True, check=True)
    read = dict(zip(urls, json.loads(done.stdout), strict=True))

    for url in urls:
        for base, path in ((HOME, PATH), (prefix, "")):
            if allowed(url, HOME, [base]):
                origin, pathname, user = read[url]
                assert (origin, user) == (f"https://{HOST}", ""), url
                assert pathname == path or pathname.startswith(f"{path}/"), url
    assert sum(bool(seen and seen[0] == f"https://{HOST}") for seen in read.values()) > 50
