"""Signed redirects, by vectors that every language can be held to; and the form that is signed."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core import tokens
from chalicelib.core.members import Invalid

VECTORS = json.loads((Path(__file__).parents[2] / "fixtures" / "signed_redirects.json").read_text(encoding="utf-8"))


def outcome(vector: dict[str, Any]) -> tuple[str, str | None]:
    """What becomes of a vector as far as the form, the signature and the time decide."""
    params: dict[str, list[str]] = {}
    for name, value in vector["params"]:
        params.setdefault(name, []).append(value)
    try:
        signed = tokens.parse(params)
        if not tokens.fits(vector["site"], signed, vector["secrets"]):
            return "invalid_signature", "signature"
        tokens.check_time(signed, vector["now"])
        tokens.visit(signed)
    except Invalid as refused:
        return refused.code, refused.param
    return "opens", None


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_each_vector_is_opened_or_refused_as_it_says(vector: dict[str, Any]) -> None:
    """What is `signed` well is refused later: by the site, or by the reader of flows."""
    code, param = outcome(vector)

    if vector["outcome"] == "opens" or vector.get("signed"):
        assert code == "opens"
    else:
        assert (code, param) == (vector["outcome"], vector["param"])


@pytest.mark.parametrize("vector", [each for each in VECTORS if "canonical" in each], ids=lambda vector: vector["name"])
def test_the_canonical_form_is_the_documented_one(vector: dict[str, Any]) -> None:
    assert tokens.canonical(vector["site"], dict(vector["params"])) == vector["canonical"]


def test_there_is_a_vector_for_every_parameter_tampered_with() -> None:
    tampered = {vector["name"].removeprefix("tampered: ") for vector in VECTORS}

    assert tampered >= set(tokens.NAMES) - {"coupon"}


texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30)


@given(st.dictionaries(st.sampled_from(sorted(tokens.NAMES - {"signature"})), texts, min_size=1), st.data())
def test_no_two_sets_of_parameters_are_signed_alike(values: dict[str, str], data: st.DataObject) -> None:
    other = dict(values)
    name = data.draw(st.sampled_from(sorted(values)))
    other[name] = data.draw(texts)
    renamed = {**values, "nonce": values[name] + "&a=b"}

    assert (tokens.canonical("nordlys", values) == tokens.canonical("nordlys", other)) == (values == other)
    assert (tokens.canonical("nordlys", values) == tokens.canonical("nordlys", renamed)) == (values == renamed)
    assert tokens.canonical("nordlys", values) != tokens.canonical("nordly", values)
    assert tokens.canonical("nordlys", values).count("&") == len(values) - 1
