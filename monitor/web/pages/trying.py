"""A draft of a rule tried on the history: what it changes, what it would send, what it lacks; pieces of the editor.

The preview answers while somebody types; the rest takes seconds, runs in a process of its own, and comes when ready.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any, Final, TypeVar

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from monitor.config import Loaded
from monitor.config.rule_edits import Added
from monitor.core.rules import RuleProblem
from monitor.errors import Severity
from monitor.model import Config, ListTerms, Rule
from monitor.store import Store
from monitor.tuning.drafts import joined
from monitor.tuning.history import History, alone, chosen
from monitor.tuning.outlook import Outlook, days_that_fit, outlook
from monitor.tuning.preview import KEPT_TEXTS, Preview, Previewer
from monitor.views.misses import lacking
from monitor.web.apart import Apart, TooLong
from monitor.web.context import PageContext
from monitor.web.forms import fields
from monitor.web.plots import Bar
from monitor.web.templating import rendered

DAYS: Final = 30
PREVIEW_S: Final = 0.5
"""So long a preview looks through the history; how much of it that was, it says."""
LONGEST: Final = 50_000
"""Characters of a query."""
MOST_ADDED: Final = 500
"""Terms that go into lists with an edit."""

_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What stands in the editor."""

    rule: Rule
    running: Rule | None
    """The rule of that id that runs; None: it is new."""
    added: Added
    """Terms that go into lists with it."""
    lists: Mapping[str, ListTerms]
    """With them."""


def draft_of(given: Mapping[str, str], loaded: Loaded) -> Draft:
    """Raises HTTPException where what was sent is none."""
    running = loaded.config.rules.get(given.get("id", ""))
    rule = replace(
        running or Rule(id="query", query=""),
        query=text_of(given, "query"),
        exclude=text_of(given, "exclude"),
    )
    added = added_of(given)
    return Draft(rule=rule, running=running, added=added, lists=joined(loaded.config.lists, added))


def text_of(given: Mapping[str, str], name: str) -> str:
    """A field as a file holds it: forms end lines as telegrams did."""
    text = given.get(name, "")
    if len(text) > LONGEST:
        raise HTTPException(413, f"a query has at most {LONGEST} characters")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def added_of(given: Mapping[str, str]) -> Added:
    """The terms that a proposal put into the form, by list and row."""
    written = given.get("added", "").strip()
    if not written:
        return {}
    try:
        read = json.loads(written)
        added = {
            str(name): {str(row): [str(term) for term in terms] for row, terms in rows.items()}
            for name, rows in read.items()
        }
    except (ValueError, AttributeError, TypeError) as error:
        raise HTTPException(400, "the words to add are none that the editor proposed") from error
    if sum(len(terms) for rows in added.values() for terms in rows.values()) > MOST_ADDED:
        raise HTTPException(413, f"at most {MOST_ADDED} words at once")
    return added


def routes(context: PageContext) -> list[Route]:
    trying = _Trying(context)
    return [
        Route("/preview", trying.preview, methods=["POST"]),
        Route("/preview/messages", trying.messages, methods=["POST"]),
        Route("/preview/lacking", trying.lacking, methods=["POST"]),
    ]


class _Trying:
    def __init__(self, context: PageContext) -> None:
        self._context = context
        self._previewer = Previewer()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="preview")
        """One at a time: whoever types on has hung up on the one before."""
        self._apart = Apart()

    async def preview(self, request: Request) -> Response:
        """Gone when the browser asks anew, since that hangs up."""
        loaded = self._context.setup()
        draft = draft_of(await fields(request), loaded)
        left = threading.Event()
        history = History(self._context.store, loaded.config.feeds)
        now = self._context.now()

        def make() -> str:
            if not draft.rule.query.strip() and draft.rule.score is None:
                return rendered("preview.html", found=None, days=DAYS)
            found = self._previewer.preview(
                history,
                draft.rule,
                chosen(loaded.rules, draft.rule.id) if draft.running else None,
                draft.lists,
                since=now - timedelta(days=DAYS),
                goes_on=_for(PREVIEW_S, left),
            )
            return rendered("preview.html", **_shown(found, draft, now))

        async def made() -> str:
            return await asyncio.get_running_loop().run_in_executor(self._thread, make)

        return HTMLResponse(await _unless_gone(request, made(), left.set))

    async def messages(self, request: Request) -> Response:
        """What the draft would send, and the running version: `fit` says for how many days."""
        loaded, given = self._context.setup(), await fields(request)
        draft = draft_of(given, loaded)
        days = _number(given.get("fit", ""), most=DAYS)
        config = loaded.config
        if alone(draft.rule, draft.lists)[0] is None:
            return HTMLResponse(rendered("messages.html", found=None, late=False, rule=draft.rule))

        async def made() -> str:
            try:
                found = await self._apart.run(
                    _outlook, self._context.store.url, config, draft, self._context.now(), days
                )
            except TooLong:
                return rendered("messages.html", found=None, late=True, rule=draft.rule)
            return rendered("messages.html", found=found, late=False, rule=draft.rule)

        return HTMLResponse(await _unless_gone(request, made()))

    async def lacking(self, request: Request) -> Response:
        """What it probably misses, and an edit that the labels ask for."""
        loaded = self._context.setup()
        draft = draft_of(await fields(request), loaded)
        if alone(draft.rule, draft.lists)[0] is None:
            return HTMLResponse(rendered("lacking.html", found=None, late=False, running=None))

        async def made() -> str:
            try:
                found = await self._apart.run(
                    lacking, self._context.store.url, loaded.config.feeds, draft.rule, draft.lists
                )
            except TooLong:
                return rendered("lacking.html", found=None, late=True, running=draft.running)
            return rendered("lacking.html", found=found, late=False, running=draft.running)

        return HTMLResponse(await _unless_gone(request, made()))


