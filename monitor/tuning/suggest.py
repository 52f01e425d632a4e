"""Words to add to a rule so that it finds what people said it missed, and to shut out what they said is wrong.

Pure. A word is worth adding where it brings in entries that are right and none that are wrong; what nobody judged
counts against it, too, but less. Each language is looked at by itself: what a list gets stands in that one's row.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from itertools import combinations, product
from typing import Final

from monitor.core.text.fold import fold
from monitor.tuning import drafts, thesaurus
from monitor.tuning.closeness import Closeness
from monitor.tuning.drafts import Draft
from monitor.tuning.rule_history import RuleHistory
from monitor.tuning.terms import SAFE_BEGINNING, terms_for, with_forms
from monitor.tuning.texts import Text, Word, having
from monitor.tuning.trial import ListedWords, Trial

WRONG: Final = 2.0
"""What an entry that is wrong takes away beside what one that is right brings."""
UNSAID: Final = 0.8
"""The same of one that nobody judged: mostly it is wrong, or it would have been shown and judged."""
TRIED: Final = 10
"""Words of an entry that are tried, the most telling ones."""
NEAREST: Final = 4
"""Words of an entry that are tried for a part of the query, those that come nearest to its words."""
NEAR_ENOUGH: Final = 0.75
"""A word that comes so near to a part of the query is one for its list, whatever it brings here."""
UNSAID_SHUT_OUT: Final = 0.3
"""What an entry that is found and that nobody judged counts against shutting it out with what is wrong."""
MORE_GENERAL: Final = 0.8
"""What a concept is worth before a word."""
ENOUGH_RIGHT: Final = 4
"""Right entries without a concept, before it may shut out: among fewer it is missing by chance."""
AT_LEAST_NEAR: Final = 0.35
"""A word must come so near to a part of the query to be tried for its list, whatever it would bring."""
SHARED: Final = 2
"""Right entries that have a concept, before it is tried: one has many by chance."""
MOST_FAILING: Final = 3
"""With so many parts failing at once there are too many ways to bring an entry by them."""

MEANING: Final = "*"
"""Instead of a language, of a concept: it has a row in each."""


class Suggester:
    """Finds the words."""

    def __init__(self, history: RuleHistory, *, closeness: Closeness, without: Collection[int] = ()) -> None:
        """`without`: entries whose labels are not looked at, nor the entries."""
        self._rule, self._lists = history.rule, history.lists
        texts = [text for text in history.texts if text.entry_id not in without]
        self._texts = {text.entry_id: text for text in texts}
        ids = frozenset(self._texts)
        known = history.known
        self._known = replace(
            known, right=known.right & ids, wrong=known.wrong & ids, matched=known.matched & ids
        )
        self._shape = history.shape
        by_word = having(texts)
        self._written = {word: self._texts[min(ids)].words[word] for word, ids in by_word.items()}
        self._spoken = sorted({text.language for text in texts} & thesaurus.languages())
        self._forms: dict[Word, set[str]] = {}
        for text in texts:
            for word, shown in text.words.items():
                self._forms.setdefault(word, set()).add(shown)
        self._having = with_forms(by_word, self._written)
        self._concepts = {text.entry_id: [_meaning(one) for one in sorted(text.concepts)] for text in texts}
        for entry_id, concepts in self._concepts.items():
            for concept in concepts:
                self._having.setdefault(concept, set()).add(entry_id)
                self._written[concept] = concept.root
        self._named = [thesaurus.named(part.own) for part in self._shape.parts]
        self._closeness = closeness
        self._trial = Trial(history, texts, having=self._having)

    # ── The search ───────────────────────────────────────────────────────────────────────────────

    def suggest(self) -> Draft:
        """The rule with all words that are worth adding."""
        self._say_it_in_all_languages()
        self._see_what_is_too_far()
        self._shut_out_wrong()
        self._bring_missed()
        if self._see_what_is_too_far():
            self._bring_missed()
        self._widen()
        return self.draft()

    def _see_what_is_too_far(self) -> bool:
        """Asks the engine which entries only seemed to be found; whether there were any that are right."""
        rules = self.draft().compiled()
        seeming = self._trial.found - self._known.matched
        far = {i for i in seeming if not rules.match_every(self._texts[i].document)}
        self._trial.put_apart(far)
        return bool(far & self._known.right)

    def _bring_missed(self) -> None:
        tried: dict[int, list[tuple[ListedWords, float]]] = {}
        while missed := (self._known.right & self._texts.keys()) - self._trial.found - self._trial.shut_out:
            for entry_id in missed - tried.keys():
                tried[entry_id] = list(self._tries(self._texts[entry_id]))
            gain, best = max(
                ((self._gain(words) + bonus, words) for i in missed for words, bonus in tried[i]),
                default=(0.0, ()),
            )
            if gain <= 0:
                break
            self._trial.add(best)

    def _say_it_in_all_languages(self) -> None:
        """Adds to each part what its own words mean, in every language that is stored."""
        for part, named in zip(self._shape.parts, self._named, strict=True):
            for concept in named:
                word = _meaning(concept)
                if word in self._having:
                    self._trial.add(((part.name, word),))

    def _widen(self) -> None:
        """Adds words of what is right that come near to a part of the query, and bring in nothing that is wrong."""
        words = {word for i in self._known.right for word in self._texts[i].words}
        near = [
            (self._to_part(at, word), word, part.name)
            for at, part in enumerate(self._shape.parts)
            for word in words
            if not self._having[word] <= self._trial.parts[at]
        ]
        for closeness, word, name in sorted(near, reverse=True):
            if closeness < NEAR_ENOUGH:
                break
            if self._trial.has(name, word):
                continue
            if not self._trial.new(((name, word),)) - self._known.right:
                self._trial.add(((name, word),))

    def draft(self) -> Draft:
        added: dict[str, dict[str, list[str]]] = {}
        for name, words in self._trial.added.items():
            rows = added.setdefault(name, {})
            for word in words:
                for row, terms in self._rows(name, word):
                    rows.setdefault(row, []).extend(terms)
        return drafts.extended(self._rule, self._lists, self._shape, added)

    def _rows(self, name: str, word: Word) -> Iterable[tuple[str, Sequence[str]]]:
        """The rows of a list that a word stands in, each with its terms."""
        if bare := self._form_of(name, word):
            yield drafts.ANY, [f"{bare}*"]
            return
        if word.language != MEANING:
            yield word.language or drafts.ANY, terms_for(word, self._forms[word])
            return
        for language in self._spoken:
            if terms := thesaurus.terms(word.root, language):
                yield language, terms

    def _form_of(self, name: str, word: Word) -> str:
        """The name that a word is a longer form of: other languages have others, Haldens, Haldenin, Haldena."""
        for part, named in zip(self._shape.parts, self._named, strict=True):
            if part.name == name and not named and word.language != MEANING:
                shown = fold(self._shown(word).lower())
                for term in part.own:
                    if (
                        SAFE_BEGINNING < len(term) < len(shown)
                        and term.isalpha()
                        and shown.startswith(fold(term))
                    ):
                        return term
        return ""

    def _shown(self, word: Word) -> str:
        """How the word is written where it stands first."""
        return self._written[word]

    def _tries(self, text: Text) -> Iterable[tuple[ListedWords, float]]:
        """Words that would bring this entry, each with what speaks for adding just them."""
        words = self._telling(text)[:TRIED]
        failing = [at for at, held in enumerate(self._trial.parts) if text.entry_id not in held]
        if failing and len(failing) < MOST_FAILING:
            names = [self._shape.parts[at].name for at in failing]
            for chosen in product(*(self._near_part(at, text) for at in failing)):
                if len(set(chosen)) == len(chosen):
                    near = [self._to_part(at, word) for at, word in zip(failing, chosen, strict=True)]
                    yield tuple(zip(names, chosen, strict=True)), 0.5 * sum(near) / len(near)
        for word in words:
            yield ((drafts.also(self._rule), word),), -0.15
        for pair in combinations(words, 2):
            yield tuple((drafts.signs(self._rule), word) for word in pair), -0.05

    def telling(self, text: Text) -> list[str]:
        """The entry's words as they stand in it, those first that would find it and few others."""
        return [text.words[word] for word in self._telling(text)]

    def _telling(self, text: Text) -> list[Word]:
        """Its words, the most telling ones first."""
        return sorted(text.words, key=lambda word: (-self._weight(word, text), word))

    def _weight(self, word: Word, text: Text) -> float:
        ids = self._having[word]
        right, wrong = len(ids & self._known.right), len(ids & self._known.wrong)
        unsaid = len(ids) - right - wrong
        near = max((self._to_part(at, word) for at in range(len(self._shape.parts))), default=0.0)
        return (
            right * 0.5
            - wrong * 1.5
            - unsaid * 0.3
            + (word in text.title_words) * 0.7
            + min(len(word.root), 12) / 24
            + near
        )

    def _near_part(self, at: int, text: Text) -> list[Word]:
        near = {word: self._to_part(at, word) for word in text.words}
        found = sorted(
            (word for word, closeness in near.items() if closeness >= AT_LEAST_NEAR),
            key=lambda word: (-near[word] - 0.1 * (word in text.title_words), word),
        )
        concepts = [
            one
            for one in self._concepts[text.entry_id]
            if len(self._having[one] & self._known.right) >= SHARED
        ]
        return [*concepts, *found[:NEAREST]]

    def _to_part(self, at: int, word: Word) -> float:
        part = self._shape.parts[at]
        if word.language == MEANING:
            return 1.0 if word.root in self._named[at] else 0.0
        shown = self._shown(word)
        own = [self._shown(one) for one in self._trial.added.get(part.name, ())]
        return max((self._closeness(shown, term) for term in (*part.terms, *own)), default=0.0)

    def _gain(self, words: ListedWords) -> float:
        """What is found anew: what is right less what is wrong, or may be."""
        new = self._trial.new(words)
        right, wrong = len(new & self._known.right), len(new & self._known.wrong)
        if right < (SHARED if any(word.language == MEANING for _, word in words) else 1):
            return -1.0
        return right - WRONG * wrong - UNSAID * (len(new) - right - wrong)

    def _shut_out_wrong(self) -> None:
        """Words and concepts of what the rule finds wrongly that stand in nothing right.

        A concept before a word: it is the same in the next text and in the next language.
        """
        name = drafts.without(self._rule)
        while wrong := (self._trial.found & self._known.wrong):
            worth = {
                word: points
                for word in {word for i in wrong for word in (*self._concepts[i], *self._texts[i].words)}
                if (points := self._worth_shutting_out(word, wrong)) > 0
            }
            if not worth:
                return
            best = max(worth, key=lambda word: (worth[word], word))
            self._trial.add(((name, best),))

    def _worth_shutting_out(self, word: Word, wrong: set[int]) -> float:
        """What is found wrongly with it, less what nobody judged; 0 for what the rule itself asks for."""
        having = self._having[word]
        if having & self._known.right or self._is_asked_for(word):
            return 0.0
        gone = having & wrong
        unsaid = (having & self._trial.found) - self._known.said
        points = len(gone) - UNSAID_SHUT_OUT * len(unsaid)
        if word.language == MEANING:
            return points + MORE_GENERAL if len(self._known.right) >= ENOUGH_RIGHT else 0.0
        return points + 0.5 * sum(word in self._texts[i].title_words for i in gone) - 0.75

    def _is_asked_for(self, word: Word) -> bool:
        """Whether it means what the rule's own words mean."""
        if word.language == MEANING:
            return any(word.root in named for named in self._named)
        shown = self._shown(word)
        meant = thesaurus.named_in(shown, word.language)
        return any(meant & named.keys() for named in self._named) or any(
            self._to_part(at, word) >= NEAR_ENOUGH for at in range(len(self._shape.parts))
        )


def _meaning(concept: thesaurus.Concept) -> Word:
    return Word(MEANING, concept)
