"""`monitor check`: everything wrong or doubtful in the config, at once, with places."""

from __future__ import annotations

import typer

from monitor.cli import output
from monitor.cli.arguments import Json
from monitor.cli.context import Context, now, warn
from monitor.config import Loaded
from monitor.errors import ConfigError, Problem, Severity
from monitor.jobs.stored_lint import read_history
from monitor.store.database import sqlite_path


def check(context: typer.Context, json: Json = False) -> None:
    """Check the config: every problem with its place and cure; the rules' own tests are run too."""
    own: Context = context.obj
    counts = ""
    try:
        loaded = own.load()
    except ConfigError as error:
        problems = error.problems
    else:
        problems = (*loaded.problems, *_examined(own, loaded))
        config = loaded.config
        counts = ", ".join(
            output.counted(len(things), one)
            for one, things in (("feed", config.feeds), ("rule", config.rules), ("channel", config.channels))
        )
    if json:
        output.as_json([_document(problem) for problem in problems])
    else:
        for problem in problems:
            print(output.shown(str(problem)))  # it may quote a list of others
    errors = sum(problem.severity is Severity.ERROR for problem in problems)
    warnings = len(problems) - errors
    found = f"{output.counted(errors, 'error')}, {output.counted(warnings, 'warning')}"
    warn(f"{own.folder}: {counts + '; ' if counts else ''}{found}")
    raise typer.Exit(_exit_code(problems))


def _examined(own: Context, loaded: Loaded) -> tuple[Problem, ...]:
    """The rules' own tests and the lint; against the stored entries too, where a database is there."""
    path = sqlite_path(loaded.config.database_url.get_secret_value())
    if path is not None and not path.exists():
        return loaded.examined()
    with own.store(loaded) as store:
        history = read_history(store, loaded, now=now())
    return loaded.examined(vocabulary=history.vocabulary, per_day=history.per_day, wordless=history.wordless)


def _exit_code(problems: tuple[Problem, ...]) -> int:
    """2: the config is wrong. 1: only a rule's own test failed. 0: warnings at most."""
    errors = [problem for problem in problems if problem.severity is Severity.ERROR]
    if not errors:
        return 0
    return 1 if all(problem.test for problem in errors) else 2


def _document(problem: Problem) -> dict[str, object]:
    return {
        "file": problem.place.file,
        "line": problem.place.line,
        "column": problem.place.column,
        "severity": problem.severity,
        "message": problem.message,
        "cure": problem.cure,
        "rule": problem.rule,
    }
