"""What a person says of copies and stories: what was kept back is told, and nothing that comes later undoes it."""

import pytest
from house import item, posted, rss
from servers.web import reply
from strikes import QUIET, STRIKE, strike

from monitor.cli import exit_code
from monitor.jobs import by_hand
from monitor.jobs.by_hand import CannotBeDone
from monitor.model import Mark, Verdict
from monitor.store import labels

FEEDS = ("wire", "other", "third")


@pytest.fixture
async def docks(house, desk, web):
    """Three feeds, polled once, by a daemon that stays."""
    house.settings["alerting"] |= {"group_wait": "0s"}
    house.rule("docks", "dockers OR докеры OR 労働者 OR عمال")
    for feed in FEEDS:
        house.feed(feed, web.on(f"/{feed}", reply(200, rss(QUIET))))
    async with house.daemon() as daemon:
        await daemon.run_once(every=True)
        house.polls = daemon
        yield house


async def polled(house, web, feed, *items):
    """The feed brings them, twenty minutes later."""
    house.clock.step(minutes=20)
    web.on(f"/{feed}", reply(200, rss(QUIET, *items)))
    await house.polls.run_once(every=True)


def run(house, *arguments):
    assert exit_code(["--config", str(house.folder), "--state", str(house.state), *arguments]) == 0


async def sent(house):
    house.clock.step(seconds=1)
    await house.polls.deliverer.deliver()


def entry_in(house, feed):
    [found] = [one for one in house.entries() if one.feed_id == feed and one.story_id]
    return found


def no_copy(house, entry_id):
    return by_hand.no_copy(house.store, house.load(), entry_id, said_by="command", now=house.clock.at)


def split(house, entry_id):
    return by_hand.split(house.store, house.load(), entry_id, said_by="command", now=house.clock.at)


def verdict(house, entry_id):
    [found] = [one.verdict for one in house.decisions() if one.entry_id == entry_id]
    return found


async def told_twice(docks, web, code):
    """One outlet's report was told; another's, with the same words, was kept back."""
    await polled(docks, web, "wire", strike(code, published=docks.clock.at))
    await polled(docks, web, "other", strike(code, published=docks.clock.at))
    first, second = entry_in(docks, "wire"), entry_in(docks, "other")
    assert verdict(docks, second.id) in {Verdict.COPY, Verdict.JOINED_STORY}
    assert len(posted(web)) == 1
    return first, second


AGAIN = {"en": ("Dockers walk out", ""), "fr": ("Valmare : dockers en grève", ""), "ru": STRIKE["ru"]}
"""Too little for a proven copy, and nothing new."""


async def retold(docks, web, code):
    """One outlet's report was told; another's, which is no proven copy, was kept back."""
    title, text = AGAIN[code]
    await polled(docks, web, "wire", strike(code, published=docks.clock.at))
    await polled(docks, web, "other", item(title, text, guid="again", published=docks.clock.at))
    first, second = entry_in(docks, "wire"), entry_in(docks, "other")
    assert (second.copy_of, verdict(docks, second.id), len(posted(web))) == (None, Verdict.JOINED_STORY, 1)
    return first, second


@pytest.mark.parametrize("code", STRIKE)
async def test_what_is_no_copy_is_told_in_its_storys_thread_and_once(docks, web, code):
    first, second = await told_twice(docks, web, code)
    done = no_copy(docks, second.id)
    assert [alert.kind for alert in done.alerts] == ["update"]
    await sent(docks)
    one, two = posted(web)
    assert two["data"]["thread_id"] == one["data"]["thread_id"]
    now = entry_in(docks, "other")
    assert (now.copy_of, now.story_id) == (None, first.story_id)
    assert no_copy_again_fails(docks, second.id)


def no_copy_again_fails(house, entry_id):
    with pytest.raises(CannotBeDone, match=r"`monitor alerts tell \d+ RULE` tells it all the same"):
        no_copy(house, entry_id)
    return True


@pytest.mark.parametrize("code", STRIKE)
async def test_a_split_report_is_told_in_a_thread_of_its_own(docks, web, code):
    first, second = await told_twice(docks, web, code)
    done = split(docks, second.id)
    assert ([alert.kind for alert in done.alerts], done.was) == (["new"], first.story_id)
    await sent(docks)
    one, two = posted(web)
    assert two["data"]["thread_id"] != one["data"]["thread_id"]
    assert entry_in(docks, "other").story_id != entry_in(docks, "wire").story_id


@pytest.mark.parametrize("code", AGAIN)
async def test_where_the_told_report_is_split_off_the_other_is_told(docks, web, code):
    """The first message was about what is a story of its own now, and its thread goes with it."""
    first, second = await retold(docks, web, code)
    done = split(docks, first.id)
    assert [(alert.kind, alert.entry_id) for alert in done.alerts] == [("new", second.id)]
    await sent(docks)
    one, two = posted(web)
    assert two["data"]["thread_id"] != one["data"]["thread_id"]
    [old] = [alert for alert in docks.alerts() if alert.entry_id == first.id]
    assert old.story_id == entry_in(docks, "wire").story_id != entry_in(docks, "other").story_id


