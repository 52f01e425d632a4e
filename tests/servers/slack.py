"""Slack's `chat.postMessage` and incoming webhooks, as docs.slack.dev describes them."""

from dataclasses import dataclass, field
from typing import Any

from servers.chat import TOKEN, ChatService, Refused, document_of
from servers.web import Request

METHOD = {"channel", "text", "blocks", "unfurl_links", "unfurl_media", "metadata", "thread_ts"}
ELEMENTS = {"text": {"type", "text", "style"}, "link": {"type", "url", "text", "style"}}


def no(word: str) -> Refused:
    """The Web API refuses with status 200."""
    return Refused(200, {"ok": False, "error": word})


def check_blocks(blocks: list[dict[str, Any]], refused: Refused) -> str:
    """The text of blocks that Slack would take."""
    shown = ""
    for block in blocks:
        if set(block) != {"type", "elements"} or block["type"] != "rich_text":
            raise refused
        for section in block["elements"]:
            if section["type"] not in {"rich_text_section", "rich_text_quote"} or not section["elements"]:
                raise refused
            for element in section["elements"]:
                if set(element) - ELEMENTS[element["type"]] or not element["text"]:
                    raise refused
                if not set(element.get("style", {})) <= {"bold", "italic", "strike", "code"}:
                    raise refused
                shown += element["text"]
            shown += "\n"
    if not blocks or len(blocks) > 50:
        raise refused
    return shown


@dataclass
class Slack(ChatService):
    token: str = f"xoxb-{TOKEN}"
    channels: set[str] = field(default_factory=lambda: {"C0123456789"})
    webhook: str = f"/services/T0/B0/{TOKEN}"
    stamps: list[str] = field(default_factory=list)
    """Of the messages that can be answered."""

    def answer(self, request: Request) -> tuple[int, Any]:
        if request.target == "/api/chat.postMessage":
            return self._method(request)
        if request.target == self.webhook:
            return self._webhook(request)
        raise Refused(404, b"no_service" if request.target.startswith("/services/") else b"")

    def _webhook(self, request: Request) -> tuple[int, Any]:
        payload = document_of(request, Refused(400, b"invalid_payload"), known={"text", "blocks"})
        check_blocks(payload["blocks"], Refused(400, b"invalid_blocks"))
        self.keep(request, payload)
        return 200, b"ok"

    def _method(self, request: Request) -> tuple[int, Any]:
        if request.header("Authorization") != f"Bearer {self.token}":
            raise no("invalid_auth")
        document = document_of(request, no("invalid_arguments"), known=METHOD)
        if document["channel"] not in self.channels:
            raise no("channel_not_found")
        if len(check_blocks(document["blocks"], no("invalid_blocks"))) > 3100:
            raise no("msg_blocks_too_long")
        if "thread_ts" in document and document["thread_ts"] not in self.stamps:
            raise no("thread_not_found")
        ts = f"1767727449.{self.keep(request, document):06}"
        if "thread_ts" not in document:
            self.stamps.append(ts)
        return 200, {"ok": True, "channel": document["channel"], "ts": ts, "message": {"ts": ts}}
