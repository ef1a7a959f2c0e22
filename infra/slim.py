"""What of the dependencies goes into the Lambda layer.

botocore carries a description of every AWS service and Babel the habits of every language: two thirds of the layer,
which every cold start would unpack for nothing. We keep what chalicelib uses; a test calls each AWS client and each
language from the slim layer.
"""

import re
import zipfile
from pathlib import Path

SERVICES = frozenset({"dynamodb", "s3", "secretsmanager", "sesv2", "sqs"})
LANGUAGES = frozenset({"da", "de", "en", "es", "fi", "fr", "nb", "nl", "no", "root", "sv"})

# Where Chalice puts packages, and where we put them: both are on Lambda's path, but only the second comes before the
# interpreter's own packages everywhere, the AWS stand-in included.
CHALICE_PREFIX = re.compile(r"^python/lib/python3\.\d+/site-packages/")
PREFIX = "python/"

SERVICE_DATA = re.compile(r"botocore/data/([^/]+)/")
LANGUAGE_DATA = re.compile(r"babel/locale-data/([a-z]+)[_.]")


def is_needed(name: str) -> bool:
    """Whether a file, by its path inside site-packages, goes into the layer."""
    if service := SERVICE_DATA.match(name):
        return service[1] in SERVICES
    if language := LANGUAGE_DATA.match(name):
        return language[1] in LANGUAGES
    return not name.endswith((".pyi", ".pyc"))


def slim(source: Path, target: Path) -> None:
    """Write the layer `target` from the layer that Chalice built."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            content = old.read(entry)
            name = CHALICE_PREFIX.sub("", entry.filename)
            if is_needed(name):
                entry.filename = PREFIX + name
                new.writestr(entry, content)


def packages(layer: Path) -> set[tuple[str, str]]:
    """The name (as PyPI normalises it) and version of each distribution in a layer."""
    found = set()
    with zipfile.ZipFile(layer) as archive:
        for name in archive.namelist():
            if match := re.search(r"(?:^|/)([^/]+)-([^/-]+)\.dist-info/METADATA$", name):
                found.add((re.sub(r"[-_.]+", "-", match[1]).lower(), match[2]))
    return found
