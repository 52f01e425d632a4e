"""The rule editor: what an edit would change, while it is typed; saved, checked, taken up, taken back."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from time import monotonic
from typing import Any, Final

import tomlkit
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from monitor.config import Loaded
from monitor.config import rule_versions as versions
from monitor.config.edit import write_whole
from monitor.config.folders import RULES_FOLDER
from monitor.config.rule_edits import FileEdit, edited
from monitor.config.rule_versions import RuleVersion
from monitor.config.values import an_id
from monitor.core.rules import RuleProblem
from monitor.errors import ConfigError, Place, Problem, Severity
from monitor.model import Rule
from monitor.tuning.history import History, chosen
from monitor.tuning.preview import KEPT_TEXTS, Preview, Previewer
from monitor.web.context import NotThere, PageContext, onward
from monitor.web.forms import fields
from monitor.web.plots import Bar
from monitor.web.templating import rendered

DAYS: Final = 30
PREVIEW_S: Final = 0.5
"""So long a preview looks through the history; how much of it that was, it says."""
LONGEST: Final = 50_000
"""Characters of a query."""


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of a wish to save."""

    problems: tuple[Problem, ...] = ()
    by_hand: FileEdit | None = None
    """What is to be written where the page may not write."""

    @property
    def done(self) -> bool:
        return not self.problems and self.by_hand is None


def routes(context: PageContext) -> list[Route]:
    editor = _Editor(context)
    return [
        Route("/new-rule", editor.new, methods=["GET", "POST"]),
        Route("/preview", editor.preview, methods=["POST"]),
        Route("/rules/{id}/edit", editor.edit, methods=["GET", "POST"]),
        Route("/rules/{id}/undo", editor.undo, methods=["POST"]),
    ]


class _Editor:
    def __init__(self, context: PageContext) -> None:
        self._context = context
        self._previewer = Previewer()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="preview")
        """One at a time: whoever types on has hung up on the one before."""

    # ── what it shows ──

    async def new(self, request: Request) -> Response:
        """A rule that is not there yet."""
        if request.method == "GET":
            return await self._shown(Rule(id="", query=""), new=True)
        given = await fields(request)
        rule = Rule(
            id=given.get("id", "").strip(), title=given.get("title", "").strip(), query=_text(given, "query"),
            exclude=_text(given, "exclude"),
        )  # fmt: skip
        saved = await self._context.run(lambda: self._create(rule))
        if not saved.done:
            return await self._shown(rule, new=True, saved=saved)
        await self._context.take_up(f"the page wrote the rule {rule.id}")
        return onward(f"/rules/{rule.id}?done=saved")

    async def edit(self, request: Request) -> Response:
        rule = self._rule(request)
        if request.method == "GET":
            return await self._shown(rule)
        given = await fields(request)
        draft = replace(rule, query=_text(given, "query"), exclude=_text(given, "exclude"))
        if given.get("was") != _version(rule):
            said = "it was changed meanwhile: what you wrote stands here, what runs now is on its page"
            clash = Saved((_problem(self._context.setup(), rule, said),))
            return await self._shown(rule, draft=draft, saved=clash, status=409)
        return await self._save(rule, draft)

    async def undo(self, request: Request) -> Response:
        """The version before is the rule's text again; what it replaces is kept as a version, too."""
        rule = self._rule(request)
        await fields(request)
        state = Path(self._context.setup().config.state)
        before = await self._context.run(lambda: versions.listed(state, rule.id))
        if not before:
            raise NotThere(f'There is no earlier version of "{rule.id}".')
        return await self._save(rule, replace(rule, query=before[0].query, exclude=before[0].exclude))

    async def preview(self, request: Request) -> Response:
        """A piece of the editor: gone when the browser asks anew, since that hangs up."""
        given = await fields(request)
        loaded = self._context.setup()
        running = loaded.config.rules.get(given.get("id", ""))
        draft = replace(
            running or Rule(id="query", query=""),
            query=_text(given, "query"),
            exclude=_text(given, "exclude"),
        )
        left = threading.Event()
        history = History(self._context.store, loaded.config.feeds)

        def make() -> str:
            if not draft.query.strip() and draft.score is None:
                return rendered(
                    "preview.html", found=None, bars=(), draft=draft, days=DAYS, problems=(), examples={}
                )
            found = self._previewer.preview(
                history,
                draft,
                chosen(loaded.rules, running.id) if running else None,
                loaded.config.lists,
                since=self._context.now() - timedelta(days=DAYS),
                goes_on=_for(PREVIEW_S, left),
            )
            return rendered(
                "preview.html",
                found=found,
                bars=_bars(found, self._context.now()),
                # What was read is kept: asked again, it comes further, as far as that goes.
                goes_on=not found.whole and found.looked_at < KEPT_TEXTS,
                draft=draft,
                days=DAYS,
                problems=[_shown(one, draft) for one in found.problems],
                examples={"must_match": draft.must_match, "must_not_match": draft.must_not_match},
            )

        return HTMLResponse(await self._unless_gone(request, make, left))

    async def _unless_gone(self, request: Request, make: Callable[[], str], left: threading.Event) -> str:
        """What `make` returns; `left` is set where the browser has gone meanwhile."""

        async def hang_up() -> None:
            while (await request.receive())["type"] != "http.disconnect":
                pass

        making: asyncio.Future[str] = asyncio.get_running_loop().run_in_executor(self._thread, make)
        gone = asyncio.create_task(hang_up(), name="a preview's browser")
        try:
            waited: set[asyncio.Future[Any]] = {making, gone}
            await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
            if not making.done():
                left.set()
            return await making
        finally:
            left.set()
            gone.cancel()

    async def _shown(
        self,
        rule: Rule,
        *,
        new: bool = False,
        draft: Rule | None = None,
        saved: Saved | None = None,
        status: int = 200,
    ) -> Response:
        loaded = self._context.setup()
        folder = Path(loaded.config.folder) / RULES_FOLDER
        written = draft or rule
        return await self._context.plain(
            "editor.html",
            status=422 if status == 200 and saved is not None and not saved.done else status,
            rule=rule,
            draft=written,
            new=new,
            was="" if new else _version(rule),
            saved=saved,
            writable=os.access(folder if folder.is_dir() else folder.parent, os.W_OK),
            folder=folder,
            lists=sorted(loaded.config.lists),
            versions=[] if new else versions.listed(Path(loaded.config.state), rule.id),
            number=DAYS,
        )

    # ── what it does ──

    def _rule(self, request: Request) -> Rule:
        rule = self._context.setup().config.rules.get(request.path_params["id"])
        if rule is None:
            raise NotThere(f'There is no rule "{request.path_params["id"]}" that runs.')
        return rule

    async def _save(self, rule: Rule, draft: Rule) -> Response:
        saved = await self._context.run(lambda: self._write(rule, draft))
        if not saved.done:
            return await self._shown(rule, draft=draft, saved=saved)
        await self._context.take_up(f"the page changed the rule {rule.id}")
        return onward(f"/rules/{rule.id}?done=saved")

    def _write(self, rule: Rule, draft: Rule) -> Saved:
        """The rule's file says the draft, or is as before: what comes of it is read anew before it counts."""
        with self._context.saving:
            try:
                loaded = self._context.read_config()
                if rule.id not in loaded.rule_files.rule_homes:
                    return Saved((_problem(loaded, rule, "its file has this rule no more"),))
                edits = edited(loaded.rule_files, rule.id, query=draft.query, exclude=draft.exclude, added={})
            except ConfigError as error:
                return Saved(tuple(error.problems))
            if not edits:
                return Saved()
            written = _written(edits)
            if written.problems or written.by_hand:
                return written
            if problems := self._wrong_now(rule.id):
                for edit in edits:
                    FileEdit(edit.path, edit.after, edit.before).write()
                return Saved(problems)
            with suppress(OSError):  # the file is saved: that there is no way back is no reason to refuse it
                at = self._context.now()
                versions.keep(Path(loaded.config.state), rule.id, RuleVersion(rule.query, rule.exclude, at))
            return Saved()

    def _create(self, rule: Rule) -> Saved:
        """The rule stands in a file of its own."""
        with self._context.saving:
            loaded = self._context.setup()
            try:
                an_id(rule.id)
            except ValueError as error:
                return Saved((_problem(loaded, rule, str(error)),))
            path = Path(loaded.config.folder) / RULES_FOLDER / f"{rule.id}.toml"
            if rule.id in loaded.rule_files.rules or path.exists():
                return Saved((_problem(loaded, rule, f'there is a rule "{rule.id}" already'),))
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


