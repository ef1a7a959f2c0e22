"""Look at every page in every language: `python -m infra.pages preview [FOLDER]`, then open its index.html.

With `--shots FOLDER` also pictures of each page, light and dark, as a phone and a desktop show them (needs Chromium).
"""

import argparse
import sys
from pathlib import Path

from infra import gallery
from infra.pages import samples


def preview(folder: Path) -> Path:
    """Write all pages, with an index of pages and languages; returns the index."""
    rows: dict[str, dict[str, str]] = {}
    files: dict[str, str] = {}
    for language in samples.LANGUAGES:
        for name, makes in samples.every(language).items():
            files[f"{name}-{language}.html"] = makes().html
            rows.setdefault(name, {})[language] = f"{name}-{language}.html"
    for name, makes in samples.odd().items():
        files[f"odd-{name}.html"] = makes().html
        rows[f"odd: {name}"] = {"en": f"odd-{name}.html"}
    return gallery.write(folder, "Pages", rows, files)


def pictured() -> dict[str, str]:
    """The HTML of the pages that are kept as pictures, in English."""
    english = {name: makes().html for name, makes in samples.every("en").items()}
    return {**english, "odd-long": samples.odd()["long"]().html}


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m infra.pages", description=__doc__)
    parser.add_argument("command", choices=["preview"])
    parser.add_argument("folder", type=Path, nargs="?", default=Path("build/preview/pages"))
    parser.add_argument("--shots", type=Path, help="take pictures too, into this folder")
    parser.add_argument("--chromium", help="path of the browser; the one on PATH by default")
    options = parser.parse_args()
    print(f"Every page in every language: {preview(options.folder)}")
    if options.shots:
        print(f"{gallery.shoot(pictured(), options.shots, options.chromium)} pictures: {options.shots}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
