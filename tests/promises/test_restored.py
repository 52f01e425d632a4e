"""A state folder that is restored whole, with all that it remembers: no flood, no silence, and the same ids."""

import asyncio
import os
import shutil
import sys
from dataclasses import replace

import pytest
from house import item, posted, rss
from servers.web import reply

from monitor.store import alerts, naming

BESIDE = pytest.mark.sqlite("a folder that holds the database")

STORIES = [
    ("Declaration signed in Paris", "Thirty-five countries signed it at the palace on Tuesday."),
    (
        "Fishing quotas: ministers adopt a declaration in Lisbon",
        "Cod and hake are to be spared until spring.",
    ),
    ("Dockers end their strike with a declaration", "Gdansk unloads ships again on Monday."),
    ("No declaration at the glacier conference in Oslo", "Scientists left without a common text."),
    ("Opera house reopens with a declaration of love", "The curtain rises in Naples after nine years."),
]
QUIET = item("Weather for the week", "Rain in the west, sun in the east.")


@pytest.fixture
def house(house, desk):
    house.channel("ops", type="webhook", url=desk.on("/ops", reply(200)))
    house.settings["alerting"] |= {"group_wait": "0s", "operator": ["ops"]}
    house.rule("paris", "declaration")
    return house


def document(house, count):
    at = house.clock.at
    return rss(*(item(title, text, published=at) for title, text in STORIES[:count]), QUIET)


async def run(house, web, *bodies):
    """One life of the daemon: it polls each of these, twenty minutes apart."""
    house.feed("wire", web.url("/wire"))
    async with house.daemon() as daemon:
        for body in bodies:
            house.clock.step(minutes=20)
            web.on("/wire", reply(200, body))
            await daemon.run_once(every=True)
            await daemon.run_once()


def ids(web, since=0):
    return [message["data"]["id"] for message in posted(web)[since:]]


async def told_and_restored(house, web):
    """Five stories were told after the backup; then it stands in their place."""
    await run(house, web, document(house, 0))
    house.back_up_state()
    await run(house, web, *(document(house, count) for count in range(1, len(STORIES) + 1)))
    assert len(posted(web)) == len(STORIES)
    house.restore_state()


@BESIDE
async def test_what_a_copied_folder_does_not_know_comes_as_one_summary(house, web):
    await told_and_restored(house, web)
    await run(house, web, document(house, len(STORIES)))
    [summary] = posted(web)[len(STORIES) :]
    assert {line["title"] for line in summary["data"]["lines"]} == {title for title, _ in STORIES}
    [note] = posted(web, "/ops")
    assert "moved, copied or restored from a backup" in note["data"]["text"]


@BESIDE
@pytest.mark.parametrize(("earlier_s", "summaries"), [(3600, 1), (5, 0)])
async def test_a_folder_copied_over_its_old_files_is_a_copy(house, web, earlier_s, summaries):
    """Files that are written over keep their numbers; when they last changed, no copy brings along."""
    await run(house, web, document(house, 0))
    memory = house.database.with_name("monitor.db.newest-poll")
    newest, inode, written_s = memory.read_text().split()
    memory.write_text(f"{newest}\n{inode}\n{int(written_s) - earlier_s}\n")
    await run(house, web, document(house, len(STORIES)))
    assert len(posted(web, "/ops")) == summaries
    assert len(posted(web)) == (1 if summaries else len(STORIES))


@BESIDE
async def test_a_file_is_dated_by_the_clock_that_dates_it(house, web):
    """A share's server has a clock of its own; a file that seems to have changed later would be a copy's."""
    await run(house, web, document(house, 0))
    memory = house.database.with_name("monitor.db.newest-poll")
    _, _, written_s = memory.read_text().split()
    assert abs(int(written_s) - memory.stat().st_ctime) <= 1


@BESIDE
@pytest.mark.skipif(not shutil.which("faketime"), reason="needs Debian's faketime")
async def test_where_the_clock_of_the_files_is_another_nothing_is_taken_for_a_copy(house, web):
    """Half a year between the monitor's clock and that of its disk."""
    house.feed("wire", web.on("/wire", reply(200, document(house, 0))))
    house.write()
    for hour in ("08", "09"):
        process = await asyncio.create_subprocess_exec(
            *("faketime", "-f", f"@2026-03-02 {hour}:00:00", sys.executable, "-m", "monitor"),
            *("--config", str(house.folder), "--state", str(house.state), "run", "--once", "--all"),
            env={**os.environ, "TZ": "UTC", "NO_FAKE_STAT": "1"},
            stderr=asyncio.subprocess.PIPE,
        )
        _, log = await process.communicate()
        assert process.returncode == 0, log
    assert b"another file" not in log


@BESIDE
async def test_with_a_memory_outside_it_is_known_and_nothing_comes_twice(house, web):
    house.memory = house.root / "cache"
    await told_and_restored(house, web)
    await run(house, web, document(house, len(STORIES)))
    assert len(posted(web)) == len(STORIES)
    [note] = posted(web, "/ops")
    assert note["data"]["text"].startswith("An older copy of the database was restored")


async def test_a_database_that_is_restored_alone_is_known_by_the_memory_outside(house, web):
    house.memory = house.root / "cache"
    await run(house, web, document(house, 0))
    house.back_up()
    await run(house, web, *(document(house, count) for count in range(1, len(STORIES) + 1)))
    house.restore()
    await run(house, web, document(house, len(STORIES)))
    assert len(posted(web)) == len(STORIES)
    [note] = posted(web, "/ops")
    assert note["data"]["text"].startswith("An older copy of the database was restored")


async def test_a_folder_that_nobody_touched_tells_what_comes(house, web):
    house.memory = house.root / "cache"
    await run(house, web, document(house, 0))
    await run(house, web, document(house, 2))
    assert len(posted(web)) == 2
    assert posted(web, "/ops") == []


@BESIDE
async def test_what_is_told_anew_has_the_ids_that_receivers_know(house, web):
    """Whatever numbers the database gives now: another story came first, and the memory is gone too."""
    await told_and_restored(house, web)
    for file in house.state.glob("*.newest-poll"):
        file.unlink()
    threads = {message["data"]["id"]: message["data"]["thread_id"] for message in posted(web)}
    other = item("A declaration about lighthouses", "Keepers met in Cork.", published=house.clock.at)
    await run(house, web, rss(other, QUIET), document(house, len(STORIES)))
    again = posted(web)[len(STORIES) :]
    assert len(again) == len(STORIES) + 1
    assert {message["data"]["id"] for message in again} > set(threads)
    assert {
        message["data"]["id"]: message["data"]["thread_id"] for message in again
    }.items() > threads.items()


async def test_two_alerts_that_say_the_same_have_two_ids(house, web):
    """As where a person has an entry told again: one id would be one row, and the second would be lost."""
    await run(house, web, document(house, 0), document(house, 1))
    first = house.alerts()[-1]
    with house.store.writing() as connection:
        again = replace(first, id=first.id + 1)
        alerts.insert(connection, [again])
        [before] = [one for one in house.deliveries() if one.alert_id == first.id]
        [named] = naming.named(connection, [replace(before, id="x", alert_id=again.id)])
        assert named.id not in {before.id, "x"}
        assert naming.named(connection, [before]) == [before]
