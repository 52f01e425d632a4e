"""Bodies as they travel → bytes, with a limit on what comes out.

Done here because httpx 0.28 inflates each chunk whole: a kilobyte on the wire could take gigabytes of memory. And
because labels lie: what begins as gzip does is gzip whatever it is called, and text that is called packed is text.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from io import BytesIO

from monitor.errors import FetchError, FetchReason

GZIP_MAGIC = b"\x1f\x8b\x08"
"""RFC 1952 §2.3.1: no text begins so in any encoding."""
GZIP_BITS = 16 + zlib.MAX_WBITS
RAW_BITS = -zlib.MAX_WBITS
NOT_ASKED_FOR = frozenset(
    {"br", "zstd", "compress", "aes128gcm", "dcb", "dcz", "exi", "pack200-gzip", "lzma", "xz", "bzip2"}
)
"""Codings that are some: RFC 9110 §8.4.1 and IANA's register. Any other word but our own two is no coding."""
SNIFF_BYTES = 16
"""By so many it is told what a body is."""
LAYERS = 3
"""So often one body may be packed: a file that is gzip, sent by a server that packs it once more."""
STEP_BYTES = 256 * 2**10
"""At most so much comes out at once, so that whoever unpacks a bomb sees it grow: a millisecond's work."""

_TEXT = re.compile(rb"\xff\xfe|\xfe\xff|(?:\xef\xbb\xbf)?\s*[<{\[][\t\n\r -~]*\Z")
"""How a feed begins that is not packed: a mark, or ASCII and nothing else."""


class Inflater:
    """Takes a body's chunks and gives it back whole. Raises `FetchError`: too large, broken, cut off, unasked."""

    def __init__(self, content_encoding: str, *, limit_bytes: int, layers: int = LAYERS) -> None:
        """Only what was asked for is unpacked: gzip, deflate, or nothing at all (RFC 9110 §12.5.3)."""
        named = [one.strip().lower().removeprefix("x-") for one in content_encoding.split(",")]
        if NOT_ASKED_FOR.intersection(named):
            raise FetchError(
                f"it came in a coding that was not asked for ({content_encoding[:50]!r})",
                reason=FetchReason.ENCODING,
            )
        self._codings = [one for one in named if one in {"gzip", "deflate"}]
        self._limit_bytes, self._layers = limit_bytes, layers
        self._body = BytesIO()  # which gives its bytes away without a copy
        self._start: bytes | None = b""
        """What came while it was too little to tell what it is; None: it is known."""
        self._bits: int | None = None
        """zlib's word for the coding; None: it is not packed."""
        self._decoder: zlib._Decompress | None = None
        self._inner: Inflater | None = None
        """Takes what comes out."""
        self._as_it_came: BytesIO | None = None
        """What looks packed though nobody says so: if it is not, this is the body."""
        self._is_broken = False
        self._size_bytes = 0

    def feed(self, data: bytes) -> Iterator[int]:
        """The body's size so far, after each step of taking the data in; to be run to its end."""
        if self._start is not None:
            self._start += data
            if len(self._start) < SNIFF_BYTES:
                return
            data = self._begin()
        yield from self._take(data)

    def finish(self) -> bytes:
        """The whole body."""
        if self._start is not None:
            for _ in self._take(self._begin()):
                pass
        if self._inner is None:
            return self._body.getvalue()
        if self._decoder is not None and not self._decoder.eof:
            if self._as_it_came is not None:
                return self._as_it_came.getvalue()
            raise FetchError("it ends in the middle", reason=FetchReason.PROTOCOL)
        return self._inner.finish()

    def _begin(self) -> bytes:
        """What came so far, of which it is known now what it is."""
        start, self._start = self._start or b"", None
        self._bits = self._bits_of(start)
        if self._bits is not None:
            self._as_it_came = None if self._codings else BytesIO()
            inner = ", ".join(self._codings[:-1])
            self._inner = Inflater(inner, limit_bytes=self._limit_bytes, layers=self._layers - 1)
        return start

    def _bits_of(self, start: bytes) -> int | None:
        """How it is packed, by its beginning and then by its label; None: it is not."""
        if not start or not self._layers:
            return None
        if start.startswith(GZIP_MAGIC):
            return GZIP_BITS
        if not self._codings:
            return None
        if len(self._codings) == 1 and _TEXT.match(start[:SNIFF_BYTES]):
            return None
        if self._codings[-1] == "gzip":
            return GZIP_BITS
        # RFC 9110 §8.4.1.2: deflate means zlib, "some non-conformant implementations send the deflate
        # compressed data without the zlib wrapper", whose first half byte is 8 (RFC 1950 §2.2).
        return zlib.MAX_WBITS if start[0] & 0x0F == 8 else RAW_BITS

    def _take(self, data: bytes) -> Iterator[int]:
        if self._inner is None:
            yield self._keep(data)
            return
        if self._as_it_came is not None:
            self._as_it_came.write(data)
        if self._is_broken:
            return
        try:
            yield from self._inflate(data, self._inner)
        except zlib.error as error:
            if self._as_it_came is not None:
                self._is_broken = True
                return
            coding = "gzip" if self._bits == GZIP_BITS else "deflate"
            raise FetchError(f"its {coding} coding is broken", reason=FetchReason.ENCODING) from error

    def _inflate(self, data: bytes, inner: Inflater) -> Iterator[int]:
        more_inside = False  # the decoder may hold a step's rest when it has taken all of its input
        while data or more_inside:
            if self._decoder is None:
                self._decoder = zlib.decompressobj(self._bits or GZIP_BITS)
            elif self._decoder.eof:
                if self._bits != GZIP_BITS or data[0] != 0x1F:
                    return  # what follows the end is padding, as gzip(1) takes it too
                self._decoder = zlib.decompressobj(GZIP_BITS)  # RFC 1952 §2.2: members one after another
            step = self._decoder.decompress(data, STEP_BYTES)
            more_inside = len(step) == STEP_BYTES and not self._decoder.eof
            data = self._decoder.unused_data if self._decoder.eof else self._decoder.unconsumed_tail
            self._count(step)
            yield from inner.feed(step)

    def _keep(self, data: bytes) -> int:
        self._body.write(data)
        return self._count(data)

    def _count(self, data: bytes) -> int:
        self._size_bytes += len(data)
        if self._size_bytes > self._limit_bytes:
            raise FetchError("it is larger than a feed may be", reason=FetchReason.TOO_LARGE)
        return self._size_bytes
