"""Threads for calls that block and cannot be called back: names that are looked up, files, libraries.

asyncio has six to eight threads for all of them, the look-ups of names among them: a few names that nobody answers
(30 s each) would keep them all, and everybody else waiting.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Thread
from typing import Any


class Threads(ThreadPoolExecutor):
    """One for each call: none waits for another to end, and none holds up the end of the process.

    For `loop.set_default_executor`, which takes nothing but a `ThreadPoolExecutor`. How many there are is for the
    callers to bound: a channel has its senders, a host its turn, the database threads of its own (`Store.read`).
    """

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """As an executor does; nobody waits behind somebody else."""
        done: Future[Any] = Future()
        Thread(target=_work, args=(done, fn, args, kwargs), name="blocking call", daemon=True).start()
        return done


def _work(done: Future[Any], call: Callable[..., Any], arguments: Any, keywords: Any) -> None:
    if not done.set_running_or_notify_cancel():
        return
    try:
        done.set_result(call(*arguments, **keywords))
    except BaseException as error:  # noqa: BLE001 - a thread's errors belong to who waits for it
        done.set_exception(error)
