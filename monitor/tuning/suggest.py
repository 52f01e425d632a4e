"""Words to add to a rule so that it finds what people said it missed, and to shut out what they said is wrong.

Pure. A word is worth adding where it brings in entries that are right and none that are wrong; what nobody judged
counts against it, too, but less. Each language is looked at by itself: what a list gets stands in that one's row.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations, product
from typing import Final

from monitor.core.rules import RuleSet, tree
from monitor.core.text.fold import fold
from monitor.core.text.words import is_unspaced
from monitor.tuning import drafts, thesaurus
from monitor.tuning.drafts import Draft
from monitor.tuning.rule_history import RuleHistory, kept_back
from monitor.tuning.texts import Text, Word, having

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
SAFE_BEGINNING: Final = 5
"""Letters: fewer begin too many other words."""
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

Closeness = Callable[[str, str], float]
"""How near a word comes to a term in meaning or in letters: 1 the same, 0 nothing in common."""


@dataclass(slots=True)
class _State:
    """What the rule would find, by the words that were added so far."""

    parts: list[set[int]]
    rest: set[int]
    """Found otherwise: by a query that is built otherwise, by words that say it all."""
    shut_out: set[int]
    signs: dict[int, int]
    """Entry → how many signs stand in it."""
    far: set[int] = field(default_factory=set)
    """Entries in which all parts hold and the rule does not: too far from each other."""
    found_now: set[int] = field(default_factory=set)
    """As `found` says; kept, since each try asks for it."""

    def found(self) -> set[int]:
        held = set.intersection(*self.parts) if self.parts else set()
        return (
            (held - self.far) | self.rest | {i for i, number in self.signs.items() if number > 1}
        ) - self.shut_out


_Words = tuple[tuple[str, Word], ...]
"""Words, each with the list that it goes into."""


@dataclass(frozen=True, slots=True)
class _Step:
    """Words that are added together, each to its list."""

    words: _Words
    gain: float


class Suggester:
    """Finds the words. What it found last is in `added`."""

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
        self._state = self._begin(history.rules)
        self.added: dict[str, dict[Word, None]] = {}

    def _begin(self, rules: RuleSet) -> _State:
        parts: list[set[int]] = [set() for _ in self._shape.parts]
        signs: dict[int, int] = {}
        shut_out: set[int] = set()
        binder = rules.binder(self._rule.id)
        compiled = rules.rule(self._rule.id)
        clauses = [binder.clause(part.query) for part in self._shape.parts]
        listed = self._listed(drafts.signs(self._rule), rules)
        sign_clauses = [binder.clause(unit) for unit in listed]
        for text in self._texts.values():
            reading = rules.reading(text.document)
            for clause, held in zip(clauses, parts, strict=True):
                if clause.holds(reading):
                    held.add(text.entry_id)
            if number := sum(clause.holds(reading) for clause in sign_clauses):
                signs[text.entry_id] = number
            if not compiled.concerns(text.document) or (compiled.exclude and compiled.exclude.holds(reading)):
                shut_out.add(text.entry_id)
        state = _State(parts, set(self._known.matched), shut_out, signs)
        state.found_now = state.found()
        return state

    def _listed(self, name: str, rules: RuleSet) -> Sequence[tree.Query]:
        for query in rules.read[self._rule.id].queries():
            for one in tree.walk(query):
                if isinstance(one, tree.ListOf) and one.name == name:
                    return one.units
        return ()

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
        seeming = self._state.found() - self._known.matched
        far = {i for i in seeming if not rules.match_every(self._texts[i].document)}
        self._state.far |= far
        self._state.found_now = self._state.found()
        return bool(far & self._known.right)

    def _bring_missed(self) -> None:
        tried: dict[int, list[tuple[_Words, float]]] = {}
        while missed := (self._known.right & self._texts.keys()) - self._state.found() - self._state.shut_out:
            best = None
            for entry_id in sorted(missed):
                if entry_id not in tried:
                    tried[entry_id] = list(self._tries(self._texts[entry_id]))
                for words, bonus in tried[entry_id]:
                    step = _Step(words, self._gain(words) + bonus)
                    if best is None or (step.gain, step.words) > (best.gain, best.words):
                        best = step
            if best is None or best.gain <= 0:
                break
            self._take(best)

    def _say_it_in_all_languages(self) -> None:
        """Adds to each part what its own words mean, in every language that is stored."""
        for part, named in zip(self._shape.parts, self._named, strict=True):
            for concept in named:
                word = _meaning(concept)
                if word in self._having:
                    self._take(_Step(((part.name, word),), 0.0))

    def _widen(self) -> None:
        """Adds words of what is right that come near to a part of the query, and bring in nothing that is wrong."""
        words = {word for i in self._known.right for word in self._texts[i].words}
        near = [
            (self._to_part(at, word), word, part.name)
            for at, part in enumerate(self._shape.parts)
            for word in words
            if not self._having[word] <= self._state.parts[at]
        ]
        for closeness, word, name in sorted(near, reverse=True):
            if closeness < NEAR_ENOUGH:
                break
            if word in self.added.get(name, ()):
                continue
            new = self._new(((name, word),))
            if not new - self._known.right:
                self._take(_Step(((name, word),), 0.0))

    def draft(self) -> Draft:
        added: dict[str, dict[str, list[str]]] = {}
        for name, words in self.added.items():
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

    def _tries(self, text: Text) -> Iterable[tuple[_Words, float]]:
        """Words that would bring this entry, each with what speaks for adding just them."""
        words = self._telling(text)[:TRIED]
        failing = [at for at, held in enumerate(self._state.parts) if text.entry_id not in held]
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
        own = [self._shown(one) for one in self.added.get(part.name, ())]
        return max((self._closeness(shown, term) for term in (*part.terms, *own)), default=0.0)

    def _gain(self, words: _Words) -> float:
        """What is found anew: what is right less what is wrong, or may be."""
        new = self._new(words)
        right, wrong = len(new & self._known.right), len(new & self._known.wrong)
        if right < (SHARED if any(word.language == MEANING for _, word in words) else 1):
            return -1.0
        return right - WRONG * wrong - UNSAID * (len(new) - right - wrong)

    def _new(self, words: _Words) -> set[int]:
        """The entries that would be found with these words, and are not without."""
        state = self._state
        touched = {word: self._having[word] for _, word in words}
        by_list: dict[str, set[int]] = {}
        for name, word in words:
            by_list[name] = by_list.get(name, set()) | touched[word]
        new: set[int] = set()
        if drafts.also(self._rule) in by_list:
            new |= by_list[drafts.also(self._rule)]
        if drafts.signs(self._rule) in by_list:
            new |= {i for i in by_list[drafts.signs(self._rule)] if self._signs_with(i, words) > 1}
        held = [by_list.get(part.name, set()) for part in self._shape.parts]
        if any(held):
            for i in set().union(*held):
                if i not in state.far and all(
                    i in more or i in there for more, there in zip(held, state.parts, strict=True)
                ):
                    new.add(i)
        return new - state.found_now - state.shut_out

    def _signs_with(self, entry_id: int, words: _Words) -> int:
        name = drafts.signs(self._rule)
        more = {word for where, word in words if where == name and word not in self.added.get(name, ())}
        return self._state.signs.get(entry_id, 0) + sum(entry_id in self._having[word] for word in more)

    def _with(self, words: Iterable[tuple[str, Word]]) -> _State:
        old = self._state
        state = _State([*old.parts], old.rest, old.shut_out, old.signs, old.far)
        names = {part.name: at for at, part in enumerate(self._shape.parts)}
        for name, word in words:
            ids = self._having[word]
            if name in names:
                state.parts[names[name]] = state.parts[names[name]] | ids
            elif name == drafts.also(self._rule):
                state.rest = state.rest | ids
            elif name == drafts.without(self._rule):
                state.shut_out = state.shut_out | ids
            elif word not in self.added.get(name, ()):
                state.signs = {**state.signs, **{i: state.signs.get(i, 0) + 1 for i in ids}}
        return state

    def _take(self, step: _Step) -> None:
        self._state = self._with(step.words)
        self._state.found_now = self._state.found()
        for name, word in step.words:
            self.added.setdefault(name, {})[word] = None

    def _shut_out_wrong(self) -> None:
        """Words and concepts of what the rule finds wrongly that stand in nothing right.

        A concept before a word: it is the same in the next text and in the next language.
        """
        name = drafts.without(self._rule)
        while wrong := (self._state.found() & self._known.wrong):
            worth = {
                word: points
                for word in {word for i in wrong for word in (*self._concepts[i], *self._texts[i].words)}
                if (points := self._worth_shutting_out(word, wrong)) > 0
            }
            if not worth:
                return
            best = max(worth, key=lambda word: (worth[word], word))
            self._take(_Step(((name, best),), 0.0))

    def _worth_shutting_out(self, word: Word, wrong: set[int]) -> float:
        """What is found wrongly with it, less what nobody judged; 0 for what the rule itself asks for."""
        having = self._having[word]
        if having & self._known.right or self._is_asked_for(word):
            return 0.0
        gone = having & wrong
        unsaid = (having & self._state.found_now) - self._known.said
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


def terms_for(word: Word, forms: Iterable[str]) -> list[str]:
    """How a list names the word: by its beginning, where that is long enough to mean nothing else, else its forms.

    Not by a `~`: that reads a dictionary at each start, a second for a language.
    """
    written = sorted({form if is_unspaced(form[0]) else form.lower() for form in forms})
    if not word.language or not (start := beginning(word, written[0])):
        return written
    shown = written[0][: len(start)]
    return [f"{shown if fold(shown) == start else start}*"]


def beginning(word: Word, shown: str) -> str:
    """What all forms of the word begin with; empty where that is too short, or not how it is written."""
    if is_unspaced(shown[0]) or len(word.root) < SAFE_BEGINNING:
        return ""
    return word.root if fold(shown.lower()).startswith(word.root) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """An edit of a rule, and what it would do among the stored entries, as the rule engine says."""

    draft: Draft
    right_before: int
    right_after: int
    """Of what was labelled as right or missed, how much is found; so for wrong."""
    wrong_before: int
    wrong_after: int
    missed: int
    """Of what was labelled as right or missed, what is not found afterwards."""
    unsaid: tuple[int, ...]
    """Entries that it finds anew and that nobody judged, the newest first."""
    lost: tuple[int, ...]
    """Entries that it finds no more and that nobody judged."""
    kept: tuple[int, int] = (0, 0)
    """Labels that it was not made from, right and wrong; of them are found before and after:"""
    kept_before: tuple[int, int] = (0, 0)
    kept_after: tuple[int, int] = (0, 0)


def suggested(history: RuleHistory, *, closeness: Closeness, every: bool) -> Suggestion:
    """The edit that the labels ask for. `every`: none is kept back to check it by."""
    kept = frozenset[int]() if every else kept_back(history.known)
    draft = Suggester(history, closeness=closeness, without=kept).suggest()
    before = history.known.matched
    rules = draft.compiled()
    after = frozenset(text.entry_id for text in history.texts if rules.match_every(text.document))
    right, wrong = history.known.right, history.known.wrong

    def of(found: frozenset[int]) -> tuple[int, int]:
        return len(found & right & kept), len(found & wrong & kept)

    unsaid = [text.entry_id for text in history.texts if text.entry_id in after - before - history.known.said]
    lost = [text.entry_id for text in history.texts if text.entry_id in before - after - history.known.said]
    return Suggestion(
        draft=draft,
        right_before=len(before & right),
        right_after=len(after & right),
        wrong_before=len(before & wrong),
        wrong_after=len(after & wrong),
        missed=len(right - after),
        unsaid=tuple(unsaid),
        lost=tuple(lost),
        kept=(len(right & kept), len(wrong & kept)),
        kept_before=of(before),
        kept_after=of(after),
    )


def with_forms(words: Mapping[Word, set[int]], written: Mapping[Word, str]) -> dict[Word, set[int]]:
    """By word, the entries that its term would find: those of longer words that begin with it, too."""
    spoken: dict[str, list[tuple[str, Word]]] = {}
    for word in words:
        spoken.setdefault(word.language, []).append((fold(written[word].lower()), word))
    found = {}
    for forms in spoken.values():
        forms.sort()
        for form, word in forms:
            ids = set(words[word])
            if start := beginning(word, form):
                at = bisect_left(forms, (start,))
                while at < len(forms) and forms[at][0].startswith(start):
                    ids |= words[forms[at][1]]
                    at += 1
            found[word] = ids
    return found
