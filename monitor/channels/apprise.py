"""Messages through Apprise, which knows a hundred further services; an extra: `pip install news-monitor[apprise]`.

Apprise blocks, so it runs in threads of its own. One that hangs is left behind, and keeps nothing back but its place.
"""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import Future
from importlib import import_module
from importlib.util import find_spec
from threading import BoundedSemaphore, Thread
from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field, SecretStr

from monitor.channels.base import HoldsNothing, Surroundings
from monitor.core.alerts.plain import uncalled
from monitor.core.alerts.render import subject, text
from monitor.errors import ChannelError, ChannelReason
from monitor.model import Message, Receipt
from monitor.model.options import ChannelOptions

_MOST_THREADS: Final = 8
"""Of one channel, those that hang among them."""


def _apprise_url(value: SecretStr) -> SecretStr:
    if find_spec("apprise") is None:
        raise ValueError("Apprise is not installed: pip install 'news-monitor[apprise]'")
    # Here, not above: it takes half a second, and few have such a channel.
    if import_module("apprise").Apprise.instantiate(value.get_secret_value()) is None:
        raise ValueError("Apprise cannot read this address: see github.com/caronc/apprise/wiki")
    return value


class AppriseOptions(ChannelOptions):
    """What a channel of this type may say."""

    url: Annotated[SecretStr, AfterValidator(_apprise_url)]
    """Secret: it holds tokens."""
    timeout: float = Field(default=60, ge=0.1, le=200)


class AppriseChannel(HoldsNothing):
    """Of a failure Apprise tells no reason: it is tried again until it is given up."""

    def __init__(self, channel_id: str, options: AppriseOptions, _surroundings: Surroundings) -> None:
        self._id, self._url, self._timeout = channel_id, options.url, options.timeout
        self._places = BoundedSemaphore(_MOST_THREADS)

    async def send(self, message: Message, *, recipient: str) -> Receipt:  # noqa: ARG002 - the address is it
        """As `Channel.send`."""
        if not self._places.acquire(blocking=False):
            raise ChannelError(
                f"{_MOST_THREADS} earlier messages are still under way", reason=ChannelReason.TIMEOUT
            )
        done: Future[bool] = Future()
        done.set_running_or_notify_cancel()  # from here on nobody can take it back
        Thread(
            target=self._work, args=(uncalled(subject(message)), uncalled(text(message)), done), daemon=True
        ).start()  # daemon: it holds up no exit
        try:
            async with asyncio.timeout(self._timeout):
                sent = await asyncio.wrap_future(done)
        except TimeoutError as error:
            raise ChannelError(
                f"Apprise did not end in {self._timeout:g} s: it may have arrived",
                reason=ChannelReason.UNKNOWN,
            ) from error
        except Exception as error:  # noqa: BLE001 - of a hundred plug-ins by others; the text may quote the address
            raise ChannelError(
                f"Apprise broke: {type(error).__name__}", reason=ChannelReason.PROGRAM
            ) from None
        if not sent:
            raise ChannelError(
                "Apprise could not hand it over; its own command says why: apprise -vv -b test ADDRESS",
                reason=ChannelReason.PROGRAM,
            )
        return Receipt(detail="handed to Apprise")

    def _work(self, title: str, body: str, done: Future[bool]) -> None:
        try:
            apprise: Any = import_module("apprise")
            # Its plug-ins log addresses, and answers that quote them.
            logging.getLogger("apprise").setLevel(logging.CRITICAL)
            service = apprise.Apprise()
            service.add(self._url.get_secret_value())
            sent = service.notify(title=title, body=body, body_format=apprise.NotifyFormat.TEXT)
        except BaseException as error:  # noqa: BLE001 - a thread's errors belong to who waits for it
            done.set_exception(error)
        else:
            done.set_result(bool(sent))  # an object that is true or false, since Apprise 2
        finally:
            self._places.release()
