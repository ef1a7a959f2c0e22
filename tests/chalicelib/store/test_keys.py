"""Keys: nothing of two accounts, modes, customers or kinds ever meets, and a customer's items come in the page's order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.model import Kind
from chalicelib.core.site import scope
from chalicelib.store import keys
from chalicelib.store.keys import Key, due_shard, due_shards, of_object

SCOPE = "acct_x:test"
CREATED = st.integers(1, 2**39)
IDENTS = st.from_regex(r"[a-z]{2,4}_[A-Za-z0-9]{1,8}", fullmatch=True)
OBJECTS = st.tuples(
    st.sampled_from(["acct_x:test", "acct_x:live", "acct_y:test"]), st.sampled_from(Kind), IDENTS, IDENTS
)


ALONE = (Kind.CUSTOMER, Kind.ENTITLEMENTS)
"""Of these a customer has one."""


@pytest.mark.parametrize(
    "kind, ident, key",
    [
        (Kind.CUSTOMER, "cus_1", Key("C#acct_x:test#cus_1", "0#CUSTOMER")),
        (Kind.SUBSCRIPTION, "sub_1", Key("C#acct_x:test#cus_1", "1#SUB#sub_1")),
        (Kind.CARD, "pm_1", Key("C#acct_x:test#cus_1", "2#CARD#pm_1")),
        (Kind.INVOICE, "in_1", Key("C#acct_x:test#cus_1", "5#INV#999999999000#in_1")),
        (Kind.SCHEDULE, "sub_sched_1", Key("C#acct_x:test#cus_1", "1#SCHED#sub_sched_1")),
        (Kind.ENTITLEMENTS, "cus_1", Key("C#acct_x:test#cus_1", "4#ENTITLEMENTS")),
        (Kind.PRODUCT, "prod_1", Key("K#acct_x:test", "PRODUCT#prod_1")),
        (Kind.PRICE, "price_1", Key("K#acct_x:test", "PRICE#price_1")),
        (Kind.COUPON, "QUARTER", Key("K#acct_x:test", "COUPON#QUARTER")),
    ],
)
def test_each_kind_has_its_place(kind: Kind, ident: str, key: Key) -> None:
    assert of_object(SCOPE, kind, ident, "cus_1", 1000) == key


def test_all_of_one_payment_is_in_one_place() -> None:
    kinds = (Kind.INTENT, Kind.CHARGE, Kind.REFUND, Kind.DISPUTE, Kind.INVOICE_PAYMENT)
    idents = ("pi_1", "ch_1", "re_1", "du_1", "inpay_1")
    placed = [of_object(SCOPE, kind, ident, "pi_1", 1000) for kind, ident in zip(kinds, idents, strict=True)]

    assert {key.pk for key in placed} == {"P#acct_x:test#pi_1"}
    assert [key.sk for key in placed] == ["INTENT", "CHARGE#ch_1", "REFUND#re_1", "DISPUTE#du_1", "INVOICE#inpay_1"]
    assert keys.scope_of(placed[0].pk) == SCOPE


def test_places_in_the_index_of_relations_never_meet() -> None:
    places = [keys.ref_customer(SCOPE, "x_1", kind) for kind in Kind] + [keys.ref_invoice(SCOPE, "x_1")]

    assert len(set(places)) == len(places)


def test_an_object_without_a_customer_has_a_place_too() -> None:
    assert of_object(SCOPE, Kind.CARD, "pm_1", None, 1000).pk == "C#acct_x:test#none"


@given(OBJECTS, OBJECTS, CREATED)
def test_two_objects_share_a_key_only_if_they_are_one(
    one: tuple[str, Kind, str, str], two: tuple[str, Kind, str, str], created: int
) -> None:
    keyed = [of_object(where, kind, ident, owner, created) for where, kind, ident, owner in (one, two)]
    meant = [
        (
            where,
            kind,
            *([] if kind in ALONE else [ident]),
            *([] if kind in keys.CATALOGUE or kind is Kind.INTENT else [owner]),
        )
        for where, kind, ident, owner in (one, two)
    ]

    assert (keyed[0] == keyed[1]) == (meant[0] == meant[1])


@given(st.lists(st.tuples(CREATED, IDENTS), max_size=8))
def test_a_customers_invoices_come_newest_first(made: list[tuple[int, str]]) -> None:
    stored = sorted(of_object(SCOPE, Kind.INVOICE, ident, "cus_1", created).sk for created, ident in made)

    assert [10**12 - int(sk.split("#")[2]) for sk in stored] == sorted((created for created, _ in made), reverse=True)


@given(CREATED)
def test_the_state_of_a_customer_comes_before_the_invoices(created: int) -> None:
    rows = {kind: of_object(SCOPE, kind, "x_1", "cus_1", created) for kind in Kind}
    own = sorted(key.sk for key in rows.values() if key.pk == rows[Kind.CUSTOMER].pk)

    assert (own[0], own[-1]) == (rows[Kind.CUSTOMER].sk, rows[Kind.INVOICE].sk)
    assert own[-1].startswith(keys.INVOICES)
    assert len(own) == 6


def test_a_customers_partition_holds_nothing_of_a_customer_whose_id_begins_alike() -> None:
    assert keys.of_customer(SCOPE, "cus_1") != keys.of_customer(SCOPE, "cus_11")
    assert scope("acct_x", livemode=True) != scope("acct_x", livemode=False)


def test_secrets_are_stored_by_their_hash() -> None:
    secret = "a-secret"

    assert keys.digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    for key in (keys.link(secret), keys.api_key(secret)):
        assert secret not in f"{key}"
        assert keys.digest(secret) in key.pk
    assert keys.link(secret) != keys.api_key(secret)


def test_every_case_falls_into_one_of_the_shards_and_none_is_left_empty() -> None:
    used = {due_shard(f"in_{number}") for number in range(1000)}

    assert used == set(due_shards())
    assert len(due_shards()) == keys.DUE_SHARDS
    assert due_shard("in_1") == due_shard("in_1")
