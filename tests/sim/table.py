"""One DynamoDB table in memory, at the edge where PynamoDB calls botocore's client.

Every call passes `edge(operation, perform)`, which may yield to other handlers, refuse, crash before or after `perform`, or
perform twice. `perform` itself is atomic, as a single-item call of DynamoDB is.
"""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from tests.sim.expressions import Item, Names, condition
from tests.sim.updates import Invalid, update

Answer = dict[str, Any]
Perform = Callable[[], Answer]
KEY = ("pk", "sk")
INDEXES = {"due": ("due_shard", "due_at"), "ref": ("ref", "pk"), "cases": ("case_scope", "case_opened_at")}


class Table:
    """A stand-in for `boto3.client("dynamodb")`. Items are DynamoDB's own JSON and never change in place."""

    _request_signer = None  # PynamoDB looks whether its client has credentials

    def __init__(self, edge: Callable[[str, Perform], Answer] = lambda _operation, perform: perform()) -> None:
        self.items: dict[tuple[str, str], Item] = {}
        self.edge = edge

    def _make_api_call(self, operation: str, arguments: dict[str, Any]) -> Answer:
        calls = {
            "UpdateItem": self.update_item,
            "GetItem": self.get_item,
            "PutItem": self.put_item,
            "Query": self.query,
            "Scan": self.scan,
            "BatchGetItem": self.batch_get_item,
        }
        return calls[operation](**arguments)

    def update_item(self, **asked: Any) -> Answer:
        """UpdateItem."""
        return self.edge("UpdateItem", lambda: self._update(asked))

    def put_item(self, **asked: Any) -> Answer:
        """PutItem."""
        return self.edge("PutItem", lambda: self._put(asked))

    def get_item(self, **asked: Any) -> Answer:
        """GetItem; always consistent."""
        return self.edge("GetItem", lambda: self._get(asked))

    def query(self, **asked: Any) -> Answer:
        """Query on the table or an index."""
        return self.edge("Query", lambda: self._query(asked))

    def scan(self, **asked: Any) -> Answer:
        """Scan of the table, in the order of keys (DynamoDB's is any, but the same from page to page)."""
        return self.edge("Scan", lambda: self._scan(asked))

    def batch_get_item(self, **asked: Any) -> Answer:
        """BatchGetItem; always consistent, and whole."""
        return self.edge("BatchGetItem", lambda: self._batch(asked))

    def transact_write_items(self, **asked: Any) -> Answer:
        """TransactWriteItems of updates and puts: all or none."""
        return self.edge("TransactWriteItems", lambda: self._transact(asked["TransactItems"]))

    def _transact(self, parts: list[dict[str, Any]]) -> Answer:
        before, reasons = dict(self.items), []
        for part in parts:
            ((kind, asked),) = part.items()
            try:
                {"Update": self._update, "Put": self._put}[kind](asked)
                reasons.append({"Code": "None"})
            except ClientError as error:
                code = error.response["Error"]["Code"].removesuffix("Exception")
                reasons.append({"Code": code})
        if any(each["Code"] != "None" for each in reasons):
            self.items.clear()
            self.items.update(before)
            code = "TransactionCanceledException"
            raise refusal("TransactWriteItems", code, "Transaction cancelled", CancellationReasons=reasons)
        return {}

    def _update(self, asked: dict[str, Any]) -> Answer:
        key = _key(asked["Key"])
        old = self._permitted("UpdateItem", key, asked)
        names, values = _placeholders(asked)
        try:
            new = update(asked["UpdateExpression"])(old or asked["Key"], names, values)
        except Invalid as error:
            raise refusal("UpdateItem", "ValidationException", str(error)) from error
        if _key(new) != key:
            raise refusal("UpdateItem", "ValidationException", "This attribute is part of the key")
        self.items[key] = new
        return _returned(asked.get("ReturnValues", "NONE"), old, new)

    def _put(self, asked: dict[str, Any]) -> Answer:
        key = _key(asked["Item"])
        old = self._permitted("PutItem", key, asked)
        self.items[key] = dict(asked["Item"])
        return _returned(asked.get("ReturnValues", "NONE"), old, asked["Item"])

    def _get(self, asked: dict[str, Any]) -> Answer:
        found = self.items.get(_key(asked["Key"]))
        return {} if found is None else {"Item": dict(found)}

    def _query(self, asked: dict[str, Any]) -> Answer:
        names, values = _placeholders(asked)
        hashed, ranged = INDEXES[asked["IndexName"]] if "IndexName" in asked else KEY
        wanted = condition(asked["KeyConditionExpression"])
        found = [
            item for item in self.items.values() if hashed in item and ranged in item and wanted(item, names, values)
        ]
        found.sort(key=lambda item: _place(item, ranged), reverse=not asked.get("ScanIndexForward", True))
        if "ExclusiveStartKey" in asked:
            at = [_key(item) for item in found].index(_key(asked["ExclusiveStartKey"]))
            found = found[at + 1 :]
        page = found[: asked.get("Limit")]
        kept = condition(asked["FilterExpression"]) if "FilterExpression" in asked else None
        items = [dict(item) for item in page if kept is None or kept(item, names, values)]
        answer: Answer = {"Items": items, "Count": len(items), "ScannedCount": len(page)}
        if page and len(page) == asked.get("Limit"):  # also where nothing follows: DynamoDB has not looked
            answer["LastEvaluatedKey"] = {name: page[-1][name] for name in {*KEY, hashed, ranged}}
        return answer

    def _scan(self, asked: dict[str, Any]) -> Answer:
        names, values = _placeholders(asked)
        after = _key(asked["ExclusiveStartKey"]) if "ExclusiveStartKey" in asked else None
        keys = sorted(key for key in self.items if after is None or key > after)[: asked.get("Limit")]
        kept = condition(asked["FilterExpression"]) if "FilterExpression" in asked else None
        found = [dict(self.items[key]) for key in keys if kept is None or kept(self.items[key], names, values)]
        answer: Answer = {"Items": found, "Count": len(found), "ScannedCount": len(keys)}
        if keys and len(keys) == asked.get("Limit"):
            answer["LastEvaluatedKey"] = {name: self.items[keys[-1]][name] for name in KEY}
        return answer

    def _batch(self, asked: dict[str, Any]) -> Answer:
        ((name, wanted),) = asked["RequestItems"].items()
        found = [self.items[key] for each in wanted["Keys"] if (key := _key(each)) in self.items]
        return {"Responses": {name: [dict(item) for item in found]}, "UnprocessedKeys": {}}

    def _permitted(self, operation: str, key: tuple[str, str], asked: dict[str, Any]) -> Item | None:
        """The standing item, if the condition lets a write pass."""
        old = self.items.get(key)
        text = asked.get("ConditionExpression")
        if text is None or condition(text)(old or {}, *_placeholders(asked)):
            return old
        shown = asked.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" and old is not None
        code, message = "ConditionalCheckFailedException", "The conditional request failed"
        raise refusal(operation, code, message, **({"Item": dict(old)} if shown and old is not None else {}))


def refusal(operation: str, code: str, message: str, **more: Any) -> ClientError:
    """An error as botocore raises it."""
    return ClientError({"Error": {"Code": code, "Message": message}, **more}, operation)


def _key(item: Item) -> tuple[str, str]:
    return item["pk"]["S"], item["sk"]["S"]


def _place(item: Item, ranged: str) -> tuple[int | str, tuple[str, str]]:
    value = item[ranged]
    return (int(value["N"]) if "N" in value else value["S"]), _key(item)


def _placeholders(asked: dict[str, Any]) -> tuple[Names, Item]:
    return asked.get("ExpressionAttributeNames", {}), asked.get("ExpressionAttributeValues", {})


def _returned(wanted: str, old: Item | None, new: Item) -> Answer:
    shown = {"NONE": None, "ALL_NEW": new, "ALL_OLD": old}[wanted]
    return {} if shown is None else {"Attributes": dict(shown)}
