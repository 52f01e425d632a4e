"""What is stored stays within bounds: what was told stays told, what went is no news when it comes back."""

import threading
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from house import item, posted, rss
from servers.web import reply
from sqlalchemy import func, select

from monitor.cli import exit_code
from monitor.core.text.seeking import Phrase
from monitor.jobs.notes import note
from monitor.jobs.prune import beside, is_time, keep_within
from monitor.model import Retention, Verdict
from monitor.store import pages, retention, words
from monitor.store.entries import MATCH
from monitor.store.retention import NEWEST, prune
from monitor.store.sql import table
from monitor.store.tables import EntryRow, StoryRow, ToldRow, TombstoneRow

FREE = Retention(age=timedelta(0), entries=0, bytes=0, feed_entries=0, feed_bytes=0)
MANY = 200
WORDS = [
    "amber",
    "birch",
    "cedar",
    "dune",
    "ember",
    "fjord",
    "grove",
    "heath",
    "inlet",
    "juniper",
    "kelp",
    "larch",
    "moss",
    "nettle",
    "osprey",
]


@pytest.fixture
def house(house, desk, web):
    house.settings["alerting"] |= {"group_wait": "0s", "max_per_hour": 1000}
    house.rule("paris", "declaration", updates="none")
    house.feed("wire", web.url("/wire"))
    return house


def weather(first, count, at, *, text="Rain in the west"):
    return [
        item(f"Weather of day {number}", f"{text}, {number} mm.", guid=f"w{number}", published=at)
        for number in range(first, first + count)
    ]


def treaty(number, at):
    word = WORDS[number % len(WORDS)]
    return item(
        f"{word.title()} declaration {number} signed",
        f"The {word} talks ended.",
        guid=f"t{number}",
        published=at,
    )


async def poll(house, web, *items, path="/wire"):
    house.clock.step(minutes=20)
    web.on(path, reply(200, rss(*items)))
    async with house.daemon() as daemon:
        await daemon.run_once(every=True)
        await daemon.run_once()


async def a_year_ago(house, web):
    """A baseline of `MANY`, one of which matches; a told, a silenced and a dull one; then a year and new ones."""
    at = house.clock.at
    old = [*weather(0, MANY, at), treaty(0, at)]
    await poll(house, web, *old)
    await poll(house, web, *old, treaty(1, house.clock.at), *weather(MANY, 1, house.clock.at))
    house.clock.step(days=400)
    await poll(house, web, *weather(5_000, NEWEST, house.clock.at))
    house.clock.step(days=3)


def stored(house):
    with house.reading() as connection:
        return set(connection.execute(select(table(EntryRow).c.guid)).scalars())


def count(house, row):
    with house.reading() as connection:
        return connection.execute(select(func.count()).select_from(table(row))).scalar_one()


async def test_what_is_too_old_goes_and_what_was_told_stays(house, web):
    await a_year_ago(house, web)
    told = count(house, ToldRow)
    pruned = prune(house.store, FREE_BUT_AGE, now=house.clock.at)
    assert stored(house) == {"t1", *(f"w{number}" for number in range(5_000, 5_000 + NEWEST))}
    assert (pruned.entries, pruned.stored, pruned.ended) == (MANY + 2, NEWEST + 1, True)
    assert count(house, TombstoneRow) == MANY + 2
    assert (count(house, ToldRow), count(house, StoryRow)) == (told, 1)
    with house.reading() as connection:
        assert words.find(connection, Phrase("rain")) != []
        assert words.find(connection, Phrase("amber")) == []
    assert prune(house.store, FREE_BUT_AGE, now=house.clock.at).entries == 0


FREE_BUT_AGE = Retention(age=timedelta(days=365), entries=0, bytes=0, feed_entries=0, feed_bytes=0)


async def test_what_went_is_no_news_when_the_feed_brings_it_again(house, web):
    await a_year_ago(house, web)
    sent = len(posted(web))
    assert sent == 1
    prune(house.store, FREE_BUT_AGE, now=house.clock.at)
    at = house.clock.at
    again = [*weather(0, MANY, at), treaty(0, at), treaty(1, at)]
    await poll(house, web, *again)
    await poll(house, web, *again)
    assert len(posted(web)) == sent
    assert len(stored(house)) == NEWEST + 1
    await poll(house, web, *again, treaty(2, house.clock.at))
    assert [message["data"]["story"]["title"] for message in posted(web)[sent:]] == [
        "Cedar declaration 2 signed"
    ]


