"""What every page stands on: the database, the config in force, the clock, and threads of its own to read in."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Concatenate, Final, ParamSpec, Self, TypeVar

from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response

from monitor.config import Loaded
from monitor.errors import StorageError
from monitor.model import DeliveryState
from monitor.store import Store, daemon, outbox
from monitor.web.templating import rendered, warm

READERS: Final = 2
"""Pages are read in these threads: however many are open, polls never wait for them."""

_Given = ParamSpec("_Given")
_Found = TypeVar("_Found")
Reading = Callable[Concatenate[Connection, _Given], _Found]


class NotThere(Exception):  # noqa: N818 - reads as what it says
    """There is no such thing: its text is for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageContext:
    """Shared by all pages."""

    store: Store
    setup: Callable[[], Loaded]
    """The config in force."""
    now: Callable[[], datetime]
    read_config: Callable[[], Loaded]
    """The config as its files say it now. Raises ConfigError."""
    ailments: Callable[[], Sequence[str]] = list
    """What keeps the daemon from its work; empty: all is well, or it runs elsewhere. Asked in the event loop."""
    reload: Callable[[str], Awaitable[None]] | None = None
    """Has what was saved taken up at once; None: the daemon looks by itself, every few seconds."""
    saving: threading.Lock = field(default_factory=threading.Lock)
    """Whoever writes the config's files has it."""
    warming: list[Future[None]] = field(default_factory=list)
    threads: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(READERS, thread_name_prefix="page")
    )

    async def __aenter__(self) -> Self:
        """Gets ready beside whatever else begins: who looks first does not wait for it."""
        self.warming.append(self.threads.submit(self._warm))
        return self

    def _warm(self) -> None:
        warm()
        with suppress(StorageError), self.store.reading() as connection:
            self._frame(connection, ())

    async def warmed(self) -> None:
        """Returns when it is ready."""
        await asyncio.gather(*map(asyncio.wrap_future, self.warming))

    async def __aexit__(self, *_: object) -> None:
        self.threads.shutdown(wait=False, cancel_futures=True)

    async def read(
        self, reading: Reading[_Given, _Found], /, *given: _Given.args, **named: _Given.kwargs
    ) -> _Found:
        """What `reading` finds in the database, in a thread of the page's own."""

        def within() -> _Found:
            with self.store.reading() as connection:
                return reading(connection, *given, **named)

        return await self.run(within)

    async def write(
        self, writing: Reading[_Given, _Found], /, *given: _Given.args, **named: _Given.kwargs
    ) -> _Found:
        """What `writing` returns, in one transaction."""

        def within() -> _Found:
            with self.store.writing() as connection:
                return writing(connection, *given, **named)

        return await self.run(within)

    async def run(self, call: Callable[[], _Found]) -> _Found:
        return await asyncio.get_running_loop().run_in_executor(self.threads, call)

    async def page(
        self,
        template: str,
        gather: Reading[_Given, Mapping[str, Any]],
        /,
        *given: _Given.args,
        **named: _Given.kwargs,
    ) -> Response:
        """The page that the template makes of what is gathered. Raises NotThere, StorageError."""
        ailments = self.ailments()

        def within() -> str:
            with self.store.reading() as connection:
                found = gather(connection, *given, **named)
                frame = self._frame(connection, ailments)
            return rendered(template, **frame, **found)

        return HTMLResponse(await self.run(within))

    async def take_up(self, why: str) -> None:
        """What was saved is in force, or the daemon's next look takes it up."""
        if self.reload is not None:
            await self.reload(why)

    async def plain(self, template: str, *, status: int = 200, **found: Any) -> Response:
        """The page that the template makes of this."""
        ailments = self.ailments()

        def within() -> str:
            with self.store.reading() as connection:
                frame = self._frame(connection, ailments)
            return rendered(template, **frame, **found)

        return HTMLResponse(await self.run(within), status_code=status)

    def _frame(self, connection: Connection, ailments: Sequence[str]) -> dict[str, Any]:
        """What stands on every page."""
        now = self.now()
        deliveries = outbox.counts(connection)
        config = self.setup().config
        return {
            "now": now,
            "zone": config.alerting.zone,
            "running": daemon.is_running(daemon.load(connection), now),
            "ailments": ailments,
            "dead": deliveries.get(DeliveryState.DEAD, 0),
            "may_log_out": config.web.token is not None,
        }


def number(text: str) -> int:
    """The number of a story, an entry or an alert. Raises HTTPException."""
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise HTTPException(404)
    return int(text)


def onward(path: str) -> Response:
    """Leads a form's sender on: a reload sends nothing twice."""
    return RedirectResponse(path, status_code=303)