def _for(seconds: float, left: threading.Event) -> Callable[[], bool]:
    """Whether it goes on: for so long since it was first asked, unless nobody waits any more."""
    until: float | None = None

    def goes_on() -> bool:
        nonlocal until
        until = until or monotonic() + seconds
        return monotonic() < until and not left.is_set()

    return goes_on


def _written(edits: Sequence[FileEdit]) -> Saved:
    """Raises nothing: where the page may not write, the text is for a person to put there."""
    for edit in edits:
        try:
            if edit.path.exists():
                edit.write()
            else:
                edit.path.parent.mkdir(parents=True, exist_ok=True)
                write_whole(edit.path, edit.after.encode())
        except (ConfigError, OSError):
            return Saved(by_hand=edit)
    return Saved()


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


def _text(given: Mapping[str, str], name: str) -> str:
    """A field as a file holds it: forms end lines as telegrams did."""
    text = given.get(name, "")
    if len(text) > LONGEST:
        raise HTTPException(413, f"a query has at most {LONGEST} characters")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _version(rule: Rule) -> str:
    """Of what is edited: another one where somebody else saved meanwhile."""
    return blake2b(f"{rule.query}\0{rule.exclude}".encode(errors="replace"), digest_size=8).hexdigest()


def _problem(loaded: Loaded, rule: Rule, message: str) -> Problem:
    place = rule.place or Place(str(Path(loaded.config.folder) / RULES_FOLDER))
    return Problem(place, message, rule=rule.id)


def _bars(found: Preview, now: datetime) -> list[Bar]:
    if found.wrong:
        return []
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    days = [today - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    return [Bar(day, found.draft_days[day.date()], found.running_days[day.date()]) for day in days]


def _shown(found: RuleProblem, draft: Rule) -> dict[str, Any]:
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
        "has_place": bool(text),
        "key": found.key,
        "offset": found.offset,
        "length": found.length,
    }
