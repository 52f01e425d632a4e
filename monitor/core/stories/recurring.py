"""What recurs in a feed: paywall lines, footers, credits, the outlet's own name. It tells nothing: it is taken out.

Learned from the feed's recent entries, never from a list: a sentence that stands under headlines which have nothing
to do with each other says nothing of either.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from monitor.core.text.fold import fold
from monitor.core.text.words import folded_words

ENTRIES: Final = 40
"""Of a feed, the newest, that what recurs is learned from."""
CHARACTERS: Final = 6000
"""Of each text that are read, as many as a report reads."""
UNLIKE: Final = 0.34
"""Share of the shorter headline's words in the other, up to which two have nothing to do with each other."""
TELLING: Final = 5
"""Letters of a word that are compared, and that it has at least."""
TWINS: Final = 3
"""Entries that a feed has with a mark or a counter and without, from which it is known as such. In fewer it may be
what is new: two reports that grow by `5 hurt.`"""
TITLE_FROM: Final = 12
"""Characters of a title from which its repetition in the text is known as such."""

_END: Final = re.compile(
    r"\s(?:(?<=[.!?…)\]”\"»’']\s)"
    r"(?:(?<=[^\W\d_]{3}[.!?…]\s)|(?<=\d\d[.!?…]\s)|(?<=[)\]”\"»’'%][.!?…]\s)|(?<=[.!?…][)\]”\"»’']\s))\s*"
    r"|(?<=\n)\n*|[|·•]\s)"
)
"""The space where a sentence ends: not after an initial or a short abbreviation. What it comes after is looked at
where a space stands alone, and most often one character of it is enough."""
_WITHOUT_SPACE: Final = re.compile(r"[。！？؟।]")
"""What ends a sentence without any space."""
_AFFIX: Final = re.compile(r"\s+(?:[|·•–—-]|::|//)\s+")
_MARK: Final = re.compile(
    r"\s*(?:[\[【(（]([^\]】)）]{2,24})[\]】)）]|([^:：|–—\[【(（]{2,24}?)(?:\s*[:：|]|\s+[–—-](?=\s)))\s*(?=\S)"
)
"""What stands before a title: `UPDATE:`, `Exklusiv –`, `[Archive]`, `【速報】`."""
_NUMBER: Final = re.compile(r"\d+")
_TITLE: Final = "\ufffc"
"""Stands where a text repeats its title."""


def sentences(text: str) -> list[str]:
    """The sentences of a text, in order."""
    spaced = _WITHOUT_SPACE.sub("\\g<0>\n", text)
    return [found for sentence in _END.split(spaced) if (found := sentence.strip())]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurring:
    """What a feed says again and again."""

    sentences: frozenset[str] = frozenset()
    """Folded; the title, where it stands in one, replaced by a sign."""
    counters: frozenset[str] = frozenset()
    """Folded sentences whose numbers differ, with zeros in their place: `Read 0 times.`"""
    affixes: frozenset[str] = frozenset()
    """Folded parts of titles, divided by a dash or a bar: the outlet, a column."""
    marks: frozenset[str] = frozenset()
    """Folded words before titles: an edition, an agency's mark."""
    outlet: tuple[str, ...] = ()
    """The folded words of the outlet's name."""

    def headline(self, title: str) -> str:
        """The title without the outlet's name and what else is put before or behind every one."""
        marked = _MARK.match(title) if self.marks else None
        if marked and _folded_mark(marked) in self.marks:
            title = title[marked.end() :]
        parts = _AFFIX.split(title)
        kept = [part for part in parts if not self._is_affix(part)]
        if len(kept) == len(parts) or not kept:
            return title
        return " – ".join(kept)

    def divided(self, title: str, body: str) -> tuple[list[str], list[str]]:
        """The sentences of a text, and those of them that recur; the title, where it is repeated, left out."""
        own: list[str] = []
        recur: list[str] = []
        for sentence in sentences(_masked(title, body)):
            (recur if self._recurs(fold(sentence)) else own).append(sentence.replace(_TITLE, " "))
        return own, recur

    def _recurs(self, folded: str) -> bool:
        return folded in self.sentences or (bool(self.counters) and _uncounted(folded) in self.counters)

    def _is_affix(self, part: str) -> bool:
        words = folded_words(part)
        if self.outlet and words and set(words) <= set(self.outlet):
            return True
        return fold(part.strip()) in self.affixes


NOTHING: Final = Recurring()


