"""Messages to Slack: by a bot (`chat.postMessage`), which threads a story, or by an incoming webhook, which cannot.

The text stands in a `rich_text` block: its parts are data, not markup, so nothing in a title means anything there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Annotated, Any, Final, Self

import httpx
from pydantic import AfterValidator, Field, SecretStr, model_validator

from monitor.channels.base import HoldsNothing, Surroundings
from monitor.channels.http import Answer, Service, header_token, server_address, web_address
from monitor.core.alerts.chat import ChatLine, Tone, fitting, lines
from monitor.core.alerts.render import subject, view
from monitor.errors import ChannelError, ChannelReason
from monitor.model import Message, Receipt
from monitor.model.options import ChannelOptions

_LONGEST: Final = 3000
"""Characters: what the text of any one block may have; of rich text Slack names no other limit."""
_WORDS: Final = {
    ChannelReason.AUTHENTICATION: {
        "access_denied", "accesslimited", "account_inactive", "ekm_access_denied", "invalid_auth", "missing_scope",
        "no_permission", "not_allowed_token_type", "not_authed", "org_login_required", "team_access_not_granted",
        "token_expired", "token_revoked", "two_factor_setup_required",
    },
    ChannelReason.RECIPIENT: {
        "channel_not_found", "is_archived", "not_in_channel", "restricted_action",
        "restricted_action_non_threadable_channel", "restricted_action_read_only_channel",
        "restricted_action_thread_only_channel",
    },
    ChannelReason.REJECTED: {
        "invalid_arg_name", "invalid_arguments", "invalid_array_arg", "invalid_blocks", "invalid_blocks_format",
        "invalid_charset", "invalid_form_data", "invalid_json", "invalid_post_type", "json_not_object",
        "method_deprecated", "msg_blocks_too_long", "msg_too_long", "no_text",
    },
    ChannelReason.RATE_LIMITED: {"message_limit_exceeded", "rate_limited", "ratelimited"},
}  # fmt: skip
"""What the Web API's words for errors mean."""
_CURES: Final = {
    "not_in_channel": "invite the bot there: /invite @its-name",
    "missing_scope": "give the bot the scope chat:write",
    "channel_not_found": "write the channel's id, and invite the bot if it is private",
}
_THREAD_GONE: Final = {
    "cannot_reply_to_message",
    "invalid_thread_ts",
    "message_not_found",
    "thread_not_found",
}


class SlackOptions(ChannelOptions):
    """Either a bot's `token` and the conversations in `to`, or a webhook's `url`."""

    token: Annotated[SecretStr, AfterValidator(header_token)] | None = None
    to: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    """Channels by id (C0123456789), each with threads of its own."""
    url: Annotated[SecretStr, AfterValidator(web_address)] | None = None
    server: Annotated[str, AfterValidator(server_address)] = "https://slack.com"
    timeout: float = Field(default=20, ge=0.1, le=120)

    @property
    def recipients(self) -> tuple[str, ...]:
        """Each channel gets a message of its own."""
        return self.to

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.url is None) == (self.token is None):
            raise ValueError("set either token and to (a bot, which threads) or url (an incoming webhook)")
        if (self.token is None) != (not self.to):
            raise ValueError(
                "token and to go together: a bot writes to the channels in to, a webhook has its own"
            )
        return self


class SlackChannel(HoldsNothing):
    """Slack does not deduplicate: what may have arrived is repeated rarely; the message's metadata carries its id."""

    def __init__(self, _id: str, options: SlackOptions, surroundings: Surroundings) -> None:
        self._token = options.token
        self._url = (
            options.url.get_secret_value() if options.url else f"{options.server}/api/chat.postMessage"
        )
        self._service = Service(surroundings, host=httpx.URL(self._url).host, timeout=options.timeout)

    async def send(self, message: Message, *, recipient: str) -> Receipt:
        """Slack took the message."""
        if self._token is None:
            return await self._by_webhook(message)
        answer = await self._by_bot(message, recipient, message.reply_to)
        if message.reply_to and answer.document.get("error") in _THREAD_GONE:
            answer = await self._by_bot(message, recipient, "")
        if answer.status == 200 and answer.document.get("ok") is True:
            ts = str(answer.document.get("ts", ""))
            return Receipt(detail=f"message {answer.quote(ts)}", reply_to=ts)
        raise self._error(answer)

    async def _by_webhook(self, message: Message) -> Receipt:
        answer = await self._service.send_json("POST", self._url, _content(message), message_id=message.id)
        if answer.status == 200 and answer.body.strip() == b"ok":
            return Receipt(detail="ok")
        raise self._service.refusal(answer)

    async def _by_bot(self, message: Message, channel: str, thread: str) -> Answer:
        document = {
            "channel": channel,
            **_content(message),
            "unfurl_links": False,
            "unfurl_media": False,
            "metadata": {"event_type": "news_monitor_alert", "event_payload": {"id": message.id}},
        }
        if thread:
            document["thread_ts"] = thread
        token = self._token.get_secret_value() if self._token else ""
        headers = {"Authorization": f"Bearer {token}"}
        return await self._service.send_json(
            "POST", self._url, document, message_id=message.id, headers=headers
        )

    def _error(self, answer: Answer) -> ChannelError:
        """Slack says no with status 200 and a word."""
        word = answer.document.get("error")
        if answer.status != 200 or answer.document.get("ok") is not False or not isinstance(word, str):
            return self._service.refusal(answer)
        if word == "fatal_error":  # "some aspect of the operation may have succeeded"
            return self._service.unclear(answer, word)
        said = f"{word}: {_CURES[word]}" if word in _CURES else word
        reason = _reason(word)
        permanent = reason in {ChannelReason.RECIPIENT, ChannelReason.REJECTED}
        return self._service.error(answer, said, reason=reason, permanent=permanent)


def _reason(word: str) -> ChannelReason:
    """A word that is not known here may be a passing fault: it is tried again."""
    return next((reason for reason, words in _WORDS.items() if word in words), ChannelReason.SERVER)


def _content(message: Message) -> dict[str, Any]:
    return {"text": escaped(subject(message)), "blocks": [rich_text(message)]}


def escaped(text: str) -> str:
    """`text` for the notification, where three characters begin what Slack would understand."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def rich_text(message: Message) -> dict[str, Any]:
    """The message as one block of rich text."""
    chosen = fitting(lines(view(message)), longest=_LONGEST, size=_size)
    return {"type": "rich_text", "elements": list(_elements(chosen))}


def _size(line: ChatLine) -> int:
    return sum(len(piece.text) for piece in line.pieces) + 1


def _elements(chosen: Sequence[ChatLine]) -> Iterator[dict[str, Any]]:
    for quoted, group in groupby(chosen, key=lambda line: line.tone is Tone.QUOTE):
        inside = [element for line in group for element in (*_written(line), {"type": "text", "text": "\n"})]
        yield {"type": "rich_text_quote" if quoted else "rich_text_section", "elements": inside[:-1]}


def _written(line: ChatLine) -> Iterator[dict[str, Any]]:
    for piece in line.pieces:
        element: dict[str, Any] = {"type": "text", "text": piece.text}
        if line.url:
            element |= {"type": "link", "url": line.url}
        style = {
            "bold": line.tone is Tone.TITLE or piece.marked,
            "italic": line.tone is Tone.SMALL or (line.tone is Tone.TITLE and piece.marked),
        }
        if any(style.values()):
            element["style"] = {name: True for name, on in style.items() if on}
        yield element
