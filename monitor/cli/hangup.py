"""SIGHUP from the first moment on: whoever reloads a service that still starts must not end it."""

from __future__ import annotations

import signal
from threading import Event

_HEARD = Event()


def listen() -> None:
    """From here on a SIGHUP is remembered, until somebody else listens to it."""
    signal.signal(signal.SIGHUP, lambda *_: _HEARD.set())


def heard() -> bool:
    return _HEARD.is_set()
