"""Bodies as they travel → bytes, with a limit on what comes out.

Done here because httpx 0.28 inflates each chunk whole: a kilobyte on the wire could take gigabytes of memory.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from io import BytesIO

from monitor.errors import FetchError, FetchReason

PLAIN = frozenset({"", "identity"})
GZIP_BITS = 16 + zlib.MAX_WBITS
RAW_BITS = -zlib.MAX_WBITS


STEP_BYTES = 256 * 2**10
"""At most so much comes out at once, so that whoever unpacks a bomb sees it grow: a millisecond's work."""


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
        self._limit_bytes = limit_bytes
        self._body = BytesIO()  # which gives its bytes away without a copy
        self._decoder: zlib._Decompress | None = None

    def feed(self, data: bytes) -> Iterator[int]:
        """The body's size so far, after each step of taking the data in; to be run to its end."""
        if self._coding in PLAIN:
            yield self._keep(data)
            return
        try:
            yield from self._inflate(data)
        except zlib.error as error:
            raise FetchError(f"its {self._coding} coding is broken", reason=FetchReason.ENCODING) from error

    def finish(self) -> bytes:
        """The whole body."""
        if self._decoder is not None and not self._decoder.eof:
            raise FetchError("it ends in the middle", reason=FetchReason.PROTOCOL)
        return self._body.getvalue()

    def _inflate(self, data: bytes) -> Iterator[int]:
        more_inside = False  # the decoder may hold a step's rest when it has taken all of its input
        while data or more_inside:
            if self._decoder is None:
                self._decoder = zlib.decompressobj(self._window_bits(data))
            elif self._decoder.eof:
                if self._coding != "gzip" or data[0] != 0x1F:
                    return  # what follows the end is padding, as gzip(1) takes it too
                self._decoder = zlib.decompressobj(GZIP_BITS)  # RFC 1952 §2.2: members one after another
            step = self._decoder.decompress(data, STEP_BYTES)
            more_inside = len(step) == STEP_BYTES and not self._decoder.eof
            data = self._decoder.unused_data if self._decoder.eof else self._decoder.unconsumed_tail
            yield self._keep(step)

    def _window_bits(self, data: bytes) -> int:
        if self._coding == "gzip":
            return GZIP_BITS
        # RFC 9110 §8.4.1.2: deflate means zlib, "some non-conformant implementations send the deflate
        # compressed data without the zlib wrapper", whose first half byte is 8 (RFC 1950 §2.2).
        return zlib.MAX_WBITS if data[0] & 0x0F == 8 else RAW_BITS

    def _keep(self, data: bytes) -> int:
        self._body.write(data)
        if self._body.tell() > self._limit_bytes:
            raise FetchError("it is larger than a feed may be", reason=FetchReason.TOO_LARGE)
        return self._body.tell()
