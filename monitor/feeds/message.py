"""One answer of a server's as it comes: bytes → status, headers, body.

httptools (Node's llhttp) reads what `heads` has mended. Between the chunks of a body it may take what browsers take:
the connection ends with the answer, so nothing can be smuggled in behind it.
"""

from __future__ import annotations

import httptools
import httpx

from monitor.feeds.heads import HeadMender


class Message:
    """Takes what a connection brings. Raises httpx.RemoteProtocolError where that is no answer."""

    def __init__(self) -> None:
        self._heard = _Heard()
        self._head = HeadMender()
        self._parser = httptools.HttpResponseParser(self._heard)
        self._parser.set_dangerous_leniencies(
            lenient_chunked_length=True,
            lenient_data_after_close=True,
            lenient_optional_lf_after_cr=True,
            lenient_optional_cr_before_lf=True,
            lenient_spaces_after_chunk_size=True,
        )

    @property
    def status(self) -> int:
        """0: the head is not here yet."""
        return self._head.status

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """As they came; without trailers, which nobody asked for."""
        return self._heard.headers

    @property
    def is_whole(self) -> bool:
        """All of it is here."""
        return self._heard.end

    def take(self, data: bytes) -> None:
        """What came; nothing where the connection ended."""
        if not data:
            self._take_end()
        elif self._head.status:
            self._parse(data)
        elif mended := self._head.take(data):
            self._parse(mended)
            self._check_coding()

    def body(self) -> bytes:
        """What came of the body since the last time."""
        taken, self._heard.body = b"".join(self._heard.body), []
        return taken

    def _parse(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            if not self.is_whole:  # what stands behind an answer is nobody's business
                raise httpx.RemoteProtocolError(f"its answer is no HTTP: {error}") from error

    def _check_coding(self) -> None:
        """RFC 9112 §6.1: what is transferred in a coding that the recipient does not know is not understood."""
        if any(name.lower() == b"transfer-encoding" and value != b"chunked" for name, value in self.headers):
            raise httpx.RemoteProtocolError("its answer comes in a transfer coding that was not asked for")

    def _take_end(self) -> None:
        """RFC 9112 §6.3: without a length and chunks the body is what comes until the connection ends."""
        if not self.status:
            raise httpx.RemoteProtocolError("it ended the connection without an answer")
        framed = any(name.lower() in {b"content-length", b"transfer-encoding"} for name, _ in self.headers)
        if framed and not self.is_whole:
            raise httpx.RemoteProtocolError("it ended the connection before the end of its answer")
        self._heard.end = True


class _Heard:
    """What httptools calls; apart from `Message`, which has the parser, so that no ring of the two is left behind."""

    def __init__(self) -> None:
        self.headers: list[tuple[bytes, bytes]] = []
        self.body: list[bytes] = []
        self.head = self.end = False

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self.head:
            self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        self.head = True

    def on_body(self, data: bytes) -> None:
        if not self.end:
            self.body.append(data)

    def on_message_complete(self) -> None:
        self.end = True
