"""Discord's "Execute Webhook", as discord.com/developers/docs/resources/webhook describes it."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from servers.chat import TOKEN, ChatService, Refused, document_of, units
from servers.web import Request

KNOWN = {"content", "allowed_mentions", "flags", "thread_name"}


def bad(code: int, said: str, *, status: int = 400) -> Refused:
    return Refused(status, {"message": said, "code": code})


@dataclass
class Discord(ChatService):
    webhook: str = f"/api/webhooks/1/{TOKEN}"
    forum: bool = False
    threads: list[str] = field(default_factory=list)

    def answer(self, request: Request) -> tuple[int, Any]:
        address = urlsplit(request.target)
        asked = parse_qs(address.query)
        if address.path != self.webhook:
            raise bad(10015, "Unknown Webhook", status=404)
        document = document_of(request, bad(50035, "Invalid Form Body"), known=KNOWN)
        if not 0 < units(document["content"]) <= 2000 or not document["content"].strip():
            raise bad(50035, "Invalid Form Body")
        if set(asked) - {"wait", "thread_id"}:
            raise bad(50035, "Invalid Form Body")
        channel = self._channel(asked, document)
        number = str(1000 + self.keep(request, document))
        if asked.get("wait") != ["true"]:
            return 204, b""
        return 200, {"id": number, "channel_id": channel, "content": document["content"]}

    def _channel(self, asked: dict[str, list[str]], document: dict[str, Any]) -> str:
        name, thread = document.get("thread_name"), asked.get("thread_id", [""])[0]
        if not self.forum:
            if name is not None:
                raise bad(220003, "Webhooks can only create threads in forum channels")
            return "7"
        if thread:
            if thread not in self.threads:
                raise bad(10003, "Unknown Channel", status=404)
            return thread
        if name is None:
            raise bad(220001, "Webhooks posted to forum channels must have a thread_name or thread_id")
        if not 0 < units(name) <= 100:
            raise bad(50035, "Invalid Form Body")
        self.threads.append(str(2000 + len(self.threads)))
        return self.threads[-1]