BOUNDS = {
    "none": (FREE, 2 * MANY),
    "entries of a feed": (
        Retention(age=timedelta(0), entries=0, bytes=0, feed_entries=150, feed_bytes=0),
        300,
    ),
    "entries in all": (Retention(age=timedelta(0), entries=250, bytes=0, feed_entries=0, feed_bytes=0), 250),
    "bytes of a feed": (
        Retention(age=timedelta(0), entries=0, bytes=0, feed_entries=0, feed_bytes=MANY * 1_600),
        None,
    ),
    "bytes in all": (
        Retention(age=timedelta(0), entries=0, bytes=MANY * 2_400, feed_entries=0, feed_bytes=0),
        None,
    ),
    "less than the newest of each feed": (
        Retention(age=timedelta(0), entries=1, bytes=1, feed_entries=1, feed_bytes=1),
        2 * NEWEST,
    ),
}


@pytest.mark.parametrize("case", BOUNDS.values(), ids=BOUNDS)
async def test_each_bound_holds_and_the_oldest_go(house, web, case):
    limits, left = case
    house.feed("ledger", web.url("/ledger"))
    at = house.clock.at
    web.on("/ledger", reply(200, rss(*weather(10_000, MANY, at, text="Sun " * 500))))
    await poll(house, web, *weather(0, MANY, at, text="Snow " * 400))
    house.clock.step(days=3)
    would = prune(house.store, limits, now=house.clock.at, dry_run=True)
    assert count(house, EntryRow) == 2 * MANY
    done = prune(house.store, limits, now=house.clock.at)
    assert count(house, EntryRow) == done.stored == 2 * MANY - done.entries
    assert would.entries == done.entries
    if left is not None:
        assert done.stored == left
    else:
        assert 2 * NEWEST < done.stored < 2 * MANY
        assert size(house) <= max(limits.bytes, 2 * limits.feed_bytes)
    with house.reading() as connection:
        entry = table(EntryRow)
        for feed_id in ("wire", "ledger"):
            ids = connection.execute(select(entry.c.id).where(entry.c.feed_id == feed_id)).scalars().all()
            assert max(ids) - min(ids) + 1 == len(ids), "a gap: not the oldest went"
    assert prune(house.store, limits, now=house.clock.at).entries == 0


OWN = {
    "age": ({"age": "14d"}, NEWEST),
    "entries": ({"entries": 150}, 150),
    "size": ({"size": "200 KiB"}, 80),
    "none, where all others have one": ({"age": 0, "entries": 0, "size": 0}, MANY),
}


@pytest.mark.parametrize("case", OWN.values(), ids=OWN)
async def test_a_feeds_own_bounds_are_its_alone(house, web, case):
    own, left = case
    others = {"age": "14d"} if left == MANY else {"age": 0}
    house.settings["retention"] = {"entries": 0, "size": 0, "feed_entries": 0, "feed_size": 0, **others}
    house.feed("wire", web.url("/wire"), retention=own)
    house.feed("ledger", web.url("/ledger"))
    at = house.clock.at
    web.on("/ledger", reply(200, rss(*weather(10_000, MANY, at, text="Sun " * 375))))
    await poll(house, web, *weather(0, MANY, at, text="Hail " * 300))
    house.clock.step(days=20)
    config = house.load().config
    prune(house.store, config.retention, now=house.clock.at, **beside(config))
    with house.reading() as connection:
        feed_ids = connection.execute(select(table(EntryRow).c.feed_id)).scalars().all()
    assert abs(feed_ids.count("wire") - left) <= (5 if "size" in own else 0)
    assert feed_ids.count("ledger") == (NEWEST if left == MANY else MANY)


async def test_what_went_is_forgotten_once_its_own_date_keeps_it_from_being_told(house, web):
    """And nothing of it is told when it comes back all the same; what has no date is known for ever."""
    house.settings["alerting"]["catch_up"] = "7d"
    at = house.clock.at
    await poll(house, web, *weather(0, 1, at))
    undated = item("Weather without a date", guid="undated", published=None)
    old = [treaty(2, at), undated, *weather(1, MANY, at)]
    limits = replace(FREE_BUT_AGE, remembered=timedelta(days=365))
    house.settings["alerting"]["max_age"] = "1m"  # it was too old when it came
    house.clock.step(days=2)
    await poll(house, web, *old)
    house.settings["alerting"]["max_age"] = "7d"
    assert not [one for one in posted(web) if "Cedar" in str(one)]
    house.clock.step(days=400)
    await poll(house, web, *weather(5_000, NEWEST, house.clock.at))
    house.clock.step(days=3)
    max_age = timedelta(days=7)
    prune(house.store, limits, now=house.clock.at, max_age=max_age)
    buried = count(house, TombstoneRow)
    assert buried > MANY
    house.clock.step(days=364)
    prune(house.store, limits, now=house.clock.at, max_age=max_age)
    assert count(house, TombstoneRow) == buried
    house.clock.step(days=2)
    prune(house.store, replace(limits, remembered=timedelta(0)), now=house.clock.at, max_age=max_age)
    prune(house.store, limits, now=house.clock.at, max_age=timedelta(days=10_000))
    assert count(house, TombstoneRow) == buried
    prune(house.store, limits, now=house.clock.at, max_age=max_age)
    with house.reading() as connection:
        assert connection.execute(select(table(TombstoneRow).c.title)).scalars().all() == [
            "Weather without a date"
        ]
    before = len(posted(web))
    await poll(house, web, *old, *weather(5_000, NEWEST, house.clock.at))
    await poll(house, web, *old, treaty(4, house.clock.at))
    assert [one["data"]["story"]["title"] for one in posted(web)[before:]] == ["Ember declaration 4 signed"]


