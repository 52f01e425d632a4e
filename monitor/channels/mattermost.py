"""Messages to Mattermost: by a bot (`POST /api/v4/posts`), which threads a story, or by an incoming webhook."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Self

import httpx
from pydantic import AfterValidator, Field, SecretStr, model_validator

from monitor.channels.base import HoldsNothing, Surroundings, matching
from monitor.channels.http import Answer, Service, header_token, server_address, web_address
from monitor.core.alerts.chat import ChatLine, Tone, fitting, lines
from monitor.core.alerts.plain import uncalled
from monitor.core.alerts.render import view
from monitor.errors import ChannelError, ChannelReason
from monitor.model import Message, Receipt
from monitor.model.options import ChannelOptions

_LONGEST: Final = 4000
"""Characters: a server takes 16 383; from a webhook, what is longer than 4 000 was split in earlier versions."""
_MARKUP: Final = re.compile(r"([\\`*{}\[\]()#+\-.!_>~|<&])")
_ROOT_GONE: Final = {"api.post.create_post.root_id.app_error", "model.post.is_valid.root_id.app_error"}
_ChannelId = Annotated[
    str,
    matching(
        "[a-z0-9]{26}",
        "write the channel's id, 26 letters and digits: its menu shows it under View Info",
    ),
]


class MattermostOptions(ChannelOptions):
    """Either a bot's `server`, `token` and the channels in `to`, or a webhook's `url`."""

    server: Annotated[str, AfterValidator(server_address)] | None = None
    token: Annotated[SecretStr, AfterValidator(header_token)] | None = None
    to: tuple[_ChannelId, ...] = ()
    """Channels by id (26 letters and digits), each with threads of its own."""
    url: Annotated[SecretStr, AfterValidator(web_address)] | None = None
    timeout: float = Field(default=20, ge=0.1, le=120)

    @property
    def recipients(self) -> tuple[str, ...]:
        """Each channel gets a post of its own."""
        return self.to

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        bot = (self.server is not None, self.token is not None, bool(self.to))
        if (self.url is None and not all(bot)) or (self.url is not None and any(bot)):
            raise ValueError(
                "set either server, token and to (a bot, which threads) or url (an incoming webhook)"
            )
        return self


class MattermostChannel(HoldsNothing):
    """A server takes a repeat with the same `pending_post_id` for the same post, for some minutes."""

    def __init__(self, _id: str, options: MattermostOptions, surroundings: Surroundings) -> None:
        self._token = options.token
        self._url = options.url.get_secret_value() if options.url else f"{options.server}/api/v4/posts"
        self._service = Service(surroundings, host=httpx.URL(self._url).host, timeout=options.timeout)

    async def send(self, message: Message, *, recipient: str) -> Receipt:
        """The server took the post."""
        if self._token is None:
            return await self._by_webhook(message)
        answer = await self._by_bot(message, recipient, message.reply_to)
        if message.reply_to and answer.document.get("id") in _ROOT_GONE:
            answer = await self._by_bot(message, recipient, "")
        post = answer.document.get("id")
        if answer.status == 201 and isinstance(post, str):
            # Mattermost threads are one level deep: what is answered is the thread's first post.
            return Receipt(detail=f"post {answer.quote(post)}", reply_to=post)
        raise self._error(answer)

    async def _by_webhook(self, message: Message) -> Receipt:
        answer = await self._service.send_json(
            "POST", self._url, {"text": markdown(message)}, message_id=message.id
        )
        if answer.status == 200 and answer.body.strip() == b"ok":
            return Receipt(detail="ok")
        raise self._error(answer)

    async def _by_bot(self, message: Message, channel: str, root: str) -> Answer:
        token = self._token.get_secret_value() if self._token else ""
        document: dict[str, Any] = {
            "channel_id": channel,
            "message": markdown(message),
            "root_id": root,
            "pending_post_id": message.id,
            "props": {"disable_group_highlight": True},
        }
        return await self._service.send_json(
            "POST",
            self._url,
            document,
            message_id=message.id,
            headers={"Authorization": f"Bearer {token}"},
        )

    def _error(self, answer: Answer) -> ChannelError:
        said = str(answer.document.get("message", ""))
        if answer.status == 403 and self._token is not None:
            # A bad token is a 401: this one may not write there.
            return self._service.error(
                answer,
                f"403: {said}: add the bot to the channel",
                reason=ChannelReason.RECIPIENT,
                permanent=True,
            )
        return self._service.refusal(answer, said=said)


def markdown(message: Message) -> str:
    """The message in Mattermost's Markdown, of at most 4000 characters."""
    chosen = fitting(lines(view(message)), longest=_LONGEST, size=lambda line: len(_written(line)) + 1)
    return "\n".join(_written(line) for line in chosen)


def _written(line: ChatLine) -> str:
    text = "".join(_piece(piece.text, marked=piece.marked) for piece in line.pieces)
    if line.url:
        # What could end the address early, in its percent form.
        address = line.url.translate({ord(char): f"%{ord(char):02X}" for char in '()<>"\\'})
        text = f"[{text}]({address})"
    match line.tone:
        case Tone.TITLE:
            return f"**{text}**  "
        case Tone.QUOTE:
            return f"> {text}\n"
    return f"{text}  "  # two blanks: a new line


def _piece(text: str, *, marked: bool) -> str:
    escaped = _MARKUP.sub(r"\\\1", uncalled(text))
    return f"_{escaped}_" if marked and text.strip() == text else escaped
