"""The slim layer still does all that chalicelib asks of it."""

import ast
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from infra import slim
from infra.package import ROOT

LANGUAGES = ("en", "sv", "de", "fr", "es", "nb", "da", "fi", "nl")


def clients() -> set[str]:
    """The AWS services that chalicelib makes clients for."""
    found = {"dynamodb"}  # through PynamoDB
    for path in (ROOT / "chalicelib").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            called = node.func if isinstance(node, ast.Call) else None
            if isinstance(node, ast.Call) and "client" in (getattr(called, "attr", None), getattr(called, "id", None)):
                found.update(str(each.value) for each in node.args[:1] if isinstance(each, ast.Constant))
    return found


def test_the_layer_describes_every_service_that_the_code_calls() -> None:
    """A new client needs its service in infra/slim.py."""
    assert clients() <= slim.SERVICES


def test_clients_can_be_made_from_the_layer(runnable: Path) -> None:
    """With the service descriptions that are left."""
    code = "import boto3, sys\nfor name in sys.argv[1:]: boto3.client(name, region_name='eu-north-1')"
    run(runnable, code, *sorted(slim.SERVICES))


def test_money_and_dates_can_be_written_in_every_language(runnable: Path) -> None:
    """With the territories that Stripe's customers name."""
    code = """
import datetime, sys
from babel import Locale, dates, numbers
for language in sys.argv[1:]:
    locale = Locale.parse(language)
    numbers.format_currency(149, "SEK", locale=locale)
    dates.format_date(datetime.date(2026, 11, 22), format="long", locale=locale)
"""
    run(runnable, code, *LANGUAGES, "sv_SE", "en_GB", "de_AT", "fr_CH", "es_MX", "nb_NO", "nl_BE")


def test_what_is_not_needed_is_left_out(tmp_path: Path) -> None:
    """By the rules, and with the rest where Lambda looks for it first."""
    site = "python/lib/python3.11/site-packages/"
    names = ("boto3/session.py", "botocore/data/sqs/x.json", "botocore/data/ec2/x.json", "babel/locale-data/ja.dat")
    with zipfile.ZipFile(tmp_path / "old.zip", "w") as archive:
        for name in (*names, "babel/locale-data/sv_SE.dat", "botocore/data/endpoints.json", "yaml/a.pyi"):
            archive.writestr(site + name, name)

    slim.slim(tmp_path / "old.zip", tmp_path / "new.zip")

    with zipfile.ZipFile(tmp_path / "new.zip") as archive:
        kept = {name: archive.read(name).decode() for name in archive.namelist()}
    assert kept == {
        f"python/{name}": name
        for name in (
            "boto3/session.py",
            "botocore/data/sqs/x.json",
            "babel/locale-data/sv_SE.dat",
            "botocore/data/endpoints.json",
        )
    }


@pytest.mark.parametrize("name", ["python/a_b-1.0.dist-info/METADATA", "python/A.B-1.0.dist-info/METADATA"])
def test_distributions_are_named_as_pypi_names_them(tmp_path: Path, name: str) -> None:
    """Whatever the wheel called its folder."""
    with zipfile.ZipFile(tmp_path / "layer.zip", "w") as archive:
        archive.writestr(name, "")

    assert slim.packages(tmp_path / "layer.zip") == {("a-b", "1.0")}


def run(runnable: Path, code: str, *arguments: str) -> None:
    """Run code with the layer alone."""
    program = f"import sys; sys.path.insert(0, {str(runnable / 'opt' / 'python')!r})\n{code}"
    result = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", program, *arguments],
        env={},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 0, result.stderr
