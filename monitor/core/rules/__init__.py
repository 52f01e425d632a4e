"""The rule language: what a rule's query means, which rules an entry matches, and why.

Public here: `compile_rules` → `RuleSet`, whose `match` returns a rule's matches with their spans.
"""

from monitor.core.rules.examples import check_examples
from monitor.core.rules.problems import Part, RuleProblem
from monitor.core.rules.ruleset import RuleSet, compile_rules, rule_version

__all__ = ["Part", "RuleProblem", "RuleSet", "check_examples", "compile_rules", "rule_version"]
