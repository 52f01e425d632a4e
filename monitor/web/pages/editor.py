"""The rule editor: what an edit would change, while it is typed; saved, checked, taken up, taken back."""

from __future__ import annotations

import os
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from monitor.config import rule_versions as versions
from monitor.config.rule_edits import Added
from monitor.folders import RULES_FOLDER
from monitor.model import Rule
from monitor.web.context import NotThere, PageContext, onward
from monitor.web.forms import fields
from monitor.web.pages.saving import Saved, Saving, problem
from monitor.web.pages.trying import added_of, text_of


def routes(context: PageContext) -> list[Route]:
    editor = _Editor(context)
    return [
        Route("/new-rule", editor.new, methods=["GET", "POST"]),
        Route("/rules/{id}/edit", editor.edit, methods=["GET", "POST"]),
        Route("/rules/{id}/undo", editor.undo, methods=["POST"]),
    ]


class _Editor:
    def __init__(self, context: PageContext) -> None:
        self._context = context
        self._saving = Saving(context)

    async def new(self, request: Request) -> Response:
        """A rule that is not there yet; `q`: of a search that is to become one."""
        if request.method == "GET":
            asked = request.query_params.get("q", "")[:2000]
            return await self._shown(Rule(id="", query=""), draft=Rule(id="", query=asked), new=True)
        given = await fields(request)
        rule = Rule(
            id=given.get("id", "").strip(), title=given.get("title", "").strip(), query=text_of(given, "query"),
            exclude=text_of(given, "exclude"),
        )  # fmt: skip
        saved = await self._context.run(lambda: self._saving.create(rule))
        if not saved.done:
            return await self._shown(rule, new=True, saved=saved)
        await self._context.take_up(f"the page wrote the rule {rule.id}")
        return onward(f"/rules/{rule.id}?done=saved")

    async def edit(self, request: Request) -> Response:
        rule = self._rule(request)
        if request.method == "GET":
            return await self._shown(rule)
        given = await fields(request)
        draft = replace(rule, query=text_of(given, "query"), exclude=text_of(given, "exclude"))
        added = added_of(given)
        if given.get("was") != _version(rule):
            said = "it was changed meanwhile: what you wrote stands here, what runs now is on its page"
            clash = Saved((problem(self._context.setup(), rule, said),))
            return await self._shown(rule, draft=draft, added=added, saved=clash, status=409)
        saved = await self._context.run(lambda: self._saving.write(rule, draft, added=added))
        return await self._ended(rule, draft, added, saved)

    async def undo(self, request: Request) -> Response:
        """The version before is the rule's text again; what it replaces is kept as a version, too."""
        rule = self._rule(request)
        await fields(request)
        saved = await self._context.run(lambda: self._saving.take_back(rule))
        return await self._ended(rule, rule, {}, saved)

    async def _ended(self, rule: Rule, draft: Rule, added: Added, saved: Saved) -> Response:
        if not saved.done:
            return await self._shown(rule, draft=draft, added=added, saved=saved)
        await self._context.take_up(f"the page changed the rule {rule.id}")
        return onward(f"/rules/{rule.id}?done=saved")

    async def _shown(
        self,
        rule: Rule,
        *,
        new: bool = False,
        draft: Rule | None = None,
        added: Added | None = None,
        saved: Saved | None = None,
        status: int = 200,
    ) -> Response:
        loaded = self._context.setup()
        folder = Path(loaded.config.folder) / RULES_FOLDER
        return await self._context.plain(
            "editor.html",
            status=422 if status == 200 and saved is not None and not saved.done else status,
            rule=rule,
            draft=draft or rule,
            added=added or {},
            new=new,
            was="" if new else _version(rule),
            saved=saved,
            writable=os.access(folder if folder.is_dir() else folder.parent, os.W_OK),
            folder=folder,
            lists=sorted(loaded.config.lists),
            versions=[] if new else versions.listed(Path(loaded.config.state), rule.id),
        )

    def _rule(self, request: Request) -> Rule:
        rule = self._context.setup().config.rules.get(request.path_params["id"])
        if rule is None:
            raise NotThere(f'There is no rule "{request.path_params["id"]}" that runs.')
        return rule


def _version(rule: Rule) -> str:
    """Of what is edited: another one where somebody else saved meanwhile."""
    return blake2b(f"{rule.query}\0{rule.exclude}".encode(errors="replace"), digest_size=8).hexdigest()
