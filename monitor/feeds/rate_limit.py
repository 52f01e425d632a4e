"""One request at a time to each host, with a pause between two, and none while a host asked for peace."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

LATELY = timedelta(hours=1)
"""For so long it counts that a host answered well, and what it refused is remembered."""
LATER = timedelta(minutes=30)
"""What was refused again comes no sooner: others are tried meanwhile."""
LEAST_WAIT, MOST_WAIT = timedelta(minutes=2), timedelta(hours=4)
"""Of a host that refuses and does not say for how long: limits a minute are the usual ones, a day's the longest."""
OF_ITSELF = 5
"""So often in a row an address is refused, while its host serves others, that is refused for itself."""
REMEMBERED = 10_000


@dataclass(slots=True)
class _Host:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: int = 0
    free_at: float = 0.0
    """When the pause after the last request is over."""
    held_until: datetime | None = None
    served: tuple[tuple[str, datetime], ...] = ()
    """Of the last two addresses that it answered well, with when."""
    strain: _Strain | None = None
    """None: it never refused anything without a word."""


@dataclass(slots=True)
class _Strain:
    """How a host limits us that does not say how."""

    at: datetime
    """When it refused last."""
    wait: timedelta = timedelta(0)
    """How long it was left alone the last time."""
    served: bool = True
    """It answered something well since."""
    refusals: dict[str, tuple[int, datetime]] = field(default_factory=dict)
    """Of the addresses that it did not answer well since: how often in a row they were refused, and when last."""


class HostLimits:
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

    def pause(self, name: str, until: datetime) -> None:
        """Nobody shall ask this host before then (`politeness.md` 9)."""
        host = self._hosts.setdefault(name, _Host())
        host.held_until = max(host.held_until or until, until)

    def answered(self, name: str, address: str) -> None:
        """The host answered well when it was asked for the address."""
        host, now = self._hosts.setdefault(name, _Host()), self._now()
        host.served = ((address, now), *(one for one in host.served if one[0] != address))[:2]
        if host.strain is not None:
            host.strain.served = True
            host.strain.refusals.pop(address, None)

    def refused(self, name: str, address: str) -> timedelta | None:
        """For how long an address is not asked for that its host refused with a bare 429; None: it does not tell.

        A host that has just served others of its addresses limits how often it is asked, which is no matter of this
        one: all wait together, then come one at a time until it refuses again, this one first, but the second time
        last. Longer each time that it refuses at once, shorter where it served some. What is refused for itself holds
        up nobody.
        """
        host, now = self._hosts.setdefault(name, _Host()), self._now()
        strain = host.strain = host.strain or _Strain(at=now)
        strain.at = now
        times, before = strain.refusals.get(address, (0, now))
        served_at = [at for one, at in host.served if one != address]
        if address in strain.refusals or len(strain.refusals) < REMEMBERED:
            strain.refusals[address] = times + 1, now
        if times + 1 >= OF_ITSELF and any(at > before for at in served_at):
            return None
        wait = strain.wait / 2 if strain.served else strain.wait * 2
        strain.wait = min(max(wait, LEAST_WAIT), MOST_WAIT)
        strain.served = False
        self.pause(name, now + strain.wait)
        if all(now - at > LATELY for at in served_at):
            return None
        return max(strain.wait, LATER) if times else strain.wait

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
            or (host.strain is not None and now - host.strain.at < LATELY)
        }
        self._sweep_at = max(256, 2 * len(self._hosts))
