"""Subscriptions to hubs (WebSub): asks for them, hears what hubs say of them, and takes in what they push.

A push is read after it was acknowledged, from memory: what a crash takes with it, the next safety poll brings.
Nobody is believed who does not know a subscription's token, and nothing is read that its secret did not sign.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from types import TracebackType
from typing import Protocol, Self

from loguru import logger

from monitor import metrics
from monitor.config import Loaded
from monitor.core import polling, websub
from monitor.core.plan import PollPlan
from monitor.core.polling.push import HubOffer
from monitor.core.text.origin import origin
from monitor.core.websub import Refused
from monitor.errors import FetchError, ParseError, StorageError
from monitor.feeds.inflate import Inflater
from monitor.model import Feed, FetchRequest, Response, Subscription, SubscriptionState
from monitor.store import Store, feeds, subscriptions

PATH = "/websub/"
"""Under `callback_url` and under `listen`: what follows is a subscription's token."""
TOKEN_BYTES = 32
ASKED_AT_ONCE = 50
"""Subscriptions that one pass asks for; the next pass, a minute later, asks for the next ones."""
READERS = 2
"""Pushes that are read at once; those of one subscription are read in their order."""
WAITING_BYTES = 32 * 2**20
WAITING_OF_ONE = 10
"""Of one subscription: the others find places, however much it pushes."""
WAITING_PUSHES = 100
"""More than these wait for no reader: the hub is told to come again."""
BODY_BYTES = 32 * 2**20
"""Inflated: as of a poll."""


class Posts(Protocol):
    """Posts a form, as `feeds.fetch.Fetcher` does."""

    async def post_form(self, request: FetchRequest, form: Mapping[str, str]) -> None:
        """Raises FetchError."""


