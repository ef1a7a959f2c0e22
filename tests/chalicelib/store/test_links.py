"""Links: stored under the hash of their token, spent once, kept a while after their end."""

import json
from dataclasses import replace

import pytest

from chalicelib.errors import NotFound
from chalicelib.store import keys, links
from chalicelib.store.links import KEPT, Link
from chalicelib.store.tables import LinkRow
from tests.conftest import NOW, SITE, Cloud, everything

LINK = Link(SITE.scope, SITE.id, "cus_1", "payment_method_update", NOW + 3600, created=NOW, single_use=True)


@pytest.fixture
def token(cloud: Cloud) -> str:
    """The token of a single-use link."""
    made = links.new_token()
    links.put(made, LINK)
    return made


@pytest.mark.parametrize(
    "link",
    [
        LINK,
        replace(LINK, flow=None, single_use=False),
        replace(LINK, flow="subscription_cancel", visit='{"flow": 1}', case_sk="5#INV#1#in_1", language="sv-FI"),
        replace(LINK, used_at=NOW, revoked_at=NOW + 1),
    ],
)
def test_a_link_comes_back_as_it_was_stored(cloud: Cloud, link: Link) -> None:
    stored = links.put("token", link)

    assert links.find("token") == stored
    assert replace(stored, id="") == link


def test_tokens_are_256_random_bits_fit_for_an_address() -> None:
    tokens = {links.new_token() for _ in range(100)}

    assert len(tokens) == 100
    assert all(len(token) == 43 and token.replace("-", "").replace("_", "").isalnum() for token in tokens)


def test_only_the_hash_of_the_token_is_stored(token: str, cloud: Cloud) -> None:
    dump = json.dumps(everything(cloud))

    assert token not in dump
    assert keys.digest(token) in dump


def test_a_dead_link_is_kept_a_while_and_then_dropped_by_dynamodb(token: str) -> None:
    assert LinkRow.get(*keys.link(token)).expires_at == LINK.good_until + KEPT


@pytest.mark.parametrize("other", ["", "no-such-token"])
def test_an_unknown_token_is_not_found_and_cannot_be_spent(token: str, other: str, cloud: Cloud) -> None:
    before = everything(cloud)

    with pytest.raises(NotFound):
        links.find(other)
    assert not links.claim(other, NOW)
    assert everything(cloud) == before


def test_a_link_is_spent_by_one_only(token: str) -> None:
    assert links.claim(token, NOW)
    assert not links.claim(token, NOW + 1)
    assert links.find(token).used_at == NOW


def test_a_link_that_is_given_back_can_be_spent_again(token: str) -> None:
    links.claim(token, NOW)

    links.release(token)

    assert links.find(token) == replace(LINK, id=keys.link_id(keys.link(token)))
    assert links.claim(token, NOW + 1)
