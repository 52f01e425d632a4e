"""A date's text → one spelling: digits of one script, letters of one case, East Asia's marks as Europe's."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from monitor.feeds.date_words import fold

_SAME: Final = str.maketrans(
    {
        "\N{MINUS SIGN}": "-",
        "\N{EN DASH}": "-",
        "\N{HYPHEN}": "-",
        "،": ",",
        "：": ":",
        "\N{NO-BREAK SPACE}": " ",
    }
)
_UNSEEN: Final = re.compile("[\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_DIGIT: Final = re.compile(r"\d")
_ERAS: Final = (
    (re.compile(r"令和 ?(\d{1,2}) ?年"), 2018),
    (re.compile(r"平成 ?(\d{1,2}) ?年"), 1988),
    (re.compile(r"(?:中華)?民[國国] ?(\d{2,3}) ?年"), 1911),
)
_HOUR: Final = re.compile(r"(?<=\d) ?(?:[時时点點]|시)(?: ?整)?(?! ?\d)")
_MARKS: Final = (
    (re.compile(r"(?<=\d) ?(?:[年월月년]) ?"), "-"),
    (re.compile(r"(?<=\d) ?(?:[日号號]|일)"), " "),
    (re.compile(r"(?<=\d) ?(?:[時时点點分]|시|분) ?(?=\d)"), ":"),
    (_HOUR, ":00 "),
    (re.compile(r"(?<=\d) ?(?:[分秒]|분|초)"), " "),
)
_HALVES: Final = re.compile("(上午|下午|午前|午後|凌晨|早上|中午|晚上|오전|오후)")
_NUMBERED_WEEKDAY: Final = re.compile(r"^(?:t|th|thứ) ?[2-7] ?(?=,)", re.IGNORECASE)
"""Of Vietnamese."""
_T: Final = re.compile(r"(?<=\d)t(?=\d)")


def spelt(text: str) -> str:
    """The text as `dates` reads it: `a.m.` is `am`, `2025年11月13日` is `2025-11-13`, the T of ISO 8601 a space."""
    text = unicodedata.normalize("NFKC", _UNSEEN.sub("", text.translate(_SAME))).translate(_SAME)
    if not text.isascii():
        text = _DIGIT.sub(lambda digit: str(unicodedata.decimal(digit[0])), text)
        for era, years in _ERAS:
            text = era.sub(lambda year, years=years: f"{int(year[1]) + years}年", text)  # type: ignore[misc]
        for mark, instead in _MARKS:
            text = mark.sub(instead, text)
        text = _HALVES.sub(r" \1 ", text)
    text = _NUMBERED_WEEKDAY.sub("", " ".join(text.split()))
    return " ".join(_T.sub(" ", fold(text)).split())
