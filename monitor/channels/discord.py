"""Messages through a Discord webhook; in a forum channel each story is a thread."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

import httpx
from pydantic import AfterValidator, Field, SecretStr

from monitor.channels.base import HoldsNothing, Surroundings
from monitor.channels.http import Answer, Service, seconds, web_address
from monitor.core.alerts.chat import ChatLine, Tone, fitting, lines
from monitor.core.alerts.plain import one_line
from monitor.core.alerts.render import subject, view
from monitor.errors import ChannelError
from monitor.model import Message, Receipt
from monitor.model.options import ChannelOptions

_LONGEST: Final = 2000
_LONGEST_THREAD_NAME: Final = 100
_NO_PREVIEWS: Final = 1 << 2
"""The message flag SUPPRESS_EMBEDS."""
_PUNCTUATION: Final = re.compile(r"([!-/:-@\[-`{-~])")
"""Discord takes any character behind a backslash for itself, also those of mentions, emoji and links."""
_UNKNOWN_CHANNEL: Final = 10003
_CURES: Final = {
    220001: "the webhook's channel is a forum: set forum = true",
    220003: "the webhook's channel is no forum: leave forum out",
}
"""By Discord's own numbers of errors."""


def _webhook(value: SecretStr) -> SecretStr:
    url = httpx.URL(web_address(value).get_secret_value())
    if not re.fullmatch(r"/api(/v\d+)?/webhooks/\d+/[\w-]+", url.path) or url.query:
        raise ValueError("copy the webhook's address from Discord: https://discord.com/api/webhooks/…/…")
    return value


class DiscordOptions(ChannelOptions):
    """What a channel of this type may say."""

    url: Annotated[SecretStr, AfterValidator(_webhook)]
    """Secret: whoever knows it may post."""
    forum: bool = False
    """The webhook's channel is a forum: each story is a post in it, and updates follow there."""
    timeout: float = Field(default=20, ge=0.1, le=120)


class DiscordChannel(HoldsNothing):
    """Webhooks can neither answer a message nor deduplicate: outside forums, updates are messages of their own."""

    def __init__(self, _id: str, options: DiscordOptions, surroundings: Surroundings) -> None:
        self._url = httpx.URL(options.url.get_secret_value())
        self._forum = options.forum
        self._service = Service(surroundings, host=self._url.host, timeout=options.timeout)

    async def send(self, message: Message, *, recipient: str) -> Receipt:  # noqa: ARG002 - the address is it
        """As `OpenChannel.send`."""
        thread = message.reply_to if self._forum and message.reply_to.isdigit() else ""
        answer = await self._post(message, thread)
        if thread and answer.document.get("code") == _UNKNOWN_CHANNEL:
            answer = await self._post(message, "")  # somebody deleted the post: the news begins another
        if answer.status != 200 or "id" not in answer.document:
            raise self._error(answer)
        # In a forum the thread that a message began is the channel it stands in.
        reply_to = answer.document.get("channel_id", "") if self._forum else answer.document["id"]
        return Receipt(detail=f"message {answer.quote(answer.document['id'])}", reply_to=str(reply_to))

    async def _post(self, message: Message, thread: str) -> Answer:
        # With wait=true the answer comes after the message was stored, and tells its id.
        asked = {"wait": "true", "thread_id": thread} if thread else {"wait": "true"}
        document: dict[str, Any] = {
            "content": markdown(message),
            "allowed_mentions": {"parse": []},
            "flags": _NO_PREVIEWS,
        }
        if self._forum and not thread:
            document["thread_name"] = one_line(subject(message), longest=_LONGEST_THREAD_NAME)
        url = str(self._url.copy_merge_params(asked))
        return await self._service.send_json("POST", url, document, message_id=message.id)

    def _error(self, answer: Answer) -> ChannelError:
        code, said = answer.document.get("code"), str(answer.document.get("message", ""))
        said = _CURES.get(code, said) if isinstance(code, int) else said
        return self._service.refusal(
            answer, said=said, retry_after=seconds(answer.document.get("retry_after"))
        )


def markdown(message: Message) -> str:
    """The message in Discord's Markdown, of at most 2000 characters."""
    chosen = fitting(lines(view(message)), longest=_LONGEST, size=lambda line: len(_written(line)) + 1)
    return "\n".join(_written(line) for line in chosen)


def _written(line: ChatLine) -> str:
    text = "".join(_piece(piece.text, marked=piece.marked) for piece in line.pieces)
    match line.tone:
        case Tone.TITLE:
            text = f"**{text}**"
        case Tone.QUOTE:
            text = f"> {text}"
        case Tone.SMALL:
            text = f"-# {text}"
    # On a line of its own: a title that looks like an address would make Discord show the link's source.
    return f"{text}\n<{line.url.replace('>', '%3E')}>" if line.url else text


def _piece(text: str, *, marked: bool) -> str:
    escaped = _PUNCTUATION.sub(r"\\\1", text)
    return f"__{escaped}__" if marked and text.strip() == text else escaped
