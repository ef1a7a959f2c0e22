"""Tables that any program reads and no spreadsheet runs."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.csv_text import FORMULA, written


def test_lines_end_as_rfc_4180_says_and_what_needs_quotes_has_them() -> None:
    text = written(("id", "name"), [(1, 'Berg, "Astrid"'), (None, "two\nlines")])

    assert text == 'id,name\r\n1,"Berg, ""Astrid"""\r\n,"two\nlines"\r\n'


@pytest.mark.parametrize("evil", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1"])
def test_what_begins_like_a_formula_is_text(evil: str) -> None:
    (_, line) = csv.reader(io.StringIO(written(("name",), [(evil,)]), newline=""))

    assert line == [f"'{evil}"]


def test_a_negative_number_of_ours_stays_a_number() -> None:
    assert written(("amount",), [(-5,)]) == "amount\r\n-5\r\n"


@given(st.lists(st.tuples(st.text(), st.text()), max_size=5))
def test_whatever_is_written_is_read_again(lines: list[tuple[str, str]]) -> None:
    read = list(csv.reader(io.StringIO(written(("a", "b"), lines), newline="")))

    shown = [[f"'{cell}" if cell.startswith(FORMULA) else cell for cell in line] for line in lines]
    assert read == [["a", "b"], *shown]
