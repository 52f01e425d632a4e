"""Rules: what each has found, day by day, what is doubtful about it, and its text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from monitor.config import Loaded
from monitor.config import rule_versions as versions
from monitor.core.alerts.burst_test import hour_number
from monitor.errors import Severity
from monitor.store import alerts, bursts
from monitor.store import rules as stored_rules
from monitor.views.board import board
from monitor.views.broken import broken_rules
from monitor.views.rules import documents_of
from monitor.web.context import NotThere, PageContext
from monitor.web.plots import Bar, days

DAYS: Final = 30
STORIES: Final = 12


def routes(context: PageContext) -> list[Route]:
    async def rules(_request: Request) -> Response:
        return await context.page("rules.html", _rules, context.setup(), context.now())

    async def rule(request: Request) -> Response:
        return await context.page(
            "rule.html",
            _rule,
            context.setup(),
            context.now(),
            request.path_params["id"],
            done=request.query_params.get("done", "") == "saved",
        )

    return [
        Route("/rules", rules, methods=["GET"]),
        Route("/rules/{id}", rule, methods=["GET"]),
    ]


def _rules(connection: Connection, loaded: Loaded, now: datetime) -> Mapping[str, Any]:
    ran = stored_rules.ran(connection)
    broken = {one["rule"]: one for one in broken_rules(loaded, ran)}
    documents = documents_of(
        loaded,
        matches=alerts.matches_by_rule(connection),
        paces=bursts.known(connection, now),
        broken_since={name: one["since"] for name, one in broken.items()},
    )
    plots = hits_by_day(connection, now)
    return {
        "rules": documents,
        "broken": broken,
        "plots": {one["id"]: plots.get(one["id"]) or days({}, now=now, number=DAYS) for one in documents},
    }


def _rule(
    connection: Connection, loaded: Loaded, now: datetime, rule_id: str, *, done: bool
) -> Mapping[str, Any]:
    ran = stored_rules.ran(connection)
    loaded = loaded.keeping(ran.rules, ran.lists)
    if rule_id not in loaded.config.rules:
        raise NotThere(f'There is no rule "{rule_id}". The page "Rules" has those that run.')
    broken = {one["rule"]: one for one in broken_rules(loaded, ran)}
    [document] = [
        one
        for one in documents_of(
            loaded,
            matches=alerts.matches_by_rule(connection),
            paces=bursts.known(connection, now),
            broken_since={name: one["since"] for name, one in broken.items()},
        )
        if one["id"] == rule_id
    ]
    return {
        "rule": document,
        "text": loaded.config.rules[rule_id],
        "broken": broken.get(rule_id),
        "doubts": [
            one for one in loaded.problems if one.rule == rule_id and one.severity is not Severity.ERROR
        ],
        "bars": hits_by_day(connection, now, rule_id).get(rule_id) or days({}, now=now, number=DAYS),
        "board": board(connection, loaded, now, most=STORIES, rule_id=rule_id),
        "rules": loaded.config.rules,
        "done": done,
        "versions": versions.listed(Path(loaded.config.state), rule_id),
    }


def hits_by_day(connection: Connection, now: datetime, rule_id: str | None = None) -> dict[str, list[Bar]]:
    """By rule, whichever version found it."""
    since = hour_number(now) - DAYS * 24
    hourly: dict[str, Counter[int]] = {}
    found = bursts.coverage(connection, since=since, rule_ids=[rule_id] if rule_id else None)
    for (name, _), reports in found.items():
        hourly.setdefault(name, Counter()).update(reports)
    return {name: days(counts, now=now, number=DAYS) for name, counts in hourly.items()}
