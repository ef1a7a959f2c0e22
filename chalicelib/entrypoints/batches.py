"""A batch from SQS, record by record: what fails goes back alone, and one record never holds up the others.

Powertools makes the answer that Lambda needs; infra/template.yaml switches partial batch failures on, which Chalice cannot.
"""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from chalicelib.log import report


def each(event: dict[str, Any], handle: Callable[[str], None], name: str) -> dict[str, Any]:
    """Handle the body of every record; the answer by which SQS keeps just those that failed.

    A batch in which all fail is no error of the function: each comes again, and is parked after five tries.
    """

    def observed(record: SQSRecord) -> None:
        try:
            handle(record.body)
        except Exception as error:
            report(
                error, function=name, message_id=record.message_id, tries=record.attributes.approximate_receive_count
            )
            raise

    processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
    return dict(process_partial_response(event, observed, processor))
