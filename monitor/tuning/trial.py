"""What a rule would find with words added to its lists, reckoned from which entries have which words.

Pure. Thousands of words are tried for one that is added: too many to ask the engine each time. It says at the
beginning in which entries each part of the query holds, and now and then which of those it does not find after all.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from monitor.core.rules import tree
from monitor.tuning import drafts
from monitor.tuning.rule_history import RuleHistory
from monitor.tuning.texts import Text, Word

ListedWords = tuple[tuple[str, Word], ...]
"""Words, each with the list that it goes into."""


class Trial:
    """The rule with the words that were added so far."""

    def __init__(
        self, history: RuleHistory, texts: Collection[Text], *, having: Mapping[Word, set[int]]
    ) -> None:
        """`texts`: those of the history that are looked at. `having`: by word, the entries that its term finds."""
        rule = history.rule
        self._also, self._signs, self._without = drafts.also(rule), drafts.signs(rule), drafts.without(rule)
        self._names = [part.name for part in history.shape.parts]
        self._having = having
        self.added: dict[str, dict[Word, None]] = {}
        """By list."""
        self.parts: list[set[int]] = [set() for _ in self._names]
        """The entries in which each part of the query holds."""
        self._rest = set(history.known.matched & {text.entry_id for text in texts})
        """Found otherwise: by a query that is built otherwise, by words that say it all."""
        self.shut_out: set[int] = set()
        self._having_signs: dict[int, int] = {}
        """Entry → how many signs stand in it."""
        self._far: set[int] = set()
        """Entries in which all parts hold and the rule does not: too far from each other."""
        self._read(history, texts)
        self.found = self._all_found()
        """Kept, since each try asks for it."""

    def _read(self, history: RuleHistory, texts: Collection[Text]) -> None:
        rules, rule_id = history.rules, history.rule.id
        binder = rules.binder(rule_id)
        compiled = rules.rule(rule_id)
        clauses = [binder.clause(part.query) for part in history.shape.parts]
        signs = [binder.clause(unit) for unit in _units(history, self._signs)]
        for text in texts:
            reading = rules.reading(text.document)
            for clause, held in zip(clauses, self.parts, strict=True):
                if clause.holds(reading):
                    held.add(text.entry_id)
            if number := sum(clause.holds(reading) for clause in signs):
                self._having_signs[text.entry_id] = number
            if not compiled.concerns(text.document) or (compiled.exclude and compiled.exclude.holds(reading)):
                self.shut_out.add(text.entry_id)

    def _all_found(self) -> set[int]:
        held = set.intersection(*self.parts) if self.parts else set()
        signed = {i for i, number in self._having_signs.items() if number > 1}
        return ((held - self._far) | self._rest | signed) - self.shut_out

    def new(self, words: ListedWords) -> set[int]:
        """The entries that would be found with these words, and are not without."""
        by_list: dict[str, set[int]] = {}
        for name, word in words:
            by_list[name] = by_list.get(name, set()) | self._having[word]
        new = set(by_list.get(self._also, ()))
        new |= {i for i in by_list.get(self._signs, ()) if self._signs_with(i, words) > 1}
        held = [by_list.get(name, set()) for name in self._names]
        if any(held):
            for i in set().union(*held):
                if i not in self._far and all(
                    i in more or i in there for more, there in zip(held, self.parts, strict=True)
                ):
                    new.add(i)
        return new - self.found - self.shut_out

    def _signs_with(self, entry_id: int, words: ListedWords) -> int:
        more = {word for name, word in words if name == self._signs and not self.has(name, word)}
        return self._having_signs.get(entry_id, 0) + sum(entry_id in self._having[word] for word in more)

    def has(self, name: str, word: Word) -> bool:
        """Whether the word was added to that list."""
        return word in self.added.get(name, ())

    def add(self, words: ListedWords) -> None:
        for name, word in words:
            ids = self._having[word]
            if name in self._names:
                self.parts[self._names.index(name)] |= ids
            elif name == self._also:
                self._rest |= ids
            elif name == self._without:
                self.shut_out |= ids
            elif not self.has(name, word):
                for i in ids:
                    self._having_signs[i] = self._having_signs.get(i, 0) + 1
        for name, word in words:
            self.added.setdefault(name, {})[word] = None
        self.found = self._all_found()

    def put_apart(self, entry_ids: Collection[int]) -> None:
        """Takes note that the engine does not find these."""
        self._far |= set(entry_ids)
        self.found = self._all_found()


def _units(history: RuleHistory, name: str) -> Sequence[tree.Query]:
    """What the list of this name holds, where the rule asks for it."""
    for query in history.rules.read[history.rule.id].queries():
        for one in tree.walk(query):
            if isinstance(one, tree.ListOf) and one.name == name:
                return one.units
    return ()
