"""The whole config folder: read its files, check them together, put the values together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from monitor.config.credentials import Sources
from monitor.config.feeds import Feeds, read_feeds, too_eager
from monitor.config.rules import RuleFiles, Rules, read_rules
from monitor.config.settings import ChannelTypes, Main, Settings, read_main
from monitor.config.templates import read_templates
from monitor.core.rules import RuleProblem, RuleSet, check_examples, compile_rules, lint
from monitor.errors import ConfigError, Place, Problem, Severity
from monitor.folders import FEEDS_FILE, MAIN_FILE, RULES_FOLDER
from monitor.model import Config, Feed, ListTerms, Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A config that can run."""

    config: Config
    rules: RuleSet
    """`config.rules`, compiled."""
    problems: tuple[Problem, ...]
    """Warnings, and the errors of single rules, each of which is left out of `config.rules`."""
    rule_files: RuleFiles = field(repr=False)
    version: str = ""
    """A name made of what stands in the files; empty: nobody asked for one."""
    published: bool = False
    """It comes from a database, whole: nobody is in the midst of saving its files."""

    def examined(
        self,
        *,
        vocabulary: Mapping[str, int] | None = None,
        per_day: Mapping[str, float] | None = None,
        wordless: Mapping[str, Mapping[str, float]] | None = None,
    ) -> tuple[Problem, ...]:
        """What the rules' own tests and the lint find: for `monitor check`, since it takes a while.

        `vocabulary`, `per_day`, `wordless`: see `core.rules.lint`; None where there is no history.
        """
        tests = (replace(self.located(found), test=True) for found in check_examples(self.rules))
        stored = lint(self.rules, vocabulary=vocabulary, per_day=per_day, wordless=wordless)
        doubts = (self.located(found) for found in stored)
        return tuple(sorted([*tests, *doubts], key=lambda problem: problem.place))

    @property
    def broken(self) -> Mapping[str, Problem]:
        """The rules that have an error, each with its first."""
        wrong = [one for one in self.problems if one.severity is Severity.ERROR and one.rule and not one.test]
        return {str(one.rule): one for one in reversed(wrong)}

    def keeping(self, rules: Mapping[str, Rule], lists: Mapping[str, ListTerms]) -> Loaded:
        """The same, but a rule that has an error now stays in force as it is in `rules`: it is never silenced.

        `lists` are those that they were written for, and stand in where one is gone.
        """
        kept = {
            rule_id: rule
            for rule_id, rule in rules.items()
            if rule_id in self.broken and rule_id not in self.config.rules
        }
        if not kept:
            return self
        all_lists = {**lists, **self.config.lists}
        compiled, wrong = compile_rules([*self.config.rules.values(), *kept.values()], all_lists)
        lost = {one.rule_id for one in wrong if one.severity is Severity.ERROR}  # a list that changed
        in_force = {**self.config.rules, **{id_: rule for id_, rule in kept.items() if id_ not in lost}}
        config = replace(self.config, rules=in_force, lists=all_lists)
        return replace(self, config=config, rules=compiled)

    def located(self, found: RuleProblem) -> Problem:
        """What the lint or a rule's own tests found, with its place in the files."""
        return self.rule_files.located(found)


def load(
    folder: Path,
    *,
    state: Path,
    environ: Mapping[str, str],
    channel_types: ChannelTypes,
    secrets: Path | None = None,
) -> Loaded:
    """The folder's config, checked whole; a relative database path lies in `state`.

    Files of secrets are looked for in `secrets`, None: in the folder itself.

    Raises `ConfigError` with everything wrong or doubtful in all files, where one error is not a single
    rule's own.
    """
    sources = Sources(environ, secrets or folder)
    read = _read(folder, sources, state=state, channel_types=channel_types)
    if read.main.settings is None or read.feeds.feeds is None or any(map(_rejects, read.problems)):
        raise ConfigError(read.problems)
    return read.loaded(read.main.settings, read.feeds.feeds)


def load_what_can_be(
    folder: Path,
    *,
    state: Path,
    environ: Mapping[str, str],
    channel_types: ChannelTypes,
) -> Loaded:
    """The same, but without what is wrong: for questions and requests that need no rule and no secret.

    `problems` has all that is wrong. Raises `ConfigError` where it is not known which database is meant.
    """
    read = _read(folder, Sources(environ, folder), state=state, channel_types=channel_types)
    if read.main.understood is None:
        raise ConfigError(read.problems)
    return read.loaded(read.main.understood, read.feeds.understood)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """The files of a folder as they were read."""

    folder: Path
    state: Path
    main: Main
    feeds: Feeds
    rules: Rules
    templates: Mapping[str, str]
    problems: list[Problem]

    def loaded(self, settings: Settings, feeds: Mapping[str, Feed]) -> Loaded:
        return Loaded(
            config=Config(
                folder=str(self.folder.absolute()),
                state=str(self.state.absolute()),
                database_url=settings.database_url,
                polling=settings.polling,
                alerting=settings.alerting,
                web=settings.web,
                logging=settings.logging,
                retention=settings.retention,
                feeds=feeds,
                channels=settings.channels,
                rules=self.rules.enabled,
                lists=self.rules.files.lists,
                templates=self.templates,
                secrets=self.main.secrets | self.feeds.secrets,
            ),
            rules=self.rules.compiled,
            problems=tuple(self.problems),
            rule_files=self.rules.files,
        )


def written_secrets(folder: Path, sources: Sources, *, channel_types: ChannelTypes) -> frozenset[str]:
    """Those that stand in the files, and those that `sources` has of what they name. Raises ConfigError."""
    read = _read(folder, sources, state=folder, channel_types=channel_types)
    return read.main.secrets | read.feeds.secrets


def _read(folder: Path, sources: Sources, *, state: Path, channel_types: ChannelTypes) -> _Read:
    _must_be_a_config(folder)
    main = read_main(folder, sources, state=state, channel_types=channel_types)
    feeds = read_feeds(folder, sources)
    rules = read_rules(folder, channel_names=main.channel_names, feeds=feeds.feeds)
    templates, template_problems = read_templates(folder)
    problems = [*main.problems, *feeds.problems, *rules.problems, *template_problems]
    if main.settings is not None:
        problems += too_eager(feeds, main.settings.polling.min_interval)
    problems.sort(key=lambda problem: problem.place)
    return _Read(
        folder=folder,
        state=state,
        main=main,
        feeds=feeds,
        rules=rules,
        templates=templates,
        problems=problems,
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
