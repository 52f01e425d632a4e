"""Heads of answers as they come → heads as RFC 9112 has them.

Parsers refuse a whole answer for one line that is no header. Servers send such lines: a warning of PHP's, a status
line twice, a name with a blank in it. What RFC 9112 calls malformed and what nobody needs to read is left out here;
what would leave in doubt where the body ends (two lengths) stays, and is refused.
"""

from __future__ import annotations

import re

import httpx

MOST_BYTES = 100 * 2**10
"""Of a head: a longer one is refused."""
MOST_INTERIM = 20
"""Before the answer itself; servers send one or two."""

_END = re.compile(rb"\r?\n\r?\n")
_STATUS = re.compile(rb"HTTP(?:/(\d)(?:\.(\d))?)?[ \t]+([1-9]\d\d)(?![\w.])[ \t]*([^\r\n]*)", re.IGNORECASE)
_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""RFC 9110 §5.6.2."""
_CONTROLS = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]+")
_LENGTH = re.compile(rb"(\d{1,19})(?:[ \t]*,[ \t]*\1)*")
_SOUND = re.compile(
    rb"HTTP/1\.[01] [1-9]\d\d(?: [ -~]*)?\r\n(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t -~\x80-\xff]*\r\n)*\r\n"
)
_FRAMING = re.compile(rb"\n(?:content-length|transfer-encoding)[ \t]*:", re.IGNORECASE)
_USUAL_FRAMING = re.compile(
    rb"\n(?:content-length:[ \t]*\d{1,19}|transfer-encoding:[ \t]*chunked)[ \t]*\r", re.IGNORECASE
)


class HeadMender:
    """Takes what comes from the beginning of an answer on. Interim answers (RFC 9110 §15.2) are left out."""

    def __init__(self) -> None:
        self._kept, self._searched, self._interim = b"", 0, 0
        self.status = 0
        """0: the head is not here yet; what comes after it is no business of this one."""

    def take(self, data: bytes) -> bytes:
        """The head and what came behind it; nothing while it is incomplete. Raises httpx.RemoteProtocolError."""
        self._kept += data
        while (end := self._end()) is not None:
            head, self._kept = self._kept[:end], self._kept[end:]
            status, sound = _mended(head)
            if not 100 <= status < 200 or status == 101:
                self.status = status
                return sound + self._kept
            self._interim += 1
            if self._interim > MOST_INTERIM:
                raise httpx.RemoteProtocolError("its interim answers do not end")
        return b""

    def _end(self) -> int | None:
        """Where the first head of what is kept ends; what is kept begins with it."""
        self._kept = self._kept.lstrip(b"\r\n")  # RFC 9112 §2.2, of a request: "SHOULD ignore"
        end = _END.search(self._kept, self._searched)
        self._searched = 0 if end else max(0, len(self._kept) - 3)
        if len(self._kept) > MOST_BYTES and (end is None or end.end() > MOST_BYTES):
            raise httpx.RemoteProtocolError("its head does not end")
        return end and end.end()


def _mended(head: bytes) -> tuple[int, bytes]:
    """Its status and the head as it can be read. Raises httpx.RemoteProtocolError where it has no status."""
    if _SOUND.fullmatch(head) and len(_FRAMING.findall(head)) == len(_USUAL_FRAMING.findall(head)) <= 1:
        return int(head[9:12]), head
    first, *lines = head.rstrip(b"\r\n").split(b"\n")
    status = _STATUS.match(first)
    if status is None:
        raise httpx.RemoteProtocolError("its answer does not begin as HTTP does")
    version = b"1.0" if (status[1], status[2]) == (b"1", b"0") else b"1.1"
    fields = _framed(_fields(lines))
    said = b"HTTP/%b %b %b" % (version, status[3], _CONTROLS.sub(b" ", status[4]).strip())
    return int(status[3]), b"\r\n".join([said, *(b"%b: %b" % field for field in fields), b"", b""])


def _fields(lines: list[bytes]) -> list[tuple[bytes, bytes]]:
    """Names and values of the lines that are headers; a folded one (RFC 9112 §5.2) belongs to the one above it."""
    fields: list[tuple[bytes, bytes]] = []
    is_header = False
    for line in lines:
        if line[:1] in b" \t":
            if is_header:
                name, value = fields[-1]
                fields[-1] = (name, value + b" " + _value(line))
            continue
        name, colon, value = line.partition(b":")
        name = name.rstrip(b" \t")
        is_header = bool(colon and _TOKEN.fullmatch(name))
        if is_header:
            fields.append((name, _value(value)))
    return fields


def _value(raw: bytes) -> bytes:
    return _CONTROLS.sub(b" ", raw.rstrip(b"\r")).strip(b" \t")


def _framed(fields: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Without lengths that are none or said before, "identity" (RFC 9112 A.3 took it away), a second "chunked"."""
    kept: list[tuple[bytes, bytes]] = []
    is_chunked = False
    for name, value in fields:
        match name.lower():
            case b"transfer-encoding":
                codings = [one.strip().lower() for one in value.split(b",")]
                codings = [one for one in codings if one not in {b"", b"identity"}]
                if not codings or (is_chunked and codings == [b"chunked"]):
                    continue
                is_chunked = is_chunked or codings[-1] == b"chunked"
                kept.append((name, b", ".join(codings)))
            case b"content-length":
                if (found := _LENGTH.fullmatch(value)) and (b"content-length", found[1]) not in kept:
                    kept.append((b"content-length", found[1]))
            case _:
                kept.append((name, value))
    # RFC 9112 §6.3: "the Transfer-Encoding overrides the Content-Length".
    return [one for one in kept if not (is_chunked and one[0].lower() == b"content-length")]
