"""What an entry says, as the comparison of stories sees it: tokens of its headline and its sentences.

Pure, and the same for the same text: a report is made when a rule matches an entry, and again from the stored text
when it is needed. A token is a string whose first character tells its kind: `#12` is a number, in figures or in
words, `#b` the letter of a terminal or a line, `@FR` a country, `~` a function word; any other a word, by its stem.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from itertools import pairwise
from sys import intern
from typing import Final

import regex
from anyascii import anyascii

from monitor.core.stories.calendar import day_in, day_or_month
from monitor.core.stories.names import may_be_name, skeleton, without_prefix
from monitor.core.stories.negation import is_negation
from monitor.core.stories.numerals import numeral
from monitor.core.stories.places import places
from monitor.core.stories.recurring import NOTHING, Recurring
from monitor.core.stories.topics import stop_words
from monitor.core.text.stems import SNOWBALL, stem
from monitor.core.text.words import Words, folded_words
from monitor.model import Entry, FeedEntry, Field, Span

LONGEST_TITLE: Final = 500
"""Characters that are read of a title."""
LONGEST_BODY: Final = 6000
"""Characters that are read of a text: what stands further below is background."""
LEAD: Final = 1200
"""Characters of title and text in which names and places are looked for that hold across languages."""
STEM: Final = 7
"""Letters of a word that are compared: endings come after."""
FORM: Final = 4
"""Letters that a word has in common with its other forms."""
KEPT_SETS: Final = 256
"""Reports whose sets are kept, those that were compared last."""

_GROUPED: Final = re.compile(r"(?<![\d.,])(\d{1,3})((?:[ .,'’\u00a0\u202f]\d{3})+)(?!\d)")
_NO_DIGIT: Final = re.compile(r"\D")
_FIGURES: Final = re.compile(r"(\d+)\D{0,3}")
_LABEL: Final = regex.compile(r"(?<=[\p{L}\d][ \u00a0-])\p{Lu}(?![\p{L}\d'’]|\.\s?\p{L})")
"""A letter that numbers: Terminal B, hepatitis A. No initial of a name."""
_WORDS_OF_ONE_LETTER: Final = frozenset("aeiouwyzавикосуя")
"""Letters that are words somewhere: where each word of a headline begins with a capital they number nothing."""
_DATELINE: Final = re.compile(r"\A([^().]{0,40})\([^()]{2,40}\)\s*[—–:-]+\s")
_UNSPACED: Final = regex.compile(r"[\p{Han}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]\p{M}*")
_HIRAGANA: Final = regex.compile(r"\p{Hiragana}")
_KATAKANA: Final = regex.compile(r"[\p{Katakana}ー]+")
_HANGUL: Final = regex.compile(r"\p{Hangul}+")
_NOUNS_CAPITAL: Final = frozenset({"de", "lb"})
"""Languages that write every noun with a capital letter: there it shows no name."""

Tokens = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Report:
    """An entry as the comparison sees it. Each is its own: two of the same text are not equal.

    Thousands are kept in memory, so it holds what was read and no more; the sets that comparing asks for are made
    again when they are (`Sets`).
    """

    entry_id: int
    """Any number that is its own: entries of the poll at hand, not stored yet, may have negative ones."""
    feed_id: str
    reported_at: datetime
    language: str | None
    rules: frozenset[str] = frozenset()
    """The rules that it matches."""
    story_id: int | None = None
    """None: not decided yet."""
    copy_of: int | None = None
    headline: Tokens = ()
    """In order, without days of the week, months and the outlet's name."""
    sentences: tuple[Tokens, ...] = ()
    """Of the text, likewise, without what recurs in its feed."""
    recurring: tuple[Tokens, ...] = ()
    """The sentences that were taken out because they recur in the feed."""
    names: frozenset[str] = frozenset()
    """Those of the tokens that are written as names are, where a language shows it."""
    across: frozenset[str] = frozenset()
    """What is the same in every language: numbers, countries, and the consonants of names (`&plt`)."""
    headline_days: frozenset[str] = frozenset()
    """The days of the week and the months that the headline names (`calendar.day_or_month`)."""
    days: frozenset[str] = frozenset()
    """Those that headline and text name."""
    watched: frozenset[str] = frozenset()
    """Those of the tokens that its rules' queries found: all that match have them, so they tell little."""
    words: Tokens = ()
    """Each token once."""
    folded: tuple[str, ...] = ()
    """For each of `words` the folded word that stood for it first: what the word index knows it by."""

    @property
    def sets(self) -> Sets:
        """What it says, as sets."""
        return _sets(self)

    @property
    def tokens(self) -> frozenset[str]:
        """All that it says."""
        return _sets(self).tokens

    @property
    def title(self) -> frozenset[str]:
        """Tokens of the headline."""
        return _sets(self).title

    @property
    def body(self) -> frozenset[str]:
        """What its text says, without the headline."""
        return _sets(self).body

    @property
    def numbers(self) -> frozenset[str]:
        """Tokens of its numbers."""
        return _sets(self).numbers

    @property
    def places(self) -> frozenset[str]:
        """Tokens of its places, the same in all languages."""
        return _sets(self).places

    @property
    def folded_of(self) -> dict[str, str]:
        """Token → the folded word that it came from."""
        return _sets(self).folded_of


