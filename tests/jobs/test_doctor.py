"""`monitor doctor` on a set-up that is well, and on broken ones: each is found with its cure, and nothing is sent."""

import asyncio
import json
import os
import resource
import socket
import sqlite3
import sys
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from house import item, rss
from servers.web import reply

from monitor import __version__
from monitor.store import daemon

NOW = datetime.now(UTC)


def dated(by=timedelta(0)):
    return reply(200, b"User-agent: *\n", Date=format_datetime(datetime.now(UTC) + by, usegmt=True))


@pytest.fixture
def well(house, desk):
    """Everything as it should be; what a case breaks, it breaks of this."""
    desk.on("/robots.txt", dated())
    house.feed("wire", desk.on("/feed", reply(200, rss(item("Truce signed")))))
    house.rule("truce", "truce")
    house.write()
    house.state.mkdir(mode=0o700)
    with house.store.writing() as connection:
        daemon.save(
            connection,
            daemon.Beat(
                pid=1, version=__version__, started_at=NOW, beat_at=datetime.now(UTC) + timedelta(seconds=55)
            ),
        )
    house.close()
    return house


async def examined(house, *, limits=(), **environment):
    """How the command ends, and what it found: level by what it is about, and all that was said."""

    def limit():
        for which, value in limits:
            resource.setrlimit(which, (value, value))

    folders = ["--config", str(house.folder), "--state", str(house.state)]
    command = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "monitor", "doctor", "--json", *folders,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, preexec_fn=limit,
        env={**os.environ, **environment},
    )  # fmt: skip
    out, err = await asyncio.wait_for(command.communicate(), timeout=60)
    assert out, err.decode()
    return command.returncode, json.loads(out)


async def test_what_is_well_is_said_to_be(well, web):
    code, found = await examined(well)
    assert [one for one in found if one["level"] != "ok"] == []
    assert code == 0
    about = {one["about"] for one in found}
    assert about == {
        "config", "TLS", "state folder", "disk", "database", "daemon", "feeds", "outbox", "DNS", "network", "clock",
        "channel desk", "channel console",
    }  # fmt: skip
    assert "/hook" not in {request.target for request in web.requests}


def closed_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def slip(house):
    (house.folder / "monitor.toml").write_text("[polling\n")


def secret(house):
    house.channel("sealed", type="webhook", url="https://hooks.example/${NOBODY_SET_THIS}")
    house.write()


def broken_rule(house):
    (house.folder / "rules" / "more.toml").write_text('[[rule]]\nid = "x"\nquery = "(a"\n')


def flipped(house):
    with sqlite3.connect(house.database) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    data = bytearray(house.database.read_bytes())
    data[4096 * 3 : 4096 * 5] = os.urandom(4096 * 2)
    house.database.write_bytes(data)


def prose(house):
    for left in house.state.glob("monitor.db-*"):
        left.unlink()
    house.database.write_text("Dear Sir, this is no database. " * 400)


def future(house):
    with house.store.writing() as connection:
        daemon.save(
            connection,
            daemon.Beat(
                pid=1, version=__version__, started_at=NOW, beat_at=datetime.now(UTC) + timedelta(days=9)
            ),
        )
    house.close()


def older(house):
    with house.store.writing() as connection:
        daemon.save(
            connection,
            daemon.Beat(
                pid=1, version="0.0.1", started_at=NOW, beat_at=datetime.now(UTC) + timedelta(seconds=55)
            ),
        )
    house.close()


def stopped(house):
    with house.store.writing() as connection:
        daemon.stopped(connection, NOW)
    house.close()


def unknown_host(house):
    house.feeds["wire"]["url"] = "http://no-such-host.invalid/feed"
    house.write()


def nobody_listens(house):
    house.feeds["wire"]["url"] = f"http://127.0.0.1:{closed_port()}/feed"
    house.write()


def deaf_hook(house):
    house.channels["desk"]["url"] = f"http://127.0.0.1:{closed_port()}/hook"
    house.write()


def no_tls(house):
    house.channels["desk"]["url"] = house.channels["desk"]["url"].replace("http://", "https://")
    house.write()


