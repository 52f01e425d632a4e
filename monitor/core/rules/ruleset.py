"""Rules, compiled together: which of them a document matches."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

from monitor.core.rules.problems import RuleProblem
from monitor.model import Match, Rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from monitor.core.text.document import Document


class RuleSet:
    """Compiled rules. Never changed after it was made."""

    def __init__(self, rules: Mapping[str, Rule]) -> None:
        self.rules = rules

    def match(self, document: Document) -> tuple[Match, ...]:
        """The matches of all rules, in the order of the rules."""
        return ()


def compile_rules(
    rules: Iterable[Rule], lists: Mapping[str, Sequence[str]]
) -> tuple[RuleSet, tuple[RuleProblem, ...]]:
    """The rules that can be understood, and everything that is wrong or doubtful in any of them."""
    return RuleSet({rule.id: rule for rule in rules}), ()


def rule_version(rule: Rule, lists: Mapping[str, Sequence[str]]) -> str:
    """The hash of what the rule means: equal for two spellings of the same conditions."""
    return blake2b(repr((rule, lists)).encode(), digest_size=8).hexdigest()


def check_examples(rules: RuleSet) -> tuple[RuleProblem, ...]:
    """The `must_match` and `must_not_match` texts that the rules decide otherwise."""
    return ()
