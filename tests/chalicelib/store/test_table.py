"""One conditional update, and what a refusal or a failure tells."""

from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from chalicelib.errors import StoreUnavailable
from chalicelib.store import table
from chalicelib.store.keys import Key
from chalicelib.store.table import Refused
from chalicelib.store.tables import ObjectRow
from tests.conftest import Cloud

KEY = Key("C#acct_1:test#cus_1", "0#CUSTOMER")


def break_client(monkeypatch: pytest.MonkeyPatch, operation: str, error: Exception) -> None:
    """Every call of an operation raises."""

    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(ObjectRow._get_connection().connection.client, operation, fail)


def test_a_refusal_hands_back_the_row_that_stood_in_the_way(cloud: Cloud) -> None:
    table.update(ObjectRow, KEY, [ObjectRow.seen_to.set(5)])

    with pytest.raises(Refused) as refused:
        table.update(ObjectRow, KEY, [ObjectRow.seen_to.set(6)], ObjectRow.seen_to < 5)

    assert refused.value.row.seen_to == 5


def test_a_refusal_where_there_is_nothing_hands_back_none(cloud: Cloud) -> None:
    with pytest.raises(Refused) as refused:
        table.update(ObjectRow, KEY, [ObjectRow.seen_to.set(6)], ObjectRow.seen_to < 5)

    assert refused.value.row is None


def test_what_is_not_there_is_none(cloud: Cloud) -> None:
    assert table.get(ObjectRow, KEY) is None


@pytest.mark.parametrize("code", ["AccessDeniedException", "ThrottlingException", "InternalServerError"])
def test_a_failure_names_the_code_of_aws(cloud: Cloud, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    break_client(monkeypatch, "update_item", ClientError({"Error": {"Code": code}}, "UpdateItem"))

    with pytest.raises(StoreUnavailable, match=code):
        table.update(ObjectRow, KEY, [ObjectRow.seen_to.set(5)])


def test_no_connection_is_named_too(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    break_client(monkeypatch, "update_item", EndpointConnectionError(endpoint_url="https://dynamodb"))

    with pytest.raises(StoreUnavailable, match="EndpointConnectionError"):
        table.update(ObjectRow, KEY, [ObjectRow.seen_to.set(5)])


def test_a_read_that_fails_names_the_code_under_pynamodbs_error(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    client = ObjectRow._get_connection().connection.client
    error = ClientError({"Error": {"Code": "AccessDeniedException"}}, "GetItem")

    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(client, "_make_api_call", fail)

    with pytest.raises(StoreUnavailable, match="AccessDeniedException"):
        table.get(ObjectRow, KEY)


def test_an_answer_that_never_came_is_a_failure_like_any_other(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """botocore's time-outs carry a `response` that is None."""
    break_client(monkeypatch, "update_item", ReadTimeoutError(endpoint_url="https://dynamodb"))

    with pytest.raises(StoreUnavailable, match="ReadTimeoutError"):
        table.update(ObjectRow, KEY, [ObjectRow.seen_to.set(5)])


def test_requests_name_us_and_spare_botocore_its_own_long_name(cloud: Cloud) -> None:
    sent: list[Any] = []
    client: Any = ObjectRow._get_connection().connection.client
    client.meta.events.register("before-send.dynamodb", lambda request, **_: sent.append(request.headers["User-Agent"]))

    table.get(ObjectRow, KEY)

    (name,) = sent
    assert name.split()[0] == b"stamkund"  # Chalice and Powertools add theirs where they are loaded
    assert b"Botocore" not in name
