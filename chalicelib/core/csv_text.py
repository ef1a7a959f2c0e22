"""Comma-separated values that any program reads (RFC 4180), and that no spreadsheet takes for a formula."""

import csv
import io
from collections.abc import Iterable, Sequence

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet may take for the beginning of a formula (OWASP, CSV injection), in full width too."""


def written(header: Sequence[str], lines: Iterable[Sequence[str | int | None]]) -> str:
    """The whole table with its header, each line ended by CRLF. Numbers stand as they are, text is guarded, None is empty."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([_cell(value) for value in line] for line in lines)
    return file.getvalue()


def _cell(value: str | int | None) -> str:
    """Text that begins like a formula gets an apostrophe before it, by which spreadsheets know text."""
    if value is None:
        return ""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else str(value)
