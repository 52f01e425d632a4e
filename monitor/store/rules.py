"""The last good version of each rule, as it ran: where the config has a mistake in it, that one runs on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Connection, delete, select, update

from monitor.model import ListTerms, Rule
from monitor.store.sql import chunks, put, table
from monitor.store.tables import RuleThatRanRow

RULE = table(RuleThatRanRow)
_LISTS: Final = ""
"""In the place of a rule's id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A rule that has a mistake in the config."""

    since: datetime
    mistake: str
    """One line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What ran last."""

    rules: Mapping[str, Rule] = field(default_factory=dict)
    lists: Mapping[str, ListTerms] = field(default_factory=dict)
    broken: Mapping[str, Broken] = field(default_factory=dict)
    """Those of the rules that had a mistake already."""


def ran(connection: Connection) -> Ran:
    """A rule that was stored by a version which wrote other rules is left out."""
    rules: dict[str, Rule] = {}
    lists: dict[str, ListTerms] = {}
    broken: dict[str, Broken] = {}
    for row in connection.execute(select(RULE)):
        with suppress(ValidationError):
            if row.rule_id == _LISTS:
                lists = _lists().validate_json(row.written)
            else:
                rules[row.rule_id] = _rule().validate_json(row.written)
        if row.broken_since is not None:
            broken[row.rule_id] = Broken(since=row.broken_since, mistake=row.mistake)
    return Ran(rules=rules, lists=lists, broken=broken)


def keep(
    connection: Connection,
    *,
    good: Mapping[str, Rule],
    lists: Mapping[str, ListTerms],
    mistakes: Mapping[str, str],
    now: datetime,
) -> None:
    """What runs from now on. Of the rules with `mistakes` the last good version stays, any other is forgotten."""
    before = {row.rule_id: row for row in connection.execute(select(RULE))}
    written = {rule_id: _rule().dump_json(rule).decode() for rule_id, rule in good.items()}
    written[_LISTS] = json.dumps(dict(lists))
    fresh: list[dict[str, Any]] = [
        {"rule_id": rule_id, "written": text, "broken_since": None, "mistake": ""}
        for rule_id, text in written.items()
        if rule_id not in before
        or before[rule_id].written != text
        or before[rule_id].broken_since is not None
    ]
    put(connection, RuleThatRanRow, fresh)
    for rule_id in mistakes.keys() & before.keys():
        since = before[rule_id].broken_since or now
        connection.execute(
            update(RULE)
            .where(RULE.c.rule_id == rule_id)
            .values(broken_since=since, mistake=mistakes[rule_id])
        )
    for ids in chunks(before.keys() - written.keys() - mistakes.keys()):
        connection.execute(delete(RULE).where(RULE.c.rule_id.in_(ids)))


@cache
def _rule() -> TypeAdapter[Rule]:
    return TypeAdapter(Rule)


@cache
def _lists() -> TypeAdapter[dict[str, ListTerms]]:
    return TypeAdapter(dict[str, ListTerms])
