"""A merchant's accent colour made readable: one palette for mails and pages, light and dark.

Contrast is WCAG 2.2's. Colours are `#rrggbb`; anything else is refused, since they end up inside stylesheets.
"""

import re

from chalicelib.core.frozen import frozen

TEXT_CONTRAST = 4.5
SHAPE_CONTRAST = 3.0
_STEPS = 64
_LIGHT = {"page": "#f5f6f8", "surface": "#ffffff", "text": "#1a1f26", "muted": "#59616c", "line": "#d9dde3"}
_DARK = {"page": "#111418", "surface": "#1b1f25", "text": "#eceff3", "muted": "#a6aeb9", "line": "#3a414b"}


@frozen
class Scheme:
    """The colours of one scheme. `accent` fills the button, `ink` is the text on it, `link` is accent made readable."""

    page: str
    surface: str
    text: str
    muted: str
    line: str
    accent: str
    ink: str
    link: str


@frozen
class Palette:
    """What a page or mail needs to follow the reader's `prefers-color-scheme`."""

    light: Scheme
    dark: Scheme


def palette(accent: str) -> Palette:
    """Both schemes for a site's accent; ValueError if it is not `#rrggbb`."""
    return Palette(light=_scheme(accent, _LIGHT), dark=_scheme(accent, _DARK))


def variables(accent: str) -> str:
    """The palette as CSS custom properties (`--accent`, `--ink` ...) that follow the reader's scheme."""
    colours = palette(accent)
    light, dark = (
        "".join(f"--{name}:{colour};" for name, colour in vars(scheme).items())
        for scheme in (colours.light, colours.dark)
    )
    return f":root{{color-scheme:light dark;{light}}}\n@media (prefers-color-scheme: dark){{:root{{{dark}}}}}\n"


def contrast(one: str, other: str) -> float:
    """WCAG contrast ratio of two colours, 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def fitted(colour: str, background: str, ratio: float) -> str:
    """`colour`, darkened on a light background or lightened on a dark one, by as little as gives `ratio`."""
    end = _ink(background)
    for step in range(_STEPS):
        candidate = _mixed(colour, end, step)
        if contrast(candidate, background) >= ratio:
            return candidate
    return end


def _scheme(accent: str, ground: dict[str, str]) -> Scheme:
    button = fitted(accent, ground["surface"], SHAPE_CONTRAST)
    # Links stand on the surface and, in the footer, on the page behind it.
    link = fitted(fitted(accent, ground["surface"], TEXT_CONTRAST), ground["page"], TEXT_CONTRAST)
    return Scheme(**ground, accent=button, ink=_ink(button), link=link)


def _ink(background: str) -> str:
    """White where it can be read, else black: one of the two always reaches 4.5."""
    return "#ffffff" if contrast("#ffffff", background) >= TEXT_CONTRAST else "#000000"


def _mixed(colour: str, end: str, step: int) -> str:
    pairs = zip(_channels(colour), _channels(end), strict=True)
    return "#" + "".join(f"{(a * (_STEPS - step) + b * step) // _STEPS:02x}" for a, b in pairs)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(channel / 255) for channel in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)


def _channels(colour: str) -> tuple[int, int, int]:
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", colour):
        raise ValueError(f"a colour is written #rrggbb, not {colour[:40]!r}")
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
