"""A batch from SQS, record by record: what fails goes back alone, and one record never holds up the others.

Powertools makes the answer that Lambda needs; infra/template.yaml switches partial batch failures on, which Chalice cannot.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from chalicelib import clock
from chalicelib.errors import StamkundError
from chalicelib.log import report
from chalicelib.store import parked
from chalicelib.store.parked import Parked

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

LAST_TRY = 5
"""After so many tries SQS parks a message (`maxReceiveCount` in infra/data.yaml; a test compares the two)."""


def each(event: dict[str, Any], handle: Callable[[str], None], name: str) -> dict[str, Any]:
    """Handle the body of every record; the answer by which SQS keeps just those that failed.

    A batch in which all fail is no error of the function: each comes again, and is parked after five tries.
    """

    from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response

    def observed(record: "SQSRecord") -> None:
        try:
            handle(record.body)
        except Exception as error:
            tries = int(record.attributes.approximate_receive_count)
            report(error, function=name, message_id=record.message_id, tries=tries)
            if tries >= LAST_TRY:
                _park(name, record.message_id, error, tries)
            raise

    processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
    return dict(process_partial_response(event, observed, processor))


def _park(name: str, message: str, error: Exception, tries: int) -> None:
    """Leave the reason where redrive finds it. Without it the message is parked all the same.

    Words that are not ours may hold anything: of an error that we did not foresee only the class is kept.
    """
    reason = error.message if isinstance(error, StamkundError) else "An error that was not foreseen: see the log."
    try:
        parked.put(name, message, Parked(type(error).__name__, reason, tries, clock.now()))
    except Exception as failure:
        report(failure, function=name, message_id=message)
