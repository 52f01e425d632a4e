"""Messages to Matrix rooms (client-server API, `m.room.message`); a story is a thread (MSC3440, in v1.4).

The transaction id is the message's own id: a homeserver answers a repeat with the event that it has.
"""

from __future__ import annotations

import html
from typing import Annotated, Any, Final
from urllib.parse import quote

import httpx
from pydantic import AfterValidator, Field, SecretStr

from monitor.channels.base import HoldsNothing, Surroundings, at_least_one, matching
from monitor.channels.http import Answer, Service, header_token, seconds, server_address
from monitor.core.alerts.chat import ChatLine, Tone, fitting, lines
from monitor.core.alerts.render import view
from monitor.errors import ChannelError, ChannelReason
from monitor.model import Message, Receipt
from monitor.model.options import ChannelOptions

_LONGEST_BYTES: Final = 16_000
"""Of text and HTML, each: an event has at most 65 536 bytes, and JSON may double what it escapes."""
_Room = Annotated[
    str,
    matching(
        r"![^\s/?#]+", "write the room's own id, !abc:example.org, which its settings show under Advanced"
    ),
]


class MatrixOptions(ChannelOptions):
    """What a channel of this type may say."""

    server: Annotated[str, AfterValidator(server_address)]
    """The homeserver's base address, such as https://matrix.example.org."""
    token: Annotated[SecretStr, AfterValidator(header_token)]
    """The access token of an account that has joined the rooms."""
    to: Annotated[tuple[_Room, ...], AfterValidator(at_least_one)]
    """Rooms by id: !abc:example.org."""
    timeout: float = Field(default=20, ge=0.1, le=120)

    @property
    def recipients(self) -> tuple[str, ...]:
        """Each room gets an event of its own."""
        return self.to


class MatrixChannel(HoldsNothing):
    """Rooms without encryption: messages to encrypted ones arrive in clear."""

    def __init__(self, _id: str, options: MatrixOptions, surroundings: Surroundings) -> None:
        self._server = options.server
        self._service = Service(surroundings, host=httpx.URL(options.server).host, timeout=options.timeout)
        self._headers = {"Authorization": f"Bearer {options.token.get_secret_value()}"}

    async def send(self, message: Message, *, recipient: str) -> Receipt:
        """The homeserver took the event."""
        url = f"{self._server}/_matrix/client/v3/rooms/{quote(recipient, safe='')}/send/m.room.message/{message.id}"
        answer = await self._service.send_json(
            "PUT", url, content(message), message_id=message.id, headers=self._headers
        )
        event = answer.document.get("event_id")
        if answer.status == 200 and isinstance(event, str):
            return Receipt(detail=f"event {answer.quote(event)}", reply_to=event)
        raise self._error(answer)

    def _error(self, answer: Answer) -> ChannelError:
        code = str(answer.document.get("errcode", ""))
        said = f"{code} {answer.document.get('error', '')}".strip()
        if code == "M_FORBIDDEN":
            # The token is good; the account is not in the room, or may not speak there.
            return self._service.error(
                answer,
                f"{answer.status}: {said}: let the account join the room",
                reason=ChannelReason.RECIPIENT,
                permanent=True,
            )
        wait = answer.document.get("retry_after_ms")  # deprecated in v1.10, and what servers still send
        return self._service.refusal(answer, said=said, retry_after=seconds(wait, unit_s=0.001))


def content(message: Message) -> dict[str, Any]:
    """The event's content, the same in every repeat."""
    written = lines(view(message))
    plain = fitting(written, longest=_LONGEST_BYTES, size=lambda line: len(_plain(line).encode()) + 1)
    rich = fitting(written, longest=_LONGEST_BYTES, size=lambda line: len(_html(line).encode()) + 5)
    made: dict[str, Any] = {
        "msgtype": "m.text",
        "body": "\n".join(_plain(line) for line in plain),
        "format": "org.matrix.custom.html",
        "formatted_body": "<br>\n".join(_html(line) for line in rich),
        "m.mentions": {},  # nobody is called, whatever stands in a title
    }
    if message.reply_to.startswith("$"):
        made["m.relates_to"] = {
            "rel_type": "m.thread",
            "event_id": message.reply_to,
            "is_falling_back": True,
            "m.in_reply_to": {"event_id": message.reply_to},
        }
    return made


def _plain(line: ChatLine) -> str:
    text = "".join(f"[{piece.text}]" if piece.marked else piece.text for piece in line.pieces)
    return f"{text}\n{line.url}" if line.url else text


def _html(line: ChatLine) -> str:
    pieces = ((html.escape(piece.text), piece.marked) for piece in line.pieces)
    text = "".join(f"<u>{text}</u>" if marked else text for text, marked in pieces)
    if line.url:
        text = f'<a href="{html.escape(line.url)}">{text}</a>'
    match line.tone:
        case Tone.TITLE:
            return f"<strong>{text}</strong>"
        case Tone.QUOTE:
            return f"<blockquote>{text}</blockquote>"
        case Tone.SMALL:
            return f"<em>{text}</em>"
    return text
