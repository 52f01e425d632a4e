"""Matrix' "send a message event", as spec.matrix.org/latest/client-server-api describes it."""

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from servers.chat import TOKEN, ChatService, Refused, document_of
from servers.web import Request

PATH = re.compile(r"/_matrix/client/v3/rooms/([^/]+)/send/m\.room\.message/([^/]+)")
KNOWN = {"msgtype", "body", "format", "formatted_body", "m.mentions", "m.relates_to"}


def bad(status: int, code: str, said: str) -> Refused:
    return Refused(status, {"errcode": code, "error": said})


@dataclass
class Matrix(ChatService):
    token: str = f"syt_{TOKEN}"
    rooms: set[str] = field(default_factory=lambda: {"!desk:example.org"})
    events: dict[str, str] = field(default_factory=dict)
    """By transaction id."""

    def answer(self, request: Request) -> tuple[int, Any]:
        path = PATH.fullmatch(request.target)
        if request.method != "PUT" or path is None:
            raise bad(404, "M_UNRECOGNIZED", "Unrecognized request")
        if request.header("Authorization") != f"Bearer {self.token}":
            raise bad(401, "M_UNKNOWN_TOKEN", "Invalid access token")
        if unquote(path[1]) not in self.rooms:
            raise bad(403, "M_FORBIDDEN", "User not in room")
        if len(request.body) > 65_536:
            raise bad(413, "M_TOO_LARGE", "event too large")
        document = document_of(request, bad(400, "M_BAD_JSON", "Content not JSON"), known=KNOWN)
        if document["msgtype"] != "m.text" or not document["body"].strip():
            raise bad(400, "M_BAD_JSON", "no body")
        if path[2] not in self.events:
            self.events[path[2]] = f"$event{len(self.events)}"
        self.keep(request, document)
        return 200, {"event_id": self.events[path[2]]}