def folded_sentences(title: str, body: str) -> Sequence[str]:
    """The different sentences of a text, folded; the title, where it is repeated, left out."""
    return list(dict.fromkeys(map(fold, sentences(_masked(title, body[:CHARACTERS])))))


def recurring(
    texts: Iterable[tuple[str, str]],
    *,
    outlet: str = "",
    divided: Callable[[str, str], Sequence[str]] = folded_sentences,
) -> Recurring:
    """What recurs in a feed whose newest entries have these titles and texts; `outlet`: its title.

    `divided`: `folded_sentences`, or the same by somebody who remembers what it said.
    """
    under: defaultdict[str, list[int]] = defaultdict(list)
    after: defaultdict[str, list[int]] = defaultdict(list)
    before: defaultdict[str, list[int]] = defaultdict(list)
    counted: defaultdict[str, list[int]] = defaultdict(list)
    newest = list(texts)[:ENTRIES]
    telling = _Telling(newest)
    titles = [fold(title.strip()) for title, _ in newest]
    bare: dict[int, str] = {}
    twice = {title for title, times in Counter(titles).items() if times > 1}
    for number, (title, body) in enumerate(newest):
        for sentence in divided(title, body):
            under[sentence].append(number)
            if titles[number] in twice and _NUMBER.search(sentence):
                counted[_uncounted(sentence)].append(number)
        if marked := _MARK.match(title):
            before[_folded_mark(marked)].append(number)
            bare[number] = fold(title[marked.end() :].strip())
        for part in dict.fromkeys(_AFFIX.split(title)[1:]):
            after[fold(part.strip())].append(number)
    return Recurring(
        sentences=frozenset(
            one
            for one, where in under.items()
            if len(where) > 1 and (_is_anybodys(where, telling) or _is_foreign(one, where, telling))
        ),
        counters=frozenset(
            one for one, where in counted.items() if _twins(where, titles, titles.__getitem__)
        ),
        marks=frozenset(one for one, where in before.items() if _twins(where, titles, bare.__getitem__)),
        affixes=frozenset(
            one
            for one, where in after.items()
            if _is_anybodys(where, telling, but=frozenset(folded_words(one)))
        ),
        outlet=tuple(folded_words(outlet)),
    )


def _folded_mark(marked: re.Match[str]) -> str:
    return fold((marked[1] or marked[2]).strip())


def _uncounted(folded: str) -> str:
    return _NUMBER.sub("0", folded)


def _twins(where: Iterable[int], titles: Sequence[str], bare: Callable[[int], str]) -> bool:
    """Whether texts that nothing else holds together stand in the feed once with it, and once without.

    A form that all have had from the start says something: how strong each earthquake was.
    """
    having = set(where)
    without = {title for number, title in enumerate(titles) if number not in having}
    return len({title for number in having if (title := bare(number)) in without}) >= TWINS


def _is_anybodys(where: Sequence[int], telling: _Telling, *, but: frozenset[str] = frozenset()) -> bool:
    """Whether it stands under two headlines that have nothing to do with each other."""
    for index, one in enumerate(where):
        for other in where[index + 1 :]:
            ours, theirs = telling.title(one) - but, telling.title(other) - but
            if len(ours & theirs) <= UNLIKE * min(len(ours), len(theirs)):
                return True
    return False


class _Telling:
    """What texts tell: the words of their titles, how often they have each telling word. Of most nobody asks."""

    def __init__(self, texts: Sequence[tuple[str, str]]) -> None:
        self._texts = texts
        self._titles: dict[int, frozenset[str]] = {}
        self._counted: dict[int, Counter[str]] = {}

    def title(self, number: int) -> frozenset[str]:
        if number not in self._titles:
            self._titles[number] = frozenset(folded_words(self._texts[number][0]))
        return self._titles[number]

    def __getitem__(self, number: int) -> Counter[str]:
        if number not in self._counted:
            title, body = self._texts[number]
            self._counted[number] = Counter(_telling(f"{title}\n{body[:CHARACTERS]}"))
        return self._counted[number]


def _is_foreign(sentence: str, where: Sequence[int], telling: _Telling) -> bool:
    """Whether nothing that it tells of is told of anywhere else in the texts that have it."""
    own = Counter(_telling(sentence))
    return bool(own) and all(telling[index][word] <= count for index in where for word, count in own.items())


def _telling(text: str) -> list[str]:
    return [word[:TELLING] for word in folded_words(text) if len(word) >= TELLING]


def _masked(title: str, body: str) -> str:
    return body.replace(title, _TITLE) if len(title) >= TITLE_FROM else body
