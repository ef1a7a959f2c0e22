"""GET and POST /u/{token}: RFC 8058, from the mail that left to the next one that does not."""

import re

import pytest
from botocore.exceptions import EndpointConnectionError

from chalicelib.aws import clients
from chalicelib.store import keys, links, optouts
from chalicelib.store.tables import ObjectRow
from tests.chalicelib.actions.test_send_notice import CONSENT, WIN_BACK, end, send_all
from tests.chalicelib.conftest import shop
from tests.chalicelib.entrypoints.caller import Answer, call
from tests.conftest import NOW, SITE, Cloud, everything
from tests.shop import DAY, Shop, run

__all__ = ["shop"]

ROUTE = "/u/{token}"
FORM = {"content-type": "application/x-www-form-urlencoded"}
ONE_CLICK = b"List-Unsubscribe=One-Click"


@pytest.fixture
def token(cloud: Cloud) -> str:
    """The token of an unsubscribe link that was mailed."""
    made = links.new_token()
    optouts.row(made, SITE.scope, SITE.id, "astrid@example.com", "sv-SE", NOW).save()
    return made


def post(token: str, body: bytes = ONE_CLICK, kind: str = FORM["content-type"]) -> Answer:
    """One click."""
    return call("POST", ROUTE, body, headers={"content-type": kind}, token=token)


def refused() -> bool:
    """Whether the address gets no more marketing."""
    return optouts.refused(SITE.scope, "astrid@example.com")


def test_looking_changes_nothing_however_often(token: str, cloud: Cloud) -> None:
    before = everything(cloud)

    answers = [call(method, ROUTE, token=token) for method in ("GET", "HEAD") * 20]

    assert {answer.status for answer in answers} == {200}
    assert everything(cloud) == before
    assert not refused()
    assert f'action="/u/{token}"' in answers[0].text
    assert 'lang="sv"' in answers[0].text


@pytest.mark.parametrize(
    "body, kind",
    [
        (ONE_CLICK, FORM["content-type"]),
        (b"--x\r\nContent-Disposition: form-data\r\n\r\n", "multipart/form-data; boundary=x"),
        (b"", "text/plain"),
        (b"\xff\x00", FORM["content-type"]),
    ],
)
def test_one_click_unsubscribes_at_once_whatever_stands_in_the_body(token: str, body: bytes, kind: str) -> None:
    answer = post(token, body, kind)

    assert (answer.status, refused()) == (200, True)
    assert post(token).status == 200


def test_the_answers_have_the_headers_of_every_page_and_set_no_cookie(token: str) -> None:
    for answer in (call("GET", ROUTE, token=token), post(token), call("GET", ROUTE, token="unknown")):
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert not any(name.lower() == "set-cookie" for name in answer.headers)


def test_a_link_that_was_never_made_does_nothing(cloud: Cloud) -> None:
    before = everything(cloud)

    assert (call("GET", ROUTE, token="unknown").status, post("unknown").status) == (404, 404)
    assert everything(cloud) == before


def test_neither_token_nor_address_is_stored(token: str, cloud: Cloud) -> None:
    post(token)

    stored = str(everything(cloud))
    assert token not in stored
    assert "astrid" not in stored


def test_it_costs_one_read_and_one_write(token: str, cloud: Cloud) -> None:
    post(token)
    cloud.dynamodb_requests.clear()

    post(token)

    assert cloud.dynamodb_requests == ["GetItem", "UpdateItem"]


def test_while_the_table_is_down_the_page_says_so_and_nothing_is_promised(
    token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(**_: object) -> None:
        raise EndpointConnectionError(endpoint_url="https://dynamodb.invalid")

    client = ObjectRow._get_connection().connection.client
    monkeypatch.setattr(client, "update_item", down)

    answer = post(token)
    assert (answer.status, answer.headers["Retry-After"]) == (503, "30")


def test_the_address_in_the_mails_header_is_the_one_that_works(
    shop: Shop, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    send_all(**WIN_BACK)
    end(shop, **CONSENT)
    shop.advance(14 * DAY)
    call_of: dict[str, object] = {}
    client = clients.client("sesv2", once=True)
    real = client.send_email
    monkeypatch.setattr(client, "send_email", lambda **given: (call_of.update(given), real(**given))[1])

    assert run(shop, cloud) == ["closed", "sent"]  # the case of the invoice, and the invitation
    headers = {each["Name"]: each["Value"] for each in call_of["Content"]["Simple"]["Headers"]}  # type: ignore[index]
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = re.fullmatch(rf"<{SITE.base_url}/u/([\w-]+)>", headers["List-Unsubscribe"])
    assert address is not None
    assert keys.digest(address[1]) in str(everything(cloud))
    assert post(address[1]).status == 200
    assert refused()
    shop.advance(16 * DAY)
    run(shop, cloud)
    shop.advance(DAY)
    run(shop, cloud)
    assert len(cloud.mails()) == 1
