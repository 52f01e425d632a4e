"""What a service manager's signals do while the daemon starts and after it has ended; in between it hears them.

Python would end with a traceback, or by the signal, which reads as a failure.
"""

from __future__ import annotations

import os
import signal
from threading import Event
from types import FrameType

_HANGUP = Event()
ENDING = (signal.SIGTERM, signal.SIGINT)


def listen() -> None:
    """From here on a SIGHUP is remembered, and who asks for the end gets it at once: nothing was begun yet."""
    signal.signal(signal.SIGHUP, lambda *_: _HANGUP.set())
    for number in ENDING:
        signal.signal(number, _end)


def asked_to_reload() -> bool:
    """Whether a SIGHUP came before the daemon could hear it."""
    return _HANGUP.is_set()


def ended() -> None:
    """From here on all that is left is to exit: whoever asks again changes nothing.

    Ignored, not handled: Python gives handled signals back their own effect before it has ended.
    """
    for number in (*ENDING, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def _end(_number: int, _frame: FrameType | None) -> None:
    os._exit(0)  # transactions are rolled back, workers notice
