"""Rules as a file has them that is no part of the config: tried, compared, never in force."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from monitor.config.files import read_document
from monitor.config.rules import RuleFiles, read_rule_files, read_rules, without_channel
from monitor.core.rules import RuleSet, compile_rules
from monitor.errors import ConfigError, Place, Problem, Severity
from monitor.model import Feed, ListTerms, Rule
from monitor.tuning.history import chosen


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftFile:
    """Rules that could be in force."""

    rules: Mapping[str, Rule]
    """Also those that are not enabled: who tries a rule wants to see it."""
    compiled: RuleSet
    lists: Mapping[str, ListTerms]
    """Those of the config, with the file's in place of those of the same name."""
    problems: tuple[Problem, ...]
    """Warnings."""


def read_draft(
    path: Path, lists: Mapping[str, ListTerms], *, channels: Collection[str] | None = None
) -> DraftFile:
    """The rules and lists of a file, as if they stood in a config with these lists and channels (None: any).

    Raises ConfigError with everything that is wrong in it, with places in the file.
    """
    document = read_document(path, may_show=lambda _values, _path: True, open_keys=None)
    files, problems = read_rule_files([document])
    all_lists = {**lists, **files.lists}
    rules = {rule_id: replace(rule, enabled=True) for rule_id, rule in files.rules.items()}
    compiled, in_queries = compile_rules(rules.values(), all_lists)
    problems = [*problems, *(without_channel(files, list(channels)) if channels is not None else ())]
    problems += [files.located(one) for one in in_queries if _is_of(files, one.rule_id, one.key)]
    if not files.rules and not problems:
        cure = "write it as [[rule]] with an id and a query"
        problems.append(Problem(Place(str(path)), "there is no rule in it", cure))
    if any(one.severity is Severity.ERROR for one in problems):
        raise ConfigError(sorted(problems, key=lambda one: one.place))
    return DraftFile(rules=rules, compiled=compiled, lists=all_lists, problems=tuple(problems))


def read_other(
    path: Path,
    lists: Mapping[str, ListTerms],
    *,
    channels: Collection[str] | None = None,
    feeds: Mapping[str, Feed] | None = None,
) -> DraftFile:
    """As `read_draft`; of a config folder the rules in force with its own lists, for these feeds (None: any).

    There may be none in a folder.
    """
    if not path.is_dir():
        return read_draft(path, lists, channels=channels)
    read = read_rules(path, channel_names=None if channels is None else list(channels), feeds=feeds)
    if wrong := [one for one in read.problems if one.severity is Severity.ERROR]:
        raise ConfigError(wrong)
    return DraftFile(
        rules=read.enabled,
        compiled=read.compiled,
        lists=read.files.lists,
        problems=tuple(read.problems),
    )


def drafted(
    path: Path,
    rule_id: str,
    lists: Mapping[str, ListTerms],
    *,
    channels: Collection[str] | None = None,
) -> tuple[RuleSet, Rule]:
    """The rule of that id in the file, else the only one, alone; `lists` are there too, the file's own come first.

    Raises ConfigError, with places in the file, where it cannot be read or understood.
    """
    draft = read_draft(path, lists, channels=channels)
    rule = draft.rules.get(rule_id)
    if rule is None and len(draft.rules) > 1:
        message = f'there is no rule "{rule_id}" in it' if rule_id else "there are several rules in it"
        cure = f"name one of its rules: {', '.join(sorted(draft.rules))}"
        raise ConfigError([Problem(Place(str(path)), message, cure)])
    rule = rule or next(iter(draft.rules.values()))
    return chosen(draft.compiled, rule.id), rule


def _is_of(files: RuleFiles, rule_id: str | None, name: object) -> bool:
    """Whether it is wrong in the file, and not in a list of the config."""
    return rule_id is not None or name in files.list_homes
