"""What is held and told in one message: quiet hours, busy hours, digests, pauses; through a whole monitor."""

import pytest
from house import House, item, posted, rss
from servers.web import WebServer, reply

from monitor.core.alerts.state import state_of
from monitor.model import AlertKind, AlertState, DeliveryState, Verdict

QUIET = item("Weather for the week", "Rain in the west.")


NEWS = (
    ("Cod quotas cut in Lisbon", "Ministers of fisheries rest herring and cod until spring."),
    ("Lunar miners share a crater", "Two probes will dig for ice near the pole."),
    ("Opera chorus walks out", "Singers in Milan want shorter evenings."),
    ("Robots sort the mail", "Parcels in Osaka meet no human hand."),
    ("Chess champion banned", "A phone was found in the hall."),
    ("Glacier path closed", "Walkers above Chamonix must turn around."),
)


def news(number: int, **keys: object) -> str:
    """Each tells a story of its own; the rule finds all of them."""
    title, text = NEWS[number]
    return item(title, f"{text} A declaration.", **keys)


def titles(*numbers: int) -> list[str]:
    return sorted(NEWS[number][0] for number in numbers)


@pytest.fixture
def paris(house, desk):
    house.rule("paris", "declaration")
    return house


class Wire:
    """A feed that says what a test puts on it."""

    def __init__(self, house: House, web: WebServer, feed_id: str = "wire") -> None:
        self.items = [QUIET]
        self._web, self._path = web, f"/{feed_id}"
        house.feed(feed_id, web.on(self._path, reply(200, rss(QUIET))))

    def say(self, *items: str) -> None:
        self.items = [*items, *self.items]
        self._web.on(self._path, reply(200, rss(*self.items)))


@pytest.fixture
def wire(paris, web):
    return Wire(paris, web)


def verdicts(house):
    return [decision.verdict for decision in house.decisions()]


def reasons(house):
    return [decision.reason for decision in house.decisions()]


def lines(message):
    return sorted(line["title"] for line in message["data"]["lines"])


async def test_what_comes_in_quiet_hours_is_one_message_when_they_end(paris, web, wire):
    paris.settings["alerting"]["quiet_hours"] = {"from": "20:30", "to": "07:00"}  # it is 20:00 in Paris
    async with paris.daemon() as daemon:
        await daemon.run_once()
        paris.clock.step(hours=1)
        wire.say(news(0), news(1))
        await daemon.run_once(every=True)
        assert posted(web) == []
        assert verdicts(paris) == [Verdict.HELD, Verdict.HELD]
        assert reasons(paris) == ["held until 07:00 (quiet hours)"] * 2
        assert {state_of([one]) for one in paris.deliveries()} == {AlertState.HELD}
        paris.clock.step(hours=9, minutes=59, seconds=59)
        await daemon.run_once(every=True)
        assert posted(web) == []
        paris.clock.step(seconds=1)
        await daemon.run_once(every=True)
        [message] = posted(web)
        await daemon.run_once(every=True)
    assert posted(web) == [message]
    assert message["type"] == "alert.summary"
    assert lines(message) == titles(0, 1)
    assert message["data"]["text"] == "In the quiet hours, since 21:00"
    assert [alert.kind for alert in paris.alerts()] == [AlertKind.NEW, AlertKind.NEW, AlertKind.SUMMARY]
    assert [one.state for one in paris.deliveries()] == [
        DeliveryState.SUMMARISED, DeliveryState.SUMMARISED, DeliveryState.SENT,
    ]  # fmt: skip
    assert {one.summary_id for one in paris.deliveries()} == {None, 3}
