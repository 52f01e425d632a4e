"""One worker: life after life, each with all of a daemon made anew, so that nothing of a life outlasts it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from loguru import logger

from monitor.cluster.agreement import Agreement
from monitor.cluster.life import Life
from monitor.cluster.members import Members
from monitor.daemon import Daemon
from monitor.errors import GivenUp, StorageError
from monitor.store import Store


async def one_life(
    store: Store, make: Callable[[Store, Life], Daemon], *, name: str, asked_to_reload: bool = False
) -> bool:
    """A worker's life on a store of its own; True: it was given up, and is to begin anew. Raises DatabaseInUse.

    `make` returns a daemon that goes by the life's clock.
    """
    running: list[Daemon] = []
    life = Life(store, name=name, describe=lambda: described(running))
    await asyncio.to_thread(life.enter)
    agreement = Agreement(life)
    living = asyncio.create_task(_live(life, running), name="signs of life")
    try:
        daemon = make(store, life)
        daemon.fleet = Members(store, life, agrees=lambda: agreement.holds(running))
        async with daemon:
            running.append(daemon)
            logger.info("worker {} ({})", name, life.id)
            if not life.is_given_up:
                await daemon.run(asked_to_reload=asked_to_reload)
    except GivenUp:  # whatever wrote first found it, at the start or at the end
        life.is_given_up = True
    finally:
        living.cancel()
        await asyncio.gather(living, return_exceptions=True)
        with suppress(StorageError):  # its row tells others, soon enough
            await asyncio.to_thread(life.leave)
    return life.is_given_up


async def _live(life: Life, running: list[Daemon]) -> None:
    async def let_go() -> None:
        for daemon in running:
            daemon.scheduler.let_go()

    await life.live(let_go=let_go)
    for daemon in running:
        daemon.stop()


def described(running: list[Daemon]) -> tuple[str, str]:
    """The version of the config in force, and for people what the worker does."""
    if not running:
        return "", "starting"
    [daemon] = running
    return daemon.in_force.loaded.version, f"{daemon.scheduler.polls} polls under way"
