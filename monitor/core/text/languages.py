"""The language a text is in, where one can be sure of it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

MAX_CHARACTERS: Final = 1000
"""Of the text that are looked at: more changes no answer and costs time."""

SURE: Final = 0.9
SURE_WITH_PRIOR: Final = 0.5


def detect(text: str, *, prior: str | None) -> str | None:
    """A bare ISO 639-1 code, or None where unsure. `prior`: the language of the feed."""
    language, confidence = _identifier().classify(text[:MAX_CHARACTERS])
    if confidence >= (SURE_WITH_PRIOR if language == prior else SURE):
        return str(language)
    return prior if text.strip() else None


@cache
def _identifier() -> LanguageIdentifier:
    """The model that ships with py3langid, read once, when it is first needed."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415 - it imports numpy: 0.2 s

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
