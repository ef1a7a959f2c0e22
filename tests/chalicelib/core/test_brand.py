import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.brand import SHAPE_CONTRAST, TEXT_CONTRAST, contrast, fitted, palette

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def test_contrast_is_wcags() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert contrast("#0b5cad", "#0b5cad") == 1


@given(COLOURS)
def test_every_accent_gives_a_readable_palette(accent: str) -> None:
    chosen = palette(accent)
    for scheme in (chosen.light, chosen.dark):
        for ground in (scheme.page, scheme.surface):
            assert contrast(scheme.text, ground) >= 7
            assert contrast(scheme.muted, ground) >= TEXT_CONTRAST
            assert contrast(scheme.link, ground) >= TEXT_CONTRAST
        assert contrast(scheme.accent, scheme.surface) >= SHAPE_CONTRAST
        assert contrast(scheme.ink, scheme.accent) >= TEXT_CONTRAST


@given(COLOURS, st.sampled_from(["#ffffff", "#111418"]))
def test_a_colour_that_passes_is_left_alone(colour: str, background: str) -> None:
    kept = fitted(colour, background, TEXT_CONTRAST) == colour
    assert kept == (contrast(colour, background) >= TEXT_CONTRAST)


def test_a_pale_accent_darkens_on_white_and_stays_on_black() -> None:
    chosen = palette("#ffd84d")
    assert chosen.dark.accent == "#ffd84d"
    assert contrast(chosen.light.accent, "#000000") < contrast("#ffd84d", "#000000")


def test_the_ink_is_white_where_white_can_be_read() -> None:
    assert palette("#0b5cad").light.ink == "#ffffff"
    assert palette("#ff8800").dark.ink == "#000000"


@pytest.mark.parametrize("colour", ["", "red", "#fff", "#0b5cad;", "#0b5cad\n", "0b5cad", "#gggggg"])
def test_what_is_no_colour_never_reaches_a_stylesheet(colour: str) -> None:
    with pytest.raises(ValueError, match="#rrggbb"):
        palette(colour)
