"""Entries that a rule did not match and that probably are its subject, the likeliest first.

Pure. What the rule matched rightly, what people said of entries and the rule's own words teach what the subject is;
what is like that, in words, in pieces of words across languages, and where vectors are given in meaning, comes first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Final

from monitor.core.text.document import read
from monitor.tuning.texts import Example, Rarity, Text, evenly, learn

BACKGROUND: Final = 300
"""Entries that nobody said anything of and that stand for all the others."""
BACKGROUND_WEIGHT: Final = 0.05
"""Most of them are none of the rule's subject; a few are what is looked for."""
MATCHED_WEIGHT: Final = 0.3
"""What the rule matches and nobody judged."""
OWN_WORDS_WEIGHT: Final = 1.0
MEANING_WEIGHT: Final = 1.6
"""What an entry's meaning counts beside its words."""
SAME_STORY: Final = 1.0
"""Points for an entry of a story of which the rule matched another."""
CLAUSE: Final = 0.5
"""Points for each part of the query that holds, as a share of all."""


SHUT_OUT: Final = -2.0
"""Instead of that share, for what the rule's author shuts out: it may be a miss all the same, but seldom."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of the entries by their ids."""

    right: frozenset[int] = frozenset()
    """Of the rule's subject, matched or missed, as people said."""
    wrong: frozenset[int] = frozenset()
    matched: frozenset[int] = frozenset()
    held: Mapping[int, float] = field(default_factory=dict)
    """The share of the query's parts that holds."""

    @property
    def said(self) -> frozenset[int]:
        return self.right | self.wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What the rule itself says its subject is."""

    right: tuple[str, ...]
    """Title, words, texts that must match."""
    wrong: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Miss:
    text: Text
    points: float
    same_story: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """What texts mean, where somebody read them for it."""

    entries: Mapping[int, Sequence[float]] = field(default_factory=dict)
    right: Sequence[Sequence[float]] = ()
    """Of `Subject.right`, in its order; so for wrong."""
    wrong: Sequence[Sequence[float]] = ()


def ranked(texts: Sequence[Text], known: Known, subject: Subject, meant: Meant | None = None) -> list[Miss]:
    """Entries that are not matched and that nobody judged, the likeliest first."""
    open_ = [one for one in texts if one.entry_id not in known.matched and one.entry_id not in known.said]
    return sorted(
        _judged(open_, texts, known, subject, meant), key=lambda one: (-one.points, -one.text.entry_id)
    )


def doubtful(texts: Sequence[Text], known: Known, subject: Subject, meant: Meant | None = None) -> list[Miss]:
    """Entries that are matched and that nobody judged, those first that are least like what is right."""
    found = [one for one in texts if one.entry_id in known.matched - known.said]
    return sorted(
        _judged(found, texts, known, subject, meant), key=lambda one: (one.points, -one.text.entry_id)
    )


def _judged(
    some: Sequence[Text], texts: Sequence[Text], known: Known, subject: Subject, meant: Meant | None
) -> list[Miss]:
    """Some of the texts, each with its likeness to the rule's subject as all of them teach it."""
    meant = meant or Meant()
    rarity = Rarity(texts)
    vectors = {one.entry_id: rarity.weighed(one.vector) for one in texts}
    meanings = {one.entry_id: _weighed(meant.entries.get(one.entry_id, ())) for one in texts}

    def example(entry_id: int, *, right: bool, weight: float = 1.0) -> Example:
        return Example(vectors[entry_id], right, weight, meanings[entry_id])

    unsaid = [one for one in texts if one.entry_id not in known.matched and one.entry_id not in known.said]
    learned = learn(
        [
            *(example(i, right=True) for i in sorted(known.right & vectors.keys())),
            *(example(i, right=False) for i in sorted(known.wrong & vectors.keys())),
            *(
                example(i, right=True, weight=MATCHED_WEIGHT)
                for i in sorted((known.matched & vectors.keys()) - known.said)
            ),
            *_own(rarity, subject, meant),
            *(
                example(one.entry_id, right=False, weight=BACKGROUND_WEIGHT)
                for one in evenly(unsaid, BACKGROUND)
            ),
        ]
    )
    told = {
        one.story_id
        for one in texts
        if one.story_id is not None
        and (one.entry_id in known.right or one.entry_id in known.matched - known.wrong)
    }
    return [
        Miss(
            one,
            learned.points(vectors[one.entry_id], meanings[one.entry_id])
            + CLAUSE * known.held.get(one.entry_id, 0.0)
            + SAME_STORY * (one.story_id in told),
            one.story_id in told,
        )
        for one in some
    ]


def _own(rarity: Rarity, subject: Subject, meant: Meant) -> list[Example]:
    said = [
        *zip_longest(subject.right, meant.right, [True] * len(subject.right)),
        *zip_longest(subject.wrong, meant.wrong, [False] * len(subject.wrong)),
    ]
    return [
        Example(
            rarity.weighed(Text(0, text, read(title=text)).vector),
            bool(right),
            OWN_WORDS_WEIGHT,
            _weighed(meaning or ()),
        )
        for text, meaning, right in said
    ]


def _weighed(meaning: Sequence[float]) -> Sequence[float]:
    return [value * MEANING_WEIGHT for value in meaning]
