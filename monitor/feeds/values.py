"""What both readers of feeds make of a feed's raw values: bounded texts, safe links, plausible dates, languages."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from urllib.parse import urljoin, urlsplit

from monitor.core.text.html import to_text

MAX_TITLE = 1_000
MAX_TEXT = 200_000
"""Characters of a summary or a content: ten times the longest newspaper article."""
MAX_NAME = 200
"""Characters of an author or a category."""
MAX_NAMES = 50
MAX_ADDRESS = 4_000
"""Characters of a link or guid; a longer one is left out, since half a name names something else."""
MARKUP_FACTOR = 10
"""Of a text's limit, as much markup is looked at: nothing shown of a title stands after a hundred pages of tags."""
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""Before the web: a clock that was never set, or the year zero of some database."""
AHEAD = timedelta(days=2)
"""Zones and embargoes put a date at most so far into the future."""

LANGUAGES = {
    # ISO 639-2 and 639-3 codes, names that ISO 639-1 gave up, and forms of one language → ISO 639-1.
    "ara": "ar", "bul": "bg", "cat": "ca", "ces": "cs", "chi": "zh", "cze": "cs", "dan": "da", "deu": "de",
    "dut": "nl", "ell": "el", "eng": "en", "est": "et", "fas": "fa", "fin": "fi", "fra": "fr", "fre": "fr",
    "ger": "de", "gre": "el", "heb": "he", "hin": "hi", "hrv": "hr", "hun": "hu", "ind": "id", "ita": "it",
    "jpn": "ja", "kor": "ko", "lav": "lv", "lit": "lt", "nld": "nl", "nob": "no", "nno": "no", "nor": "no",
    "per": "fa", "pol": "pl", "por": "pt", "ron": "ro", "rum": "ro", "rus": "ru", "slk": "sk", "slo": "sk",
    "slv": "sl", "spa": "es", "sqi": "sq", "srp": "sr", "swe": "sv", "tur": "tr", "ukr": "uk", "vie": "vi",
    "zho": "zh", "in": "id", "iw": "he", "ji": "yi", "nb": "no", "nn": "no",
}  # fmt: skip

_LANGUAGE = re.compile(r"\s*([A-Za-z]{2,3})(?![A-Za-z])")
_UNSEEN = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


def line(markup: object, *, limit: int = MAX_TITLE) -> str:
    """The text of something that stands on one line; empty for what is no string."""
    if not isinstance(markup, str):
        return ""
    return to_text(markup[: limit * MARKUP_FACTOR]).replace("\n", " ")[:limit].strip()


def text(markup: object) -> str:
    """The text of a summary or content, in paragraphs; empty for what is no string."""
    if not isinstance(markup, str):
        return ""
    return to_text(markup[: MAX_TEXT * MARKUP_FACTOR])[:MAX_TEXT].strip()


def names(given: Iterable[object]) -> tuple[str, ...]:
    """Categories or authors: each once, in order, without the empty ones."""
    found = dict.fromkeys(
        line(name, limit=MAX_NAME) for _, name in zip(range(MAX_NAMES), given, strict=False)
    )
    return tuple(name for name in found if name)


def guid(value: object) -> str | None:
    """The guid as the feed gave it, without outer space and characters that are no text."""
    if not isinstance(value, str) or len(value) > MAX_ADDRESS:
        return None
    return _UNSEEN.sub(" ", value).strip() or None


def link(value: object, *, base: str) -> str | None:
    """The absolute http(s) address that `value` means in a feed at `base`; None for any other kind."""
    if not isinstance(value, str) or len(value) > MAX_ADDRESS:
        return None
    try:
        absolute = urljoin(base, _UNSEEN.sub("", value))
        parts = urlsplit(absolute)
        host = parts.hostname
    except ValueError:  # brackets that are no IPv6 address
        return None
    return absolute if parts.scheme in {"http", "https"} and host else None


def instant(seconds: float | None, *, now: datetime) -> datetime | None:
    """The instant so many seconds after 1970; None where nothing can have been published then."""
    if seconds is None:
        return None
    try:
        at = datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return at if EARLIEST <= at <= now + AHEAD else None


def iso_instant(value: object, *, now: datetime) -> datetime | None:
    """The instant of an RFC 3339 or W3C date. One without a zone is taken as UTC, as feedparser takes it."""
    if not isinstance(value, str):
        return None
    try:
        at = datetime.fromisoformat(value.strip()[:40])
        return instant((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp(), now=now)
    except (ValueError, OverflowError):
        return None


def language(code: object) -> str | None:
    """The bare ISO 639-1 code of a language tag (RFC 5646); None where it names none."""
    found = _LANGUAGE.match(code) if isinstance(code, str) else None
    if found is None:
        return None
    bare = found[1].lower()
    return LANGUAGES.get(bare, bare if len(bare) == 2 else None)
