"""How near a clause came that did not hold, in words."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Final, Literal, assert_never

from monitor.core.rules import tree
from monitor.core.rules.lexer import MAX_DISTANCE
from monitor.core.rules.nodes import Close, Repeated
from monitor.core.text.document import BODY
from monitor.core.text.fold import fold_word
from monitor.core.text.inflections import INFLECTED
from monitor.core.text.words import Words
from monitor.model import Field

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.core.rules.bind import Binder
    from monitor.core.rules.reading import Reading, Within

_SHOWN: Final = 3
"""Examples in one note."""


class Misses:
    """Notes on the clauses of one rule in one document."""

    def __init__(self, reading: Reading, binder: Binder) -> None:
        self._reading = reading
        self._binder = binder

    def failed(self, query: tree.Query, within: Within) -> str:  # noqa: C901 - a table, one line a kind
        """Why a clause did not hold, and how near it came; empty where its parts say it."""
        match query:
            case tree.Near() | tree.Before():
                return self._missing(query.parts, within) or self._too_far(query, within)
            case tree.NotNear():
                near = f"every one has {query.without} near it"
                return self._missing([query.part], within) or near
            case tree.Phrase():
                return self._missing(query.words, within) or self._no_run(query, within)
            case tree.Exact():
                return self._other_spelling(query, within) or self._absent(query, within)
            case tree.Inflected():
                return "; ".join(filter(None, (self._absent(query, within), self.unstemmed(query))))
            case tree.Plain() | tree.Wild() | tree.Spoken():
                return self._absent(query, within)
            case tree.ListOf():
                return f"none of its {len(query.units)} terms is in {_where(within)}"
            case tree.Of() | tree.OfList() | tree.AtLeast():
                return f"{self._number(query, within)} found, {query.count} needed"
            case tree.From():
                return self._comes_from(query)
            case tree.Regex():
                return f"holds nowhere in {_where(within)}"
            case tree.And() | tree.Or() | tree.Not() | tree.In():
                return ""
            case _:
                assert_never(query)

    def unstemmed(self, query: tree.Query) -> str:
        """That a `~` did nothing, and why; empty where it did something."""
        language = self._reading.document.language
        languages = (language,) if language else self._binder.languages
        if not isinstance(query, tree.Inflected) or any(spoken in INFLECTED for spoken in languages):
            return ""
        why = f"no forms are known in {language}" if language else "the entry's language is unknown"
        return f"~ does nothing here: {why}"

    # ── Words ────────────────────────────────────────────────────────────────────────────────────

    def _holds(self, query: tree.Query, within: Within) -> bool:
        return self._binder.clause(query, within).holds(self._reading)

    def _missing(self, parts: Sequence[tree.Query], within: Within) -> str:
        """Which of the parts are not there at all; empty where all are."""
        missing = [str(part) for part in dict.fromkeys(parts) if not self._holds(part, within)]
        if not missing:
            return ""
        return f"{_and(missing)} {'is' if len(missing) == 1 else 'are'} not in {_where(within)}"

    def _absent(self, query: tree.Query, within: Within) -> str:
        fields = [_where(field) for field in Field if field != within and self._holds(query, field)]
        return f"not in {_where(within)}" + (f", but in {_and(fields)}" if fields else "")

    def _other_spelling(self, query: tree.Exact, within: Within) -> str:
        """How the word is spelt in the text; empty where it is not there."""
        folded = fold_word(query.word)
        words = chain.from_iterable(Words(text).shown for _, text in self._reading.texts(within))
        spelt = [word for word in dict.fromkeys(words) if fold_word(word) == folded]
        return f"there, but as {_and([f'“{word}”' for word in spelt[:_SHOWN]])}" if spelt else ""

    def _no_run(self, query: tree.Phrase, within: Within) -> str:
        return f"its words are there, not side by side in this order{self._closest(query.words, within)}"

    # ── Distances ────────────────────────────────────────────────────────────────────────────────

    def _too_far(self, query: tree.Near | tree.Before, within: Within) -> str:
        note = ""
        if isinstance(query, tree.Before):
            turned = tree.Near(query.parts, query.distance)
            note = "near, but in another order" if self._holds(turned, within) else ""
        if note:
            return note
        match query.distance:
            case "s":
                note = "never in one sentence"
            case "p":
                note = "never in one paragraph"
            case _:
                note = "never so near"
        return note + self._closest(query.parts, within)

    def _closest(self, parts: Sequence[tree.Query], within: Within) -> str:
        """How many words are between the parts where they are closest, in any order."""
        if len(parts) > _CHAIN or (apart := self._words_apart(parts, within)) is None:
            return "; they are never in one text" if self._apart_in_fields(parts, within) else ""
        return f": the closest are {apart} word{'' if apart == 1 else 's'} apart"

    def _words_apart(self, parts: Sequence[tree.Query], within: Within) -> int | None:
        """The least distance at which a NEAR would hold; None where the greatest is not enough."""
        placed = tuple(self._binder.placed(part, within) for part in parts)
        low, high = 0, MAX_DISTANCE
        if not Close(placed, high, "any").holds(self._reading):
            return None
        while low < high:
            middle = (low + high) // 2
            if Close(placed, middle, "any").holds(self._reading):
                high = middle
            else:
                low = middle + 1
        return low

    def _apart_in_fields(self, parts: Sequence[tree.Query], within: Within) -> bool:
        return within == "body" and not any(
            all(self._holds(part, field) for part in parts) for field in list(Field)[:BODY]
        )

    # ── Counts and origins ───────────────────────────────────────────────────────────────────────

    def _number(self, query: tree.Of | tree.OfList | tree.AtLeast, within: Within) -> int:
        match query:
            case tree.AtLeast():
                return Repeated(self._binder.placed(query.part, within), query.count).number(self._reading)
            case tree.Of():
                parts: Sequence[tree.Query] = query.parts
            case tree.OfList():
                parts = query.listed.units
        return sum(self._holds(part, within) for part in parts)

    def _comes_from(self, query: tree.From) -> str:
        document = self._reading.document
        sources: dict[Literal["site", "feed", "tag", "lang"], str] = {
            "site": next(iter(document.hosts), ""),
            "feed": document.feed_id,
            "tag": ", ".join(sorted(document.feed_tags)),
            "lang": document.language or "",
        }
        source = sources[query.kind]
        return f"the entry's is {source}" if source else "the entry has none that is known"


_CHAIN: Final = 6
"""Parts whose closest stand is worth searching for."""


def _where(within: Within) -> str:
    return "the text" if within == "body" else f"the {within}"


def _and(words: Sequence[str]) -> str:
    shown = [*words[:_SHOWN], f"{len(words) - _SHOWN} more"] if len(words) > _SHOWN else words
    return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))
