"""Messages through a Telegram bot (Bot API, `sendMessage`); later messages of a story answer its first."""

from __future__ import annotations

import html
import re
from typing import Annotated, Any, Final

import httpx
from pydantic import AfterValidator, Field, SecretStr

from monitor.channels.base import HoldsNothing, Surroundings, at_least_one, matching
from monitor.channels.http import Answer, Service, seconds, server_address
from monitor.core.alerts.chat import ChatLine, Tone, fitting, lines
from monitor.core.alerts.plain import uncalled
from monitor.core.alerts.render import view
from monitor.errors import ChannelError, ChannelReason
from monitor.model import Message, Receipt
from monitor.model.options import ChannelOptions

_LONGEST: Final = 4096
"""UTF-16 code units. Telegram counts them after reading the markup; counted with it, the text is surely shorter."""
_TOKEN: Final = re.compile(r"[0-9]+:[A-Za-z0-9_-]+")


def _token(value: SecretStr) -> SecretStr:
    if not _TOKEN.fullmatch(value.get_secret_value()):
        raise ValueError("this is no bot token: @BotFather writes them as 123456:ABC-DEF…")
    return value


_Chat = Annotated[
    str, matching(r"-?[0-9]+|@\w+", 'a chat is a number such as "-1001234567890", or "@channelname"')
]


class TelegramOptions(ChannelOptions):
    """What a channel of this type may say."""

    token: Annotated[SecretStr, AfterValidator(_token)]
    to: Annotated[tuple[_Chat, ...], AfterValidator(at_least_one)]
    """Chats, each with messages and threads of its own."""
    topic: int | None = Field(default=None, ge=1)
    """The topic (`message_thread_id`) in a group that has some."""
    server: Annotated[str, AfterValidator(server_address)] = "https://api.telegram.org"
    """For those who run a Bot API server of their own."""
    timeout: float = Field(default=20, ge=0.1, le=120)

    @property
    def recipients(self) -> tuple[str, ...]:
        """Each chat gets a message of its own."""
        return self.to


class TelegramChannel(HoldsNothing):
    """The Bot API knows no idempotency: what may have arrived is repeated rarely, and may come twice."""

    def __init__(self, _id: str, options: TelegramOptions, surroundings: Surroundings) -> None:
        self._options = options
        host = httpx.URL(options.server).host
        self._service = Service(surroundings, host=host, timeout=options.timeout)
        self._url = f"{options.server}/bot{options.token.get_secret_value()}/sendMessage"

    async def send(self, message: Message, *, recipient: str) -> Receipt:
        """Telegram took the message."""
        answer = await self._service.send_json(
            "POST", self._url, self._request(message, recipient), message_id=message.id
        )
        result = answer.document.get("result")
        if answer.status == 200 and answer.document.get("ok") is True and isinstance(result, dict):
            number = str(result.get("message_id", ""))
            return Receipt(detail=f"message {answer.quote(number)}", reply_to=number)
        raise self._error(answer)

    def _request(self, message: Message, chat: str) -> dict[str, Any]:
        request: dict[str, Any] = {
            "chat_id": chat,
            "text": markup(message),
            "parse_mode": "HTML",
            "link_preview_options": {"is_disabled": True},
            "disable_notification": bool(message.rules)
            and all(rule.priority == "low" for rule in message.rules),
        }
        if self._options.topic is not None:
            request["message_thread_id"] = self._options.topic
        if message.reply_to.isdigit():
            # Somebody may have deleted the first message: the news is told all the same.
            request["reply_parameters"] = {
                "message_id": int(message.reply_to),
                "allow_sending_without_reply": True,
            }
        return request

    def _error(self, answer: Answer) -> ChannelError:
        said = str(answer.document.get("description", ""))
        parameters = answer.document.get("parameters")
        parameters = parameters if isinstance(parameters, dict) else {}
        if answer.status == 404 and answer.document.get("ok") is False:
            # The token is part of the address: an unknown one is no page.
            return self._service.error(
                answer, "404: it knows no such bot token", reason=ChannelReason.AUTHENTICATION
            )
        if new_id := parameters.get("migrate_to_chat_id"):
            return self._service.error(
                answer,
                f"{answer.status}: the group has another id now: write {new_id} into the config",
                reason=ChannelReason.RECIPIENT,
                permanent=True,
            )
        if answer.status == 403 or (answer.status == 400 and "chat not found" in said):
            return self._service.error(
                answer, f"{answer.status}: {said}", reason=ChannelReason.RECIPIENT, permanent=True
            )
        return self._service.refusal(answer, said=said, retry_after=seconds(parameters.get("retry_after")))


def markup(message: Message) -> str:
    """The message in Telegram's HTML, of at most 4096 UTF-16 code units."""
    chosen = fitting(lines(view(message)), longest=_LONGEST, size=lambda line: _units(_written(line)) + 1)
    return "\n".join(_written(line) for line in chosen)


def _written(line: ChatLine) -> str:
    text = "".join(
        f"<u>{_escaped(uncalled(piece.text))}</u>" if piece.marked else _escaped(uncalled(piece.text))
        for piece in line.pieces
    )
    if line.url:
        text = f'<a href="{_escaped(line.url)}">{text}</a>'
    match line.tone:
        case Tone.TITLE:
            return f"<b>{text}</b>"
        case Tone.QUOTE:
            return f"<blockquote>{text}</blockquote>"
        case Tone.SMALL:
            return f"<i>{text}</i>"
    return text


def _escaped(text: str) -> str:
    return html.escape(text, quote=True)


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
