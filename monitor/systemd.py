"""The service manager's notification socket: sd_notify(3), without a dependency.

Its protocol is one datagram of `NAME=value` lines. Outside systemd every call does nothing.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping

PATIENCE_S = 0.5
"""Where the service manager does not read: what it would hear is not worth holding up the monitor."""


class Notifier:
    """Speaks to the service manager that `environ` names, or to nobody."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._address = environ.get("NOTIFY_SOCKET", "")
        self.watchdog_s = _watchdog_s(environ)
        """How often the service manager expects a sign of life; None: never."""

    def ready(self, status: str) -> None:
        """Started, or the reload is over."""
        self._send(f"READY=1\nSTATUS={status}")

    def status(self, status: str) -> None:
        """A line that `systemctl status` shows."""
        self._send(f"STATUS={status}")

    def reloading(self) -> None:
        """`ready` must follow. The time stamp is what `Type=notify-reload` asks for; others ignore it."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> None:
        """The end has begun."""
        self._send("STOPPING=1")

    def watchdog(self) -> None:
        """A sign of life."""
        self._send("WATCHDOG=1")

    def _send(self, message: str) -> None:
        if not self._address:
            return
        # A leading @ is the abstract namespace.
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
                notify.settimeout(PATIENCE_S)
                notify.connect(address)
                notify.sendall(message.encode())
        except OSError:
            return  # a service manager that has gone is no reason to stop


def _watchdog_s(environ: Mapping[str, str]) -> float | None:
    """sd_watchdog_enabled(3): microseconds, and only for the process that WATCHDOG_PID names."""
    text, pid = environ.get("WATCHDOG_USEC", ""), environ.get("WATCHDOG_PID", "")
    if not text.isdigit() or (pid and pid != str(os.getpid())):
        return None
    return int(text) / 1_000_000
