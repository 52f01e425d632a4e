"""The whole way, from a feed on a server to a message on another, in one process."""

import pytest
from house import item, posted, rss
from servers.web import reply

from monitor.model import AlertKind, DeliveryState, Verdict

QUIET = item("Weather for the week", "Rain in the west, sun in the east.")
SIGNED = item(
    "Declaration signed in Paris",
    "Thirty-five countries signed the declaration at the palace on Tuesday evening.",
)


@pytest.fixture
def truce(house, desk):
    """A house whose rule waits for a declaration, and whose feed was polled before there was one."""
    house.rule("paris", "declaration")
    return house


async def test_a_new_matching_entry_is_told_once(truce, web):
    truce.feed("wire", web.on("/wire", reply(200, rss(QUIET)), reply(200, rss(SIGNED, QUIET))))
    async with truce.daemon() as daemon:
        await daemon.run_once()
        truce.clock.step(minutes=20)
        await daemon.run_once()
        truce.clock.step(minutes=20)
        await daemon.run_once()
    [message] = posted(web)
    assert message["data"]["reports"][0]["title"] == "Declaration signed in Paris"
    [alert] = truce.alerts()
    assert (alert.kind, alert.rules) == (AlertKind.NEW, ("paris",))
    assert [delivery.state for delivery in truce.deliveries()] == [DeliveryState.SENT]
    assert [decision.verdict for decision in truce.decisions()] == [Verdict.ALERTED]
