"""What another side said, without what we had sent it: some echo addresses and headers, which hold tokens.

Hidden where the error is made, so that neither log nor database, list or note to the operator ever has it.
"""

from __future__ import annotations

import binascii
import html
import json
from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Final
from urllib.parse import parse_qsl, quote, quote_plus, unquote, unquote_plus

import httpx

_SHORTEST: Final = 4
"""Characters: hiding shorter ones would black out ordinary words."""
_RECOGNISED: Final = 8
"""Characters: who quotes so many of a token in a row, from wherever in it, has quoted too much."""
_INSTEAD: Final = "***"
_NO_SECRET: Final = frozenset(
    {
        "_matrix", "application", "application/json", "chat.postmessage", "charset=utf-8", "client", "discord",
        "hook", "hooks", "identity", "incoming", "mattermost", "m.room.message", "message", "messages", "notify",
        "post", "posts", "room", "rooms", "send", "sendmessage", "services", "slack", "telegram", "text", "true",
        "user", "users", "wait", "webhook", "webhooks",
    }
)  # fmt: skip
"""Words that services have in their addresses, and in the errors that people are to read."""


class Sent:
    """What an error may not quote. Cheap to make: it is taken apart only where something went wrong."""

    def __init__(
        self, *, url: str = "", headers: Mapping[str, str] | None = None, values: Iterable[str] = ()
    ) -> None:
        """The address and headers of a request, and `values` that were said in another way."""
        self._url, self._headers, self._values = url, headers or {}, tuple(values)
        self._hidden: frozenset[str] | None = None

    def hide(self, said: str) -> str:
        """`said` with *** for each of them and for their parts, in whatever spelling."""
        if self._hidden is None:
            spellings = {one for piece in self._pieces() for one in _spellings(piece)}
            self._hidden = frozenset(part for one in spellings - _NO_SECRET for part in _parts(one))
        return _without(said, self._hidden)

    def _pieces(self) -> Iterator[str]:
        yield from self._values
        if self._url:
            url = httpx.URL(self._url)
            yield from (url.username, url.password, url.fragment)
            path, _, query = url.raw_path.decode("ascii").partition("?")
            yield from path.split("/")
            yield from (one for pair in parse_qsl(query, keep_blank_values=True) for one in pair)
        for name, value in self._headers.items():
            yield value
            scheme, _, credentials = value.partition(" ")
            yield from credentials.split()
            if name.lower() == "authorization" and scheme.lower() == "basic":
                yield from _of_basic(credentials)


def _of_basic(credentials: str) -> Iterator[str]:
    try:
        pair = b64decode(credentials).decode()
    except (binascii.Error, UnicodeDecodeError):
        return
    yield pair
    yield pair.partition(":")[2]


def _spellings(value: str) -> set[str]:
    """In small letters: as it is, and as addresses, HTML and JSON write it."""
    plain = {value, unquote(value), unquote_plus(value)}
    written = {
        spelling
        for one in plain
        for spelling in (
            one,
            quote(one),
            quote(one, safe=""),
            quote_plus(one),
            html.escape(one),
            json.dumps(one)[1:-1],
            json.dumps(one, ensure_ascii=False)[1:-1].replace("/", "\\/"),
        )
    }
    return {one.lower() for one in written}


def _parts(piece: str) -> Iterator[str]:
    """All that is recognised of it; nothing of what is too short to be hidden."""
    if len(piece) >= _SHORTEST:
        yield from (piece[at : at + _RECOGNISED] for at in range(max(len(piece) - _RECOGNISED, 0) + 1))


def _without(said: str, parts: frozenset[str]) -> str:
    lowered = said.lower()
    if len(lowered) != len(said):  # the rare letter that has two small ones
        said = lowered
    hidden = bytearray(len(said))
    for length in {len(part) for part in parts}:
        for at in range(len(said) - length + 1):
            if lowered[at : at + length] in parts:
                hidden[at : at + length] = b"\1" * length
    runs = groupby(zip(said, hidden, strict=True), key=lambda pair: pair[1])
    return "".join(_INSTEAD if is_hidden else "".join(char for char, _ in run) for is_hidden, run in runs)
