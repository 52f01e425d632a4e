"""Bodies as they travel → bytes, with a limit on what comes out.

Done here because httpx 0.28 inflates each chunk whole: a kilobyte on the wire could take gigabytes of memory.
"""

from __future__ import annotations

import zlib

from monitor.errors import FetchError, FetchReason

PLAIN = frozenset({"", "identity"})
GZIP_BITS = 16 + zlib.MAX_WBITS
RAW_BITS = -zlib.MAX_WBITS


class Inflater:
    """Takes a body's chunks and gives it back whole. Raises `FetchError`: too large, broken, cut off, unasked."""

    def __init__(self, content_encoding: str, *, limit_bytes: int) -> None:
        """Only what was asked for is taken: gzip, deflate, or nothing at all (RFC 9110 §12.5.3)."""
        self._coding = content_encoding.strip().lower().removeprefix("x-")
        if self._coding not in PLAIN | {"gzip", "deflate"}:
            raise FetchError(
                f"it came in a coding that was not asked for ({content_encoding[:50]!r})",
                reason=FetchReason.ENCODING,
            )
        self._left = limit_bytes
        self._chunks: list[bytes] = []
        self._decoder: zlib._Decompress | None = None

    def feed(self, data: bytes) -> None:
        if self._coding in PLAIN:
            self._keep(data)
            return
        try:
            self._inflate(data)
        except zlib.error as error:
            raise FetchError(f"its {self._coding} coding is broken", reason=FetchReason.ENCODING) from error

    def finish(self) -> bytes:
        """The whole body."""
        if self._decoder is not None and not self._decoder.eof:
            raise FetchError("it ends in the middle", reason=FetchReason.PROTOCOL)
        return b"".join(self._chunks)

    def _inflate(self, data: bytes) -> None:
        while data:
            if self._decoder is None:
                self._decoder = zlib.decompressobj(self._window_bits(data))
            elif self._decoder.eof:
                if self._coding != "gzip" or data[0] != 0x1F:
                    return  # what follows the end is padding, as gzip(1) takes it too
                self._decoder = zlib.decompressobj(GZIP_BITS)  # RFC 1952 §2.2: members one after another
            self._keep(self._decoder.decompress(data, self._left + 1))
            data = self._decoder.unused_data if self._decoder.eof else self._decoder.unconsumed_tail

    def _window_bits(self, data: bytes) -> int:
        if self._coding == "gzip":
            return GZIP_BITS
        # RFC 9110 §8.4.1.2: deflate means zlib, "some non-conformant implementations send the deflate
        # compressed data without the zlib wrapper", whose first half byte is 8 (RFC 1950 §2.2).
        return zlib.MAX_WBITS if data[0] & 0x0F == 8 else RAW_BITS

    def _keep(self, data: bytes) -> None:
        self._left -= len(data)
        if self._left < 0:
            raise FetchError("it is larger than a feed may be", reason=FetchReason.TOO_LARGE)
        self._chunks.append(data)
