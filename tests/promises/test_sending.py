"""Senders side by side: one round at a time for each channel, and none is cut off by what befell another."""

import asyncio

import pytest
from house import item, rss
from servers.chat import TOKEN
from servers.telegram import Telegram
from servers.web import after, reply
from sqlalchemy import delete

from monitor.errors import StorageError
from monitor.model import DeliveryState
from monitor.store.alerts import ALERT
from monitor.store.outbox import DELIVERY

SIGNED = item("Declaration signed in Paris", "Thirty-five countries signed the declaration on Tuesday.")
HAKE = item("Fishing quotas: ministers adopt a declaration in Lisbon", "Cod and hake are to be spared.")


@pytest.fixture
def house(house):
    house.settings["alerting"] |= {"group_wait": "0s", "catch_up": "7d", "max_per_hour": 1000}
    house.rule("paris", "declaration")
    return house


async def test_a_channel_is_drained_once_at_a_time(house, web):
    """However many rounds begin at once: a second one would send beside the first, out of order."""
    house.channel("desk", type="webhook", url=web.on("/hook", reply(503), reply(503), reply(200)))
    house.feed("wire", web.on("/wire", reply(200, rss(SIGNED, HAKE))))
    async with house.daemon() as daemon:
        await daemon.run_once()
        web.most_busy = 0
        for _ in range(25):
            with house.store.writing() as connection:
                connection.execute(
                    DELIVERY.update().values(state=DeliveryState.PENDING, next_attempt_at=house.clock.at)
                )
            await asyncio.gather(*(daemon.deliverer.deliver() for _ in range(4)))
    assert web.most_busy == 1


async def test_an_error_in_one_send_orphans_no_other(house, web):
    answered = asyncio.Event()
    chats = {"type": "telegram", "server": web.url(""), "token": f"123456:{TOKEN}", "to": ["-1001", "-1002"]}
    house.channel("desk", **chats)
    web.elsewhere = reply(503)
    house.feed("wire", web.on("/wire", reply(200, rss(SIGNED, HAKE))))
    async with house.daemon() as daemon:
        await daemon.run_once()
        house.clock.step(hours=1)
        with house.store.writing() as connection:  # one alert for each chat; that of the first is damaged
            first, second = sorted({one.alert_id for one in house.deliveries()})
            for alert_id, recipient in ((first, "-1002"), (second, "-1001")):
                connection.execute(
                    delete(DELIVERY).where(DELIVERY.c.alert_id == alert_id, DELIVERY.c.recipient == recipient)
                )
            connection.execute(delete(ALERT).where(ALERT.c.id == first))
        web.elsewhere = after(answered, Telegram(chats={"-1002"}))
        web.arrived.clear()
        round_ = asyncio.create_task(daemon.deliverer.deliver())
        async with asyncio.timeout(60):
            await web.arrived.wait()
        await asyncio.sleep(0)
        assert not round_.done(), "the other message is still under way"
        answered.set()
        with pytest.raises(StorageError, match="is gone"):
            await round_
        states = {one.recipient: one.state for one in house.deliveries()}
        assert states == {"-1001": DeliveryState.LEASED, "-1002": DeliveryState.SENT}
