"""A page to leaf through many documents, and pictures of them as phones and desktops show them, light and dark."""

import io
import os
import shutil
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Literal

from jinja2 import Template

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
WIDTHS = {"phone": 360, "desktop": 1280}
COLOURS = 48
"""Of a picture's palette: our documents have a dozen colours, and text needs some shades between two of them."""

INDEX = Template(
    """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{{ title }}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<style>
body { margin: 0; display: flex; gap: 16px; height: 100vh; font: 14px/1.5 system-ui, sans-serif; }
nav { overflow: auto; padding: 16px; flex: none; max-width: 50vw; }
th { text-align: left; font-weight: 400; padding-right: 12px; white-space: nowrap; } td { padding: 2px 4px; }
iframe { flex: 1; border: 0; min-width: 320px; resize: horizontal; overflow: auto; }
</style></head><body>
<nav aria-label="{{ title }}"><h1>{{ title }}</h1><table>
{% for name, cells in rows.items() %}
<tr><th scope="row">{{ name }}</th>{% for label, file in cells.items() %}
<td><a target="shown" href="{{ file }}">{{ label }}</a></td>{% endfor %}</tr>
{% endfor %}
</table></nav><iframe name="shown" title="The chosen one" src="{{ first }}"></iframe></body></html>
""",
    autoescape=True,
    trim_blocks=True,
)


def write(folder: Path, title: str, rows: Mapping[str, Mapping[str, str]], files: Mapping[str, str]) -> Path:
    """Write `files` (name -> content) and an index of `rows` (name -> label -> file); returns the index."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_text(content, "utf-8")
    first = next(file for cells in rows.values() for file in cells.values())
    index = folder / "index.html"
    index.write_text(INDEX.render(title=title, rows=rows, first=first), "utf-8")
    return index


def shoot(documents: Mapping[str, str], folder: Path, chromium: str | None = None) -> int:
    """A picture of each HTML document, in each scheme and width: `name-light-phone.png`; returns how many."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only pictures need it

    folder.mkdir(parents=True, exist_ok=True)
    # As root, as in a container, Chromium's own sandbox cannot start.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium or shutil.which("chromium"), args=arguments)
        for scheme, (device, width) in product(SCHEMES, WIDTHS.items()):
            context = browser.new_context(viewport={"width": width, "height": 560}, color_scheme=scheme)
            page = context.new_page()
            for name, html in documents.items():
                page.set_content(html)
                (folder / f"{name}-{scheme}-{device}.png").write_bytes(small(page.screenshot(full_page=True)))
            context.close()
        browser.close()
    return len(SCHEMES) * len(WIDTHS) * len(documents)


def small(png: bytes) -> bytes:
    """The same picture with a palette of its own: a fifth of the size."""
    from PIL import Image  # noqa: PLC0415 - only pictures need it

    target = io.BytesIO()
    with Image.open(io.BytesIO(png)) as picture:
        reduced = picture.convert("RGB").quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        reduced.save(target, "PNG", optimize=True)
    return target.getvalue()
