"""The outbox's way to people: lease (gather), compose and send, mark (apply) after the acknowledgement.

Each channel has its own few senders, so that a slow one keeps nobody else waiting. A row is marked only after the
other side took the message: a crash in between repeats it, with the same id, and never loses it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeVar
from uuid import uuid4

from loguru import logger
from sqlalchemy import Connection

from monitor import metrics
from monitor.channels.base import OpenChannel
from monitor.config import Loaded
from monitor.core.alerts.compose import compose
from monitor.core.alerts.own_templates import TemplateFault, usable
from monitor.core.alerts.render import subject
from monitor.core.alerts.retry import GIVE_UP_AFTER, Dead, Retry, after_failure
from monitor.core.alerts.silences import muted, said
from monitor.core.alerts.waiting import waits_for, waits_note
from monitor.errors import ChannelError, ChannelReason, StorageError
from monitor.jobs.fleet import Fleet
from monitor.jobs.notes import note
from monitor.jobs.progress import Progress
from monitor.model import Message, Receipt, Silence
from monitor.store import alerts, messages, outbox, silences
from monitor.store.database import Store
from monitor.store.outbox import Lease, Stranded

_T = TypeVar("_T")

LEASE = timedelta(minutes=5)
"""Longer than any channel's own time limit: a lease runs out only where its holder died or hangs."""
SEND_LIMIT_S = 240.0
"""What a channel gets at most, whatever its own limits: less than the lease, so that its end can still be marked."""
MARK_TRIES = 5
"""Beside a database that another process locks each of them takes `BUSY_TIMEOUT_S`: half the lease, all together."""
MARK_PAUSE_S = 2.0
"""Between them, where the database refuses at once: a full disk, whose reserve the first try has released."""
SENDERS = 4
"""Recipients of a channel who are sent to at once, one message each: more than that one no crash repeats."""


class _ChannelGoneError(Exception):
    """The config has no such channel any more."""


