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

from chalicelib.core.frozen import frozen
from chalicelib.errors import StoreUnavailable
from chalicelib.store.keys import Key
from chalicelib.store.tables import ObjectRow, Row, bind
from chalicelib.store.writing import Part, update_item

R = TypeVar("R", bound=Row)

CONFLICTS = 3
"""How often a transaction is tried again at once that met another writer."""


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


@frozen
class Change:
    """An update of one item, as part of a transaction."""

    model: type[Row]
    key: Key
    actions: Sequence[Action]
    condition: Condition | None = None


@frozen
class Put:
    """A whole item, as part of a transaction."""

    row: Row
    condition: Condition | None = None


class Cancelled(Exception):
    """A transaction did nothing: the conditions of the parts in `refused` (by their place) did not hold."""

    def __init__(self, refused: frozenset[int]) -> None:
        super().__init__("the conditions of a transaction did not hold")
        self.refused = refused


def transact(parts: Sequence[Change | Put]) -> None:
    """All of these writes or none: one TransactWriteItems.

    Raises Cancelled where a condition does not hold, StoreUnavailable where DynamoDB cannot, or where somebody else was
    writing one of the items at that moment, time after time.
    """
    bind()
    client = ObjectRow._get_connection().connection.client
    items = [_part(part) for part in parts]
    for _ in range(CONFLICTS):
        with store_errors():
            try:
                client.transact_write_items(TransactItems=items)
            except ClientError as error:
                reasons = [str(each.get("Code")) for each in error.response.get("CancellationReasons") or ()]
                if "ConditionalCheckFailed" in reasons:
                    refused = (at for at, code in enumerate(reasons) if code == "ConditionalCheckFailed")
                    raise Cancelled(frozenset(refused)) from error
                if "TransactionConflict" not in reasons:
                    raise
            else:
                return
    raise StoreUnavailable("Others kept writing the items of a transaction.")


def _part(part: Change | Put) -> dict[str, Any]:
    model = part.model if isinstance(part, Change) else type(part.row)
    connection = model._get_connection()
    if isinstance(part, Change):
        key = part.key
        update = connection.get_operation_kwargs(
            key.pk, range_key=key.sk, actions=part.actions, condition=part.condition
        )
        return {"Update": update}
    made = part.row.serialize()
    put = connection.get_operation_kwargs(part.row.pk, range_key=part.row.sk, key="Item", condition=part.condition)
    return {"Put": {**put, "Item": made}}


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
