"""The rule language: what a rule's query means, which rules an entry matches, and why.

Public here: `compile_rules` → `RuleSet`, whose `match` returns a rule's matches with their spans.
"""

from monitor.core.rules.examples import check_examples
from monitor.core.rules.explain import Explained, ExplainedScore, Explanation, explain
from monitor.core.rules.explain_text import explain_text
from monitor.core.rules.lint import lint
from monitor.core.rules.problems import Part, RuleProblem
from monitor.core.rules.ruleset import RuleSet, compile_rules, rule_version

__all__ = [
    "Explained",
    "ExplainedScore",
    "Explanation",
    "Part",
    "RuleProblem",
    "RuleSet",
    "check_examples",
    "compile_rules",
    "explain",
    "explain_text",
    "lint",
    "rule_version",
]
