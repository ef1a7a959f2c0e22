"""One conditional update, and what a refusal tells: the single way in which anything of ours changes.

DynamoDB hands the refusing item back with the refusal, so that no read is needed to decide what comes next.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.exceptions import PynamoDBException
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib.errors import StoreUnavailable
from chalicelib.store.keys import Key
from chalicelib.store.tables import Row, bind
from chalicelib.store.writing import Part, update_item

R = TypeVar("R", bound=Row)


class Refused(Exception):
    """The condition did not hold. `row` is the item that stood in the way, or None where there is none."""

    def __init__(self, row: Any) -> None:
        super().__init__("the condition of a write did not hold")
        self.row = row


def update(
    model: type[R], key: Key, actions: Sequence[Action], condition: Condition | None = None, returns: str = "NONE"
) -> R | None:
    """One UpdateItem; the row as `returns` asks (`ALL_NEW`), else None.

    Raises Refused with the standing item where the condition does not hold, StoreUnavailable where DynamoDB cannot.
    """
    bind()
    arguments = model._get_connection().get_operation_kwargs(
        key.pk,
        range_key=key.sk,
        actions=actions,
        condition=condition,
        return_values=returns,
        return_values_on_condition_failure="ALL_OLD" if condition is not None else None,
    )
    answer = _sent(model, arguments)
    return model.from_raw_data(answer["Attributes"]) if returns != "NONE" else None


def write_parts(model: type[Row], key: Key, parts: Sequence[Part]) -> None:
    """The same for the hot path, put together by `writing` instead of PynamoDB. Raises as `update`."""
    bind()
    _sent(model, update_item(model.Meta.table_name, key, parts))


def _sent(model: type[Row], arguments: dict[str, Any]) -> Any:
    with store_errors():
        try:
            return model._get_connection().connection.client.update_item(**arguments)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") != "ConditionalCheckFailedException":
                raise
            item = error.response.get("Item")
            raise Refused(model.from_raw_data(item) if item else None) from error


def get(model: type[R], key: Key, consistent: bool = False) -> R | None:
    """One item, or None."""
    bind()
    with store_errors():
        try:
            return model.get(key.pk, key.sk, consistent_read=consistent)
        except model.DoesNotExist:
            return None


def as_map(record: Any) -> dict[str, Any]:
    """A record of core.model as a map attribute takes it: DynamoDB's lists are lists, not tuples."""
    found: dict[str, Any] = _plain(asdict(record))
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, tuple | list) else value


@contextmanager
def store_errors() -> Iterator[None]:
    """Translate what DynamoDB and its libraries raise into our own tree."""
    try:
        yield
    except (BotoCoreError, ClientError, PynamoDBException) as error:
        raise StoreUnavailable(f"DynamoDB did not take it: {_code(error)}.") from error


def _code(error: Exception) -> str:
    """AWS's own code where there is one: a missing permission must not look like an outage."""
    cause = error.cause if isinstance(error, PynamoDBException) else error
    code = (getattr(cause, "response", None) or {}).get("Error", {}).get("Code")
    return str(code or type(cause or error).__name__)
