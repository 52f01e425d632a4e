"""What the small servers of chat services have in common: they check a request as the documentation says, or refuse.

A service is an answer for `web_server`: `server.elsewhere = Telegram()`. Each takes only what its protocol knows, so
that a channel that makes something up is refused.
"""

import asyncio
import json
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any

from servers.web import Request, head

TOKEN = "canary-77c1e0"  # the word that no error may quote: see channels/rig.py


class Refused(Exception):  # noqa: N818 - an answer of the service, no error of it
    def __init__(self, status: int, document: Any, **headers: str) -> None:
        self.status, self.document, self.headers = status, document, headers


@dataclass
class ChatService(ABC):
    taken: list[dict[str, Any]] = field(default_factory=list)
    """The documents of the messages that were taken."""
    ids: list[str] = field(default_factory=list)
    """Of the same messages, as their Idempotency-Key says."""

    async def __call__(self, request: Request, writer: asyncio.StreamWriter) -> None:
        headers = {"Content-Type": "application/json"}
        try:
            status, document = self.answer(request)
        except Refused as refused:
            status, document = refused.status, refused.document
            headers |= {name.replace("_", "-"): value for name, value in refused.headers.items()}
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        writer.write(head(status, headers | {"Content-Length": str(len(body))}) + body)
        await writer.drain()

    @abstractmethod
    def answer(self, request: Request) -> tuple[int, Any]:
        """What the service says to it, and keeps of it. Raises `Refused`."""

    def keep(self, request: Request, document: dict[str, Any]) -> int:
        """Takes the message; how many there are now."""
        self.taken.append(document)
        self.ids.append(request.header("Idempotency-Key") or "")
        return len(self.taken)


def document_of(request: Request, bad: Refused, *, known: set[str]) -> dict[str, Any]:
    """The JSON object of a request with nothing in it that is not documented."""
    kind = (request.header("Content-Type") or "").lower()
    try:
        document = json.loads(request.body)
    except ValueError:
        raise bad from None
    if not kind.startswith("application/json") or not isinstance(document, dict) or set(document) - known:
        raise bad
    return document


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
