"""What the pages say: one file of words for each language, and a test holds that all say the same things."""

from pathlib import Path

from chalicelib import wording

COPY = Path(__file__).parent.parent / "copy"
WORDS = {language: wording.copy(COPY, language) for language in wording.languages(COPY)}
