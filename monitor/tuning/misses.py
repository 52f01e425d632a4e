"""Entries that a rule did not match and that probably are its subject, the likeliest first.

Pure. What the rule matched rightly, what people said of entries and the rule's own words teach what the subject is;
what is like that, in words, in pieces of words across languages, and where vectors are given in meaning, comes first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from monitor.core.text.document import read
from monitor.tuning.texts import Example, Rarity, Text, Vector, evenly, learn, points

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


Meanings = Mapping[int, Sequence[float]]


def ranked(
    texts: Sequence[Text],
    known: Known,
    subject: Subject,
    *,
    meanings: Meanings | None = None,
    subject_meanings: Sequence[Sequence[float]] = (),
) -> list[Miss]:
    """Entries that are not matched and that nobody judged, the likeliest first.

    `meanings`: by entry; `subject_meanings`: of `subject.right` and then `subject.wrong`.
    """
    rarity = Rarity(texts)
    vectors = {
        one.entry_id: _joined(rarity.weighed(one.vector), (meanings or {}).get(one.entry_id)) for one in texts
    }
    open_ = [one for one in texts if one.entry_id not in known.matched and one.entry_id not in known.said]
    examples = [
        *(Example(vectors[i], right=True) for i in sorted(known.right & vectors.keys())),
        *(Example(vectors[i], right=False) for i in sorted(known.wrong & vectors.keys())),
        *(
            Example(vectors[i], right=True, weight=MATCHED_WEIGHT)
            for i in sorted((known.matched & vectors.keys()) - known.said)
        ),
        *_own(rarity, subject, subject_meanings),
        *(
            Example(vectors[one.entry_id], right=False, weight=BACKGROUND_WEIGHT)
            for one in evenly(open_, BACKGROUND)
        ),
    ]
    weights = learn(examples)
    told = {
        one.story_id
        for one in texts
        if one.story_id is not None
        and (one.entry_id in known.right or one.entry_id in known.matched - known.wrong)
    }
    found = [
        Miss(
            one,
            points(weights, vectors[one.entry_id])
            + CLAUSE * known.held.get(one.entry_id, 0.0)
            + SAME_STORY * (one.story_id in told),
            one.story_id in told,
        )
        for one in open_
    ]
    return sorted(found, key=lambda miss: (-miss.points, -miss.text.entry_id))


def _own(rarity: Rarity, subject: Subject, meanings: Sequence[Sequence[float]]) -> list[Example]:
    said = [*((text, True) for text in subject.right), *((text, False) for text in subject.wrong)]
    padded = [*meanings, *([None] * (len(said) - len(meanings)))]
    return [
        Example(
            _joined(rarity.weighed(Text(0, text, read(title=text)).vector), meaning),
            right,
            weight=OWN_WORDS_WEIGHT,
        )
        for (text, right), meaning in zip(said, padded, strict=True)
    ]


def _joined(vector: Vector, meaning: Sequence[float] | None) -> Vector:
    if meaning is None:
        return vector
    return {**vector, **{f"#{at}": value * MEANING_WEIGHT for at, value in enumerate(meaning)}}
