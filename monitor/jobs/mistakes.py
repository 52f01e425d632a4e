"""What becomes of mistakes in the config: the rule that ran goes on, the operator hears of each once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from loguru import logger
from sqlalchemy import Connection

from monitor.config import Loaded
from monitor.errors import ConfigError, Problem, Severity
from monitor.jobs.notes import note
from monitor.store import Store, rules

SUBJECT = 120
"""Characters of the first line of a note, which is a mail's subject."""


def with_rules_that_ran(store: Store, loaded: Loaded) -> Loaded:
    """The config as it is at a start: a rule with a mistake is in force as it was when a daemon last ran it."""
    if not loaded.broken:
        return loaded
    with store.reading() as connection:
        ran = rules.ran(connection)
    return loaded.keeping(ran.rules, ran.lists)


def remember(connection: Connection, loaded: Loaded, now: datetime) -> None:
    """What is in force from now on."""
    config, broken = loaded.config, loaded.broken
    rules.keep(
        connection,
        good={rule_id: rule for rule_id, rule in config.rules.items() if rule_id not in broken},
        lists=config.lists,
        mistakes={rule_id: problem.line for rule_id, problem in broken.items()},
        now=now,
    )


def tell_mistakes(store: Store, loaded: Loaded, now: datetime) -> None:
    """The log and the operator hear of each rule that has a mistake, and of what runs in its stead."""
    if not loaded.broken:
        return
    with store.writing() as connection:
        since = rules.ran(connection).broken
        for rule_id in loaded.broken:
            ill = "\n".join(str(one) for one in loaded.problems if one.rule == rule_id and _is_error(one))
            goes_on = rule_id in loaded.config.rules
            became = "its last good version stays in force" if goes_on else "it does not run"
            first = f"Rule {rule_id} has a mistake; {became}."
            when = f"\nSo it is since {since[rule_id].since:%Y-%m-%d %H:%M} UTC." if rule_id in since else ""
            logger.error("{}{}\n{}", first, when, ill)
            note(connection, f"{first}\n{ill}", key=f"rule {rule_id} {ill}", config=loaded.config, now=now)


def tell_refused(store: Store, loaded: Loaded, error: ConfigError, now: datetime) -> None:
    """The operator hears why a config was not taken up: `loaded` stays in force."""
    wrong = [one for one in error.problems if _is_error(one)]
    all_of_it = "\n".join(str(one) for one in wrong)
    text = f"{subject(wrong)}\nThe old config stays in force. `monitor check` shows this again:\n{all_of_it}"
    with store.writing() as connection:
        note(connection, text, key=f"config {all_of_it}", config=loaded.config, now=now)


def subject(problems: Iterable[Problem]) -> str:
    """What is wrong, in a line that fits a subject: the first mistake, and how many there are."""
    first, *others = problems
    place = Path(first.place.file).name + (f":{first.place.line}" if first.place.line else "")
    more = f" (and {len(others)} more)" if others else ""
    said = f"The config was not reloaded: {place}: {first.message}"
    room = SUBJECT - len(more)
    return (said if len(said) <= room else f"{said[: room - 1]}…") + more


def _is_error(problem: Problem) -> bool:
    return problem.severity is Severity.ERROR and not problem.test
