"""Entries of the history as tuning reads them: what is in them, for comparing them and for naming words of theirs.

Pure. A feature is worth comparing: a word without its ending, in its language; the word in Latin letters, and its
pieces of four letters, which strike, Streik and strejk have in common across languages.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from operator import mul
from typing import Final

from anyascii import anyascii

from monitor.core.stories.topics import stop_words
from monitor.core.text.document import BODY, Document
from monitor.core.text.inflections import INFLECTED, root
from monitor.core.text.words import Words, is_unspaced
from monitor.tuning import thesaurus

TITLE_WEIGHT: Final = 2.0
"""What a word of the title counts beside one of the text: what an entry is about stands there."""
PIECE: Final = 4
"""Letters of a piece of a word: long enough to mean something, short enough to cross languages."""
PIECE_WEIGHT: Final = 0.35
CONCEPT_WEIGHT: Final = 2.0
"""What a concept counts that words of its language name: as a word of the title, whatever the language."""
LONGEST_RUN: Final = 6
"""Characters of a word in scripts without spaces that may be proposed whole."""
LONGEST_PART: Final = 4
"""The same of a part of such a stretch."""
MAX_WORDS: Final = 600
"""Words of an entry that are compared: an article's first pages say what it is about."""

Feature = str
Vector = Mapping[Feature, float]


@dataclass(frozen=True, slots=True, order=True)
class Word:
    """A word, whichever its form, in one language; empty where the language is unknown."""

    language: str
    root: str


@dataclass(frozen=True)
class Text:
    """An entry of the history with the words that it could be found by."""

    entry_id: int
    title: str
    document: Document
    story_id: int | None = None

    @property
    def language(self) -> str:
        return self.document.language or ""

    @cached_property
    def words(self) -> Mapping[Word, str]:
        """Its words, function words and numbers aside, each with how it first stands there; the title's first."""
        found: dict[Word, str] = {}
        for words in _bodies(self.document):
            for shown, folded in _units(words, self.language):
                found.setdefault(Word(self.language, _root(shown, folded, self.language)), shown)
        return found

    @cached_property
    def title_words(self) -> frozenset[Word]:
        """Those that stand in the title."""
        units = _units(self.document.segments[0].words, self.language)
        return frozenset(Word(self.language, _root(shown, folded, self.language)) for shown, folded in units)

    @cached_property
    def concepts(self) -> frozenset[thesaurus.Concept]:
        """What its words mean, as far as the thesaurus knows them."""
        return thesaurus.of_document(self.document)

    @cached_property
    def vector(self) -> Vector:
        """How often, weighed, each feature stands in it."""
        found: dict[Feature, float] = {}
        for number, words in enumerate(_bodies(self.document)):
            weight = TITLE_WEIGHT if number == 0 else 1.0
            for shown, folded in _units(words, self.language):
                for feature, share in _features(shown, folded, self.language):
                    found[feature] = max(found.get(feature, 0.0), weight * share)
        return found | {f"#{concept}": CONCEPT_WEIGHT for concept in self.concepts}


def _bodies(document: Document) -> Iterator[Words]:
    """Title, summary and content."""
    for segment in document.segments[:BODY]:
        yield segment.words


def _units(words: Words, language: str) -> Iterator[tuple[str, str]]:
    """As shown and folded; in scripts without spaces what may be words of a run (`_in_run`)."""
    stop = stop_words(language or None)
    run = ""
    behind = -1
    for shown, folded, (start, end) in list(zip(words.shown, words.folded, words.spans, strict=True))[
        :MAX_WORDS
    ]:
        if is_unspaced(shown[0]):
            if start != behind:
                yield from _in_run(run)
                run = ""
            run += shown
            behind = end
        elif len(folded) > 2 and folded not in stop and not folded[0].isdigit():
            yield shown, folded
    yield from _in_run(run)


def _in_run(run: str) -> Iterator[tuple[str, str]]:
    """Katakana whole, as rules ask for it; of Han and other scripts each stretch of two to four; no Hiragana."""
    for stretch in _STRETCHES.findall(run):
        if _KATAKANA.match(stretch):
            if len(stretch) > 1:
                yield stretch, stretch
            continue
        if len(stretch) <= LONGEST_RUN and len(stretch) > 1:
            yield stretch, stretch
        for length in range(2, min(len(stretch), LONGEST_PART + 1)):
            for start in range(len(stretch) - length + 1):
                yield stretch[start : start + length], stretch[start : start + length]