class TakesPushes(Protocol):
    """Stores what a hub pushed, as `Poller` does."""

    async def push(self, feed: Feed, response: Response, *, lease_until_at: datetime) -> PollPlan | None:
        """None where another poll came first. Raises ParseError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """What came to a callback."""

    token: str
    body: bytes
    signature: str
    content_type: str = ""
    content_encoding: str = ""


class Subscriber:
    """Keeps the subscriptions. Used within `async with`, which runs the readers of pushes."""

    def __init__(
        self,
        *,
        store: Store,
        fetcher: Posts,
        poller: TakesPushes,
        setup: Callable[[], Loaded],
        now: Callable[[], datetime],
    ) -> None:
        """`setup` returns the config in force, asked anew for every step."""
        self._store, self._fetcher, self._poller = store, fetcher, poller
        self._setup, self._now = setup, now
        self._queues: list[asyncio.Queue[Push]] = [asyncio.Queue() for _ in range(READERS)]
        self._waiting_bytes = self._waiting = 0
        self._waiting_of: Counter[str] = Counter()
        self._readers: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._readers = [
            asyncio.create_task(self._read_all(queue), name="push reader") for queue in self._queues
        ]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for reader in self._readers:
            reader.cancel()
        await asyncio.gather(*self._readers, return_exceptions=True)

    # ── asking ──

    async def keep(self) -> None:
        """Every feed that names a hub has a subscription, or is about to. Raises StorageError."""
        due = await self._store.write(self._due)
        await asyncio.gather(*(self._ask(one, url) for one, url in due))

    async def forget(self) -> None:
        """Nobody listens, so nothing can be agreed: hubs that still push find nobody, and their leases end."""
        await self._store.write(self._forget)

    def _due(self) -> list[tuple[Subscription, str]]:
        """Those whose hub is to be asked now, with their feeds' addresses.

        They are marked as asked before they are: a hub may confirm before its answer is there.
        """
        config, now = self._setup().config, self._now()
        base = (config.web.callback_url or "").rstrip("/") + PATH
        with self._store.writing() as connection:
            wishes = {
                feed_id: wish
                for feed_id, (url, wish) in subscriptions.wishes(connection).items()
                if config.web.callback_url
                and (feed := config.feeds.get(feed_id))
                and feed.enabled
                and feed.url == url
            }
            changes = websub.due_changes(wishes, subscriptions.listed(connection), base=base)
            subscriptions.save(connection, [websub.ended(one, now=now) for one in changes.end])
            subscriptions.remove(connection, changes.forget)
            subscriptions.insert(
                connection, [_opened(feed_id, wish, base, now) for feed_id, wish in changes.open.items()]
            )
            known = subscriptions.listed(connection)
            over = [one for one in known if websub.is_over(one, now=now)]
            subscriptions.remove(connection, over)
            due = [one for one in known if one.next_at <= now and one not in over][:ASKED_AT_ONCE]
            asked = [websub.asked(one, now=now) for one in due]
            subscriptions.save(connection, asked)
            states = feeds.states(connection, [one.feed_id for one in asked])
        return [(one, states[one.feed_id].url) for one in asked]

    async def _ask(self, one: Subscription, feed_url: str) -> None:
        config = self._setup().config
        feed = config.feeds.get(one.feed_id)
        private = config.polling.allow_private or (feed is not None and feed.allow_private)
        request = FetchRequest(
            url=one.hub,
            # The hub is a stranger's word. What the config opens is the feed's own host and port, and no more.
            allow_private=private and origin(one.hub) == origin(feed_url),
            own_host=origin(one.hub) == origin(feed_url),
            proxy=feed.proxy if feed else None,
        )
        what = "no more pushes" if one.state is SubscriptionState.ENDING else "pushes"
        try:
            await self._fetcher.post_form(request, websub.form(one))
        except FetchError as error:
            metrics.subscriptions.labels(step="failed").inc()
            say = logger.warning if one.failures == 1 else logger.debug
            say("feed {}: its hub could not be asked for {}: {}", one.feed_id, what, error)
            await self._store.write(self._note_failure, one, str(error))
        else:
            metrics.subscriptions.labels(step="asked").inc()
            logger.debug("feed {}: its hub was asked for {}", one.feed_id, what)

    def _note_failure(self, asked: Subscription, message: str) -> None:
        """Unless the hub confirmed all the same."""
        with self._store.writing() as connection:
            subscriptions.change(
                connection,
                asked.token,
                lambda one: replace(one, last_error=message) if one.asked_until_at else one,
            )

    def _forget(self) -> None:
        with self._store.writing() as connection:
            subscriptions.remove(connection, subscriptions.listed(connection))

    # ── what hubs say ──

    async def confirm(self, token: str, said: Mapping[str, str]) -> str | None:
        """What the hub is to be answered about the subscription; None: nobody asked it for that.

        Raises StorageError.
        """
        if await self._store.read(self._known, token) is None:
            metrics.subscriptions.labels(step="refused").inc()
            return None
        return await self._store.write(self._confirm, token, said)

    async def hub_of(self, token: str) -> str | None:
        """The hub whose pushes may come there; None: nobody's. Raises StorageError."""
        one = await self._store.read(self._known, token)
        return one.hub if one is not None and one.state is not SubscriptionState.ENDING else None

    def offer(self, push: Push) -> bool:
        """It will be read, in its turn; False: too many wait."""
        too_much = self._waiting_bytes + len(push.body) > WAITING_BYTES
        if self._waiting >= WAITING_PUSHES or too_much or self._waiting_of[push.token] >= WAITING_OF_ONE:
            metrics.pushes.labels(outcome="put off").inc()
            return False
        self._waiting += 1
        self._waiting_of[push.token] += 1
        self._waiting_bytes += len(push.body)
        self._queues[hash(push.token) % len(self._queues)].put_nowait(push)
        return True

    async def all_read(self) -> None:
        """Returns when no push waits any more."""
        for queue in self._queues:
            await queue.join()

    def _known(self, token: str) -> Subscription | None:
        with self._store.reading() as connection:
            return subscriptions.by_token(connection, token)

    def _confirm(self, token: str, said: Mapping[str, str]) -> str | None:
        with self._store.writing() as connection:
            one = subscriptions.by_token(connection, token)
            if one is None:
                return None
            after = websub.confirmed(one, said, now=self._now())
            if isinstance(after, Refused):
                metrics.subscriptions.labels(step="refused").inc()
                logger.warning("feed {}: its hub's question is refused: {}", one.feed_id, after.reason)
                return None
            if after.state is SubscriptionState.ENDING:
                subscriptions.remove(connection, [one])
            else:
                subscriptions.save(connection, [after])
        _report(one, after)
        return said.get("hub.challenge", "") if after.state is not SubscriptionState.DENIED else ""

    # ── what hubs push ──

    async def _read_all(self, queue: asyncio.Queue[Push]) -> None:
        while True:
            push = await queue.get()
            try:
                outcome = await self._read(push)
            except StorageError as error:
                outcome = "not stored"
                logger.error("a push was not stored: {}", error)
            except Exception:  # noqa: BLE001 - the border of one push, as of one feed's poll
                outcome = "our error"
                logger.exception("a push: the monitor's own error")
            finally:
                self._waiting -= 1
                self._waiting_of -= Counter((push.token,))  # without those of whom nothing waits
                self._waiting_bytes -= len(push.body)
                queue.task_done()
            metrics.pushes.labels(outcome=outcome).inc()

    async def _read(self, push: Push) -> str:
        """What became of it."""
        one = await self._store.read(self._known, push.token)
        if one is None or one.state is not SubscriptionState.LIVE or one.lease_until_at is None:
            return "unexpected"
        is_signed = partial(websub.is_signed, push.signature, push.body, secret=one.secret)
        if not await asyncio.to_thread(is_signed):  # ten megabytes take a while
            await self._store.write(self._count, one.token, rejected=1)
            say = logger.debug if one.rejected else logger.warning
            say("feed {}: a push that its hub did not sign is ignored", one.feed_id)
            return "not signed"  # §7.1.2: acknowledged all the same, so that nobody can try secrets
        await self._store.write(self._count, one.token, pushed_at=self._now())
        feed = self._setup().config.feeds.get(one.feed_id)
        if feed is None or not feed.enabled:
            return "unexpected"
        try:
            response = await asyncio.to_thread(_response, push, one)
            plan = await self._poller.push(feed, response, lease_until_at=one.lease_until_at)
        except (FetchError, ParseError) as error:
            logger.debug("feed {}: what its hub pushed cannot be read: {}", feed.id, error)
            plan = None
        if plan is None:
            await self._store.write(self._hasten, feed.id)
            return "polled instead"
        logger.debug("feed {}: pushed: {} new, {} changed", feed.id, len(plan.new), len(plan.changed))
        return "read"

    def _count(self, token: str, *, rejected: int = 0, pushed_at: datetime | None = None) -> None:
        def counted(one: Subscription) -> Subscription:
            return replace(
                one,
                rejected=one.rejected + rejected,
                pushes=one.pushes + (pushed_at is not None),
                last_push_at=pushed_at or one.last_push_at,
            )

        with self._store.writing() as connection:
            subscriptions.change(connection, token, counted)

    def _hasten(self, feed_id: str) -> None:
        settings, now = self._setup().config.polling, self._now()
        with self._store.writing() as connection:
            state = feeds.states(connection, [feed_id])[feed_id]
            if soon := polling.hastened(state, settings=settings, now=now):
                feeds.save(connection, state, soon)


