"""What both readers of feeds make of a feed's raw values: bounded texts, safe links, plausible dates, languages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urljoin, urlsplit

from monitor.core.text.html import to_line, to_text
from monitor.model import EntryKeys, FeedEntry

MAX_TITLE = 1_000
MAX_TEXT = 200_000
"""Characters of a summary or a content: ten times the longest newspaper article."""
MAX_NAME = 200
"""Characters of an author or a category."""
MAX_NAMES = 50
MAX_ADDRESS = 16_000
"""Characters of a link or guid; a longer one is left out, since half a name names something else."""
NO_LINKS = frozenset(
    {"", "#", "-", "n/a", "na", "none", "nil", "null", "undefined", "false", "http://", "https://"}
)
"""What software writes where it has none. As a relative address it would be the feed's own, or a page of no site."""
MARKUP_FACTOR = 10
"""Of a text's limit, as much markup is looked at: nothing shown of a title stands after a hundred pages of tags."""
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""Before the web: a clock that was never set, or the year zero of some database."""
AHEAD = timedelta(days=2)
"""Zones and embargoes put a date at most so far into the future."""

NEW_WORDS = 0.2
"""The share of a text's words that another has not: below it they are two forms of one text."""
NOTHING = FeedEntry(title="")

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
_OUTER = "".join(map(chr, range(33))) + "\x7f\xa0\u2028\u2029\ufeff"
_UNSEEN_IN_LINK = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_PLAIN_ADDRESS = re.compile(r"https?://[\w.-]*\w(?::\d+)?/[\w/.~%+,@!$()*:=-]*", re.ASCII)
"""One in which nothing is to be found out: joined to any base it stays as it is."""
_BLANK = re.compile(r"[ \xa0]")
_AMPERSAND = re.compile(r"&(?:amp|#0*38|#x0*26);", re.IGNORECASE)
_UNSEEN = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


def line(markup: object, *, limit: int = MAX_TITLE) -> str:
    """The text of something that stands on one line; empty for what is no string."""
    if not isinstance(markup, str):
        return ""
    return to_line(markup[: limit * MARKUP_FACTOR])[:limit].strip()


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
    """The absolute http(s) address that `value` means in a feed at `base`; None for any other kind, and for none.

    As browsers read one (WHATWG URL §4.4): line ends inside are left out, spaces escaped.
    """
    if not isinstance(value, str) or len(value) > MAX_ADDRESS:
        return None
    value = _BLANK.sub("%20", _UNSEEN_IN_LINK.sub("", value.strip(_OUTER)))
    if _PLAIN_ADDRESS.fullmatch(value):
        return value
    if value.lower() in NO_LINKS:
        return None
    value = _AMPERSAND.sub("&", value)
    try:
        absolute = urljoin(base, value)
        parts = urlsplit(absolute)
        host = parts.hostname
    except ValueError:  # brackets that are no IPv6 address
        return None
    return absolute if parts.scheme in {"http", "https"} and host else None


def is_elsewhere(address: str, url: str) -> bool:
    """Whether this is an http(s) address of another host than that of `url`."""
    try:
        parts, own = urlsplit(address), urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.hostname != own.hostname
    except ValueError:
        return False


def plausible(at: datetime | None, *, now: datetime) -> datetime | None:
    """The instant; None where nothing can have been published then."""
    return at if at is not None and EARLIEST <= at <= now + AHEAD else None


def unread_dates(texts: Sequence[str]) -> tuple[str, ...]:
    """What is said of a feed whose dates `texts` could not be read."""
    if not texts:
        return ()
    found = f"{len(texts)} of its dates are none that can be read, such as “{texts[0][:60]}”"
    return (f"{found}: those entries count as of when they were first seen",)


def told(
    entries: Sequence[FeedEntry], keys: Sequence[EntryKeys]
) -> tuple[tuple[FeedEntry, ...], tuple[EntryKeys, ...]]:
    """Those that tell anything: one in which nothing stands is nobody's, and would be new at every other poll."""
    telling = [both for both in zip(entries, keys, strict=True) if replace(both[0], language=None) != NOTHING]
    return tuple(entry for entry, _ in telling), tuple(its for _, its in telling)


def with_others(content: str, summary: str, others: Iterable[str]) -> str:
    """The content, and behind it those of the other texts whose words neither it nor the summary holds."""
    for other in others:
        words = set(other.split())
        if words and len(words - set(content.split()) - set(summary.split())) > NEW_WORDS * len(words):
            content = f"{content}\n{other}".strip()
    return content[:MAX_TEXT]


def language(code: object) -> str | None:
    """The bare ISO 639-1 code of a language tag (RFC 5646); None where it names none."""
    found = _LANGUAGE.match(code) if isinstance(code, str) else None
    if found is None:
        return None
    bare = found[1].lower()
    return LANGUAGES.get(bare, bare if len(bare) == 2 else None)