def deaf_mail(house):
    house.channel(
        "mail",
        type="email",
        host="127.0.0.1",
        port=closed_port(),
        tls="none",
        **{"from": "a@b.example"},
        to=["c@d.example"],
    )
    house.write()


def no_program(house):
    house.channel("script", type="command", command=["no-such-program-here"])
    house.write()


def no_folder(house):
    house.channel("reader", type="atom", path="missing/alerts.atom")
    house.write()


BROKEN = {
    "a slip in monitor.toml": (slip, "config", "error", "monitor.toml"),
    "a secret that nobody set": (secret, "config", "error", "NOBODY_SET_THIS"),
    "a rule with a mistake": (broken_rule, "config", "error", "more.toml"),
    "a clock that is behind what is stored": (future, "clock", "error", "later than now"),
    "a daemon of another version": (older, "daemon", "warning", "0.0.1"),
    "a daemon that was stopped": (stopped, "daemon", "warning", "not running"),
    "a folder that others may read": (
        lambda house: house.state.chmod(0o755),
        "state folder",
        "warning",
        "chmod 700",
    ),
    "a feed whose host is unknown": (unknown_host, "DNS", "error", "no-such-host.invalid"),
    "a feed whose server is down": (nobody_listens, "network", "error", "127.0.0.1"),
    "a webhook that nobody answers": (deaf_hook, "channel desk", "error", "127.0.0.1"),
    "a webhook without the TLS that its address wants": (no_tls, "channel desk", "error", "127.0.0.1"),
    "a mail server that is down": (deaf_mail, "channel mail", "error", "127.0.0.1"),
    "a program that is not there": (no_program, "channel script", "error", "no-such-program-here"),
    "a folder that is not there": (no_folder, "channel reader", "error", "missing"),
}


FILES = {
    "a damaged database": (flipped, "database", "error", ""),
    "another file in its place": (prose, "database", "error", "not a database"),
}


@pytest.mark.either("what it looks at lies beside the database")
@pytest.mark.parametrize(("breaks", "about", "level", "said"), BROKEN.values(), ids=BROKEN)
async def test_what_is_broken_is_found_with_its_cure(well, web, breaks, about, level, said):
    await found_with_its_cure(well, web, breaks, about, level, said)


@pytest.mark.sqlite("it is the file that is damaged")
@pytest.mark.parametrize(("breaks", "about", "level", "said"), FILES.values(), ids=FILES)
async def test_a_database_that_is_broken_is_found_with_its_cure(well, web, breaks, about, level, said):
    await found_with_its_cure(well, web, breaks, about, level, said)


async def found_with_its_cure(well, web, breaks, about, level, said):
    breaks(well)
    code, found = await examined(well)
    [finding] = [one for one in found if one["about"] == about and one["level"] != "ok"][:1]
    assert finding["level"] == level
    assert said in f"{finding['said']} {finding['cure']}"
    assert finding["cure"]
    assert code == (1 if level == "error" else 0)
    assert "/hook" not in {request.target for request in web.requests}


@pytest.mark.either("what it looks at lies beside the database")
@pytest.mark.parametrize("by", [timedelta(hours=2), timedelta(days=-400)])
async def test_a_clock_that_differs_from_those_of_servers_is_found(well, web, by):
    web.on("/robots.txt", dated(by))
    code, found = await examined(well)
    [finding] = [one for one in found if one["about"] == "clock"]
    assert (code, finding["level"]) == (1, "error")
    assert ("behind" in finding["said"]) is (by > timedelta(0))


@pytest.mark.either("what it looks at lies beside the database")
@pytest.mark.parametrize(
    ("limits", "environment", "about", "said"),
    [
        ([(resource.RLIMIT_NOFILE, 64)], {}, "limits", "64 open files"),
        ([(resource.RLIMIT_AS, 900 << 20)], {}, "limits", "900 MiB of address space"),
        ([], {"SSL_CERT_FILE": "/nowhere/ca.pem"}, "TLS", "/nowhere/ca.pem"),
    ],
)
async def test_what_the_machine_lacks_is_found(well, limits, environment, about, said):
    _, found = await examined(well, limits=limits, **environment)
    [finding] = [one for one in found if one["about"] == about]
    assert finding["level"] != "ok"
    assert said in finding["said"]
