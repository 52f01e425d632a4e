"""Notifications through ntfy (ntfy.sh or a server of one's own), published as JSON.

A story is one notification, which later messages replace: its thread is the `sequence_id` (ntfy 2.16; older servers
pass it over and show one more). A repeat replaces itself.
"""

from __future__ import annotations

from base64 import b64encode
from typing import Annotated, Any, Final, Self

import httpx
from pydantic import AfterValidator, Field, SecretStr, model_validator

from monitor.channels.base import HoldsNothing, Surroundings, at_least_one, matching
from monitor.channels.http import Answer, Service, header_token, server_address
from monitor.core.alerts.chat import ChatLine, Tone, fitting, lines
from monitor.core.alerts.plain import one_line
from monitor.core.alerts.render import View, subject, view
from monitor.errors import ChannelError
from monitor.model import Message, Receipt
from monitor.model.options import ChannelOptions

_LONGEST_BYTES: Final = 3800
"""Of the text: a server takes 4096 with its default settings, and makes a file of what is longer."""
_LONGEST_TITLE: Final = 200
_MOST_TAGS: Final = 5
_PRIORITIES: Final = {"low": 2, "normal": 3, "high": 4, "urgent": 5}


_Topic = Annotated[
    str, matching("[-_A-Za-z0-9]{1,64}", "a topic has up to 64 letters, digits, dashes and underscores")
]


class NtfyOptions(ChannelOptions):
    """What a channel of this type may say."""

    to: Annotated[tuple[_Topic, ...], AfterValidator(at_least_one)]
    """Topics. On ntfy.sh whoever knows a topic's name can read it."""
    server: Annotated[str, AfterValidator(server_address)] = "https://ntfy.sh"
    token: Annotated[SecretStr, AfterValidator(header_token)] | None = None
    user: str | None = None
    password: SecretStr | None = None
    timeout: float = Field(default=20, ge=0.1, le=120)

    @property
    def recipients(self) -> tuple[str, ...]:
        """Each topic gets a message of its own."""
        return self.to

    @model_validator(mode="after")
    def _one_login(self) -> Self:
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password go together: set both or none")
        if self.token is not None and self.user is not None:
            raise ValueError("set either token, or user and password")
        return self


class NtfyChannel(HoldsNothing):
    """Publishes each message to the server's root, as the topic's name is part of the document."""

    def __init__(self, _id: str, options: NtfyOptions, surroundings: Surroundings) -> None:
        self._url = f"{options.server}/"
        self._service = Service(surroundings, host=httpx.URL(self._url).host, timeout=options.timeout)
        self._headers = _login(options)

    async def send(self, message: Message, *, recipient: str) -> Receipt:
        """The server took the message."""
        answer = await self._service.send_json(
            "POST",
            self._url,
            document(message, topic=recipient),
            message_id=message.id,
            headers=self._headers,
        )
        if answer.status == 200 and answer.document.get("event") == "message":
            return Receipt(
                detail=f"message {answer.quote(answer.document.get('id', ''))}", reply_to=message.thread_id
            )
        raise self._error(answer)

    def _error(self, answer: Answer) -> ChannelError:
        return self._service.refusal(answer, said=str(answer.document.get("error", "")))


def document(message: Message, *, topic: str) -> dict[str, Any]:
    """What is published. A first message's title is the notification's, and a click on it opens the article."""
    shown = view(message)
    written = [line for line in lines(shown) if not (message.first_in_thread and _is_first(line, shown))]
    chosen = fitting(written, longest=_LONGEST_BYTES, size=lambda line: len(_written(line).encode()) + 1)
    made: dict[str, Any] = {
        "topic": topic,
        "title": one_line(subject(message), longest=_LONGEST_TITLE),
        "message": "\n".join(_written(line) for line in chosen),
        "priority": max((_PRIORITIES[rule.priority] for rule in message.rules), default=3),
        "tags": [rule.id for rule in message.rules[:_MOST_TAGS]],
        "sequence_id": message.thread_id,
    }
    if shown.report and shown.report.url:
        made["click"] = shown.report.url
    return made


def _is_first(line: ChatLine, shown: View) -> bool:
    return line.tone is Tone.TITLE and shown.report is not None and line.url == shown.report.url is not None


def _written(line: ChatLine) -> str:
    """Plain text, which ntfy shows as it is."""
    text = "".join(f"[{piece.text}]" if piece.marked else piece.text for piece in line.pieces)
    return f"{text}\n{line.url}" if line.url else text


def _login(options: NtfyOptions) -> dict[str, str]:
    if options.token is not None:
        return {"Authorization": f"Bearer {options.token.get_secret_value()}"}
    if options.user is not None and options.password is not None:
        pair = f"{options.user}:{options.password.get_secret_value()}".encode()
        return {"Authorization": f"Basic {b64encode(pair).decode()}"}
    return {}
