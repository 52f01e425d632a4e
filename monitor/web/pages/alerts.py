"""Alerts: what was told to whom, what waits, what could not be sent; retry and drop. Silences, and their end."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from monitor.model import Silence
from monitor.store import alerts, entries, outbox, silences, stories, summaries
from monitor.views.alerts import document, line_document
from monitor.web.context import NotThere, PageContext, number, onward
from monitor.web.forms import fields

ALERTS: Final = 60
STATES: Final = {"dead": ("dead", "partly_sent"), "waiting": ("waiting", "held")}
SILENCES: Final = {"day": timedelta(days=1), "hour": timedelta(hours=1), "week": timedelta(days=7)}


def routes(context: PageContext) -> list[Route]:
    async def listed(request: Request) -> Response:
        asked = request.query_params
        before = number(asked["before"]) if "before" in asked else None
        return await context.page(
            "alerts.html", _alerts, context.now(), state=asked.get("state", ""), before=before
        )

    async def shown(request: Request) -> Response:
        said = request.query_params.get("done", "")
        return await context.page("alert.html", _alert, number(request.path_params["id"]), done=said)

    async def retry(request: Request) -> Response:
        alert_id = number(request.path_params["id"])
        await fields(request)
        again = await context.write(_retry, alert_id, context.now())
        return onward(f"/alerts/{alert_id}?done={'retried' if again else 'nothing'}")

    async def drop(request: Request) -> Response:
        alert_id = number(request.path_params["id"])
        await fields(request)
        dropped = await context.write(_drop, alert_id)
        return onward(f"/alerts/{alert_id}?done={'dropped' if dropped else 'nothing'}")

    async def silence(request: Request) -> Response:
        given = await fields(request)
        story_id, lasts = number(given.get("story", "")), SILENCES.get(given.get("for", "day"))
        if lasts is None:
            raise HTTPException(400, "a silence lasts an hour, a day or a week")
        now = context.now()
        made = await context.write(silence_story, story_id, now, now + lasts)
        return onward(f"/stories/{made.story_id}?done=silence-{made.id}")

    async def expire(request: Request) -> Response:
        await fields(request)
        ended = await context.write(_expire, number(request.path_params["id"]), context.now())
        return onward(f"/stories/{ended.story_id}" if ended.story_id is not None else "/alerts")

    return [
        Route("/alerts", listed, methods=["GET"]),
        Route("/alerts/{id}", shown, methods=["GET"]),
        Route("/alerts/{id}/retry", retry, methods=["POST"]),
        Route("/alerts/{id}/drop", drop, methods=["POST"]),
        Route("/silences", silence, methods=["POST"]),
        Route("/silences/{id}/expire", expire, methods=["POST"]),
    ]


def _alerts(connection: Connection, now: datetime, *, state: str, before: int | None) -> Mapping[str, Any]:
    wanted = STATES.get(state)
    found = alerts.newest(connection, most=ALERTS + 1, before=before, states=_delivery_states(state))
    deliveries = outbox.of_alerts(connection, [alert.id for alert in found])
    titles = entries.titles(connection, {alert.entry_id for alert in found if alert.entry_id is not None})
    documents = [
        document(alert, deliveries.get(alert.id, []), titles.get(alert.entry_id or 0, "")) for alert in found
    ]
    return {
        "alerts": documents[:ALERTS],
        "more": documents[ALERTS - 1]["id"] if len(documents) > ALERTS else None,
        "state": state if wanted else "",
        "counts": outbox.counts(connection),
        "silences": silences.listed(connection, ending_after=now),
        "before": before,
    }


def _delivery_states(state: str) -> tuple[str, ...]:
    """Those of which an alert has one at least."""
    return {"dead": ("dead",), "waiting": ("pending", "leased", "held")}.get(state, ())


def _alert(connection: Connection, alert_id: int, *, done: str) -> Mapping[str, Any]:
    alert = _found(connection, alert_id)
    deliveries = outbox.of_alerts(connection, [alert_id]).get(alert_id, [])
    titles = entries.titles(connection, [alert.entry_id] if alert.entry_id is not None else [])
    return {
        "alert": document(alert, deliveries, titles.get(alert.entry_id or 0, "")),
        "lines": [line_document(line) for line in summaries.lines(connection, alert_id)],
        "done": done if done in {"retried", "dropped", "nothing"} else "",
    }


def _found(connection: Connection, alert_id: int) -> Any:
    if found := alerts.listed(connection, [alert_id]):
        return found[0]
    raise NotThere(f"There is no alert {alert_id}.")


def _retry(connection: Connection, alert_id: int, now: datetime) -> int:
    _found(connection, alert_id)
    return outbox.retry(connection, alert_id, now=now)


def _drop(connection: Connection, alert_id: int) -> int:
    _found(connection, alert_id)
    return outbox.drop(connection, alert_id)


def silence_story(connection: Connection, story_id: int, now: datetime, until: datetime) -> Silence:
    """It is silenced. One that holds already is not made twice: a second click changes nothing."""
    living = stories.survivor(connection, story_id)
    if not stories.exists(connection, living):
        raise NotThere(f"There is no story {story_id}.")
    for one in silences.listed(connection, ending_after=now):
        same = (one.story_id, one.rule_id, one.feed_id) == (living, None, None)
        if same and one.from_at <= now and one.until_at >= until - timedelta(minutes=1):
            return one
    made = Silence(
        id=silences.next_id(connection),
        rule_id=None,
        feed_id=None,
        story_id=living,
        from_at=now,
        until_at=until,
        comment="from the page",
        who="page",
    )
    silences.add(connection, made)
    return made


def _expire(connection: Connection, silence_id: int, now: datetime) -> Silence:
    silence = silences.by_id(connection, silence_id)
    if silence is None:
        raise NotThere(f"There is no silence {silence_id}.")
    if silence.until_at > now:
        silences.expire(connection, silence, now)
        outbox.end_silence(connection, silence, now=now)
    return silence
