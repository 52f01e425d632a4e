"""The version of a rule: a hash of its meaning, so that a match can say which wording made it."""

from __future__ import annotations

import json
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from monitor.core.rules import tree

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monitor.core.rules.read import ReadRule

LANGUAGE: Final = 2
"""Grows when the language changes what an unchanged query means."""


def version_of(rule: ReadRule) -> str:
    """Equal for two spellings of the same conditions; other settings, such as channels, do not count."""
    lists: dict[str, list[str]] = {}
    for query in rule.queries():
        lists |= _lists_in(query)
    meaning = [
        LANGUAGE,
        str(rule.query or ""),
        str(rule.exclude or ""),
        sorted(rule.languages),
        sorted(rule.rule.feeds),
        [rule.rule.score.threshold, rule.rule.score.title_factor] if rule.rule.score else [],
        sorted((str(query), weight) for query, weight in rule.score),
        sorted(lists.items()),
        *([str(rule.rule.since), str(rule.rule.until)] if rule.rule.since or rule.rule.until else []),
    ]
    return blake2b(json.dumps(meaning).encode(), digest_size=8).hexdigest()


def _lists_in(query: tree.Query) -> Mapping[str, list[str]]:
    """Name → terms of the lists that a query names."""
    return {
        node.name: sorted(map(str, node.units)) for node in tree.walk(query) if isinstance(node, tree.ListOf)
    }
