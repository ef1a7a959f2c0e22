"""Every mail and page as a file to look at: `python -m infra.mails_preview build/preview`, then open index.html.

With `--shots` also a picture of each, light and dark, 360 and 1280 px wide (needs Chromium and Playwright).
"""

import argparse
import datetime as dt
import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Literal

from markupsafe import escape

from chalicelib.core.model import Money, Reminder, Site, Track
from chalicelib.mails.render import failed_payment
from chalicelib.pages.render import About, dead_link_page, done_page, error_page, link_page, not_found

DAY = 86_400
FAILED_AT = int(dt.datetime(2026, 12, 12, 9, 30, tzinfo=dt.UTC).timestamp())
SITE = Site(
    id="nordlys",
    name="Nordlys",
    account="acct_1NordlysDemo",
    livemode=False,
    base_url="https://pay.nordlys.example",
    home_url="https://nordlys.example",
    return_urls=("https://nordlys.example/",),
    sender="billing@nordlys.example",
    support_email="help@nordlys.example",
    time_zone="Europe/Stockholm",
    country="SE",
)
REMINDER = Reminder(
    site=SITE,
    language="en",
    time_zone="Europe/Stockholm",
    name="Anna Lind",
    plan="Nordlys Plus",
    amount=Money(14900, "sek"),
    last4="4242",
    failed_at=FAILED_AT,
    next_attempt_at=FAILED_AT + 3 * DAY,
    ends_at=FAILED_AT + 14 * DAY,
    track=Track.FUNDS,
    final=False,
    link="https://pay.nordlys.example/l/5b0c1d7e",
)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
STEPS = {"first": (True, False), "later": (False, False), "final": (False, True)}


def mails() -> Iterator[tuple[str, str]]:
    """Name and HTML of each mail; the text part stands beside it under the same name with `.txt`."""
    for language, track, (step, (first, final)) in product(SITE.languages, Track, STEPS.items()):
        mail = failed_payment(replace(REMINDER, language=language, track=track, first=first, final=final))
        yield f"mail-{language}-{track}-{step}.html", mail.html
        yield f"mail-{language}-{track}-{step}.txt", f"Subject: {mail.subject}\n\n{mail.text}"
    for name, reminder in odd_reminders().items():
        yield f"mail-odd-{name}.html", failed_payment(reminder).html


def odd_reminders() -> dict[str, Reminder]:
    """What is missing, long, foreign or hostile."""
    bare = replace(REMINDER, name=None, plan=None, last4=None, next_attempt_at=None, ends_at=None)
    long = replace(REMINDER, name="Wolfeschlegelsteinhausen " * 8, plan="Unlimited " * 20)
    pale = replace(SITE, accent="#ffd84d")
    return {
        "bare": bare,
        "long": replace(long, site=replace(SITE, name="Aktiebolaget " * 15)),
        "right-to-left": replace(REMINDER, name="נועה כהן", plan="خطة الشمس"),
        "hostile": replace(REMINDER, plan="<script>alert(1)</script>", name='"><b>Bobby</b>'),
        "pale": replace(REMINDER, site=pale),
    }


def pages() -> Iterator[tuple[str, str]]:
    """Name and HTML of each page."""
    about = About(plan="Nordlys Plus", amount=Money(14900, "sek"), last4="4242")
    login = "https://billing.stripe.com/p/login/test"
    for tag in SITE.languages:
        for flow in ("payment_method_update", "pay", "subscription_cancel", None):
            yield f"page-{tag}-link-{flow}.html", link_page(SITE, tag, "/l/5b0c1d7e", flow, about).html
        yield f"page-{tag}-dead-expired.html", dead_link_page(SITE, tag, "expired", login).html
        yield f"page-{tag}-dead-unknown.html", dead_link_page(SITE, tag, "unknown").html
        yield f"page-{tag}-done.html", done_page(SITE, tag).html
        yield f"page-{tag}-error.html", error_page(SITE, tag, "/l/5b0c1d7e", "req_4f1").html
        yield f"page-{tag}-not-found.html", not_found(None, tag).html
    long = replace(SITE, name="Aktiebolaget " * 15, accent="#ffd84d")
    yield "page-odd-long.html", link_page(long, "en", "/l/5b0c1d7e", None, About(plan="Unlimited " * 20)).html


def write(folder: Path) -> list[Path]:
    """Writes all of them and an index; returns the HTML files."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for name, content in [*mails(), *pages()]:
        (folder / name).write_text(content, "utf-8")
        files.append(folder / name)
    items = "".join(f'<li><a href="{escape(file.name)}">{escape(file.name)}</a></li>' for file in files)
    index = f'<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Preview</title><ul>{items}</ul></html>'
    (folder / "index.html").write_text(index, "utf-8")
    return [file for file in files if file.suffix == ".html"]


def shoot(files: list[Path], only: str, chromium: str) -> int:
    """A picture of each file whose name holds `only`, in each scheme and width; returns how many."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only this option needs it

    chosen = [file for file in files if only in file.name]
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        for scheme, width in product(SCHEMES, (360, 1280)):
            context = browser.new_context(viewport={"width": width, "height": 720}, color_scheme=scheme)
            page = context.new_page()
            for file in chosen:
                page.goto(file.resolve().as_uri())
                page.screenshot(path=file.with_suffix(f".{scheme}-{width}.png"), full_page=True)
            context.close()
        browser.close()
    return 4 * len(chosen)


def main() -> int:
    """Writes the previews, and the pictures if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--shots", action="store_true", help="take pictures too")
    parser.add_argument("--only", default="", help="pictures of the files whose name holds this")
    parser.add_argument("--chromium", default="/usr/bin/chromium", help="path of the browser")
    options = parser.parse_args()
    files = write(options.folder)
    print(f"{len(files)} mails and pages: {options.folder / 'index.html'}")
    if options.shots:
        print(f"{shoot(files, options.only, options.chromium)} pictures in {options.folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
