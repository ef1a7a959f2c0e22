"""Logs hold ids and outcomes, and nothing of a person: not a body, an address, a token or a traceback of our own errors."""

import json
from io import StringIO
from types import SimpleNamespace
from typing import Any

import pytest

from chalicelib.errors import NotFound, Retryable, StamkundError
from chalicelib.log import count, logger, note, observed, report

PERSONAL = "astrid@example.com"


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> StringIO:
    """What is logged from now on."""
    stream = StringIO()
    monkeypatch.setattr(logger().registered_handler, "stream", stream)
    return stream


def lines(log: StringIO) -> list[dict[str, Any]]:
    """What was logged, as JSON."""
    return [json.loads(line) for line in log.getvalue().splitlines()]


@observed
def handler(event: Any, error: Exception | None = None) -> str:
    """An entry point that may fail."""
    if error:
        raise error
    return "done"


def test_what_goes_well_is_not_logged(log: StringIO) -> None:
    assert handler({"email": PERSONAL}) == "done"
    assert lines(log) == []
    assert handler.__name__ == "handler"


def test_an_error_of_ours_is_logged_once_by_class_and_message_and_passes(log: StringIO) -> None:
    event = SimpleNamespace(context=SimpleNamespace(aws_request_id="req-1"), body=PERSONAL)
    error = Retryable("DynamoDB did not answer.")

    with pytest.raises(Retryable) as raised:
        handler(event, error)

    (line,) = lines(log)
    assert raised.value is error
    assert (line["level"], line["message"], line["error"]) == ("WARNING", "DynamoDB did not answer.", "Retryable")
    assert (line["function"], line["request_id"]) == ("handler", "req-1")
    assert "exception" not in line


def test_neither_the_event_nor_the_cause_of_an_error_of_ours_is_logged(log: StringIO) -> None:
    def fail() -> None:
        try:
            raise ValueError(PERSONAL)
        except ValueError as cause:
            raise NotFound("There is no such customer.", PERSONAL) from cause

    with pytest.raises(NotFound):
        observed(fail)()
    with pytest.raises(Retryable):
        handler({"email": PERSONAL}, Retryable("Try again."))

    assert PERSONAL not in log.getvalue()
    assert len(lines(log)) == 2


def test_what_we_did_not_foresee_has_its_traceback(log: StringIO) -> None:
    with pytest.raises(ZeroDivisionError):
        handler({}, ZeroDivisionError("division by zero"))

    (line,) = lines(log)
    assert (line["level"], line["message"], line["error"]) == ("ERROR", "unforeseen error", "ZeroDivisionError")
    assert line["exception_name"] == "ZeroDivisionError"
    assert "test_log.py" in line["exception"]


@pytest.mark.parametrize("args", [(), ({},), (SimpleNamespace(context={}),), (None,)])
def test_an_entry_point_without_a_context_has_no_request_id(args: tuple[Any, ...], log: StringIO) -> None:
    @observed
    def failing(*_: Any) -> None:
        raise StamkundError("x")

    with pytest.raises(StamkundError):
        failing(*args)

    assert lines(log)[0].get("request_id") is None


def test_a_report_and_a_note_carry_the_fields_that_they_are_given(log: StringIO) -> None:
    report(NotFound("There is no such link."), invoice="in_1")
    note("due cases queued", queued=3)

    reported, noted = lines(log)
    assert (reported["invoice"], reported["error"]) == ("in_1", "NotFound")
    assert (noted["level"], noted["message"], noted["queued"]) == ("INFO", "due cases queued", 3)


def test_a_count_is_one_line_in_the_format_that_cloudwatch_reads(capsys: pytest.CaptureFixture[str]) -> None:
    count("Events", 2, outcome="news")

    line = json.loads(capsys.readouterr().out)
    (metrics,) = line["_aws"]["CloudWatchMetrics"]
    assert line["Events"] == [2.0]
    assert line["outcome"] == "news"
    assert metrics["Namespace"] == "Stamkund"
    assert metrics["Metrics"] == [{"Name": "Events", "Unit": "Count"}]
    assert "outcome" in metrics["Dimensions"][0]
