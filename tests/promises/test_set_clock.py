"""The clock is set while the monitor runs, or while it does not: nothing waits for a day, and nothing floods."""

from datetime import timedelta

import pytest
from house import item, posted, rss
from servers.web import reply

QUIET = item("Weather for the week", "Rain in the west, sun in the east.")
OTHERS = (
    (
        "Fishing quotas: ministers adopt a declaration in Lisbon",
        "Cod and hake are to be spared until spring.",
    ),
    ("Dockers end their strike with a declaration", "Gdansk unloads ships again on Monday."),
    ("No declaration at the glacier conference in Oslo", "Scientists left without a common text."),
)
"""Stories of their own."""
STEPS = [timedelta(hours=1), timedelta(days=1)]


def signed(house, where):
    return item(f"Declaration signed in {where}", f"It was signed in {where}.", published=house.clock.at)


@pytest.mark.parametrize("by", STEPS)
async def test_set_back_while_it_runs_it_polls_and_retries_when_it_would_have(house, desk, web, by):
    web.on("/hook", reply(503), reply(200))
    house.rule("paris", "declaration")
    house.feed("wire", web.on("/wire", reply(200, rss(QUIET))))
    async with house.daemon() as daemon:
        await daemon.run_once()
        house.clock.step(minutes=20)
        web.on("/wire", reply(200, rss(signed(house, "Paris"), QUIET)))
        await daemon.tick()
        await daemon.run_once()  # polled, sent, refused: it waits for its next attempt
        waits = house.deliveries()[0].next_attempt_at - house.clock.at
        asks = house.feed_state("wire").next_poll_at - house.clock.at
        house.clock.at -= by
        await daemon.tick()
        assert house.deliveries()[0].next_attempt_at - house.clock.at == waits
        assert house.feed_state("wire").next_poll_at - house.clock.at == asks
        house.clock.at += waits
        await daemon.run_once()
    assert len(posted(web)) == 2
    assert len({message["data"]["id"] for message in posted(web)}) == 1


@pytest.mark.parametrize("by", STEPS)
async def test_set_forward_it_sends_nothing_twice_and_no_flood(house, desk, web, by):
    house.rule("paris", "declaration")
    house.feed("wire", web.on("/wire", reply(200, rss(QUIET))))
    async with house.daemon() as daemon:
        await daemon.run_once()
        house.clock.step(minutes=20)
        web.on("/wire", reply(200, rss(signed(house, "Paris"), QUIET)))
        await daemon.run_once()
        house.clock.at += by
        await daemon.tick()
        others = [item(title, summary, published=house.clock.at) for title, summary in OTHERS]
        web.on("/wire", reply(200, rss(*others, QUIET)))
        await daemon.run_once(every=True)
        house.clock.step(hours=2)
        await daemon.run_once()
    ids = [message["data"]["id"] for message in posted(web)]
    assert len(ids) == len(set(ids))
    assert 2 <= len(ids) <= 4  # each for itself after an hour; after a day all in one summary
