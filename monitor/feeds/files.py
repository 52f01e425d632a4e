"""A feed in a file: read, never written, with the file's own state as validator."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from monitor.errors import FetchError, FetchReason
from monitor.model import FetchRequest, NotModified, Response


def read_file(request: FetchRequest, *, limit_bytes: int) -> Response | NotModified:
    """The file that `request.url` names. Blocks; raises `FetchError`."""
    path = _path(request.url)
    try:
        # O_NONBLOCK: to open a named pipe would otherwise wait for somebody to write into it.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:  # noqa: PTH123 - it is open already
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise FetchError(f"{path} is no regular file", reason=FetchReason.FILE)
            etag = f"{status.st_ino:x}-{status.st_size:x}-{status.st_mtime_ns:x}"
            if etag == request.etag:
                return NotModified(etag=etag)
            body = file.read(limit_bytes + 1)
    except OSError as error:
        raise FetchError(f"{path} cannot be read: {error.strerror}", reason=FetchReason.FILE) from error
    if len(body) > limit_bytes:
        raise FetchError(f"{path} is larger than a feed may be", reason=FetchReason.TOO_LARGE)
    return Response(url=request.url, body=body, etag=etag)


def _path(url: str) -> Path:
    parts = urlsplit(url)
    if parts.netloc not in {"", "localhost"}:  # RFC 8089 §2: a host in it means a file of that host
        raise FetchError(
            f"{parts.netloc} is another machine: its files cannot be read", reason=FetchReason.FILE
        )
    path = url2pathname(parts.path)
    if not path.startswith("/") or "\0" in path:
        raise FetchError("a file feed's address is file: and an absolute path", reason=FetchReason.FILE)
    return Path(path)
