"""What a person says of an entry, in place: right, wrong, missed, no copy, another story, tell it, a test; undo."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import urlencode

from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from monitor.config import undo
from monitor.config.rule_edits import Kind, with_example
from monitor.errors import ConfigError
from monitor.jobs import by_hand
from monitor.jobs.by_hand import CannotBeDone
from monitor.model import OF_RULES, Label, Mark
from monitor.store import labels
from monitor.tuning.capture import as_example
from monitor.web.context import NotThere, PageContext, number, onward
from monitor.web.forms import fields
from monitor.web.templating import rendered

DONE: Final = {
    "labelled": "Noted. Nothing is sent or taken back for it; tuning goes by it.",
    "unlabelled": "Taken back.",
    "told": "It is told now, to whom the rule tells its alerts.",
    "untold": "Taken back: nothing of it is sent.",
    "told-before": "It was told already; nothing is sent twice.",
    "not-a-copy": "It is no copy any more: what was kept back for it is told.",
    "copy-again": "Taken back. What was told for it stays told.",
    "split": "It is a story of its own now.",
    "unsplit": "The two stories are one again. What was told stays told.",
    "untested": "Taken back: its file is as it was.",
    "test": "It is a test of the rule now: `monitor check` and the editor hold the rule to it.",
}
"""What a page says after a form, by the name that stands in its address."""


_Done = TypeVar("_Done")


def routes(context: PageContext) -> list[Route]:
    feedback = _Feedback(context)
    acts = {
        "label": feedback.label,
        "unlabel": feedback.unlabel,
        "tell": feedback.tell,
        "untell": feedback.untell,
        "not-a-copy": feedback.no_copy,
        "copy-again": feedback.copy_again,
        "split": feedback.split,
        "unsplit": feedback.unsplit,
        "test": feedback.test,
        "untest": feedback.untest,
    }
    return [Route(f"/entries/{{id}}/{name}", act, methods=["POST"]) for name, act in acts.items()]


class _Feedback:
    def __init__(self, context: PageContext) -> None:
        self._context = context

    async def label(self, request: Request) -> Response:
        entry_id, given = number(request.path_params["id"]), await fields(request)
        rule_id, mark = given.get("rule", ""), given.get("mark", "")
        if mark not in OF_RULES:
            raise HTTPException(400, "say right, wrong or missed")
        self._rule(rule_id)
        said = Label(
            entry_id=entry_id,
            rule_id=rule_id,
            mark=Mark(mark),
            labelled_at=self._context.now(),
            said_by="page",
        )
        await self._context.write(_label, said)
        if given.get("in") == "place":
            return HTMLResponse(rendered("labelled.html", entry=entry_id, rule=rule_id, mark=mark))
        return onward(f"/entries/{entry_id}?done=labelled")

    async def unlabel(self, request: Request) -> Response:
        entry_id, given = number(request.path_params["id"]), await fields(request)
        rule_id = given.get("rule", "")
        await self._context.write(_unlabel, entry_id, rule_id)
        if given.get("in") == "place":
            return HTMLResponse(rendered("unlabelled.html", entry=entry_id, rule=rule_id))
        return onward(f"/entries/{entry_id}?done=unlabelled")

    async def tell(self, request: Request) -> Response:
        entry_id, given = number(request.path_params["id"]), await fields(request)
        rule_id, now = given.get("rule", ""), self._context.now()
        store, loaded = self._context.store, self._context.setup()
        done = await self._try(lambda: by_hand.tell(store, loaded, entry_id, rule_id, now=now))
        return onward(f"/entries/{entry_id}?done={'told-before' if done.already else 'told'}")

    async def untell(self, request: Request) -> Response:
        entry_id, given = number(request.path_params["id"]), await fields(request)
        await self._try(lambda: by_hand.untell(self._context.store, entry_id, given.get("rule", "")))
        return onward(f"/entries/{entry_id}?done=untold")

    async def no_copy(self, request: Request) -> Response:
        return await self._correct(
            request,
            "not-a-copy",
            lambda entry_id: by_hand.no_copy(
                self._context.store, self._context.setup(), entry_id, said_by="page", now=self._context.now()
            ),
        )

    async def copy_again(self, request: Request) -> Response:
        return await self._correct(
            request, "copy-again", lambda entry_id: by_hand.copy_again(self._context.store, entry_id)
        )

    async def split(self, request: Request) -> Response:
        return await self._correct(
            request,
            "split",
            lambda entry_id: by_hand.split(
                self._context.store, self._context.setup(), entry_id, said_by="page", now=self._context.now()
            ),
        )

    async def unsplit(self, request: Request) -> Response:
        return await self._correct(
            request,
            "unsplit",
            lambda entry_id: by_hand.unsplit(
                self._context.store, self._context.setup(), entry_id, now=self._context.now()
            ),
        )

    async def test(self, request: Request) -> Response:
        """The entry stands in the rule's file as a text that it must, or must not, match."""
        entry_id, given = number(request.path_params["id"]), await fields(request)
        rule_id, must = given.get("rule", ""), given.get("must", "")
        if must not in {"match", "not"}:
            raise HTTPException(400, "say whether the rule must match it")
        kind: Kind = "must_match" if must == "match" else "must_not_match"
        edit = await self._context.run(lambda: self._write_test(entry_id, rule_id, kind))
        await self._context.take_up(f"the page gave the rule {rule_id} a test")
        return onward(f"/entries/{entry_id}?{urlencode({'rule': rule_id, 'done': 'test', 'edit': edit})}")

    async def untest(self, request: Request) -> Response:
        """The file in which the test stands is as it was before, as long as nobody changed it since."""
        entry_id, given = number(request.path_params["id"]), await fields(request)
        await self._context.run(lambda: self._take_back_test(given.get("edit", "")))
        await self._context.take_up("the page took a test back")
        asked = urlencode({"rule": given.get("rule", ""), "done": "untested"})
        return onward(f"/entries/{entry_id}?{asked}")

    def _take_back_test(self, edit: str) -> None:
        with self._context.saving:
            back = undo.undone(Path(self._context.setup().config.state), edit)
            if back is None:
                raise HTTPException(409, "the file was changed since: take the test out of it by hand")
            try:
                for one in back:
                    one.write()
            except ConfigError as error:
                raise HTTPException(409, str(error.problems[0].line)) from error

    def _write_test(self, entry_id: int, rule_id: str, kind: Kind) -> str:
        """By which it can be taken back; empty: it cannot."""
        self._rule(rule_id)
        with self._context.saving:
            try:
                loaded = self._context.read_config()
                rule = loaded.config.rules.get(rule_id)
                if rule is None or rule_id not in loaded.rule_files.rule_homes:
                    raise NotThere(f'The files have no rule "{rule_id}" that runs.')
                with self._context.store.reading() as connection:
                    entry = by_hand.known_entry(connection, entry_id)
                edit = with_example(loaded.rule_files, rule_id, kind, as_example(entry, rule, loaded.rules))
                edit.write()
            except CannotBeDone as error:
                raise NotThere(str(error)) from error
            except ConfigError as error:
                raise HTTPException(409, str(error.problems[0].line)) from error
            with suppress(OSError):  # it is written: that there is no way back is no reason to refuse it
                return undo.remember(Path(loaded.config.state), [edit]) if edit.before != edit.after else ""
        return ""

    async def _correct(self, request: Request, name: str, correct: Callable[[int], object]) -> Response:
        entry_id = number(request.path_params["id"])
        await fields(request)
        await self._try(lambda: correct(entry_id))
        return onward(f"/entries/{entry_id}?done={name}")

    async def _try(self, call: Callable[[], _Done]) -> _Done:
        try:
            return await self._context.run(call)
        except CannotBeDone as error:
            raise HTTPException(409, str(error)) from error

    def _rule(self, rule_id: str) -> None:
        if rule_id not in self._context.setup().config.rules:
            raise NotThere(f'There is no rule "{rule_id}" that runs.')


def _label(connection: Connection, said: Label) -> None:
    try:
        by_hand.known_entry(connection, said.entry_id)
    except CannotBeDone as error:
        raise NotThere(str(error)) from error
    labels.save(connection, [said])


def _unlabel(connection: Connection, entry_id: int, rule_id: str) -> None:
    for one in labels.listed(connection, rule_id=rule_id, entry_ids=[entry_id]):
        labels.take_back(connection, one)