class Sets:
    """What a report says, as comparing asks for it: each made when it is asked for first."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self.tokens = frozenset(report.words)
        self.small = sum([token[0] == "~" for token in report.words])
        """How many of the tokens are function words."""
        self.title = frozenset(report.headline)
        self.title_small = sum([token[0] == "~" for token in self.title])

    @cached_property
    def body(self) -> frozenset[str]:
        """Tokens of its sentences."""
        return frozenset(token for sentence in self._report.sentences for token in sentence)

    @cached_property
    def numbers(self) -> frozenset[str]:
        """Tokens of its numbers."""
        return frozenset([token for token in self._report.words if token[0] == "#"])

    @cached_property
    def places(self) -> frozenset[str]:
        """Tokens of its places."""
        return frozenset([token for token in self._report.across if token[0] == "@"])

    @cached_property
    def folded_of(self) -> dict[str, str]:
        """Token → folded word."""
        return dict(zip(self._report.words, self._report.folded, strict=True))

    @cached_property
    def pairs(self) -> frozenset[tuple[str, str]]:
        """Neighbouring tokens of each sentence of the text."""
        return frozenset(pair for tokens in self._report.sentences for pair in pairwise(tokens))

    @cached_property
    def begins(self) -> frozenset[str]:
        """The first letters of its words, by which their other forms are known."""
        return beginnings(self.tokens)


@lru_cache(maxsize=KEPT_SETS)
def _sets(report: Report) -> Sets:
    return Sets(report)


def beginnings(tokens: Iterable[str]) -> frozenset[str]:
    """The first letters of words, numbers and function words aside; a shorter word has no other forms."""
    return frozenset([token[:FORM] for token in tokens if token[0] not in "~#" and len(token) >= FORM])


def reported_at(entry: FeedEntry | Entry, *, seen_at: datetime) -> datetime:
    """When the entry was told: published, unless that is missing or in the future, then seen."""
    published = entry.published_at or entry.updated_at
    return published if published is not None and published < seen_at else seen_at


def report_of(
    entry: FeedEntry | Entry,
    *,
    entry_id: int,
    feed_id: str,
    reported_at: datetime,
    language: str | None = None,
    rules: frozenset[str] = frozenset(),
    watched: Collection[str] = (),
    recurring: Recurring = NOTHING,
) -> Report:
    """What an entry says.

    `watched`: the folded words that its rules' queries found (`watched_in`). `recurring`: what its feed says again
    and again, and the outlet's name.
    """
    language = language or entry.language
    title = recurring.headline(entry.title[:LONGEST_TITLE])
    body = _DATELINE.sub(r"\1", text_of(entry)[:LONGEST_BODY])
    own, again = recurring.divided(entry.title, body)
    reader = _Reader(language, recurring.outlet)
    headline = reader.read(title, headline=True)
    headline_days = frozenset(reader.days)
    texts = tuple(tokens for sentence in own if (tokens := reader.read(sentence)))
    taken_out = tuple(tokens for sentence in again if (tokens := _Reader(language, ()).read(sentence)))
    return Report(
        entry_id=entry_id,
        feed_id=feed_id,
        reported_at=reported_at,
        language=language,
        rules=rules,
        headline=headline,
        sentences=texts,
        recurring=taken_out,
        names=frozenset(reader.names()),
        across=frozenset(reader.across()),
        headline_days=headline_days,
        days=frozenset(reader.days),
        watched=frozenset([token for token, folded in reader.folded.items() if folded in watched]),
        words=tuple(reader.folded),
        folded=tuple(reader.folded.values()),
    )


def watched_in(entry: FeedEntry | Entry, spans: Iterable[Span]) -> frozenset[str]:
    """The folded words of title and text that the queries found: those of the matches' `spans`."""
    texts = {Field.TITLE: entry.title, Field.SUMMARY: entry.summary, Field.CONTENT: entry.content}
    found = {texts[span.field][span.start : span.end] for span in spans if span.field in texts}
    return frozenset(word for shown in found for word in folded_words(shown))