def _outlook(store: Store, config: Config, draft: Draft, now: datetime, days: int) -> Outlook:
    """Called in a process of its own."""
    return outlook(store, config, draft.rule, draft.running, draft.lists, now=now, days=days)


async def _unless_gone(
    request: Request, making: Awaitable[_Found], left: Callable[[], object] = lambda: None
) -> _Found:
    """What is made; where the browser goes meanwhile `left` is called, and what waits is cancelled."""

    async def hang_up() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    made = asyncio.ensure_future(making)
    gone = asyncio.create_task(hang_up(), name="a browser that may go")
    try:
        await asyncio.wait({made, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not made.done():
            left()
            made.cancel()
        return await made
    except asyncio.CancelledError:
        if gone.done():
            raise HTTPException(400, "nobody waits for it") from None
        raise
    finally:
        left()
        gone.cancel()
        made.cancel()


def _for(seconds: float, left: threading.Event) -> Callable[[], bool]:
    """Whether it goes on: for so long since it was first asked, unless nobody waits any more."""
    until: float | None = None

    def goes_on() -> bool:
        nonlocal until
        until = until or monotonic() + seconds
        return monotonic() < until and not left.is_set()

    return goes_on


def _number(text: str, *, most: int) -> int:
    return max(1, min(int(text), most)) if text.isascii() and text.isdigit() and len(text) < 5 else most


def _shown(found: Preview, draft: Draft, now: datetime) -> dict[str, Any]:
    problems = [_problem(one, draft.rule) for one in found.problems]
    tests = {"must_match", "must_not_match"}
    examples = {"must_match": draft.rule.must_match, "must_not_match": draft.rule.must_not_match}
    failed = [one for one in problems if one["part"] in tests and one["wrong"] and one["key"] is not None]
    return {
        "found": found,
        "bars": _bars(found, now),
        # What was read is kept: asked again, it comes further, as far as that goes.
        "goes_on": not found.whole and found.looked_at < KEPT_TEXTS,
        "days": DAYS,
        "fit": days_that_fit(
            found.draft_days,
            found.running_days,
            today=now.astimezone(UTC).date(),
            most_days=DAYS,
        ),
        "failed": failed,
        "problems": [one for one in problems if one not in failed],
        "examples": examples,
        "tests": len(draft.rule.must_match) + len(draft.rule.must_not_match),
    }


def _bars(found: Preview, now: datetime) -> list[Bar]:
    if found.wrong:
        return []
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    days = [today - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    return [Bar(day, found.draft_days[day.date()], found.running_days[day.date()]) for day in days]


def _problem(found: RuleProblem, draft: Rule) -> dict[str, Any]:
    """A problem with its line, and what of it is meant."""
    text = {"query": draft.query, "exclude": draft.exclude}.get(found.part, "")
    begin = text.rfind("\n", 0, found.offset) + 1
    end = text.find("\n", found.offset)
    line = text[begin : end if end >= 0 else len(text)]
    column = found.offset - begin
    return {
        "part": found.part,
        "wrong": found.severity is Severity.ERROR,
        "message": found.message,
        "cure": found.cure,
        "line": text.count("\n", 0, found.offset) + 1,
        "column": column + 1,
        "before": line[:column],
        "meant": line[column : column + max(found.length, 1)] or " ",
        "after": line[column + max(found.length, 1) :],
        "has_place": bool(text) and bool(found.length or found.severity is Severity.ERROR),
        "key": found.key,
        "offset": found.offset,
        "length": found.length,
    }
