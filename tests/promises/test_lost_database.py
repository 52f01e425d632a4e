"""A database that is lost while the daemon runs is said everywhere: log, service manager, operator, `status`."""

import asyncio
import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from house import Clock, House, item, posted, rss
from servers.web import reply
from test_daemon import LIMIT_S, service
from typer.testing import CliRunner

from monitor.cli.app import app

pytestmark = pytest.mark.sqlite("what may befall a file")


@pytest.fixture
def house(tmp_path, web, database_kind):
    house = House(tmp_path, clock=Clock(datetime.now(UTC)))
    house.settings["alerting"] |= {"default": ["desk"], "operator": ["desk"], "group_wait": "0s"}
    house.channel("desk", type="webhook", url=web.on("/hook", reply(200)))
    house.rule("paris", "declaration")
    yield house
    house.close()


def news(number):
    published = datetime.now(UTC) - timedelta(minutes=5)
    return rss(item(f"Weather report {number}", link=f"https://w.example/{number}", published=published))


def deleted(path):
    path.unlink()


def replaced_by_a_copy(path):
    path.rename(path.with_name("aside"))
    path.write_bytes(path.with_name("aside").read_bytes())


def moved_with_its_folder(path):
    path.parent.rename(path.parent.with_name("elsewhere"))


def entries_damaged(path):
    """Where a beat never looks."""
    with closing(sqlite3.connect(path)) as database:
        [page] = database.execute("SELECT rootpage FROM sqlite_master WHERE name = 'entry'").fetchone()
        [size] = database.execute("PRAGMA page_size").fetchone()
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(os.urandom(size))


def status(house, *options):
    return CliRunner().invoke(
        app, ["--config", str(house.folder), "--state", str(house.state), "status", *options]
    )


@pytest.mark.parametrize("how", [deleted, replaced_by_a_copy, moved_with_its_folder, entries_damaged])
async def test_it_is_said_everywhere(house, web, how):
    house.feed("wire", web.on("/wire", *(reply(200, news(number)) for number in range(100))), interval="1s")
    async with service(house) as running:
        await running.until_notified("WATCHDOG=1")
        how(house.database)
        await running.until_notified("STATUS=")
        async with asyncio.timeout(LIMIT_S):
            while not any("db restore" in str(one) for one in posted(web)):
                web.arrived.clear()
                await web.arrived.wait()
        said = await running.until_notified("db restore")
        assert "monitor.db" in said
        before = len(running.notified)
        await running.until_notified("db restore")
        assert not [one for one in running.notified[before:] if "WATCHDOG" in one]
        assert "monitor.db" in await running.until_logged("db restore")
        if how is not moved_with_its_folder:  # with it went all that could say that something runs
            shown = await asyncio.to_thread(status, house)
            assert shown.exit_code == 1
            assert "db restore" in shown.output
            assert str(running.process.pid) in shown.output
        notes = [one for one in posted(web) if "db restore" in str(one)]
        assert len(notes) == 1
        assert notes[0]["type"].endswith("note"), notes[0]
