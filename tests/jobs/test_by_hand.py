"""What a person asks of a stored entry: it is told, once, whatever kept it back."""

from datetime import timedelta

import pytest
from house import SUMMIT, posted, rss
from servers.web import reply
from strikes import QUIET, STRIKE, strike

from monitor.cli import exit_code
from monitor.jobs import by_hand
from monitor.jobs.by_hand import CannotBeDone
from monitor.model import DeliveryState, Verdict
from monitor.store import outbox, silences

DAY = timedelta(days=1)


@pytest.fixture
def docks(house, desk):
    house.settings["alerting"] |= {"group_wait": "0s"}
    house.rule("docks", "dockers OR докеры OR 労働者 OR عمال")
    house.rule("fines", "fine* OR штраф*")
    return house


async def polled(house, web, *items, feed="wire"):
    """One pass, twenty minutes after the last."""
    house.clock.step(minutes=20)
    house.feed(feed, web.on(f"/{feed}", reply(200, rss(*items))))
    async with house.daemon() as daemon:
        await daemon.run_once(every=True)
        await daemon.run_once()


async def sent(house):
    """What is due goes out."""
    house.clock.step(seconds=1)
    async with house.daemon() as daemon:
        await daemon.deliverer.deliver()


def id_of(house, guid):
    return next(one.id for one in house.entries() if one.guid == guid)


def verdict(house, entry_id, rule="docks"):
    [found] = [
        one.verdict for one in house.decisions() if (one.entry_id, one.match.rule_id) == (entry_id, rule)
    ]
    return found


def tell(house, entry_id, rule="docks"):
    return by_hand.tell(house.store, house.load(), entry_id, rule, now=house.clock.at)


def run(house, *arguments):
    assert exit_code(["--config", str(house.folder), "--state", str(house.state), *arguments]) == 0


async def was_there(house, web):
    await polled(house, web, QUIET, strike("en"))
    return Verdict.BASELINE


async def too_old(house, web):
    await polled(house, web, QUIET)
    house.clock.step(days=30)
    house.settings["alerting"] |= {"max_age": "7d"}
    await polled(house, web, QUIET, strike("en", published=SUMMIT + 10 * DAY))
    return Verdict.TOO_OLD


async def silenced(house, web):
    """A person's word stands against a person's word: it waits, and that is said."""
    await polled(house, web, QUIET)
    arguments = ["silence", "add", "--rule", "docks", "--until", "2027-01-01", "--comment", "enough"]
    arguments += ["--from", "2026-01-01"]
    run(house, *arguments)
    await polled(house, web, QUIET, strike("en", published=house.clock.at))
    return Verdict.SILENCED


KEPT_BACK = {"it was there before": was_there, "it is too old": too_old, "a silence holds": silenced}


@pytest.mark.parametrize("kept_back", KEPT_BACK.values(), ids=KEPT_BACK)
async def test_what_was_kept_back_is_told_once(docks, web, kept_back):
    why = await kept_back(docks, web)
    entry_id = id_of(docks, "en")
    assert (verdict(docks, entry_id), posted(web)) == (why, [])
    done = tell(docks, entry_id)
    if done.silence is not None:
        assert verdict(docks, entry_id) is Verdict.ALERTED
        await sent(docks)
        assert posted(web) == []
        with docks.store.writing() as connection:
            silences.expire(connection, done.silence, docks.clock.at)
            outbox.end_silence(connection, done.silence, now=docks.clock.at)
    again = tell(docks, entry_id)
    assert (done.already, again.already, again.alert_id) == (False, True, done.alert_id)
    assert verdict(docks, entry_id) is Verdict.ALERTED
    await sent(docks)
    await sent(docks)
    [message] = posted(web)
    assert message["data"]["reports"][0]["title"] == STRIKE["en"][0]
    [decision] = [one for one in docks.decisions() if one.entry_id == entry_id]
    assert decision.reason.startswith(f"told by hand; before: {why}")


@pytest.mark.parametrize("kept_back", KEPT_BACK.values(), ids=KEPT_BACK)
async def test_telling_is_taken_back_and_all_is_as_before(docks, web, kept_back):
    why = await kept_back(docks, web)
    entry_id = id_of(docks, "en")
    [before] = [one for one in docks.decisions() if one.entry_id == entry_id]
    tell(docks, entry_id)
    assert by_hand.untell(docks.store, entry_id, "docks") == before
    assert [one for one in docks.decisions() if one.entry_id == entry_id] == [before]
    await sent(docks)
    assert (verdict(docks, entry_id), posted(web)) == (why, [])
    with pytest.raises(CannotBeDone, match="was not told by hand"):
        by_hand.untell(docks.store, entry_id, "docks")
    again = tell(docks, entry_id)
    assert not again.already, "it can be told after all"


