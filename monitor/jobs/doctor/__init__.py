"""Is everything well around the monitor, and what is to be done where it is not.

Each check looks and changes nothing; one that fails of itself is a finding like any other. No message is sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from monitor.channels import Surroundings
from monitor.config import Loaded
from monitor.jobs.doctor import machine, outside
from monitor.jobs.doctor.finding import Finding, Level
from monitor.jobs.doctor.stored import stored
from monitor.store import Store

__all__ = ["Finding", "Level", "around", "inside"]


def inside(loaded: Loaded, store: Callable[[], Store], *, state: Path, now: datetime) -> list[Finding]:
    """What this machine and what is stored say. `store` opens the database; its StorageError is a finding."""
    return [
        *machine.limits(loaded),
        *machine.authorities(),
        *machine.folder(state),
        *machine.disk(state),
        *stored(loaded, store, now),
    ]


async def around(loaded: Loaded, surroundings: Surroundings) -> list[Finding]:
    """What lies outside: names, the servers of a few feeds, the other side of each channel."""
    hosts = outside.hosts(loaded)
    found = await asyncio.gather(
        outside.names(hosts),
        outside.servers(hosts, surroundings),
        *(outside.channel_reached(channel, surroundings) for channel in loaded.config.channels.values()),
    )
    return [finding for findings in found for finding in findings]
