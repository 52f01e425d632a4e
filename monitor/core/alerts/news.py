"""Whether further reports of a told story say something new, and what: the first line of an update.

New is what several outlets say at once: one headline may be mistaken, misspelt, or about its own paper.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from anyascii import anyascii

from monitor.core.stories.keys import Kind, key
from monitor.core.stories.names import may_be_name, skeleton
from monitor.core.stories.topics import STEM, numbers, stop_words
from monitor.core.stories.traces import LONGEST_TITLE
from monitor.core.text.words import Words

FIRST_THRESHOLDS: Final = (3, 10)
"""Outlets that make a story larger than it was; then ten times as many, and so on: 30, 100, 300."""
NAME_OUTLETS: Final = 3
NUMBER_OUTLETS: Final = 2
"""Whose headlines have a name, a number that was not there: fewer are a slip of one desk and who copies it."""
MOST_NAMED: Final = 3
"""Names, numbers, headlines of one update: the line is read on a phone."""
_YEARS: Final = range(1900, 2101)
"""Numbers that are no news."""


@dataclass(frozen=True, slots=True)
class Headline:
    """Of a report that came after the story was told."""

    feed_id: str
    title: str
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Correction:
    """A told entry's headline that was changed since."""

    entry_id: int
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """A story when it was last told, and now."""

    outlets_then: int
    outlets: int
    languages_then: frozenset[str]
    languages: frozenset[str]
    headlines: Sequence[Headline] = ()
    known: frozenset[int] = frozenset()
    """Keys (`core.stories.keys`) of the words, names and numbers of what was there then."""
    corrections: Sequence[Correction] = ()


@dataclass(frozen=True, slots=True)
class New:
    """What is, in words."""

    text: str


@dataclass(frozen=True, slots=True)
class NothingNew:
    reason: str


def what_is_new(coverage: Coverage) -> New | NothingNew:
    """What an update's first line says, or why there is none."""
    found = [*_corrected(coverage), *_wider(coverage), *_said(coverage)]
    if found:
        return New(f"New: {'; '.join(found)}")
    outlets = coverage.outlets
    return NothingNew(f"below threshold {outlets} of {next_threshold(max(outlets, coverage.outlets_then))}")


def next_threshold(outlets: int) -> int:
    """The least threshold above so many outlets."""
    return next(one for one in _thresholds() if one > outlets)


def _thresholds() -> Iterator[int]:
    scale = 1
    while True:
        yield from (one * scale for one in FIRST_THRESHOLDS)
        scale *= 10


def _corrected(coverage: Coverage) -> Iterator[str]:
    for one in coverage.corrections[:MOST_NAMED]:
        yield f"the headline “{one.before}” is now “{one.after}”"


def _wider(coverage: Coverage) -> Iterator[str]:
    if coverage.outlets >= next_threshold(coverage.outlets_then):
        yield f"{coverage.outlets} outlets tell it ({coverage.outlets_then} before)"
    if languages := sorted(coverage.languages - coverage.languages_then):
        yield f"told in {', '.join(languages)} too"


def _said(coverage: Coverage) -> Iterator[str]:
    if names := _shared(coverage.headlines, _names, coverage.known, outlets=NAME_OUTLETS):
        yield f"named: {', '.join(names)}"
    if figures := _shared(coverage.headlines, _figures, coverage.known, outlets=NUMBER_OUTLETS):
        yield f"figures: {', '.join(figures)}"


@dataclass(frozen=True, slots=True)
class _Said:
    """Something a headline says: as shown, and the keys that it is known by."""

    shown: str
    key: int
    known_by: frozenset[int]


def _shared(
    headlines: Sequence[Headline],
    said_by: Callable[[str, str | None], Iterator[_Said]],
    known: frozenset[int],
    *,
    outlets: int,
) -> list[str]:
    """What so many outlets' headlines say and nothing said before; the most said first, as most write it."""
    tellers: defaultdict[int, set[str]] = defaultdict(set)
    spellings: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for headline in headlines:
        for said in said_by(headline.title[:LONGEST_TITLE], headline.language):
            if not said.known_by & known:
                tellers[said.key].add(headline.feed_id)
                spellings[said.key][said.shown] += 1
    shared = sorted(
        (one for one in tellers if len(tellers[one]) >= outlets),
        key=lambda one: (-len(tellers[one]), spellings[one].most_common(1)[0][0]),
    )
    return [spellings[one].most_common(1)[0][0] for one in shared[:MOST_NAMED]]


def _names(title: str, language: str | None) -> Iterator[_Said]:
    """Words written as names are. Not the first: any word has a capital there; nor in scripts without capitals."""
    words, stop = Words(title), stop_words(language)
    for shown, folded in list(zip(words.shown, words.folded, strict=True))[1:]:
        if may_be_name(shown) and shown[:1].lower() != shown[:1] and folded not in stop:
            word, bones = key(Kind.WORD, anyascii(folded)[:STEM]), skeleton(folded)
            name = key(Kind.NAME, bones) if bones else word
            yield _Said(shown, name, frozenset((name, word)))


def _figures(title: str, _language: str | None) -> Iterator[_Said]:
    for number, shown in numbers(title):
        if int(number) not in _YEARS:
            figure = key(Kind.NUMBER, number)
            yield _Said(shown, figure, frozenset((figure,)))