async def test_what_is_told_after_telling_was_taken_back_is_told_as_the_first(docks, web):
    await polled(docks, web, QUIET)
    await polled(docks, web, QUIET, strike("en", published=docks.clock.at))
    entry_id = id_of(docks, "en")
    before = len(posted(web))
    tell(docks, entry_id, rule="fines")
    assert by_hand.untell(docks.store, entry_id, "fines") is None
    tell(docks, entry_id, rule="fines")
    await sent(docks)
    assert len(posted(web)) == before + 1
    with pytest.raises(CannotBeDone, match="is sent"):
        by_hand.untell(docks.store, entry_id, "fines")


@pytest.mark.parametrize("code", STRIKE)
async def test_what_no_rule_found_is_told(docks, web, code):
    """It opens a story, which later reports join."""
    await polled(docks, web, QUIET)
    await polled(docks, web, QUIET, strike(code, published=docks.clock.at))
    before, entry_id = len(posted(web)), id_of(docks, code)
    done = tell(docks, entry_id, rule="fines")
    await sent(docks)
    message = posted(web)[before:]
    assert [one["data"]["reports"][0]["title"] for one in message] == [STRIKE[code][0]]
    [entry] = [one for one in docks.entries() if one.id == entry_id]
    assert entry.story_id is not None
    assert tell(docks, entry_id, rule="fines").alert_id == done.alert_id


async def test_nothing_that_holds_alerts_holds_what_is_told_by_hand(docks, web):
    docks.settings["alerting"] |= {"quiet_hours": {"from": "00:00", "to": "23:59"}, "max_per_hour": 1}
    await polled(docks, web, QUIET, *map(strike, STRIKE))
    for code in STRIKE:
        tell(docks, id_of(docks, code))
    assert {one.state for one in docks.deliveries()} == {DeliveryState.PENDING}
    await sent(docks)
    assert len(posted(web)) >= 1


async def test_a_told_story_is_updated_in_its_thread(docks, web):
    """The second outlet's words are the same: it was kept back as told. By hand it comes as an update."""
    await polled(docks, web, QUIET)
    await polled(docks, web, QUIET, feed="other")
    await polled(docks, web, QUIET, strike("en", published=docks.clock.at))
    first = posted(web)
    await polled(docks, web, QUIET, strike("en", published=docks.clock.at), feed="other")
    copy = next(one for one in docks.entries() if one.copy_of is not None)
    assert (verdict(docks, copy.id), len(posted(web))) == (Verdict.COPY, 1)
    tell(docks, copy.id)
    await sent(docks)
    update = posted(web)[1]
    assert update["type"] == "alert.update"
    assert update["data"]["thread_id"] == first[0]["data"]["thread_id"]


async def test_what_comes_after_is_compared_with_what_was_told_by_hand(docks, web):
    await was_there(docks, web)
    tell(docks, id_of(docks, "en"))
    await sent(docks)
    await polled(docks, web, QUIET, feed="other")
    await polled(docks, web, QUIET, strike("en", published=docks.clock.at), feed="other")
    assert len(posted(web)) == 1


@pytest.mark.parametrize("arguments", [("99999", "docks"), ("1", "docs")])
async def test_what_is_not_there_cannot_be_told(docks, web, arguments):
    await was_there(docks, web)
    entry_id, rule = arguments
    with pytest.raises(CannotBeDone, match="there is no"):
        tell(docks, int(entry_id), rule)
    assert docks.alerts() == []


async def test_the_command_says_what_became_of_it(docks, web, capsys):
    await was_there(docks, web)
    entry_id = str(id_of(docks, "en"))
    run(docks, "alerts", "tell", entry_id, "docks")
    out, err = capsys.readouterr()
    assert "alert 1: Dockers walk out" in out
    assert "no daemon runs: `monitor run` or `monitor run --once` sends it" in err
    run(docks, "alerts", "tell", entry_id, "docks")
    assert "told already: `monitor alerts show 1`" in capsys.readouterr().out
