"""Readers that do to their worker what a document may do to a real one."""

import os
import signal
from pathlib import Path

from monitor.errors import ParseError, ParseReason
from monitor.model import ParsedFeed


def _endless():
    """A real reader's loop; its worker is killed."""
    while True:
        pass


def expendable():
    """How soon the kernel ends this process where memory ends."""
    return int(Path("/proc/self/oom_score_adj").read_text())


def read(body, *, content_type, url, now, seen):
    """Does what the body says."""
    match body.split():
        case [b"hang"]:
            _endless()
        case [b"die"]:
            os.kill(os.getpid(), signal.SIGKILL)
        case [b"crash"]:
            os.abort()
        case [b"exit"]:
            os._exit(0)
        case [b"refuse"]:
            raise ParseError("no feed", reason=ParseReason.NOT_A_FEED)
        case [b"listen"]:
            os.kill(os.getpid(), signal.SIGTERM)
            os.kill(os.getpid(), signal.SIGINT)
            return ParsedFeed(title="deaf")
        case [b"when"]:
            return ParsedFeed(title=now.isoformat(), language=url, warnings=(content_type,))
    return ParsedFeed(title=_title(body))


def _title(body):
    match body.split():
        case [b"fill"]:
            return str(len(bytearray(1 << 40)))
        case [b"take", size]:
            return str(len(bytearray(int(size))))
        case [b"expendable"]:
            return str(expendable())
        case [b"who"]:
            return str(os.getpid())
    return body.decode()