class _LeaseGoneError(Exception):
    """Another process sends it: this one stood still for too long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Due:
    """What there is to send."""

    channels: list[str]
    missing: frozenset[str]
    """Channels that the config does not have."""
    rules_gone: frozenset[str]
    """Rules that the config does not have, and that some of it is for."""
    stranded: list[Stranded]
    """What cannot be sent for want of them, and does not say so yet."""


class Deliverer:
    """Sends what is due. One round at a time for each channel."""

    def __init__(
        self,
        *,
        store: Store,
        channels: Callable[[], Mapping[str, OpenChannel]],
        setup: Callable[[], Loaded],
        now: Callable[[], datetime],
        random: Callable[[], float],
        fleet: Fleet,
    ) -> None:
        """`channels` returns those of the config in force, by id."""
        self._store, self._channels, self._setup = store, channels, setup
        self._now, self._random, self._fleet = now, random, fleet
        self.progress = Progress(now)
        self._busy: set[str] = set()
        self._said: dict[str, date] = {}
        """What deliveries wait for to come back into the config, and when the operator was told last."""
        self._stopping = False

    def stop(self) -> None:
        """Nothing more is leased; what is under way goes on to its end."""
        self._stopping = True

    async def deliver(self) -> int:
        """How many messages were sent. Returns when nothing is due that this call could send.

        Raises StorageError, after all that was begun has ended: no send is cut off by what befell another.
        """
        due = await self._store.read(self._due)
        if due.stranded or any(day != self._now().date() for day in self._said.values()):
            await self._store.write(self._keep_waiting, due)
        free = [channel_id for channel_id in due.channels if channel_id not in self._busy]
        drains = [self._begin(channel_id, due.rules_gone) for channel_id in free]
        return sum(await _to_the_end(drains))

    def _begin(self, channel_id: str, rules_gone: Collection[str]) -> asyncio.Task[int]:
        """From here on the channel is busy until the task has ended, however it ends."""
        self._busy.add(channel_id)
        drain = asyncio.create_task(self._drain(channel_id, rules_gone), name=f"drain {channel_id}")
        drain.add_done_callback(lambda _: self._busy.discard(channel_id))
        return drain

    def _due(self) -> _Due:
        channels, rules, now = self._channels(), self._setup().config.rules, self._now()
        with self._store.reading() as connection:
            found = outbox.channels_with_due(connection, now)
            gone = outbox.rules_with_due(connection, now) - rules.keys() if found else set()
            missing = [channel_id for channel_id in found if channel_id not in channels]
            stranded = (
                outbox.stranded(connection, now, channels=missing, rules=gone) if missing or gone else []
            )
        return _Due(
            channels=[channel_id for channel_id in found if channel_id in channels],
            missing=frozenset(missing),
            rules_gone=frozenset(gone),
            stranded=stranded,
        )

    def _keep_waiting(self, due: _Due) -> None:
        """What has no channel or rule any more is kept until it comes back, says so, and the operator is told."""
        now, config = self._now(), self._setup().config
        with self._store.writing() as connection:
            rules = alerts.rules_of(connection, {one.alert_id for one in due.stranded})
            outbox.wait_for(
                connection,
                {
                    one.delivery_id: waits_for(
                        channel=one.channel if one.channel in due.missing else "",
                        rules=rules.get(one.alert_id, ()),
                    )
                    for one in due.stranded
                },
            )
            waiting = outbox.waiting(connection)
            for why, count in waiting.items():
                if self._said.get(why) != now.date():
                    text = waits_note(why, count)
                    logger.error("{}", text)
                    note(connection, text, key=f"{why} {now:%Y-%m-%d}", config=config, now=now)
        self._said = dict.fromkeys(waiting, now.date())

    async def _drain(self, channel_id: str, rules_gone: Collection[str]) -> int:
        """Everything that is due on one channel; what fails has a later time of its own and stops nothing."""
        sent = 0
        async with self._fleet.sending(channel_id) as is_ours:
            while (
                is_ours
                and not self._stopping
                and (leases := await self._store.write(self._lease, channel_id, rules_gone))
            ):
                sent += sum(
                    await _to_the_end([asyncio.ensure_future(self._deliver(held)) for held in leases])
                )
        return sent

    def _lease(self, channel_id: str, rules_gone: Collection[str]) -> list[Lease]:
        with self._store.writing() as connection:
            return outbox.lease(
                connection,
                self._now(),
                for_=LEASE,
                token=f"{self._fleet.id}{uuid4().hex}",
                channel=channel_id,
                limit=SENDERS,
                without_rules=rules_gone,
            )

    async def _deliver(self, held: Lease) -> bool:
        """Whether it was sent. Whatever goes wrong with one delivery is written down at that delivery."""
        try:
            composed = await self._store.read(self._message, held)
            if isinstance(composed, Silence):
                await self._store.write(self._hold_back, held, composed)
                return False
            usable_message = await self._usable(composed)
            await self._store.read(self._require_lease, held)
            receipt = await self._send(held, usable_message)
        except asyncio.CancelledError:
            await self._store.write(self._release, held)
            raise
        except _ChannelGoneError:
            await self._store.write(self._release, held)
            return False
        except _LeaseGoneError:
            logger.warning(
                "alert {} not sent to {}: another has it now", held.delivery.alert_id, _target(held)
            )
            return False
        except ChannelError as error:
            await self._store.write(self._failed, held, error)
            return False
        except StorageError:
            raise
        except Exception as error:  # noqa: BLE001 - the border of one delivery
            logger.exception("delivery {}: the monitor's own error", held.delivery.id)
            own = ChannelError(f"the monitor's own error: {error!r}", reason=ChannelReason.PROGRAM)
            await self._store.write(self._failed, held, own)
            return False
        else:
            await self._mark(held, receipt, subject(composed) if composed.first_in_thread else "")
            return True
        finally:
            self.progress.step()

    def _message(self, held: Lease) -> Message | Silence:
        """A silence where one keeps it waiting."""
        now = self._now()
        with self._store.reading() as connection:
            material = messages.material(connection, held.delivery)
            found = silences.listed(connection, ending_after=now)
        return muted(material, found, now=now) or compose(
            held.delivery, material, config=self._setup().config
        )

    def _require_lease(self, held: Lease) -> None:
        """Asked last of all: what stood still before this, as a stopped process does, sends nothing afterwards."""
        with self._store.reading() as connection:
            if not outbox.is_held(connection, held):
                raise _LeaseGoneError

    def _hold_back(self, held: Lease, silence: Silence) -> None:
        with self._store.writing() as connection:
            outbox.hold_back(connection, held, until=silence.until_at, silence_id=silence.id)
        metrics.deliveries.labels(channel_type=self._type(held), outcome="silenced").inc()
        logger.info(
            "alert {} not sent to {} before {:%Y-%m-%d %H:%M} UTC: {}",
            held.delivery.alert_id,
            _target(held),
            silence.until_at,
            said(silence),
        )

    async def _usable(self, composed: Message) -> Message:
        """By the shipped templates where the user's fail on it: of that the operator is told."""
        message, fault = await self._store.read(usable, composed)
        if fault is not None:
            await self._store.write(self._note_template, fault, self._now())
        return message

    def _note_template(self, fault: TemplateFault, now: datetime) -> None:
        """The operator hears of each mistake once; the message goes out all the same."""
        text = (
            f"Template {fault.name} failed on a message, which was sent by the shipped one.\n"
            f"templates/{fault.name}:{fault.line}: {fault.message}"
        )
        logger.error("{}", text)
        with self._store.writing() as connection:
            config = self._setup().config
            note(connection, text, key=f"template {fault}", config=config, now=now)

    async def _send(self, held: Lease, message: Message) -> Receipt:
        channel = self._channels().get(held.delivery.channel)
        if channel is None:  # taken out of the config since it was leased
            raise _ChannelGoneError
        try:
            async with asyncio.timeout(SEND_LIMIT_S):
                return await channel.send(message, recipient=held.delivery.recipient)
        except TimeoutError as error:
            raise ChannelError(
                f"no end after {SEND_LIMIT_S:.0f} s; it may have arrived", reason=ChannelReason.UNKNOWN
            ) from error

    async def _mark(self, held: Lease, receipt: Receipt, its_subject: str) -> None:
        """What was taken is stored as sent, if need be at a later try: else it would be sent again.

        Raises StorageError where the database takes nothing for too long: then it is repeated, with the same id.
        """
        for _ in range(MARK_TRIES - 1):
            try:
                return await self._store.write(self._sent, held, receipt, its_subject)
            except StorageError as error:
                logger.warning("delivery {}: sent, which is not stored yet: {}", held.delivery.id, error)
            if not self._stopping:
                await asyncio.sleep(MARK_PAUSE_S)
        return await self._store.write(self._sent, held, receipt, its_subject)

    def _sent(self, held: Lease, receipt: Receipt, its_subject: str) -> None:
        now = self._now()
        with self._store.writing() as connection:
            if not outbox.mark_sent(
                connection, held, now=now, reply_to=receipt.reply_to, subject=its_subject
            ):
                logger.warning(
                    "delivery {}: sent after its lease ran out: it may come twice", held.delivery.id
                )
        metrics.deliveries.labels(channel_type=self._type(held), outcome="sent").inc()
        metrics.delivery_lag.observe(max(0.0, (now - held.delivery.next_attempt_at).total_seconds()))
        logger.info(
            "alert {} sent to {} ({})", held.delivery.alert_id, _target(held), receipt.detail or "taken"
        )

    def _failed(self, held: Lease, error: ChannelError) -> None:
        now = self._now()
        verdict = after_failure(
            error,
            attempts=held.delivery.attempts,
            first_attempt_at=held.first_attempt_at,
            now=now,
            jitter=self._random(),
        )
        match verdict:
            case Retry(at=at, needs_somebody=needs_somebody):
                with self._store.writing() as connection:
                    outbox.mark_failed(connection, held, retry_at=at, error=str(error))
                    if needs_somebody:
                        self._ask_for_help(connection, held, error, now)
                logger.warning(
                    "alert {} not sent to {}: {} (next try {:%H:%M:%S} UTC)",
                    held.delivery.alert_id,
                    _target(held),
                    error,
                    at,
                )
            case Dead(reason=reason):
                self._dead(held, reason, now)
        metrics.deliveries.labels(channel_type=self._type(held), outcome=str(error.reason)).inc()

    def _ask_for_help(self, connection: Connection, held: Lease, error: ChannelError, now: datetime) -> None:
        """A note to the operator on another channel: once a day for each channel, however much waits for it."""
        channel = held.delivery.channel
        note(
            connection,
            f"The channel {channel} refuses the monitor's login: {error}\n"
            f"Alerts for it are kept and tried again for {GIVE_UP_AFTER.days} days. When the login works again, "
            f"`monitor channels test {channel}` shows it.",
            key=f"login {channel} {now:%Y-%m-%d}",
            config=self._setup().config,
            now=now,
            except_channel=channel,
        )

    def _dead(self, held: Lease, reason: str, now: datetime) -> None:
        """Given up: visible in `monitor alerts`; one note a recipient and day to the operator, on another channel."""
        delivery = held.delivery
        with self._store.writing() as connection:
            if outbox.mark_dead(connection, held, error=reason):
                note(
                    connection,
                    f"Alert {delivery.alert_id} could not be sent to {_target(held)}: {reason}\n"
                    f"`monitor alerts retry {delivery.alert_id}` sends it again. What else fails there today comes "
                    "without a note: `monitor alerts list` shows it.",
                    key=f"dead {_target(held)} {now:%Y-%m-%d}",
                    config=self._setup().config,
                    now=now,
                    except_channel=delivery.channel,
                )
        logger.error(
            "alert {} given up for {}: {} (`monitor alerts retry {}` sends it again)",
            delivery.alert_id,
            _target(held),
            reason,
            delivery.alert_id,
        )

    def _release(self, held: Lease) -> None:
        with self._store.writing() as connection:
            outbox.release(connection, held, now=self._now())

    def _type(self, held: Lease) -> str:
        channel = self._setup().config.channels.get(held.delivery.channel)
        return channel.type if channel else "missing"


def _target(held: Lease) -> str:
    delivery = held.delivery
    return f"{delivery.channel} <{delivery.recipient}>" if delivery.recipient else delivery.channel


async def _to_the_end(tasks: Sequence[asyncio.Future[_T]]) -> list[_T]:
    """What they return, when the last has ended. Then raises what the first of those raised that failed."""
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
    return [outcome for outcome in outcomes if not isinstance(outcome, BaseException)]
