"""What a check says: one line, and how to mend what is not as it should be. Never the value of a secret."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.errors import StamkundError

Level = Literal["ok", "warn", "wrong"]

_OURS = re.compile(r"python -m infra\.(?:reconcile|\w+ \w+)(?! --stage)\b")
"""One of our commands, which all work on prod unless they are told another stage."""


@dataclass(frozen=True)
class Line:
    """One finding. `remedy` is for people: a command, a place in a dashboard."""

    level: Level
    what: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.level:<6} {self.what}" + (f" -> {self.remedy}" if self.remedy else "")


def ok(what: str) -> Line:
    """As it should be."""
    return Line("ok", what)


def warn(what: str, remedy: str) -> Line:
    """Worth a look: it may be meant so, or no program can see it."""
    return Line("warn", what, remedy)


def wrong(what: str, remedy: str) -> Line:
    """It will not work."""
    return Line("wrong", what, remedy)


def judged(good: bool, what: str, fault: str, remedy: str) -> Line:
    """`what` where it is good, else `fault` and its remedy."""
    return ok(what) if good else wrong(fault, remedy)


def on_stage(line: Line, stage: str) -> Line:
    """The line, with the stage that was looked at in every command of its remedy."""
    return replace(line, remedy=_OURS.sub(rf"\g<0> --stage {stage}", line.remedy))


def looked(name: str, check: Callable[[], Iterable[Line]]) -> Iterator[Line]:
    """A check's lines; where it cannot look, one line that says so. What cannot be seen does not count as well."""
    try:
        yield from check()
    except ClientError as error:
        yield wrong(f"{name}: cannot be looked at", f"AWS says {error.response['Error']['Code']}: {error}")
    except BotoCoreError as error:
        yield wrong(f"{name}: cannot be looked at", str(error))
    except StamkundError as error:
        yield wrong(f"{name}: cannot be looked at", error.message)
