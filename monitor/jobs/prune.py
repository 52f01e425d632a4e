"""What nobody asks for any more goes: the index over entries' keys holds those of the last weeks.

In small batches with pauses, each its own transaction: whoever has something to store never waits long.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from loguru import logger

from monitor.errors import StorageError
from monitor.store import Store, polls
from monitor.store.entries import FILED_FOR

BATCH = 50
"""Entries in one transaction: some 4 000 rows of the index, a twentieth of a second."""
PAUSE_S = 0.2
"""Between two of them, in which others write."""


async def prune(store: Store, *, now: Callable[[], datetime], pause_s: float = PAUSE_S) -> int:
    """Takes all entries out of the index that are too old to be compared with; returns in how many batches."""
    batches = 0
    try:
        while await asyncio.to_thread(_prune_some, store, now()):
            batches += 1
            await asyncio.sleep(pause_s)
    except StorageError as error:
        logger.error("{}", error)  # the next time goes on from here
    if batches:
        logger.debug("pruned the index: up to {} entries", batches * BATCH)
    return batches


def _prune_some(store: Store, now: datetime) -> bool:
    with store.writing() as connection:
        return polls.prune_index(connection, seen_before=now - FILED_FOR, most=BATCH)