async def test_notes_go_with_their_age_unless_they_wait(house, web):
    house.settings["alerting"]["operator"] = ["desk"]
    config = house.load().config
    async with house.daemon() as daemon:
        with house.store.writing() as connection:
            note(connection, "The disk is full.", key="disk", config=config, now=house.clock.at)
        await daemon.deliverer.deliver()
        with house.store.writing() as connection:
            note(connection, "It is full again.", key="disk again", config=config, now=house.clock.at)
    for days, left in ((364, 2), (2, 1)):
        house.clock.step(days=days)
        prune(house.store, FREE_BUT_AGE, now=house.clock.at)
        assert len(house.alerts()) == len(house.deliveries()) == left
    async with house.daemon() as daemon:
        await daemon.deliverer.deliver()
    assert len(posted(web)) == 2
    prune(house.store, FREE_BUT_AGE, now=house.clock.at)
    assert not house.alerts()


def size(house):
    entry = table(EntryRow)
    with house.reading() as connection:
        texts = func.sum(
            func.length(entry.c.title) + func.length(entry.c.summary) + func.length(entry.c.content)
        )
        total, number = connection.execute(select(texts, func.count())).one()
    return total + 1024 * number


async def test_what_is_young_or_of_an_open_story_stays_whatever_the_bounds(house, web):
    nothing = Retention(age=timedelta(0), entries=1, bytes=1, feed_entries=1, feed_bytes=1)
    at = house.clock.at
    await poll(house, web, *weather(0, MANY, at), treaty(0, at))
    assert prune(house.store, nothing, now=house.clock.at).entries == 0
    await poll(house, web, *weather(MANY, NEWEST, house.clock.at))
    house.clock.step(days=5)
    prune(house.store, nothing, now=house.clock.at)
    assert "t0" in stored(house), "matched, and its story is open"
    house.clock.step(days=10)
    prune(house.store, nothing, now=house.clock.at)
    assert "t0" not in stored(house)


async def test_what_was_silenced_stays(house, web):
    at = house.clock.at
    await poll(house, web, *weather(0, 2, at), treaty(0, at))
    with house.store.writing() as connection:
        connection.execute(MATCH.update().values(verdict=Verdict.SILENCED))
    await poll(house, web, *weather(10, MANY, house.clock.at))
    house.clock.step(days=500)
    prune(house.store, FREE_BUT_AGE, now=house.clock.at)
    assert "t0" in stored(house)
    assert "w0" not in stored(house)


async def test_what_a_rule_tells_while_it_prunes_stays(house, web):
    """It was planned with what was stored then; each transaction asks again."""
    await a_year_ago(house, web)
    real, told = house.store.writing, []

    @contextmanager
    def writing():
        if not told:
            told.append(True)
            with real() as connection:
                connection.execute(MATCH.update().values(verdict=Verdict.ALERTED, alert_id=1))
        with real() as connection:
            yield connection

    house.store.writing = writing
    prune(house.store, FREE_BUT_AGE, now=house.clock.at)
    assert {"t0", "t1"} <= stored(house)


async def test_it_stops_when_it_is_told_to_and_goes_on_later(house, web):
    await a_year_ago(house, web)
    stop = threading.Event()
    stop.set()
    assert not prune(house.store, FREE_BUT_AGE, now=house.clock.at, stop=stop).ended
    assert len(stored(house)) > MANY
    assert prune(house.store, FREE_BUT_AGE, now=house.clock.at).ended
    assert len(stored(house)) == NEWEST + 1


async def test_robots_files_are_let_go(house):
    now = house.clock.at
    with house.store.writing() as connection:
        pages.save_robots(connection, "old.example", "User-agent: *", now=now - timedelta(days=3))
        pages.save_robots(connection, "paused.example", "User-agent: *", now=now - timedelta(days=3))
        pages.pause(connection, "paused.example", now + timedelta(hours=1))
        pages.save_robots(connection, "new.example", "User-agent: *", now=now)
    prune(house.store, FREE_BUT_AGE, now=now)
    with house.reading() as connection:
        assert pages.site(connection, "old.example").robots_at is None
        assert pages.site(connection, "paused.example").paused_until == now + timedelta(hours=1)
        assert pages.site(connection, "paused.example").robots is None
        assert pages.site(connection, "new.example").robots == "User-agent: *"


