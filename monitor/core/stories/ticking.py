"""Texts without what changes by itself: some feeds put the time, or a count of comments, into every entry.

Dates stay: a summit that is put off by a day is news, and a date that is always today's changes once a day only.
So do numbers that may be the news (votes, shares, points of an index).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final


def _after(*words: str) -> str:
    """Where the digit that was just read stands after one of these words."""
    return "(?:" + "|".join(rf"(?<={re.escape(word)}\d)" for word in words) + ")"


def _any(words: Iterable[str]) -> str:
    return f"(?:{'|'.join(words)})"


_COUNTED: Final = (
    "comments?", "replies", "reads", "views", "likes", "commentaires?", "vues", "Antworten", "Aufrufe",
    "comentarios?", "comentários?", "visualizaciones", "visualizações", "commenti", "reacties", r"komentarz\w?",
    r"Kommentar\w{0,2}", r"коментар\w{0,3}", r"комментари\w{0,3}", r"просмотр\w{0,3}", "переглядів",
    "评论", "コメント",
)  # fmt: skip
_LABELS: Final = (
    "comments",
    "points",
    "score",
    "likes",
    "views",
    "commentaires",
    "kommentare",
    "comentarios",
)
_UNIT: Final = _any(
    (
        "s", "secs?", "seconds?", "m", "mins?", "minutes?", "h", "hrs?", "hours?", "d", "days?", "weeks?",
        "Sekunden?", "Minuten?", "Stunden?", r"Tage?n?", "secondes?", "heures?", "jours?", "segundos?", "minutos?",
        "horas?", "d[ií]as?", "secondi", "minut[oi]", "or[ae]", "giorn[oi]", "uur", "dagen", r"minut\w{0,2}",
        r"godzin\w?", "dni", r"минут\w?", r"час\w{0,2}", r"дн\w{1,2}", r"хвилин\w?", r"годин\w?",
    )
)  # fmt: skip
_CLOCK: Final = r"(?:\d{3}-\d\d-\d\d[T ]\d\d?|\d?)[:h]\d{2}(?::\d{2}(?:\.\d{1,9})?)?"
_FORMS: Final = (
    _CLOCK + r"(?:Z|[+-]\d\d:?\d\d|\s?[ap]\.?m\b\.?)?(?![\w:])",
    r"\d?\.\d{2}\s?Uhr\b",
    _after("klo ", "kl. ", "kl ") + r"\d?\.\d{2}\b",
    r"[\d.,\u00a0\u202f]{0,12}\s?[km]?\s?" + _any(_COUNTED) + r"\b",
    _after(*(f"{label}{sign}" for label in _LABELS for sign in (":", ": ", " ("))) + r"[\d.,]{0,12}",
    rf"\d{{0,2}}\s?{_UNIT}\s(?:ago|fa|geleden|temu|назад|тому)\b",
    _after("vor ", "il y a ", "hace ", "há ") + rf"\d{{0,2}}\s?{_UNIT}\b",
)
_TICKING: Final = re.compile(rf"\d(?<!\w\d){_any(_FORMS)}", re.IGNORECASE)
"""All begin with a digit that begins a number: that makes the search cheap."""


def steady(text: str) -> str:
    """The text without times of day, counts of comments and ages ("3 hours ago")."""
    return _TICKING.sub("", text)
