"""The API: what the listings give, as JSON under /api, read-only, described by OpenAPI 3.1.

Promise: whatever is asked, the answer is of the described shape; what is wrong in a request is a 400 that says so.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, Final

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from monitor import __version__
from monitor.config import Loaded
from monitor.core.text.words import folded_words
from monitor.store import alerts, bursts, changes, entries, feeds, outbox, silences, stories, summaries
from monitor.store import rules as stored_rules
from monitor.store.entries import Wanted
from monitor.views.alerts import document as alert_document
from monitor.views.alerts import line_document
from monitor.views.broken import broken_rules
from monitor.views.entries import document as entry_document
from monitor.views.entries import whole_document
from monitor.views.feeds import Listed
from monitor.views.feeds import document as feed_document
from monitor.views.rules import documents_of
from monitor.views.silences import document as silence_document
from monitor.views.status import status_document
from monitor.views.stories import document as story_document
from monitor.views.stories import merge_document, report
from monitor.web.context import NotThere, PageContext
from monitor.web.templating import hidden

LIMIT: Final = 100
MOST: Final = 1000
MOST_NUMBER: Final = 2**53
"""Beyond it JSON's numbers are not exact everywhere."""


class BadRequest(Exception):  # noqa: N818 - reads as what it says
    """Its text says what is wrong with a request."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, read."""

    loaded: Loaded
    now: datetime
    values: Mapping[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.values.get(name)


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    kind: str
    """`text`, `number`, `instant` or `limit`."""
    said: str

    def schema(self) -> dict[str, Any]:
        match self.kind:
            case "number":
                return {"type": "integer", "minimum": 0, "maximum": MOST_NUMBER}
            case "limit":
                return {"type": "integer", "minimum": 1, "maximum": MOST, "default": LIMIT}
            case "instant":
                return {"type": "string", "format": "date-time"}
            case _:
                return {"type": "string", "maxLength": 2000}

    def read(self, text: str) -> Any:
        """The value. Raises BadRequest."""
        match self.kind:
            case "number" | "limit":
                low, high = (1, MOST) if self.kind == "limit" else (0, MOST_NUMBER)
                if not (text.isascii() and text.isdigit() and len(text) < 20 and low <= int(text) <= high):
                    raise BadRequest(f"{self.name} is a whole number from {low} to {high}")
                return int(text)
            case "instant":
                return _instant(self.name, text)
            case _:
                if len(text) > 2000:
                    raise BadRequest(f"{self.name} has at most 2000 characters")
                return text


@dataclass(frozen=True, slots=True)
class Answer:
    """A path of the API."""

    path: str
    said: str
    gather: Callable[[Connection, Asked], Any]
    parameters: tuple[Parameter, ...] = ()
    many: bool = True
    key: str = ""
    """What `{id}` in the path is: a number or a text; empty: there is none."""


def routes(context: PageContext) -> list[Route]:
    made = [Route(f"/api{one.path}", _endpoint(context, one), methods=["GET"]) for one in ANSWERS]
    described = json.dumps(openapi())

    async def status(_request: Request) -> Response:
        loaded, now = context.setup(), context.now()
        return _json(await context.run(lambda: status_document(loaded, context.store, now)))

    async def description(_request: Request) -> Response:
        return Response(described, media_type="application/json")

    return [
        *made,
        Route("/api/status", status, methods=["GET"]),
        Route("/api/openapi.json", description, methods=["GET"]),
    ]


def _endpoint(context: PageContext, answer: Answer) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        try:
            values = _read(request, answer)
        except BadRequest as error:
            return JSONResponse({"detail": str(error)}, status_code=HTTPStatus.BAD_REQUEST)
        asked = Asked(context.setup(), context.now(), values)
        return _json(await context.read(answer.gather, asked))

    return endpoint


def _read(request: Request, answer: Answer) -> dict[str, Any]:
    known = {one.name: one for one in answer.parameters}
    values: dict[str, Any] = {"limit": LIMIT}
    for name, text in request.query_params.multi_items():
        if name not in known:
            raise BadRequest(f"there is no parameter {name[:60]!r}; known here: {', '.join(known) or 'none'}")
        values[name] = known[name].read(text)
    if answer.key:
        kind = Parameter("id", answer.key, "")
        values["id"] = kind.read(request.path_params["id"])
    return values


def _instant(name: str, text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadRequest(f"{name} is an instant such as 2026-01-06T19:00:00Z") from error


def _json(document: object) -> Response:
    text = json.dumps(_without_secrets(document), ensure_ascii=False, default=_plain)
    # A feed's lone surrogate is no UTF-8.
    return Response(text.encode("utf-8", "replace"), media_type="application/json")


def _without_secrets(value: object) -> object:
    match value:
        case str():
            return hidden(value)
        case Mapping():
            return {name: _without_secrets(one) for name, one in value.items()}
        case list() | tuple():
            return [_without_secrets(one) for one in value]
        case set() | frozenset():
            return [_without_secrets(one) for one in sorted(value)]
        case _:
            return value


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, timedelta):
        return value.total_seconds()
    raise TypeError(f"no JSON for {type(value).__name__}")


# ── what is gathered ──


def _entries(connection: Connection, asked: Asked) -> list[dict[str, Any]]:
    story = asked["story"]
    wanted = Wanted(
        rule_id=asked["rule"],
        feed_id=asked["feed"],
        story_id=stories.survivor(connection, story) if story is not None else None,
        since=asked["since"],
        words=tuple(folded_words(asked["words"] or "")),
        newest=asked["limit"],
    )
    found = entries.listed(connection, wanted)
    decided = alerts.decisions(connection, entry_ids=[entry.id for entry in found])
    return [entry_document(entry, decided) for entry in found]


def _entry(connection: Connection, asked: Asked) -> dict[str, Any]:
    found = entries.by_ids(connection, [asked["id"]])
    if not found:
        raise NotThere(f"there is no entry {asked['id']}")
    decided = alerts.decisions(connection, entry_ids=[asked["id"]])
    return whole_document(found[0], decided, changes.of_entry(connection, asked["id"]))


def _stories(connection: Connection, asked: Asked) -> list[dict[str, Any]]:
    ids = stories.newest(connection, most=asked["limit"], rule_id=asked["rule"])
    found = [story_document(one, asked.now) for one in stories.summaries(connection, ids)]
    since = asked["since"]
    return [one for one in found if since is None or one["last_seen_at"] >= since]


def _story(connection: Connection, asked: Asked) -> dict[str, Any]:
    living = stories.survivor(connection, asked["id"])
    found = stories.summaries(connection, [living])
    if not found:
        raise NotThere(f"there is no story {asked['id']}")
    told = sorted(
        entries.listed(connection, Wanted(story_id=living)),
        key=lambda entry: (entry.published_at or entry.first_seen_at, entry.id),
    )
    decided = alerts.decisions(connection, entry_ids=[entry.id for entry in told])
    return story_document(found[0], asked.now) | {
        "merged": [merge_document(one, title) for one, title in stories.merged(connection, living)],
        "timeline": [report(entry, decided) for entry in told],
    }


def _rules(connection: Connection, asked: Asked) -> list[dict[str, Any]]:
    ran = stored_rules.ran(connection)
    loaded = asked.loaded.keeping(ran.rules, ran.lists)
    return documents_of(
        loaded,
        matches=alerts.matches_by_rule(connection),
        paces=bursts.known(connection, asked.now),
        broken_since={one["rule"]: one["since"] for one in broken_rules(loaded, ran)},
    )


def _feeds(connection: Connection, asked: Asked) -> list[dict[str, Any]]:
    states, counts = feeds.states(connection), feeds.entry_counts(connection)
    return [
        feed_document(Listed(feed, states.get(feed.id), counts.get(feed.id, 0)))
        for feed in asked.loaded.config.feeds.values()
    ]


def _alerts(connection: Connection, asked: Asked) -> list[dict[str, Any]]:
    found = alerts.newest(
        connection, rule_id=asked["rule"], since=asked["since"], most=asked["limit"], before=asked["before"]
    )
    deliveries = outbox.of_alerts(connection, [alert.id for alert in found])
    titles = entries.titles(connection, {alert.entry_id for alert in found if alert.entry_id is not None})
    return [
        alert_document(alert, deliveries.get(alert.id, []), titles.get(alert.entry_id or 0, ""))
        for alert in found
    ]


def _alert(connection: Connection, asked: Asked) -> dict[str, Any]:
    found = alerts.listed(connection, [asked["id"]])
    if not found:
        raise NotThere(f"there is no alert {asked['id']}")
    alert = found[0]
    deliveries = outbox.of_alerts(connection, [alert.id]).get(alert.id, [])
    titles = entries.titles(connection, [alert.entry_id] if alert.entry_id is not None else [])
    return alert_document(alert, deliveries, titles.get(alert.entry_id or 0, "")) | {
        "lines": [line_document(line) for line in summaries.lines(connection, alert.id)]
    }


def _silences(connection: Connection, asked: Asked) -> list[dict[str, Any]]:
    return [silence_document(one, asked.now) for one in silences.listed(connection, ending_after=asked.now)]


_RULE = Parameter("rule", "text", "Only those of this rule.")
_SINCE = Parameter("since", "instant", "Only those since then.")
_LIMIT = Parameter("limit", "limit", "At most so many, the newest.")
ANSWERS: Final = (
    Answer(
        "/entries", "Entries, the newest first.", _entries,
        (
            _RULE,
            Parameter("story", "number", "Only those of this story."),
            Parameter("feed", "text", "Only those of this feed."),
            Parameter("words", "text", "Only those in which all these words stand."),
            _SINCE,
            _LIMIT,
        ),
    ),
    Answer("/entries/{id}", "One entry with its texts and every decision.", _entry, many=False, key="number"),
    Answer("/stories", "Stories, those seen last first.", _stories, (_RULE, _SINCE, _LIMIT)),
    Answer("/stories/{id}", "One story with its timeline.", _story, many=False, key="number"),
    Answer("/rules", "The rules in force.", _rules),
    Answer("/feeds", "The feeds of the config with how they fare.", _feeds),
    Answer(
        "/alerts", "Alerts with their deliveries, the newest first.", _alerts,
        (_RULE, _SINCE, Parameter("before", "number", "Only those older than this alert."), _LIMIT),
    ),
    Answer("/alerts/{id}", "One alert.", _alert, many=False, key="number"),
    Answer("/silences", "The silences that hold or will.", _silences),
)  # fmt: skip


def openapi() -> dict[str, Any]:
    """The description, OpenAPI 3.1."""
    paths = {f"/api{one.path}": {"get": _operation(one)} for one in ANSWERS}
    status = Answer("/status", "Whether the daemon runs, and how far behind it is.", _rules, many=False)
    paths["/api/status"] = {"get": _operation(status)}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "News monitor",
            "version": __version__,
            "description": "What the monitor stored, read-only. The documents are those of the commands' `--json`.",
        },
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {
                "Wrong": {
                    "type": "object",
                    "required": ["detail"],
                    "properties": {"detail": {"type": "string"}},
                }
            },
        },
        "security": [{}, {"token": []}],
    }


def _operation(answer: Answer) -> dict[str, Any]:
    document: dict[str, Any] = {"type": "object"}
    shape = {"type": "array", "items": document} if answer.many else document
    parameters: list[dict[str, Any]] = [
        {"name": one.name, "in": "query", "description": one.said, "schema": one.schema()}
        for one in answer.parameters
    ]
    responses = {"200": _response("What was asked for.", shape)}
    wrong = {"$ref": "#/components/schemas/Wrong"}
    responses["400"] = _response("What is wrong with the request.", wrong)
    responses["401"] = _response("The token is missing.", wrong)
    if answer.key:
        parameters.append(
            {"name": "id", "in": "path", "required": True, "schema": Parameter("id", answer.key, "").schema()}
        )
        responses["404"] = _response("There is no such thing.", wrong)
    return {"summary": answer.said, "parameters": parameters, "responses": responses}


def _response(said: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"description": said, "content": {"application/json": {"schema": schema}}}
