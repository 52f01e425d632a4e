"""A story: its timeline, who tells it, what was sent; and an entry: its text, and why each rule told it or not."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote, urlencode

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from monitor.config import Loaded
from monitor.core.by_hand import BY_HAND
from monitor.core.examine import document_of
from monitor.core.rules import explain
from monitor.core.text.document import Document
from monitor.jobs.by_hand import GONE_OUT
from monitor.model import Decision, Entry, Feed, Field, Label, Mark, Silence, Span
from monitor.store import alerts, changes, entries, labels, outbox, pages, silences, stories
from monitor.store.entries import Wanted
from monitor.views.board import cards, outlet_names
from monitor.views.stories import merge_document
from monitor.web.context import NotThere, PageContext, number, onward
from monitor.web.forms import fields
from monitor.web.pages.alerts import silence_story
from monitor.web.pages.feedback import DONE
from monitor.web.plots import Bar, hours_of

DAY: Final = timedelta(days=1)
LONGEST_PLOT: Final = timedelta(days=7)


def routes(context: PageContext) -> list[Route]:
    acts = _Acts(context)

    async def story(request: Request) -> Response:
        return await context.page(
            "story.html",
            _story,
            context.setup(),
            context.now(),
            number(request.path_params["id"]),
            done=request.query_params.get("done", ""),
            key=request.query_params.get("key", ""),
        )

    async def entry(request: Request) -> Response:
        return await context.page(
            "entry.html",
            _entry,
            context.setup(),
            context.now(),
            number(request.path_params["id"]),
            rule_id=request.query_params.get("rule", ""),
            done=request.query_params.get("done", ""),
            edit=request.query_params.get("edit", ""),
        )

    return [
        Route("/stories/{id}", story, methods=["GET"]),
        Route("/stories/{id}/label", acts.label, methods=["POST"]),
        Route("/stories/{id}/unlabel", acts.unlabel, methods=["POST"]),
        Route("/stories/{id}/silence", acts.silence, methods=["POST"]),
        Route("/stories/{id}/unsilence", acts.unsilence, methods=["POST"]),
        Route("/entries/{id}", entry, methods=["GET"]),
    ]


class _Acts:
    """What is decided about a story on its own page: also by who has no more than the link of a message."""

    def __init__(self, context: PageContext) -> None:
        self._context = context

    async def silence(self, request: Request) -> Response:
        await fields(request)
        now = self._context.now()
        made = await self._context.write(silence_story, self._id(request), now, now + DAY)
        return self._back(request, f"silence-{made.id}")

    async def unsilence(self, request: Request) -> Response:
        await fields(request)
        await self._context.write(_end_silences, self._id(request), self._context.now())
        return self._back(request, "")

    async def label(self, request: Request) -> Response:
        given = await fields(request)
        said = self._label(given, Mark.WRONG if given.get("mark") == "wrong" else Mark.RIGHT)
        await self._context.write(_say, self._id(request), said)
        return self._back(request, "labelled")

    async def unlabel(self, request: Request) -> Response:
        given = await fields(request)
        await self._context.write(_take_back, self._id(request), self._label(given, Mark.RIGHT))
        return self._back(request, "unlabelled")

    def _label(self, given: Mapping[str, str], mark: Mark) -> Label:
        rule_id = given.get("rule", "")
        if rule_id not in self._context.setup().config.rules:
            raise NotThere(f'There is no rule "{rule_id}" that runs.')
        entry_id = number(given.get("entry", ""))
        now = self._context.now()
        return Label(entry_id=entry_id, rule_id=rule_id, mark=mark, labelled_at=now, said_by="link")

    @staticmethod
    def _id(request: Request) -> int:
        return number(request.path_params["id"])

    @staticmethod
    def _back(request: Request, done: str) -> Response:
        key = request.query_params.get("key", "")
        asked = urlencode({name: value for name, value in (("done", done), ("key", key)) if value})
        return onward(f"/stories/{number(request.path_params['id'])}" + (f"?{asked}" if asked else ""))


def _say(connection: Connection, story_id: int, said: Label) -> None:
    _must_be_of(connection, story_id, said.entry_id)
    labels.save(connection, [said])


def _take_back(connection: Connection, story_id: int, said: Label) -> None:
    _must_be_of(connection, story_id, said.entry_id)
    labels.take_back(connection, said)


def _must_be_of(connection: Connection, story_id: int, entry_id: int) -> None:
    """Raises NotThere where the story, which the key is for, has no such entry."""
    found = entries.by_ids(connection, [entry_id])
    if not found or found[0].story_id != stories.survivor(connection, story_id):
        raise NotThere(f"Story {story_id} has no entry {entry_id}.")


def _end_silences(connection: Connection, story_id: int, now: datetime) -> None:
    living = stories.survivor(connection, story_id)
    for one in silences.listed(connection, ending_after=now):
        if one.story_id == living and one.rule_id is None and one.feed_id is None:
            silences.expire(connection, one, now)
            outbox.end_silence(connection, one, now=now)


def _story(
    connection: Connection, loaded: Loaded, now: datetime, story_id: int, *, done: str, key: str
) -> Mapping[str, Any]:
    living = stories.survivor(connection, story_id)
    found = cards(connection, loaded, now, [living])
    if not found:
        raise NotThere(f"There is no story {story_id}. It may have been pruned, or never was.")
    told = entries.listed(connection, Wanted(story_id=living))
    timeline = sorted(told, key=lambda one: (one.published_at or one.first_seen_at, one.id))
    decided: dict[int, list[Any]] = {}
    for decision in alerts.decisions(connection, entry_ids=[one.id for one in timeline]):
        decided.setdefault(decision.entry_id, []).append(decision)
    ids = [one.id for one in timeline]
    sent = alerts.of_stories(connection, [living]).get(living, [])
    names = outlet_names(connection, loaded, {one.feed_id for one in timeline})
    by_outlet: dict[str, list[Entry]] = {}
    for one in timeline:
        by_outlet.setdefault(names[one.feed_id], []).append(one)
    return {
        "card": found[0],
        "asked": story_id,
        "living": living,
        "timeline": timeline,
        "decided": decided,
        "names": names,
        "by_outlet": sorted(by_outlet.items(), key=lambda one: (-len(one[1]), one[0].casefold())),
        "alerts": sent,
        "deliveries": outbox.of_alerts(connection, [one.id for one in sent]),
        "merged": [merge_document(one, title) for one, title in stories.merged(connection, living)],
        "bars": _bars(timeline, now),
        "rules": loaded.config.rules,
        "done": _silence(connection, done),
        "said": DONE.get(done, ""),
        "key": f"?key={quote(key)}" if key else "",
        "labels": {(one.entry_id, one.rule_id): one for one in labels.listed(connection, entry_ids=ids)},
    }


def _silence(connection: Connection, done: str) -> Silence | None:
    """The silence that a form has just made."""
    kind, _, name = done.partition("-")
    return (
        silences.by_id(connection, int(name))
        if kind == "silence" and name.isdigit() and len(name) < 18
        else None
    )


def _bars(timeline: list[Entry], now: datetime) -> list[Bar]:
    moments = [min(one.published_at or one.first_seen_at, now) for one in timeline]
    last = max(moments, default=now)
    return hours_of([one for one in moments if one >= last - LONGEST_PLOT])


def _entry(
    connection: Connection,
    loaded: Loaded,
    _now: datetime,
    entry_id: int,
    *,
    rule_id: str,
    done: str,
    edit: str,
) -> Mapping[str, Any]:
    found = entries.by_ids(connection, [entry_id])
    if not found:
        raise NotThere(f"There is no entry {entry_id}. It may have been pruned, or never was.")
    entry = found[0]
    decided = alerts.decisions(connection, entry_ids=[entry_id])
    asked = [rule_id] if rule_id else [one.match.rule_id for one in decided]
    document = document_of(
        entry, entry.language, loaded.config.feeds.get(entry.feed_id) or Feed(id=entry.feed_id, url="")
    )
    said = labels.listed(connection, entry_ids=[entry_id])
    others = entries.titles(connection, [entry.copy_of] if entry.copy_of else [])
    return {
        "entry": entry,
        "outlet": outlet_names(connection, loaded, {entry.feed_id})[entry.feed_id],
        "decided": decided,
        "explained": [explain(loaded.rules, one, document) for one in asked if one in loaded.config.rules],
        "texts": document.texts(),
        "spans": _spans(decided, loaded, document),
        "copied": others.get(entry.copy_of or 0, ""),
        "changed": changes.of_entry(connection, entry_id),
        "page": pages.of_entries(connection, [entry_id]).get(entry_id),
        "rules": loaded.config.rules,
        "asked": rule_id,
        "done": DONE.get(done, ""),
        "edit": edit if done == "test" else "",
        "may_untell": _may_untell(connection, decided),
        "labels": {one.rule_id: one for one in said if one.rule_id},
        "marks": {one.mark for one in said if not one.rule_id},
        "Field": Field,
    }


def _may_untell(connection: Connection, decided: list[Decision]) -> set[str]:
    """The rules for which a person had it told, and nothing of it is sent yet."""
    by_rule = {
        one.match.rule_id: one.alert_id for one in decided if one.alert_id and one.reason.startswith(BY_HAND)
    }
    sent = outbox.of_alerts(connection, set(by_rule.values()))
    return {
        rule_id
        for rule_id, alert_id in by_rule.items()
        if not any(one.state in GONE_OUT for one in sent.get(alert_id, []))
    }


def _spans(decided: list[Any], loaded: Loaded, document: Document) -> list[Span]:
    """What is marked: what the stored matches found; where there are none, what the rules of today find."""
    stored = [span for one in decided for span in one.match.spans]
    return stored or [span for match in loaded.rules.match(document) for span in match.spans]
