"""A rule with words added to it: where they go in its query and its lists.

Pure. Words that complete a part of the query go into a list of that part; a word that says it all alone goes into
`RULE-also`, words of which two together do into `RULE-signs`, and what shuts look-alikes out into `RULE-not`. Each of
these lists has a row for each language. A rule that was extended before has its lists extended.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from monitor.core.rules import RuleSet, compile_rules, tree
from monitor.core.text.fold import fold
from monitor.errors import Severity
from monitor.model import ListTerms, Rule

ANY: Final = "any"
"""The row of a list that is asked in every language."""

Additions = Mapping[str, Mapping[str, Sequence[str]]]
"""By list and row, the terms that it gets."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a query that must hold, and that words can be added to."""

    query: tree.Query
    name: str
    """Of the list that its new words go into."""
    terms: tuple[str, ...]
    """Its words as they are written."""
    own: tuple[str, ...]
    """Those of them that its author wrote, and no suggestion: outside of the list of this name."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How a rule's query is built, as far as words can be added to it."""

    parts: tuple[Part, ...]
    """All of them must hold; none where the query is built otherwise."""
    also: bool
    signs: bool
    without: bool
    """Whether each list is used already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A rule as it could be: what of the rule's own table and of the lists is written otherwise."""

    rule: Rule
    lists: Mapping[str, ListTerms]
    query: str
    exclude: str
    added: Additions = field(default_factory=dict)

    def compiled(self) -> RuleSet:
        """The rule alone, as it would be. ValueError where it could not be read."""
        rules, problems = compile_rules(
            [replace(self.rule, query=self.query, exclude=self.exclude, enabled=True)], self.lists
        )
        wrong = [
            problem.message for problem in problems if problem.severity is Severity.ERROR and problem.rule_id
        ]
        if wrong:
            raise ValueError("; ".join(wrong))
        return rules

    def as_rule(self) -> Rule:
        return replace(self.rule, query=self.query, exclude=self.exclude)


def also(rule: Rule) -> str:
    """The list of words that say it all alone."""
    return f"{_plain(rule.id)}-also"


def signs(rule: Rule) -> str:
    """The list of words of which two together say it all."""
    return f"{_plain(rule.id)}-signs"


def without(rule: Rule) -> str:
    """The list of words that shut an entry out."""
    return f"{_plain(rule.id)}-not"


def shape_of(rule: Rule, rules: RuleSet) -> Shape:
    """How the rule's query is built. `rules` has it compiled."""
    read = rules.read[rule.id]
    lists = {one.name for query in read.queries() for one in tree.walk(query) if isinstance(one, tree.ListOf)}
    core = read.query
    if isinstance(core, tree.Or):
        own = {also(rule), signs(rule)}
        rest = [part for part in core.parts if not _is_own(part, own)]
        core = rest[0] if len(rest) == 1 and len(rest) < len(core.parts) else core
    required = core.parts if isinstance(core, tree.And | tree.Near | tree.Before) else ()
    found: list[Part] = []
    for query in required:
        if isinstance(query, tree.Not):
            continue
        if not isinstance(query, tree.Or | tree.ListOf | tree.Term | tree.Phrase):
            return Shape((), also(rule) in lists, signs(rule) in lists, without(rule) in lists)
        found.append(_part(rule, query, {part.name for part in found}))
    parts = tuple(found) if len(found) > 1 else ()
    return Shape(parts, also(rule) in lists, signs(rule) in lists, without(rule) in lists)


def _is_own(query: tree.Query, names: set[str]) -> bool:
    listed = query.listed if isinstance(query, tree.OfList) else query
    return isinstance(listed, tree.ListOf) and listed.name in names


def _part(rule: Rule, query: tree.Query, taken: set[str]) -> Part:
    units = query.parts if isinstance(query, tree.Or) else (query,)
    own = [
        unit.name
        for unit in units
        if isinstance(unit, tree.ListOf) and unit.name.startswith(f"{_plain(rule.id)}-")
    ]
    terms = tuple(str(term) for unit in units for term in _terms(unit))
    name = own[0] if own else f"{_plain(rule.id)}-{_plain(terms[0] if terms else 'words')}"
    while name in taken:
        name += "-2"
    written = tuple(
        str(term)
        for unit in units
        if not (isinstance(unit, tree.ListOf) and unit.name == name)
        for term in _terms(unit)
    )
    return Part(query, name, terms, written or terms)


def _terms(unit: tree.Query) -> Iterable[tree.Query]:
    if isinstance(unit, tree.ListOf):
        return [one.unit if isinstance(one, tree.Spoken) else one for one in unit.units]
    return [unit]


def _plain(term: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", fold(term).lower()).strip("-") or "words"


def extended(rule: Rule, lists: Mapping[str, ListTerms], shape: Shape, added: Additions) -> Draft:
    """The rule with these words in its lists, and the lists in its query."""
    query = rule.query
    spliced = [
        (part.query.place, part.name)
        for part in shape.parts
        if part.name in added and not _uses(part.query, part.name)
    ]
    for place, name in sorted(spliced, reverse=True):
        old = query[place.offset : place.offset + place.length]
        bracketed = query[: place.offset].rstrip().endswith("(") and query[
            place.offset + place.length :
        ].lstrip().startswith(")")
        new = f"{old} OR @{name}"
        query = (
            query[: place.offset] + (new if bracketed else f"({new})") + query[place.offset + place.length :]
        )
    more = [
        f"{prefix}@{name}"
        for prefix, name, used in (("", also(rule), shape.also), ("2 OF ", signs(rule), shape.signs))
        if name in added and not used
    ]
    if more and query:
        whole = query.strip() if shape.also or shape.signs else f"({query.strip()})"
        query = " OR ".join([whole, *more])
    exclude = rule.exclude
    if without(rule) in added and not shape.without:
        exclude = f"({exclude.strip()}) OR @{without(rule)}" if exclude.strip() else f"@{without(rule)}"
    return Draft(rule=rule, lists=joined(lists, added), query=query, exclude=exclude, added=added)


def _uses(query: tree.Query, name: str) -> bool:
    return any(isinstance(one, tree.ListOf) and one.name == name for one in tree.walk(query))


def joined(lists: Mapping[str, ListTerms], added: Additions) -> dict[str, ListTerms]:
    joined = dict(lists)
    for name, rows in added.items():
        old = joined.get(name, {})
        if not isinstance(old, Mapping):  # without rows: its author wants its words asked everywhere
            joined[name] = tuple(dict.fromkeys([*old, *(term for terms in rows.values() for term in terms)]))
            continue
        all_rows = dict(old)
        for row, terms in rows.items():
            all_rows[row] = tuple(dict.fromkeys([*all_rows.get(row, ()), *terms]))
        joined[name] = all_rows
    return joined