ROBOTS = {
    "large": "User-agent: *\n" + "".join(f"Disallow: /archive/{number}/print\n" for number in range(15_000)),
    "empty": "",
    "looks packed": "zlib,base64:AAAA",
    "no UTF-8": "Disallow: /\ud800\n中文",
}


@pytest.mark.parametrize("robots", ROBOTS.values(), ids=ROBOTS)
async def test_robots_files_are_stored_compressed(house, robots):
    with house.store.writing() as connection:
        pages.save_robots(connection, "large.example", robots, now=house.clock.at)
        assert pages.site(connection, "large.example").robots == robots
        stored = connection.exec_driver_sql("SELECT length(robots) FROM site").scalar_one()
    assert stored <= max(200, len(robots) / 4)


def test_robots_files_that_were_stored_plainly_are_read(house):
    with house.store.writing() as connection:
        pages.save_robots(connection, "old.example", "x", now=house.clock.at)
        for plain in ("User-agent: *", "zlib,base64:no such thing"):
            connection.exec_driver_sql(f"UPDATE site SET robots = '{plain}'")  # noqa: S608 - ours
            assert pages.site(connection, "old.example").robots == plain


# ── when, and by whom ──

NIGHT = datetime(2026, 3, 10, 3, 30, tzinfo=UTC)
TIMES = [
    ("never before: counted from now on", None, NIGHT, "UTC", False),
    ("at night", NIGHT - timedelta(hours=24), NIGHT, "UTC", True),
    ("by day", NIGHT - timedelta(hours=24), NIGHT + timedelta(hours=8), "UTC", False),
    ("the same night", NIGHT - timedelta(hours=1), NIGHT, "UTC", False),
    ("night elsewhere", NIGHT - timedelta(hours=24), NIGHT, "Asia/Tokyo", False),
    ("night there", NIGHT - timedelta(hours=24), datetime(2026, 3, 9, 19, 0, tzinfo=UTC), "Asia/Tokyo", True),
    ("off at night", NIGHT - timedelta(hours=37), NIGHT + timedelta(hours=9), "UTC", True),
    ("the clock went back", NIGHT + timedelta(days=30), NIGHT + timedelta(hours=9), "UTC", True),
]


@pytest.mark.parametrize(("_name", "last", "now", "zone", "expected"), TIMES, ids=[one[0] for one in TIMES])
def test_when_it_is_done(_name, last, now, zone, expected):
    assert is_time(last, now, zone) is expected


async def test_the_daemon_prunes_at_night_once(house, web):
    await a_year_ago(house, web)
    config, stop = house.load().config, threading.Event()
    keep_within(house.store, config, house.clock.at, stop=stop)
    assert len(stored(house)) > MANY, "the first time it only begins to count"
    house.clock.at = house.clock.at.replace(hour=2, minute=30) + timedelta(
        days=2
    )  # half past three or four in Paris
    keep_within(house.store, config, house.clock.at, stop=stop)
    assert len(stored(house)) == NEWEST + 1
    with house.reading() as connection:
        assert retention.last_done(connection) == house.clock.at


async def test_pruned_by_hand(house, web, capsys):
    house.settings["retention"] = {"age": "14d", "entries": 0, "size": "1 GiB"}
    await a_year_ago(house, web)  # in the past of the clock that the command reads
    house.write()
    where = ["--config", str(house.folder), "--state", str(house.state), "db", "prune"]
    before = stored(house)
    assert exit_code([*where, "--dry-run"]) == 0
    assert "would be pruned" in capsys.readouterr().out
    assert stored(house) == before
    assert exit_code(where) == 0
    assert "pruned" in capsys.readouterr().out


WRONG = {
    'age = "13d"': "two weeks at least",
    "age = 30": "has no unit",
    'size = "4 GB"': '"4 GiB"',
    "size = -1": '"4 GiB"',
    "size = true": '"4 GiB"',
    "entries = -5": "entries",
    'feed_size = ""': '"4 GiB"',
    'remembered = "1h"': "two weeks at least",
    "days = 5": "days",
}


@pytest.mark.parametrize(("line", "cure"), WRONG.items(), ids=WRONG)
def test_a_wrong_bound_is_named_with_its_cure(house, capsys, line, cure):
    house.write()
    with (house.folder / "monitor.toml").open("a") as file:
        file.write(f"\n[retention]\n{line}\n")
    assert exit_code(["--config", str(house.folder), "--state", str(house.state), "check"]) == 2
    said = capsys.readouterr()
    assert cure in said.err + said.out
