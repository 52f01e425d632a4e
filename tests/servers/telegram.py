"""The Bot API's `sendMessage`, as core.telegram.org/bots/api describes it."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from servers.chat import TOKEN, ChatService, Refused, document_of, units
from servers.web import Request

KNOWN = {
    "chat_id", "text", "parse_mode", "link_preview_options", "disable_notification", "message_thread_id",
    "reply_parameters",
}  # fmt: skip
TAGS = {"b", "i", "u", "a", "blockquote"}


def bad(said: str) -> Refused:
    return Refused(400, {"ok": False, "error_code": 400, "description": f"Bad Request: {said}"})


class Markup(HTMLParser):
    """Telegram's own reader: tags that are known, closed in their order; the four named entities."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.text = ""
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            raise bad(f'can\'t parse entities: Unsupported start tag "{tag}"')
        self.links += [value or "" for name, value in attrs if name == "href"]
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            raise bad("can't parse entities: Unexpected end tag")

    def handle_data(self, data: str) -> None:
        self.text += data


def read(text: str) -> Markup:
    markup = Markup()
    markup.feed(text)
    markup.close()
    if markup.open:
        raise bad("can't parse entities: Can't find end tag")
    return markup


@dataclass
class Telegram(ChatService):
    token: str = f"123456:{TOKEN}"
    chats: set[str] = field(default_factory=lambda: {"-1001", "@desk"})

    def answer(self, request: Request) -> tuple[int, Any]:
        if request.target != f"/bot{self.token}/sendMessage":
            raise Refused(404, {"ok": False, "error_code": 404, "description": "Not Found"})
        document = document_of(request, bad("unknown parameter"), known=KNOWN)
        if str(document["chat_id"]) not in self.chats:
            raise bad("chat not found")
        if document["parse_mode"] != "HTML":
            raise bad("unsupported parse_mode")
        shown = read(document["text"])
        if not shown.text.strip():
            raise bad("message text is empty")
        if units(shown.text) > 4096:
            raise bad("message is too long")
        self._answered(document)
        number = self.keep(request, document)
        return 200, {"ok": True, "result": {"message_id": number, "date": 0, "text": shown.text}}

    def _answered(self, document: dict[str, Any]) -> None:
        reply = document.get("reply_parameters")
        if reply is None or 0 < reply["message_id"] <= len(self.taken):
            return
        if not reply.get("allow_sending_without_reply"):
            raise bad("message to be replied not found")
