"""ntfy's "Publish as JSON", as docs.ntfy.sh/publish describes it."""

import re
from dataclasses import dataclass, field
from typing import Any

from servers.chat import TOKEN, ChatService, Refused, document_of
from servers.web import Request

KNOWN = {"topic", "title", "message", "priority", "tags", "click", "sequence_id"}


def bad(code: int, said: str) -> Refused:
    return Refused(code // 100, {"code": code, "http": code // 100, "error": said})


@dataclass
class Ntfy(ChatService):
    token: str | None = f"tk_{TOKEN}"
    shown: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What a phone shows: one notification for each sequence."""

    def answer(self, request: Request) -> tuple[int, Any]:
        if (request.method, request.target) != ("POST", "/"):
            raise bad(40401, "page not found")
        if self.token and request.header("Authorization") != f"Bearer {self.token}":
            raise bad(40101, "unauthorized")
        if len(request.body) > 8192:
            raise bad(41303, "JSON body too large")
        document = document_of(request, bad(40024, "request body must be valid JSON"), known=KNOWN)
        if not re.fullmatch(r"[-_A-Za-z0-9]{1,64}", document["topic"]):
            raise bad(40009, "topic invalid")
        if not re.fullmatch(r"[-_A-Za-z0-9]{1,64}", document["sequence_id"]):
            raise bad(40049, "sequence ID invalid")
        if document["priority"] not in {1, 2, 3, 4, 5}:
            raise bad(40007, "invalid priority parameter")
        if len(document["message"].encode()) > 4096:
            raise bad(41301, "attachment too large")
        number = self.keep(request, document)
        self.shown[document["sequence_id"]] = document
        return 200, {"id": f"m{number}", "event": "message", **document}
