"""The whole config folder: gather the files, check all of them, put the values together."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from monitor.config.credentials import Sources, filled_in, secret_values
from monitor.config.document import Document, Fault, MayShow, empty_document, read_document
from monitor.config.feeds import OPEN_KEYS, Listed, listed_feeds, merged, outlined_feeds, too_eager
from monitor.config.feeds import may_show as may_show_of_feeds
from monitor.config.folders import FEEDS_FILE, MAIN_FILE, RULES_FOLDER
from monitor.config.opml import read_opml
from monitor.config.rules import (
    RuleFiles,
    compiled,
    read_rule_files,
    rules_without_channel,
    rules_without_feed,
)
from monitor.config.sentences import check
from monitor.config.settings import ChannelTypes, Settings, channel_names, open_keys, read_settings
from monitor.config.settings import may_show as may_show_of_settings
from monitor.config.shapes import FeedsFile
from monitor.core.rules import RuleProblem, RuleSet
from monitor.errors import ConfigError, Place, Problem, Severity
from monitor.model import Config, Feed, Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A config that can run."""

    config: Config
    rules: RuleSet
    """`config.rules`, compiled."""
    problems: tuple[Problem, ...]
    """Warnings, and the errors of single rules, each of which is left out of `config.rules`."""
    files: tuple[Path, ...]
    """Every file that it was read from, for the daemon to watch; new rule files appear in their folder."""
    rule_files: RuleFiles = field(repr=False)

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
    main = _read_main(folder, sources, state=state, channel_types=channel_types)
    feeds = _read_feeds(folder, sources)
    rules = _read_rules(folder, channels=main.channel_names, feeds=feeds.feeds)
    problems = [*main.problems, *feeds.problems, *rules.problems]
    if main.settings and feeds.feeds is not None:
        problems += too_eager(feeds.listed, feeds.document, main.settings.polling.min_interval)
    problems.sort(key=lambda problem: problem.place)
    if main.settings is None or feeds.feeds is None or any(_rejects(problem) for problem in problems):
        raise ConfigError(problems)
    return Loaded(
        config=Config(
            folder=str(folder.absolute()),
            database_url=main.settings.database_url,
            polling=main.settings.polling,
            alerting=main.settings.alerting,
            web=main.settings.web,
            logging=main.settings.logging,
            feeds=feeds.feeds,
            channels=main.settings.channels,
            rules=rules.rules,
            lists=rules.files.lists,
            secrets=main.secrets | feeds.secrets,
        ),
        rules=rules.compiled,
        problems=tuple(problems),
        files=(*main.read, *feeds.read, *rules.read),
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Main:
    settings: Settings | None
    channel_names: list[str] | None
    """None: the file could not be read."""
    secrets: frozenset[str] = field(repr=False)
    problems: list[Problem]
    read: list[Path]


def _read_main(folder: Path, sources: Sources, *, state: Path, channel_types: ChannelTypes) -> _Main:
    path = folder / MAIN_FILE
    document, problems = _read(
        path,
        may_show=partial(may_show_of_settings, channel_types=channel_types),
        keys=open_keys(channel_types),
    )
    settings, names, secrets = None, None, frozenset[str]()
    if document:
        document, missing = filled_in(document, sources)
        settings, faults = read_settings(
            document, state=state, environ=sources.environ, channel_types=channel_types
        )
        names = channel_names(document.values)
        secrets = secret_values(document)
        problems += document.problems(missing, faults)
    return _Main(settings=settings, channel_names=names, secrets=secrets, problems=problems, read=[path])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Feeds:
    feeds: dict[str, Feed] | None
    """None: which there are is not known."""
    listed: list[Listed] = field(default_factory=list)
    document: Document | None = None
    secrets: frozenset[str] = field(default=frozenset(), repr=False)
    problems: list[Problem]
    read: list[Path]


def _read_feeds(folder: Path, sources: Sources) -> _Feeds:
    path = folder / FEEDS_FILE
    document, problems = _read(path, may_show=may_show_of_feeds, keys=OPEN_KEYS)
    if document is None:
        return _Feeds(feeds=None, problems=problems, read=[path])
    written = document.values
    document, missing = filled_in(document, sources)
    file, faults = check(FeedsFile, document.values)
    problems += document.problems(missing, faults)
    if file is None:
        return _Feeds(feeds=None, problems=problems, read=[path])
    listed, found = listed_feeds(file, document, written=written, folder=folder)
    problems += found
    lists = [folder / name for name in file.opml]
    for index, each in enumerate(lists):
        outlined, found = _read_list(each, document, index)
        listed += outlined
        problems += found
    feeds, found = merged(listed, document)
    problems += found
    if not feeds and not problems:
        message, cure = "there are no feeds", "`monitor feeds add URL` adds one"
        problems.append(Problem(Place(str(path)), message, cure, Severity.WARNING))
    passwords = {feed.password.get_secret_value() for feed in feeds.values() if feed.password}
    return _Feeds(
        feeds=feeds,
        listed=listed,
        document=document,
        secrets=secret_values(document) | passwords,
        problems=problems,
        read=[path, *lists],
    )


def _read_list(path: Path, document: Document, index: int) -> tuple[list[Listed], list[Problem]]:
    try:
        outlines, problems = read_opml(path)
    except ConfigError as error:
        [problem] = error.problems
        return [], [document.problem(Fault(("opml", index), f"{path}: {problem.message}", problem.cure))]
    return outlined_feeds(outlines), list(problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rules:
    files: RuleFiles
    rules: dict[str, Rule]
    compiled: RuleSet
    problems: list[Problem]
    read: list[Path]


def _read_rules(folder: Path, *, channels: list[str] | None, feeds: dict[str, Feed] | None) -> _Rules:
    paths = sorted(path for path in (folder / RULES_FOLDER).glob("*.toml") if not path.name.startswith("."))
    documents: list[Document] = []
    problems: list[Problem] = []
    for path in paths:
        document, found = _read(path, may_show=_everything, keys=None)
        problems += found
        documents += [document] if document else []
    files, found = read_rule_files(documents)
    problems += found
    without_channel = [] if channels is None else rules_without_channel(files, channels)
    without_feed = [] if feeds is None else rules_without_feed(files, feeds)
    left_out = {problem.rule for problem in without_channel if problem.rule}
    rules, rule_set, found = compiled(files, without=left_out)
    problems += [*without_channel, *without_feed, *found]
    if not files.rules and not problems:
        message = "there are no rules, so nothing is ever alerted"
        place = Place(str(folder / RULES_FOLDER))
        problems.append(
            Problem(place, message, "`monitor init DIR` writes some to start from", Severity.WARNING)
        )
    return _Rules(files=files, rules=rules, compiled=rule_set, problems=problems, read=paths)


def _read(
    path: Path, *, may_show: MayShow, keys: frozenset[str] | None
) -> tuple[Document | None, list[Problem]]:
    """The document, an empty one where there is no such file; None where it cannot be read."""
    if not path.exists():
        return empty_document(str(path)), []
    try:
        return read_document(path, may_show=may_show, open_keys=keys), []
    except ConfigError as error:
        return None, list(error.problems)


def _everything(_values: object, _path: object) -> bool:
    return True