class _Reader:
    """Reads sentences of one entry, and remembers what it met."""

    def __init__(self, language: str | None, outlet: tuple[str, ...]) -> None:
        self._language, self._outlet = language, outlet
        self.folded: dict[str, str] = {}
        self.days: set[str] = set()
        self._capital: dict[str, str] = {}
        self._small: set[str] = set()
        self._places: set[str] = set()
        self._bones: set[str] = set()
        self._lead = LEAD

    def read(self, text: str, *, headline: bool = False) -> Tokens:
        """The tokens of a sentence, in order."""
        words = Words(_GROUPED.sub(_joined, text))
        shown, folded = words.shown, words.folded
        skipped = _phrase(folded, self._outlet)
        as_written = not (headline and _all_capital(shown))
        telling = as_written and self._language not in _NOUNS_CAPITAL
        found: list[str] = []
        for index, word in enumerate(shown):
            if index in skipped:
                continue
            key = folded[index]
            token = _token(word, key, self._language)
            if not token:
                may_number = index and len(word) == 1 and (as_written or key not in _WORDS_OF_ONE_LETTER)
                token, key = _with_others(token, folded, index, _labels(text) if may_number else ())
                if token is None:
                    continue
                if (day := day_in(token, self._language)) is not None:
                    self.days.add(day)
            if token[0] == "^":
                self.days.add(token[1:])
                continue
            found.append(intern(token))
            self.folded.setdefault(found[-1], intern(key))
            if token[0].isalpha():
                self._note(word, token, key, shows_names=bool(index and telling))
        if self._lead > 0:
            self._places.update(places(words, self._language))
        self._lead -= len(text)
        return tuple(found)

    def _note(self, word: str, token: str, key: str, *, shows_names: bool) -> None:
        """Whether a word is written as a name is; `shows_names`: a capital letter says so here."""
        if may_be_name(word) and self._lead > 0:
            self._bones.add(skeleton(key))
        if not word[:1].isupper():
            self._small.add(token)
        elif shows_names or _KATAKANA.match(word):
            self._capital.setdefault(token, key)

    def names(self) -> set[str]:
        return {token for token in self._capital if token not in self._small}

    def across(self) -> set[str]:
        numbers = {token for token in self.folded if token[0] == "#"}
        bones = {intern("&" + one) for one in self._bones if one}
        return numbers | bones | {intern("@" + place) for place in self._places}


@lru_cache(maxsize=1 << 15)
def _token(shown: str, folded: str, language: str | None) -> str | None:
    """What a word is compared by; empty where it says something only with its neighbours, None where nothing."""
    if not folded or _HIRAGANA.match(folded):
        return None
    if folded[0].isdigit():
        figures = _FIGURES.fullmatch(folded)
        return "#" + (figures[1].lstrip("0") or "0" if figures else folded)
    if _UNSPACED.fullmatch(folded) or _KATAKANA.fullmatch(folded):
        return ""
    if len(folded) < 2:
        return None
    return folded[:2] if _HANGUL.fullmatch(folded) else _word(shown, folded, language)


def _word(shown: str, folded: str, language: str | None) -> str | None:
    if is_negation(folded, language):
        return "~" + folded
    if (number := numeral(shown, language)) is not None:
        return "#" + number
    if (day := day_or_month(shown, folded, language)) is not None:
        return "^" + day if day else None
    if folded in stop_words(language):
        return "~" + folded
    bare = folded if folded.isascii() else without_prefix(folded)
    if language in SNOWBALL:
        return stem(shown.lower() if bare == folded else bare, language)[:STEM] or None
    return anyascii(bare).lower()[:STEM] or None


def _with_others(
    token: str | None, folded: list[str], index: int, labels: Collection[str]
) -> tuple[str | None, str]:
    """What a word says by what stands beside it, and how the word index knows it; `labels`: capital letters."""
    key = folded[index]
    if token == "":
        return _unspaced(folded, index)
    return ("#" + key, key) if key.upper() in labels else (None, key)


def _unspaced(folded: list[str], index: int) -> tuple[str | None, str]:
    """What a character of a script without spaces says, and how the word index knows it: a phrase.

    Two neighbours are a word, one that stands alone is one, and so is a run of Katakana; None inside of one.
    """
    pattern = _KATAKANA if _KATAKANA.fullmatch(folded[index]) else _UNSPACED
    follows = index and pattern.fullmatch(folded[index - 1])
    end = index + 1
    while end < len(folded) and pattern.fullmatch(folded[end]):
        end += 1
        if pattern is _UNSPACED:
            break
    if follows and (pattern is _KATAKANA or end == index + 1):
        return None, ""
    return "".join(folded[index:end]), " ".join(folded[index:end])


def _phrase(folded: list[str], phrase: tuple[str, ...]) -> frozenset[int]:
    """Where the outlet's whole name stands."""
    length = len(phrase)
    if not length or phrase[0] not in folded:
        return frozenset()
    starts = [i for i in range(len(folded) - length + 1) if tuple(folded[i : i + length]) == phrase]
    return frozenset(i + k for i in starts for k in range(length))


@lru_cache(maxsize=4)
def _labels(text: str) -> frozenset[str]:
    """The letters of a text that number something; `I` speaks of itself in English, and numbers elsewhere."""
    return frozenset(_LABEL.findall(text)) - {"I"}


def _all_capital(shown: list[str]) -> bool:
    long = [word for word in shown if len(word) > 3]
    return sum(word[0].isupper() for word in long) > 0.6 * max(1, len(long))


def _joined(found: re.Match[str]) -> str:
    return _NO_DIGIT.sub("", found[0])


def text_of(entry: FeedEntry | Entry) -> str:
    """Summary and content, without saying twice what begins both."""
    return joined(entry.summary, entry.content)


def joined(summary: str, content: str) -> str:
    """An entry's text: its summary and content, without saying twice what begins both."""
    return content if content.startswith(summary) else f"{summary}\n{content}"