def _opened(feed_id: str, wish: HubOffer, base: str, now: datetime) -> Subscription:
    token = secrets.token_urlsafe(TOKEN_BYTES)
    return Subscription(
        token=token,
        feed_id=feed_id,
        hub=wish.hub,
        topic=wish.topic,
        callback=base + token,
        secret=secrets.token_urlsafe(TOKEN_BYTES),
        next_at=now,
    )


def _response(push: Push, one: Subscription) -> Response:
    """The push as if it had come from the topic. Raises FetchError where it cannot be inflated."""
    inflater = Inflater(push.content_encoding, limit_bytes=BODY_BYTES)
    for _ in inflater.feed(push.body):
        pass
    return Response(url=one.topic, body=inflater.finish(), content_type=push.content_type)


def _report(before: Subscription, after: Subscription) -> None:
    feed_id = after.feed_id
    match after.state:
        case SubscriptionState.DENIED:
            metrics.subscriptions.labels(step="denied").inc()
            logger.warning("feed {}: its hub will not push: {}", feed_id, after.last_error)
        case SubscriptionState.ENDING:
            metrics.subscriptions.labels(step="ended").inc()
            logger.info("feed {}: its hub pushes no more, as it was asked", feed_id)
        case _:
            metrics.subscriptions.labels(step="confirmed").inc()
            say = logger.debug if before.state is SubscriptionState.LIVE else logger.info
            say("feed {}: its hub pushes until {:%Y-%m-%d %H:%M} UTC", feed_id, after.lease_until_at)
