"""The whole config folder: read its files, check them together, put the values together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from monitor.config.credentials import Sources
from monitor.config.feeds import read_feeds, too_eager
from monitor.config.folders import FEEDS_FILE, MAIN_FILE, RULES_FOLDER
from monitor.config.rules import RuleFiles, read_rules
from monitor.config.settings import ChannelTypes, read_main
from monitor.config.templates import read_templates
from monitor.core.rules import RuleProblem, RuleSet, check_examples, compile_rules, lint
from monitor.errors import ConfigError, Place, Problem, Severity
from monitor.model import Config


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A config that can run."""

    config: Config
    rules: RuleSet
    """`config.rules`, compiled."""
    problems: tuple[Problem, ...]
    """Warnings, and the errors of single rules, each of which is left out of `config.rules`."""
    rule_files: RuleFiles = field(repr=False)

    def examined(
        self, *, vocabulary: Mapping[str, int] | None = None, per_day: Mapping[str, float] | None = None
    ) -> tuple[Problem, ...]:
        """What the rules' own tests and the lint find: for `monitor check`, since it takes a while.

        `vocabulary` and `per_day`: see `core.rules.lint`; None where there is no history.
        """
        tests = (replace(self.located(found), test=True) for found in check_examples(self.rules))
        doubts = (self.located(found) for found in lint(self.rules, vocabulary=vocabulary, per_day=per_day))
        return tuple(sorted([*tests, *doubts], key=lambda problem: problem.place))

    def keeping(self, before: Loaded) -> Loaded:
        """The same, but a rule that has an error now stays in force as `before` had it: it is never silenced."""
        broken = {one.rule for one in self.problems if one.severity is Severity.ERROR and one.rule}
        kept = {
            rule_id: rule
            for rule_id, rule in before.config.rules.items()
            if rule_id in broken and rule_id not in self.config.rules
        }
        if not kept:
            return self
        rules = {**self.config.rules, **kept}
        compiled, _ = compile_rules(rules.values(), self.config.lists)
        return replace(self, config=replace(self.config, rules=rules), rules=compiled)

    def located(self, found: RuleProblem) -> Problem:
        """What the lint or a rule's own tests found, with its place in the files."""
        return self.rule_files.located(found)


def load(
    folder: Path,
    *,
    state: Path,
    environ: Mapping[str, str],
    channel_types: ChannelTypes,
) -> Loaded:
    """The folder's config, checked whole; a relative database path lies in `state`.

    Raises `ConfigError` with everything wrong or doubtful in all files, where one error is not a single
    rule's own.
    """
    _must_be_a_config(folder)
    sources = Sources(environ, folder)
    main = read_main(folder, sources, state=state, channel_types=channel_types)
    feeds = read_feeds(folder, sources)
    rules = read_rules(folder, channel_names=main.channel_names, feeds=feeds.feeds)
    templates, template_problems = read_templates(folder)
    problems = [*main.problems, *feeds.problems, *rules.problems, *template_problems]
    if main.settings is not None:
        problems += too_eager(feeds, main.settings.polling.min_interval)
    problems.sort(key=lambda problem: problem.place)
    if main.settings is None or feeds.feeds is None or any(_rejects(problem) for problem in problems):
        raise ConfigError(problems)
    return Loaded(
        config=Config(
            folder=str(folder.absolute()),
            state=str(state.absolute()),
            database_url=main.settings.database_url,
            polling=main.settings.polling,
            alerting=main.settings.alerting,
            web=main.settings.web,
            logging=main.settings.logging,
            feeds=feeds.feeds,
            channels=main.settings.channels,
            rules=rules.enabled,
            lists=rules.files.lists,
            templates=templates,
            secrets=main.secrets | feeds.secrets,
        ),
        rules=rules.compiled,
        problems=tuple(problems),
        rule_files=rules.files,
    )


def _rejects(problem: Problem) -> bool:
    return problem.severity is Severity.ERROR and problem.rule is None


def _must_be_a_config(folder: Path) -> None:
    cure = "`monitor init DIR` makes a config to start from"
    if not folder.is_dir():
        raise ConfigError([Problem(Place(str(folder)), "there is no such folder", cure)])
    if not any((folder / name).exists() for name in (MAIN_FILE, FEEDS_FILE, RULES_FOLDER)):
        message = f"this folder is no config: it holds no {MAIN_FILE}"
        raise ConfigError([Problem(Place(str(folder)), message, cure)])
