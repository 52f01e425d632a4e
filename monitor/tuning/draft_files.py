"""A rule as a file has it that is no part of the config: tried, compared, never in force."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from monitor.config.files import read_document
from monitor.config.rules import read_rule_files
from monitor.core.rules import RuleSet, compile_rules
from monitor.errors import ConfigError, Place, Problem, Severity
from monitor.model import ListTerms, Rule


def drafted(path: Path, rule_id: str, lists: Mapping[str, ListTerms]) -> tuple[RuleSet, Rule]:
    """The rule of that id in the file, else the only one, alone; `lists` are there too, the file's own come first.

    Raises ConfigError, with places in the file, where it cannot be read or understood.
    """
    document = read_document(path, may_show=lambda _values, _path: True, open_keys=None)
    files, problems = read_rule_files([document])
    if wrong := [one for one in problems if one.severity is Severity.ERROR]:
        raise ConfigError(wrong)
    rule = files.rules.get(rule_id) or next(iter(files.rules.values()), None)
    if rule is None or (rule.id != rule_id and len(files.rules) > 1):
        message = f'there is no rule "{rule_id}" in it'
        raise ConfigError([Problem(Place(str(path)), message, "write it as [[rule]] with that id")])
    rules, found = compile_rules([rule], {**lists, **files.lists})
    own = [one for one in found if one.rule_id == rule.id and one.severity is Severity.ERROR]
    if own:
        raise ConfigError([files.located(one) for one in own])
    return rules, rule