@pytest.mark.parametrize("code", ["en", "fr", "ar"])
async def test_a_copy_of_a_split_report_follows_it(docks, web, code):
    _, second = await told_twice(docks, web, code)
    split(docks, second.id)
    await sent(docks)
    await polled(docks, web, "third", strike(code, published=docks.clock.at))
    third = entry_in(docks, "third")
    assert (third.copy_of, third.story_id) == (second.id, entry_in(docks, "other").story_id)
    assert len(posted(web)) == 2


async def nothing(docks, web):
    await polled(docks, web, "third")


async def an_edit(docks, web):
    title, text = STRIKE["en"]
    edited = strike("en", published=docks.clock.at).replace(text, f"{text} They went home.")
    await polled(docks, web, "other", edited.replace(title, f"{title} again"))


async def a_copy(docks, web):
    await polled(docks, web, "third", strike("en", published=docks.clock.at))


async def a_report_that_tells_both(docks, web):
    title, text = STRIKE["en"]
    more = strike("en", published=docks.clock.at).replace(text, f"{text} {title}. Ships wait at Tilmouth.")
    await polled(docks, web, "third", more)


async def days(docks, web):
    docks.clock.step(days=3)
    await polled(docks, web, "third")


LATER = {
    one.__name__.replace("_", " "): one for one in (nothing, an_edit, a_copy, a_report_that_tells_both, days)
}


@pytest.mark.parametrize("comes", LATER.values(), ids=LATER)
async def test_nothing_that_comes_later_undoes_a_split(docks, web, comes):
    _, second = await told_twice(docks, web, "en")
    split(docks, second.id)
    apart = entry_in(docks, "other").story_id
    await comes(docks, web)
    assert entry_in(docks, "other").story_id == apart != entry_in(docks, "wire").story_id
    assert entry_in(docks, "other").copy_of is None


@pytest.mark.parametrize("comes", LATER.values(), ids=LATER)
async def test_nothing_that_comes_later_makes_a_copy_of_what_is_none(docks, web, comes):
    _, second = await told_twice(docks, web, "en")
    no_copy(docks, second.id)
    await comes(docks, web)
    assert entry_in(docks, "other").copy_of is None


async def test_a_split_is_taken_back_and_what_was_told_stays_told(docks, web):
    first, second = await told_twice(docks, web, "en")
    made = split(docks, second.id).alerts
    await sent(docks)
    done = by_hand.unsplit(docks.store, docks.load(), second.id, now=docks.clock.at)
    assert (done.entry.story_id, [one.id for one in done.alerts]) == (
        first.story_id,
        [one.id for one in made],
    )
    await polled(docks, web, "third", strike("en", published=docks.clock.at))
    assert {one.story_id for one in docks.entries() if one.guid == "en"} == {first.story_id}
    assert len(posted(web)) == 2
    with docks.reading() as connection:
        assert labels.listed(connection) == []


async def test_that_it_is_no_copy_is_taken_back(docks, web):
    first, second = await told_twice(docks, web, "en")
    no_copy(docks, second.id)
    done = by_hand.copy_again(docks.store, second.id)
    assert (done.was, entry_in(docks, "other").copy_of, len(done.alerts)) == (first.id, first.id, 1)
    with docks.reading() as connection:
        assert labels.listed(connection) == []


async def test_the_word_is_kept_as_a_label(docks, web):
    first, second = await told_twice(docks, web, "en")
    no_copy(docks, second.id)
    split(docks, second.id)
    with docks.reading() as connection:
        found = {(one.mark, one.entry_id, one.other_id) for one in labels.listed(connection)}
    assert found == {(Mark.NOT_A_COPY, second.id, first.id), (Mark.SPLIT, second.id, first.story_id)}


async def test_what_cannot_be_split_is_refused_with_the_reason(docks, web):
    await polled(docks, web, "wire", strike("en", published=docks.clock.at))
    weather = next(one for one in docks.entries() if one.guid == "weather")
    with pytest.raises(CannotBeDone, match="is in no story"):
        split(docks, weather.id)
    with pytest.raises(CannotBeDone, match=r"entry 4 is all that story 1 has$"):
        split(docks, entry_in(docks, "wire").id)
    with pytest.raises(CannotBeDone, match="there is no entry 999"):
        split(docks, 999)
    await polled(docks, web, "other", strike("en", published=docks.clock.at))
    with pytest.raises(CannotBeDone, match=r"its copies can be split from it: 5$"):
        split(docks, entry_in(docks, "wire").id)
    with pytest.raises(CannotBeDone, match="was never said to be of another story"):
        by_hand.unsplit(docks.store, docks.load(), weather.id, now=docks.clock.at)
    with pytest.raises(CannotBeDone, match="was never said to be no copy"):
        by_hand.copy_again(docks.store, weather.id)


async def test_the_commands_say_what_is_told_for_it(docks, web, capsys):
    _, second = await told_twice(docks, web, "en")
    for command in (("entries", "not-a-copy"), ("stories", "split")):
        capsys.readouterr()
        run(docks, *command, str(second.id))
        out, err = capsys.readouterr()
        assert STRIKE["en"][0] in out
        assert ("alert 2: update of story 1 for docks" in out) == ("no daemon runs" in err)
        run(docks, *command, str(second.id), "--undo")
        assert "alert 2 stays: `monitor alerts drop 2`" in capsys.readouterr().err