_KATAKANA: Final = re.compile("[\u30a0-\u30ff]")
_STRETCHES: Final = re.compile(
    "[\u30a0-\u30ff]+|[\u3400-\u9fff\uf900-\ufaff々]+|[^\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+"
)


@lru_cache(maxsize=1 << 15)
def _root(shown: str, folded: str, language: str) -> str:
    return (root(shown.lower(), language) if language in INFLECTED else "") or folded


@lru_cache(maxsize=1 << 15)
def _features(shown: str, folded: str, language: str) -> tuple[tuple[Feature, float], ...]:
    latin = anyascii(folded).lower()
    pieces = {latin[at : at + PIECE] for at in range(len(latin) - PIECE + 1)}
    return (
        (f"{language}:{_root(shown, folded, language)}", 1.0),
        (f"={latin}", 1.0),
        *((f"*{piece}", PIECE_WEIGHT) for piece in sorted(pieces)),
    )


class Rarity:
    """How much a feature says: the fewer texts have it, the more."""

    def __init__(self, texts: Iterable[Text]) -> None:
        self._having: Counter[Feature] = Counter()
        self._number = 1
        for text in texts:
            self._having.update(text.vector.keys())
            self._number += 1

    def weighed(self, vector: Vector) -> dict[Feature, float]:
        """Of length 1, or empty."""
        weighed = {
            feature: weight * math.log((self._number + 1) / max(self._having[feature], 1))
            for feature, weight in vector.items()
        }
        length = math.sqrt(sum(weight * weight for weight in weighed.values()))
        return {feature: weight / length for feature, weight in weighed.items()} if length else {}


@dataclass(frozen=True, slots=True)
class Example:
    """What is known of a text: its features, what it means (empty: not read), and whether it is right."""

    vector: Vector
    right: bool
    weight: float = 1.0
    """How sure that is."""
    meaning: Sequence[float] = ()


ROUNDS: Final = 25
STEP: Final = 1.0
DECAY: Final = 0.02


@dataclass(slots=True)
class Learned:
    """What each feature, and each direction of meaning, speaks for."""

    features: dict[Feature, float] = field(default_factory=dict)
    meaning: list[float] = field(default_factory=list)

    def points(self, vector: Vector, meaning: Sequence[float] = ()) -> float:
        """What a text's features and meaning add up to."""
        weights = self.features
        found = sum(weights.get(feature, 0.0) * value for feature, value in vector.items())
        return found + sum(map(mul, self.meaning, meaning)) if meaning and self.meaning else found


def learn(examples: Sequence[Example]) -> Learned:
    """Logistic regression, by gradient: always the same for the same examples."""
    learned = Learned()
    weights = learned.features
    bias = 0.0
    for turn in range(ROUNDS):
        step = STEP / (1 + turn * 0.1)
        for example in examples:
            points = bias + learned.points(example.vector, example.meaning)
            error = example.right - 1 / (1 + math.exp(-max(-30.0, min(30.0, points))))
            push = step * example.weight * error
            less = 1 - DECAY * step * example.weight
            bias += push * 0.1
            for feature, value in example.vector.items():
                weights[feature] = weights.get(feature, 0.0) * less + push * value
            if example.meaning:
                old = learned.meaning or [0.0] * len(example.meaning)
                learned.meaning = [w * less + push * v for w, v in zip(old, example.meaning, strict=True)]
    return learned


def evenly(texts: Sequence[Text], most: int) -> Sequence[Text]:
    """At most so many, from everywhere among them."""
    return texts if len(texts) <= most else texts[:: -(-len(texts) // most)]


def having(texts: Collection[Text]) -> dict[Word, set[int]]:
    """By word, the ids of the entries that have it."""
    found: dict[Word, set[int]] = {}
    for text in texts:
        for word in text.words:
            found.setdefault(word, set()).add(text.entry_id)
    return found
