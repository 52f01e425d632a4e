"""A rule's files, written by the page: checked before they count, as before where that says no."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import tomlkit

from monitor.config import Loaded, undo
from monitor.config import rule_versions as versions
from monitor.config.edit import write_whole
from monitor.config.rule_edits import Added, FileEdit, edited
from monitor.config.rule_versions import RuleVersion
from monitor.config.values import an_id
from monitor.errors import ConfigError, Place, Problem, Severity
from monitor.folders import RULES_FOLDER
from monitor.model import Rule
from monitor.web.context import NotThere, PageContext


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of a wish to save."""

    problems: tuple[Problem, ...] = ()
    by_hand: tuple[FileEdit, ...] = ()
    """All that is to be written, where the page may not write all of it."""

    @property
    def done(self) -> bool:
        return not self.problems and not self.by_hand


class Saving:
    """Whoever saves; one at a time."""

    def __init__(self, context: PageContext) -> None:
        self._context = context

    def write(self, rule: Rule, draft: Rule, *, added: Added) -> Saved:
        """The rule's file says the draft, or is as before: what comes of it is read anew before it counts.

        `added`: by list and row, terms that go into lists with it.
        """
        with self._context.saving:
            try:
                loaded = self._context.read_config()
                if rule.id not in loaded.rule_files.rule_homes:
                    return Saved((problem(loaded, rule, "its file has this rule no more"),))
                edits = edited(
                    loaded.rule_files, rule.id, query=draft.query, exclude=draft.exclude, added=added
                )
            except ConfigError as error:
                return Saved(tuple(error.problems))
            if not edits:
                return Saved()
            return self._applied(rule, edits)

    def take_back(self, rule: Rule) -> Saved:
        """The version before is the rule's text again, and its files whole where nobody changed them since.

        What it replaces is kept as a version, too. Raises NotThere.
        """
        state = Path(self._context.setup().config.state)
        before = versions.listed(state, rule.id)
        if not before:
            raise NotThere(f'There is no earlier version of "{rule.id}".')
        with self._context.saving:
            if back := undo.undone(state, before[0].edit):
                return self._applied(rule, back)
        return self.write(rule, replace(rule, query=before[0].query, exclude=before[0].exclude), added={})

    def _applied(self, rule: Rule, edits: Sequence[FileEdit]) -> Saved:
        written = _written(edits)
        if written.problems or written.by_hand:
            return written
        if problems := self._wrong_now(rule.id):
            _put_back(edits)
            return Saved(problems)
        with suppress(OSError):  # the file is saved: that there is no way back is no reason to refuse it
            state, at = Path(self._context.setup().config.state), self._context.now()
            name = undo.remember(state, edits)
            versions.keep(state, rule.id, RuleVersion(rule.query, rule.exclude, at, name))
        return Saved()

    def create(self, rule: Rule) -> Saved:
        """The rule stands in a file of its own."""
        with self._context.saving:
            loaded = self._context.setup()
            try:
                an_id(rule.id)
            except ValueError as error:
                return Saved((problem(loaded, rule, str(error)),))
            path = Path(loaded.config.folder) / RULES_FOLDER / f"{rule.id}.toml"
            if rule.id in loaded.rule_files.rules or path.exists():
                return Saved((problem(loaded, rule, f'there is a rule "{rule.id}" already'),))
            edit = FileEdit(path, "", _toml(rule))
            written = _written([edit])
            if written.problems or written.by_hand:
                return written
            if problems := self._wrong_now(rule.id):
                path.unlink(missing_ok=True)
                return Saved(problems)
            return Saved()

    def _wrong_now(self, rule_id: str) -> tuple[Problem, ...]:
        """What keeps the rule from running, by the files as they are now."""
        try:
            loaded = self._context.read_config()
        except ConfigError as error:
            return tuple(one for one in error.problems if one.severity is Severity.ERROR)
        return tuple(
            one
            for one in loaded.problems
            if one.rule == rule_id and one.severity is Severity.ERROR and not one.test
        )


def _written(edits: Sequence[FileEdit]) -> Saved:
    """All or none. Raises nothing: where the page may not write, the texts are for a person to put there."""
    for number, edit in enumerate(edits):
        try:
            if edit.path.exists():
                edit.write()
            else:
                edit.path.parent.mkdir(parents=True, exist_ok=True)
                write_whole(edit.path, edit.after.encode())
        except (ConfigError, OSError):
            _put_back(edits[:number])
            return Saved(by_hand=tuple(edits))
    return Saved()


def _put_back(edits: Sequence[FileEdit]) -> None:
    """But for a file that somebody has changed in this moment: that is theirs."""
    for edit in edits:
        with suppress(ConfigError, OSError):
            FileEdit(edit.path, edit.after, edit.before).write()


def _toml(rule: Rule) -> str:
    table = tomlkit.table()
    table["id"] = rule.id
    if rule.title:
        table["title"] = rule.title
    for name in ("query", "exclude"):
        if text := getattr(rule, name):
            table[name] = tomlkit.string(text, multiline="\n" in text)
    document = tomlkit.document()
    document["rule"] = tomlkit.aot()
    document["rule"].append(table)
    return tomlkit.dumps(document)


def problem(loaded: Loaded, rule: Rule, message: str) -> Problem:
    place = rule.place or Place(str(Path(loaded.config.folder) / RULES_FOLDER))
    return Problem(place, message, rule=rule.id)
