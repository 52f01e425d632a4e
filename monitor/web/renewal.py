"""Open pages that fetch themselves anew when something has changed: made once for all that ask at once.

A page says by `X-Mark` of which change it heard (`live`). What is made for the first that heard of it is as new as
that change, so the others get the same. Nothing else is ever answered from memory.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

KEPT: Final = 16
"""Pages; of another mark, or older than so many others, they are made anew."""
LONGEST_MARK: Final = 32

_Made = asyncio.Future[tuple[Message, ...] | None]
"""What was sent; None: it is no whole page."""


class Renewal:
    """An ASGI app around the page's, within its guard."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._made: OrderedDict[tuple[str, bytes, str], _Made] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        mark = Headers(scope=scope).get("x-mark", "") if scope["type"] == "http" else ""
        if not mark or len(mark) > LONGEST_MARK or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        key = (scope["path"], scope["query_string"], mark)
        making = self._made.get(key)
        if making is not None:
            made = await asyncio.shield(making)
            if made is not None:
                for message in made:
                    await send(message)
                return
        await self._make(key, scope, receive, send)

    async def _make(self, key: tuple[str, bytes, str], scope: Scope, receive: Receive, send: Send) -> None:
        """What is sent is kept for the others where it is a whole page."""
        future: _Made = asyncio.get_running_loop().create_future()
        self._made[key] = future
        while len(self._made) > KEPT:
            self._made.popitem(last=False)
        kept: list[Message] = []

        async def sending(message: Message) -> None:
            kept.append({**message, "headers": list(message["headers"])} if "headers" in message else message)
            await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            whole = len(kept) == 2 and kept[0].get("status") == 200 and not kept[1].get("more_body")
            if not whole:
                self._made.pop(key, None)
            future.set_result(tuple(kept) if whole else None)
