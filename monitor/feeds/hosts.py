"""One request at a time to each host, with a pause between two, and none while a host asked for peace."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

LATELY_S = 3600.0
"""For so long it counts that a host answered well, and what it refused is remembered."""
LEAST_WAIT_S, MOST_WAIT_S = 120.0, 4 * 3600.0
"""Of a host that refuses and does not say for how long: limits a minute are the usual ones, a day's the longest."""
REMEMBERED = 10_000


@dataclass(slots=True)
class _Host:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: int = 0
    free_at: float = 0.0
    """When the pause after the last request is over."""
    held_until: datetime | None = None
    strain: _Strain | None = None
    """None: it never refused anything."""
    served: tuple[tuple[str, float], ...] = ()
    """Of the last two addresses that it answered well, with when."""


@dataclass(slots=True)
class _Strain:
    """How a host limits us that does not say how."""

    wait_s: float = 0.0
    """How long it was left alone the last time."""
    served: bool = True
    """It answered something well since."""
    refused: set[str] = field(default_factory=set)
    """The addresses that it refused and did not answer well since."""


class Hosts:
    """The turns of every host, first come first served.

    `clock` is monotonic seconds; `now` is what holds end by, since they outlive the process.
    """

    def __init__(
        self,
        *,
        pause_s: float,
        now: Callable[[], datetime],
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._pause_s, self._now, self._clock, self._sleep = pause_s, now, clock, sleep
        self._hosts: dict[str, _Host] = {}
        self._sweep_at = 256

    @asynccontextmanager
    async def turn(self, name: str) -> AsyncIterator[None]:
        """Waits until the host is nobody else's and its pause is over; the pause starts anew at the end."""
        host = self._hosts.setdefault(name, _Host())
        host.waiting += 1
        try:
            async with host.lock:
                while (wait_s := host.free_at - self._clock()) > 0:
                    await self._sleep(wait_s)
                try:
                    yield
                finally:
                    host.free_at = self._clock() + self._pause_s
        finally:
            host.waiting -= 1
            self._sweep()

    def hold(self, name: str, until: datetime) -> None:
        """Nobody shall ask this host before then (`politeness.md` 9)."""
        host = self._hosts.setdefault(name, _Host())
        host.held_until = max(host.held_until or until, until)

    def answered(self, name: str, address: str) -> None:
        """The host answered well when it was asked for the address."""
        host = self._hosts.setdefault(name, _Host())
        host.served = ((address, self._clock()), *(one for one in host.served if one[0] != address))[:2]
        if host.strain is not None:
            host.strain.served = True
            host.strain.refused.discard(address)

    def refused(self, name: str, address: str) -> float | None:
        """How long a host that refused an address with a bare 429 is left alone; None: this is about the address.

        A host that has just served others of its addresses limits how often it is asked, which is no matter of this
        one: they wait together, and then come one at a time until it refuses again. Longer each time that it refuses
        at once, shorter where it served some. What it refuses again while it serves others is refused for itself.
        """
        host, now = self._hosts.setdefault(name, _Host()), self._clock()
        strain = host.strain = host.strain or _Strain()
        others = any(one != address and now - at <= LATELY_S for one, at in host.served)
        if address in strain.refused and strain.served and others:
            return None
        wait_s = strain.wait_s / 2 if strain.served else strain.wait_s * 2
        strain.wait_s = min(max(wait_s, LEAST_WAIT_S), MOST_WAIT_S)
        strain.served = False
        if len(strain.refused) < REMEMBERED:
            strain.refused.add(address)
        self.hold(name, self._now() + timedelta(seconds=strain.wait_s))
        return strain.wait_s if others else None

    def set_back(self, by: timedelta) -> None:
        """The clock was: nobody is held longer for that."""
        for host in self._hosts.values():
            if host.held_until is not None:
                host.held_until -= by

    def held_s(self, name: str) -> float:
        """How long the host still wants to be left alone; 0: not at all."""
        host = self._hosts.get(name)
        if host is None or host.held_until is None:
            return 0.0
        return max(0.0, (host.held_until - self._now()).total_seconds())

    def __len__(self) -> int:
        """How many hosts are remembered: those in use, pausing or held."""
        return len(self._hosts)

    def _sweep(self) -> None:
        """Drops what is no longer needed, each time that the number of hosts has doubled: amortised, O(1) a turn."""
        if len(self._hosts) < self._sweep_at:
            return
        clock, now = self._clock(), self._now()
        self._hosts = {
            name: host
            for name, host in self._hosts.items()
            if host.waiting
            or host.free_at > clock
            or (host.held_until and host.held_until > now)
            or (host.strain is not None and clock - host.free_at < LATELY_S)
        }
        self._sweep_at = max(256, 2 * len(self._hosts))
