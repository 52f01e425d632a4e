"""The files of the folder rules/ → rules and lists, compiled."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from monitor.config.document import Document, Fault, tables_of
from monitor.config.files import read_if_there
from monitor.config.sentences import check, did_you_mean
from monitor.config.settings import unknown_channels
from monitor.config.shapes import ExampleTable, RulesFile, RuleTable, ScoreTable
from monitor.config.spots import KeyPath
from monitor.core.rules import RuleProblem, RuleSet, compile_rules
from monitor.errors import Place, Problem, Severity
from monitor.folders import RULES_FOLDER
from monitor.model import Example, Feed, ListTerms, Rule, Score

_TAG = "tag:"
_RENAME = "give one of them another name"


@dataclass(frozen=True, slots=True)
class Home:
    """Where a rule or a list is written."""

    document: Document = field(repr=False)
    path: KeyPath

    @property
    def place(self) -> Place:
        """Where the rule stands."""
        return self.document.place(self.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFiles:
    """All rules and lists that have their shape, and where each is written."""

    rules: Mapping[str, Rule]
    """Also those that are not enabled."""
    lists: Mapping[str, ListTerms]
    rule_homes: Mapping[str, Home]
    list_homes: Mapping[str, Home]
    wrecks: Mapping[str, tuple[Rule, Home]] = field(default_factory=dict)
    """What can be read of rules that do not have their shape, by id: for what else is wrong with them."""

    def located(self, found: RuleProblem) -> Problem:
        """What the compiler, the lint or a rule's own tests found, with its place in the files."""
        if found.rule_id is None:
            home = self.list_homes[str(found.key)]
        else:
            home = self.rule_homes.get(found.rule_id) or self.wrecks[found.rule_id][1]
        fault = Fault((*home.path, *_within(found)), found.message, found.cure, _side(found))
        return home.document.problem_inside(fault, found.offset, severity=found.severity, rule=found.rule_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The folder rules/ as it was read."""

    files: RuleFiles
    enabled: dict[str, Rule]
    """Those that are understood."""
    compiled: RuleSet
    problems: list[Problem]


def read_rules(
    folder: Path, *, channel_names: Sequence[str] | None, feeds: Mapping[str, Feed] | None
) -> Rules:
    """The rules, compiled, and all that is wrong with them. None: which there are is not known."""
    documents, problems, lists_known = _documents(folder / RULES_FOLDER)
    files, found = read_rule_files(documents)
    problems += found
    unsent = [] if channel_names is None else without_channel(files, channel_names)
    without_feed = [] if feeds is None else [*_without_feed(files, feeds), *_without_page(files, feeds)]
    left_out = {problem.rule for problem in unsent if problem.rule}
    wanted = [rule for rule in files.rules.values() if rule.enabled and rule.id not in left_out]
    # Read all the same: what else is wrong with them is said now, not after the channel was put right.
    aside = [replace(files.rules[rule_id], enabled=False) for rule_id in sorted(left_out)]
    aside += [replace(wreck, enabled=False) for wreck, _ in files.wrecks.values()]
    compiled, in_queries = compile_rules([*wanted, *aside], files.lists)
    broken = {each.rule_id for each in in_queries if each.severity is Severity.ERROR}
    problems += [*unsent, *without_feed]
    if lists_known:  # else a rule would be blamed for a list that stands where nothing can be read
        problems += [files.located(each) for each in in_queries]
    if not files.rules and not problems:
        place = Place(str(folder / RULES_FOLDER))
        cure = "`monitor init DIR` writes some to start from"
        problems.append(Problem(place, "there are no rules: nothing is ever alerted", cure, Severity.WARNING))
    return Rules(
        files=files,
        enabled={rule.id: rule for rule in wanted if rule.id not in broken},
        compiled=compiled,
        problems=problems,
    )


def _documents(folder: Path) -> tuple[list[Document], list[Problem], bool]:
    """The files, what is wrong with their TOML, and whether every list can be among what was read of them."""
    documents: list[Document] = []
    problems: list[Problem] = []
    lists_known = True
    for path in sorted(folder.glob("*.toml")):
        if path.name.startswith("."):
            continue  # what editors put beside a file while it is open
        document, found = read_if_there(path, may_show=lambda _values, _path: True, open_keys=None)
        problems += found
        documents += [document] if document else []
        lists_known &= document is None or all(problem.rule for problem in found)
    return documents, problems, lists_known


def _within(found: RuleProblem) -> KeyPath:
    if found.rule_id is None:
        return tuple(part for part in (found.row, found.item) if part is not None)
    if found.key is None:
        return (found.part,)
    return ("score", "terms", found.key) if found.part == "score" else (found.part, found.key)


def _side(found: RuleProblem) -> Literal["key", "value"]:
    if found.part == "list":
        return "key" if found.row is not None and found.item is None else "value"
    return "key" if found.part == "score" and found.key is not None else "value"


def read_rule_files(documents: Iterable[Document]) -> tuple[RuleFiles, list[Problem]]:
    """The rules and lists of all files, and what is wrong with their shape."""
    rules: dict[str, Rule] = {}
    lists: dict[str, ListTerms] = {}
    rule_homes: dict[str, Home] = {}
    list_homes: dict[str, Home] = {}
    wrecks: dict[str, tuple[Rule, Home]] = {}
    problems: list[Problem] = []
    for document in documents:
        problems += document.problems(check(RulesFile, document.values)[1])
        lists_there, faults = _lists(document)
        problems += document.problems(faults)
        for name, terms in lists_there.items():
            home = Home(document, ("lists", name))
            if other := list_homes.get(name):
                fault = Fault(home.path, f'there is another list "{name}" at {other.place}', _RENAME, "key")
                problems.append(document.problem(fault))
            lists[name], list_homes[name] = terms, home
        for index, table in enumerate(tables_of(document.values, "rule")):
            home = Home(document, ("rule", index))
            rule, broken, rule_problems = _read_rule(table, home)
            if broken:
                wrecks[broken.id] = (broken, home)
            if rule and (other := rule_homes.get(rule.id)):
                fault = Fault(
                    (*home.path, "id"), f'there is another rule "{rule.id}" at {other.place}', _RENAME
                )
                rule_problems.append(document.problem(fault, rule=rule.id))
            elif rule:
                rules[rule.id], rule_homes[rule.id] = rule, home
            problems += rule_problems
    files = RuleFiles(
        rules=rules,
        lists=lists,
        rule_homes=rule_homes,
        list_homes=list_homes,
        wrecks={name: wreck for name, wreck in wrecks.items() if name not in rules},
    )
    return files, problems


def _lists(document: Document) -> tuple[dict[str, ListTerms], list[Fault]]:
    """The lists that have their shape, and what is wrong with the others."""
    lists = document.values.get("lists")
    read: dict[str, ListTerms] = {}
    faults: list[Fault] = []
    for name, value in lists.items() if isinstance(lists, dict) else ():
        at: KeyPath = ("lists", name)
        if isinstance(value, dict):
            rows = {row: _terms(terms, (*at, row), faults) for row, terms in value.items()}
            read[name] = {row: terms for row, terms in rows.items() if terms is not None}
        elif (terms := _terms(value, at, faults)) is not None:
            read[name] = terms
    return read, faults


def _terms(value: object, at: KeyPath, faults: list[Fault]) -> tuple[str, ...] | None:
    """The texts of a list or a row of one; None, and what is wrong with it, where it is none."""
    if not isinstance(value, list):
        cure = 'write it in square brackets: ["…"]'
        faults.append(Fault(at, f'"{at[-1]}" must be a list', cure))
        return None
    wrong = [index for index, term in enumerate(value) if not isinstance(term, str)]
    faults += [Fault((*at, index), f'"{at[-1]}" must be text in quotes', 'write "…"') for index in wrong]
    return None if wrong else tuple(value)


def _read_rule(table: dict[str, object], home: Home) -> tuple[Rule | None, Rule | None, list[Problem]]:
    """The rule; or what can be read of one that has mistakes, so that its other mistakes are told, too."""
    shaped, faults = check(RuleTable, table, at=home.path)
    named = table.get("id")
    # A rule without an id cannot be meant by anything, so its place among the others must do.
    name = named if isinstance(named, str) else f"#{home.path[-1]}"
    problems = [home.document.problem(fault, rule=name) for fault in faults]
    if shaped:
        return _rule(shaped, home), None, problems
    wrong = {fault.path[len(home.path)] for fault in faults if len(fault.path) > len(home.path)}
    rest = {key: value for key, value in table.items() if key not in wrong} | {
        "id": name.replace("#", "rule-")
    }
    what_is_left, _ = check(RuleTable, rest, at=home.path)
    says_something = what_is_left and (what_is_left.query or what_is_left.score)
    return None, _rule(what_is_left, home) if what_is_left and says_something else None, problems


def _rule(table: RuleTable, home: Home) -> Rule:
    return Rule(
        id=table.id,
        title=table.title,
        query=table.query,
        exclude=table.exclude,
        languages=frozenset(table.languages),
        feeds=tuple(_scope(feed) for feed in table.feeds),
        max_age=table.max_age,
        since=table.since,
        until=table.until,
        priority=table.priority,
        alert=tuple(table.alert),
        fulltext=table.fulltext,
        updates=table.updates,
        follow=table.follow,
        quiet_hours=table.quiet_hours,
        enabled=table.enabled,
        group=table.group,
        digest=table.digest,
        recipients=tuple(table.recipients),
        score=_score(table.score) if table.score else None,
        must_match=_examples(table.must_match, home, "must_match"),
        must_not_match=_examples(table.must_not_match, home, "must_not_match"),
        place=home.place,
    )


def _scope(feed: str) -> str:
    return feed.casefold() if feed.startswith(_TAG) else feed


def _score(table: ScoreTable) -> Score:
    return Score(threshold=table.threshold, terms=tuple(table.terms.items()), title_factor=table.title_factor)


def _examples(tables: Iterable[ExampleTable], home: Home, key: str) -> tuple[Example, ...]:
    return tuple(
        Example(
            title=table.title,
            summary=table.summary,
            content=table.content,
            language=table.lang,
            place=home.document.place((*home.path, key, index)),
        )
        for index, table in enumerate(tables)
    )


def without_channel(files: RuleFiles, channels: Sequence[str]) -> list[Problem]:
    """An error for each channel that a rule names and that is not among `channels`."""
    return [
        home.document.problem(fault, rule=rule_id)
        for rule_id, home in files.rule_homes.items()
        for fault in unknown_channels(files.rules[rule_id].alert, channels, at=(*home.path, "alert"))
    ]


def _without_feed(files: RuleFiles, feeds: Mapping[str, Feed]) -> list[Problem]:
    """A warning for each feed and tag that a rule names and that there is not: feeds come and go."""
    tags = {tag for feed in feeds.values() for tag in feed.tags}
    return [
        home.document.problem(fault, severity=Severity.WARNING, rule=rule_id)
        for rule_id, home in files.rule_homes.items()
        for index, scope in enumerate(files.rules[rule_id].feeds)
        if (fault := _unknown_feed(scope, feeds, tags, at=(*home.path, "feeds", index)))
    ]


def _without_page(files: RuleFiles, feeds: Mapping[str, Feed]) -> list[Problem]:
    """A warning for each rule that asks for pages where every feed that it reads says "never"."""
    message = 'fulltext has no effect: every feed that the rule reads says fulltext = "never"'
    cure = "take one of the two out"
    found = []
    for rule_id, home in files.rule_homes.items():
        rule = files.rules[rule_id]
        read = [feed for feed in feeds.values() if not rule.feeds or _reads(rule, feed)]
        if rule.fulltext != "never" and read and all(feed.fulltext == "never" for feed in read):
            fault = Fault((*home.path, "fulltext"), message, cure)
            found.append(home.document.problem(fault, severity=Severity.WARNING, rule=rule_id))
    return found


def _reads(rule: Rule, feed: Feed) -> bool:
    scopes = {feed.id, *(f"{_TAG}{tag}" for tag in feed.tags)}
    return not scopes.isdisjoint(rule.feeds)


def _unknown_feed(scope: str, feeds: Mapping[str, Feed], tags: set[str], *, at: KeyPath) -> Fault | None:
    if not scope.startswith(_TAG):
        message = f'there is no feed "{scope}"'
        return None if scope in feeds else Fault(at, message, did_you_mean(scope, feeds))
    tag = scope.removeprefix(_TAG)
    return None if tag in tags else Fault(at, f'no feed has the tag "{tag}"', did_you_mean(tag, tags))
