"""The table in memory answers and refuses as moto's DynamoDB does, for what PynamoDB writes in our name and around it."""

from collections.abc import Iterator
from functools import reduce
from operator import and_
from random import Random
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from pynamodb.attributes import UnicodeAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib.store.keys import Key
from chalicelib.store.tables import ObjectRow, bind
from tests.conftest import create_table
from tests.sim.table import Table

OPERATIONS = 150
KEYS = [Key(pk, sk) for pk in ("C#1", "C#2") for sk in ("0#CUSTOMER", "1#SUB#a", "5#INV#b")]
NUMBERS = (ObjectRow.seen_from, ObjectRow.seen_to, ObjectRow.issued, ObjectRow.applied, ObjectRow.due_at)
TEXTS = (ObjectRow.kind, ObjectRow.due_shard)


@pytest.fixture
def dynamodb(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Moto's DynamoDB with our table."""
    with mock_aws():
        create_table()
        ObjectRow._connection = None
        bind()
        yield boto3.client("dynamodb")
        ObjectRow._connection = None


def comparison(rng: Random) -> Condition:
    """A condition on one attribute."""
    number, text = rng.choice(NUMBERS), rng.choice(TEXTS)
    value, shard = rng.randint(-1, 3), f"D#{rng.randint(0, 2)}"
    made: list[Condition] = [
        number == value,
        number != value,
        number < value,
        number <= value,
        number > value,
        number >= value,
        number.between(value, value + 1),
        number.exists(),
        number.does_not_exist(),
        text.exists(),
        text == shard,
        text.contains("D"),
        text.startswith(shard),
        text.is_in(shard, "D#9"),
        ObjectRow.state["id"] == f"x{value}",
        ObjectRow.case_sent.contains("mail"),
    ]
    return rng.choice(made)


def condition(rng: Random) -> Condition | None:
    """A condition as our guards are: parts joined by AND, each of which may be an OR or denied."""
    parts = [
        comparison(rng) | comparison(rng) if rng.random() < 0.5 else comparison(rng) for _ in range(rng.randint(0, 3))
    ]
    return reduce(and_, [~part if rng.random() < 0.2 else part for part in parts]) if parts else None


def actions(rng: Random) -> list[Action]:
    """An update of several attributes, each at most once."""
    value, other = rng.randint(-1, 3), rng.choice(NUMBERS)
    line: list[Any] = [rng.choice(("mail", 7))]
    made: list[Action] = [_of_number(rng, number, other, value) for number in rng.sample(NUMBERS, rng.randint(0, 3))]
    made += [text.set(f"D#{value}") if rng.random() < 0.7 else text.remove() for text in rng.sample(TEXTS, 1)]
    if rng.random() < 0.4:
        made.append(ObjectRow.case_sent.set((ObjectRow.case_sent | []).append(line)))
    if rng.random() < 0.3:
        made.append(ObjectRow.state.set({"id": f"x{value}", "amount": value, "paid": None, "items": [{"n": value}]}))
    return made


def _of_number(rng: Random, number: Any, other: Any, value: int) -> Action:
    made: list[Action] = [
        number.set(value),
        number.set((other | 0) + value),
        number.set((number | 0) - value),
        number.set(number | value),
        number.set(other + 1),
        number.add(value),
        number.remove(),
    ]
    return rng.choice(made)


def outcome(client: Any, operation: str, arguments: dict[str, Any]) -> Any:
    """What a client answers, or how it refuses."""
    try:
        answer = getattr(client, operation)(**arguments)
    except ClientError as error:
        return error.response["Error"]["Code"], error.response.get("Item")
    return {name: answer[name] for name in ("Attributes", "Item", "Items", "Count") if name in answer}


def pages(client: Any, arguments: dict[str, Any]) -> list[Any]:
    """All that a query finds, page after page. Where a page ends with the last item, moto and DynamoDB differ."""
    found, start = list[Any](), dict[str, Any]()
    while True:
        answer = client.query(**arguments, **start)
        found += answer["Items"]
        if "LastEvaluatedKey" not in answer:
            return found
        start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


def update(rng: Random) -> dict[str, Any]:
    """The arguments of an UpdateItem, as `store.table` makes them."""
    key, wanted = rng.choice(KEYS), condition(rng)
    return ObjectRow._get_connection().get_operation_kwargs(
        key.pk,
        range_key=key.sk,
        actions=actions(rng),
        condition=wanted,
        return_values=rng.choice(("NONE", "ALL_NEW")),
        return_values_on_condition_failure="ALL_OLD" if wanted is not None else None,
    )


@pytest.mark.parametrize("seed", range(3))
def test_updates_answer_and_refuse_as_motos(dynamodb: Any, seed: int) -> None:
    rng, table, refused = Random(seed), Table(), 0  # noqa: S311 - the same operations every time

    for _ in range(OPERATIONS):
        arguments = update(rng)
        expected = outcome(dynamodb, "update_item", arguments)
        assert outcome(table, "update_item", arguments) == expected, arguments
        refused += isinstance(expected, tuple)

    assert OPERATIONS / 5 < refused < OPERATIONS * 4 / 5
    assert sorted(map(repr, table.items.values())) == sorted(
        map(repr, dynamodb.scan(TableName="stamkund-test")["Items"])
    )


@pytest.mark.parametrize("seed", range(2))
def test_transactions_do_all_or_nothing_as_motos(dynamodb: Any, seed: int) -> None:
    rng, table, refused = Random(seed), Table(), 0  # noqa: S311
    for _ in range(60):
        parts = transaction(rng)
        expected = cancelled(dynamodb, parts)
        assert cancelled(table, parts) == expected, parts
        refused += expected is not None

    assert 5 < refused < 55
    found = dynamodb.scan(TableName="stamkund-test")["Items"]
    assert sorted(map(repr, table.items.values())) == sorted(map(repr, found))
    wanted = [{"pk": {"S": key.pk}, "sk": {"S": key.sk}} for key in KEYS]
    asked = {"RequestItems": {"stamkund-test": {"Keys": wanted}}}
    answers = [client.batch_get_item(**asked)["Responses"]["stamkund-test"] for client in (dynamodb, table)]
    assert sorted(map(repr, answers[0])) == sorted(map(repr, answers[1]))


def transaction(rng: Random) -> list[dict[str, Any]]:
    """Updates and puts of different items, as `store.table` makes them."""
    parts = []
    for key in rng.sample(KEYS, rng.randint(1, 3)):
        wanted = condition(rng)
        connection = ObjectRow._get_connection()
        if rng.random() < 0.3:
            item = {"pk": {"S": key.pk}, "sk": {"S": key.sk}, "issued": {"N": str(rng.randint(0, 3))}}
            put = connection.get_operation_kwargs(key.pk, range_key=key.sk, key="Item", condition=wanted)
            parts.append({"Put": {**put, "Item": item}})
        else:
            asked = connection.get_operation_kwargs(
                key.pk, range_key=key.sk, actions=[ObjectRow.kind.set("x"), *safe(rng)], condition=wanted
            )
            parts.append({"Update": asked})
    return parts


def safe(rng: Random) -> list[Action]:
    """Actions that no standing item can make invalid: moto tells that of a transaction in words of its own."""
    return [ObjectRow.seen_to.set(rng.randint(-1, 3)), ObjectRow.issued.set((ObjectRow.issued | 0) + 1)]


def cancelled(client: Any, parts: list[dict[str, Any]]) -> list[str] | None:
    """Why each part of a transaction was refused, or None where all was done."""
    try:
        client.transact_write_items(TransactItems=parts)
    except ClientError as error:
        return [each["Code"] for each in error.response["CancellationReasons"]]
    return None


@pytest.mark.parametrize("seed", range(2))
def test_reads_and_queries_answer_as_motos(dynamodb: Any, seed: int) -> None:
    rng, table, found = Random(seed), Table(), 0  # noqa: S311
    for key in KEYS:
        item = {
            "pk": {"S": key.pk},
            "sk": {"S": key.sk},
            "due_shard": {"S": "D#1"},
            "due_at": {"N": str(rng.randint(1, 3))},
        }
        for client in (dynamodb, table):
            client.put_item(TableName="stamkund-test", Item=item)

    for _ in range(40):
        operation, arguments = read(rng)
        expected = outcome(dynamodb, operation, arguments)
        assert outcome(table, operation, arguments) == expected, arguments
        found += bool(expected.get("Items") or expected.get("Item"))
        if operation == "query":
            assert pages(table, arguments) == pages(dynamodb, arguments), arguments

    assert found > 20


@pytest.mark.parametrize("seed", range(2))
def test_scans_and_batches_answer_as_motos(dynamodb: Any, seed: int) -> None:
    """As reconciling makes them: a filter that looks into the state, page by page, and keys of which some are not there."""
    rng, table, found = Random(seed), Table(), 0  # noqa: S311
    for number, key in enumerate(KEYS):
        item: dict[str, Any] = {"pk": {"S": key.pk}, "sk": {"S": key.sk}}
        if number % 3:
            item["state"] = {"M": {"status": {"S": rng.choice(("open", "paid"))}}}
        if number % 4 == 0:
            item["gone"] = {"BOOL": True}
        for client in (dynamodb, table):
            client.put_item(TableName="stamkund-test", Item=item)

    for limit in (None, 1, 2, 3, 10) * 2:
        arguments = scan(rng) | ({"Limit": limit} if limit else {})
        expected, ours = (everything(client, arguments) for client in (dynamodb, table))
        assert sorted(map(repr, ours)) == sorted(map(repr, expected)), arguments
        found += len(ours)
        wanted = rng.sample([*KEYS, Key("C#3", "none")], 4)
        asked = {"RequestItems": {"stamkund-test": {"Keys": [{"pk": {"S": k.pk}, "sk": {"S": k.sk}} for k in wanted]}}}
        there = [client.batch_get_item(**asked)["Responses"]["stamkund-test"] for client in (dynamodb, table)]
        assert sorted(map(repr, there[0])) == sorted(map(repr, there[1]))

    assert found > 5


def scan(rng: Random) -> dict[str, Any]:
    """A filter as `store.known` writes it."""
    names: dict[str, str] = {}
    values: dict[str, Any] = {}
    unsettled = ObjectRow.sk.startswith("5#") & ObjectRow.state["status"].is_in("draft", "open")
    other = ObjectRow.sk == rng.choice(("0#CUSTOMER", "1#SUB#a"))
    kept = ObjectRow.pk.startswith(rng.choice(("C#", "C#1"))) & ObjectRow.gone.does_not_exist() & (other | unsettled)
    text = kept.serialize(names, values)
    return {
        "TableName": "stamkund-test",
        "FilterExpression": text,
        "ExpressionAttributeNames": {placeholder: name for name, placeholder in names.items()},
        "ExpressionAttributeValues": values,
    }


def everything(client: Any, arguments: dict[str, Any]) -> list[Any]:
    """All that a scan finds, page after page."""
    found, start = list[Any](), dict[str, Any]()
    while True:
        answer = client.scan(**arguments, **start)
        found += answer["Items"]
        if "LastEvaluatedKey" not in answer:
            return found
        start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


def read(rng: Random) -> tuple[str, dict[str, Any]]:
    """A GetItem, or a Query as the state API and the reminder run make them."""
    key = rng.choice(KEYS)
    if rng.random() < 0.2:
        return "get_item", {"TableName": "stamkund-test", "Key": {"pk": {"S": key.pk}, "sk": {"S": key.sk}}}
    names: dict[str, str] = {}
    values: dict[str, Any] = {}
    sort: UnicodeAttribute = ObjectRow.sk
    parts = [ObjectRow.pk == key.pk, rng.choice([sort.startswith("1#"), sort >= "1#", sort.between("0", "2")])]
    asked: dict[str, Any] = {"TableName": "stamkund-test", "ScanIndexForward": rng.random() < 0.5}
    if rng.random() < 0.3:
        parts, asked["IndexName"] = [ObjectRow.due_shard == "D#1", ObjectRow.due_at <= rng.randint(1, 3)], "due"
        asked["ScanIndexForward"] = True
    elif rng.random() < 0.5:
        asked["Limit"] = rng.randint(1, 2)
    asked["KeyConditionExpression"] = reduce(and_, parts).serialize(names, values)
    asked["ExpressionAttributeNames"] = {placeholder: name for name, placeholder in names.items()}
    return "query", asked | {"ExpressionAttributeValues": values}
