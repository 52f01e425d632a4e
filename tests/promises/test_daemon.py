"""The real process, `python -m monitor run`, as a service manager sees it: its words, its signals, its end."""

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from house import Clock, House, item, posted, rss
from servers.web import after, reply

from monitor.errors import FetchError
from monitor.model import DeliveryState

LIMIT_S = 60.0
"""For anything that is waited for; usually it takes a second or two, most of it Python's start."""
QUIET = item("Weather for the week", "Rain in the west, sun in the east.")


@dataclass
class Service:
    """A running process, what it logs, and what it tells its service manager."""

    process: asyncio.subprocess.Process
    socket: socket.socket
    logged: str = ""
    notified: list[str] = field(default_factory=list)

    async def until_logged(self, text: str) -> str:
        """What it logged up to the line with this text, since the last time."""
        before = len(self.logged)
        async with asyncio.timeout(LIMIT_S):
            while text not in self.logged[before:]:
                line = await self.process.stderr.readline()
                assert line, f"it ended without saying {text!r}:\n{self.logged}"
                self.logged += line.decode()
        return self.logged[before:]

    async def until_notified(self, text: str) -> str:
        """The message to the service manager that holds this text; it waits for the next one that does."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(LIMIT_S):
            while True:
                message = (await loop.sock_recv(self.socket, 4096)).decode()
                self.notified.append(message)
                if text in message:
                    return message

    async def ended(self) -> int:
        """Its exit code."""
        async with asyncio.timeout(LIMIT_S):
            self.logged += (await self.process.stderr.read()).decode()
            return await self.process.wait()

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)


@asynccontextmanager
async def service(
    house: House,
    *arguments: str,
    within: Callable[[list[str]], list[str]] = list,
    **environ: str,
) -> AsyncIterator[Service]:
    """`monitor run` on the house's folder; killed at the end if it still runs. `within` wraps its command."""
    house.write()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.settimeout(0)
    path = house.root / "notify"
    path.unlink(missing_ok=True)
    listener.bind(str(path))
    command = [
        sys.executable,
        "-m",
        "monitor",
        "--config",
        house.folder,
        "--state",
        house.state,
        *arguments,
        "run",
    ]
    process = await asyncio.create_subprocess_exec(
        *within([str(word) for word in command]),
        env={
            **os.environ,
            "NOTIFY_SOCKET": str(path),
            "PYTHONPATH": os.pathsep.join(sys.path),
            "CACHE_DIRECTORY": str(house.root / "cache"),
            **environ,
        },
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield Service(process, listener)
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.communicate()
        listener.close()


@pytest.fixture
def house(tmp_path):
    """By the real clock, which the process has; it knows a first poll's entries as news."""
    house = House(tmp_path, clock=Clock(datetime.now(UTC)))
    house.settings["alerting"] |= {"group_wait": "0s", "catch_up": "7d"}
    house.rule("paris", "declaration")
    yield house
    house.close()


def signed() -> bytes:
    published = datetime.now(UTC) - timedelta(minutes=5)
    return rss(item("Declaration signed in Paris", "Signed at last.", published=published), QUIET)


async def test_it_says_ready_shows_that_it_lives_and_ends_in_time(house, desk, web):
    house.feed("wire", web.on("/wire", reply(200, signed())))
    async with service(house, WATCHDOG_USEC="30000000") as running:
        ready = await running.until_notified("READY=1")
        assert ready == "READY=1\nSTATUS=1 feeds, 1 polls under way"
        assert any(message == "WATCHDOG=1" for message in running.notified)
        assert any(message.startswith("STATUS=") for message in running.notified)
        await running.until_logged("alert 1 sent to desk")
        running.signal(signal.SIGTERM)
        await running.until_notified("STOPPING=1")
        assert await running.ended() == 0
    assert [message["data"]["reports"][0]["title"] for message in posted(web)] == [
        "Declaration signed in Paris"
    ]
    assert running.logged.rstrip().endswith("stopped")


async def test_a_delivery_under_way_is_finished_before_the_end(house, desk, web):
    answered = asyncio.Event()
    web.on("/hook", after(answered, reply(200)))
    house.feed("wire", web.on("/wire", reply(200, signed())))
    async with service(house) as running:
        async with asyncio.timeout(LIMIT_S):
            while not posted(web):
                await web.arrived.wait()
                web.arrived.clear()
        running.signal(signal.SIGTERM)
        await running.until_notified("STOPPING=1")
        answered.set()
        assert await running.ended() == 0
    [delivery] = house.deliveries()
    assert delivery.state is DeliveryState.SENT
    assert len(posted(web)) == 1


async def test_a_changed_config_is_taken_up_and_a_bad_one_is_not(house, desk, web):
    house.feed("wire", web.on("/wire", reply(200, rss(QUIET))))
    async with service(house) as running:
        await running.until_notified("READY=1")
        good = (house.folder / "monitor.toml").read_text()

        (house.folder / "monitor.toml").write_text(good.replace("[polling]", "[poling]"))
        running.signal(signal.SIGHUP)
        said = await running.until_logged("poling")
        await running.until_notified("READY=1")
        assert "the old one stays in force" in said
        assert "monitor.toml:1:2" in said + await running.until_logged("polling")

        house.feed("news", web.on("/news", reply(200, signed())))
        house.write()  # nobody says so: it looks for itself
        await running.until_logged("config reloaded (a file was saved)")
        reloading = next(message for message in running.notified if message.startswith("RELOADING=1"))
        assert reloading.partition("MONOTONIC_USEC=")[2].isdigit()
        await running.until_logged("alert 1 sent to desk")
        running.signal(signal.SIGINT)
        assert await running.ended() == 0


async def test_a_hangup_while_it_starts_ends_nothing_and_is_heard_when_it_runs(house, desk, web):
    house.feed("wire", web.on("/wire", reply(200, rss(QUIET))))
    async with service(house) as running:
        said = await running.until_logged("config ")
        assert str(house.database) in said
        running.signal(signal.SIGHUP)
        await running.until_logged("config reloaded (SIGHUP, while it started)")
        running.signal(signal.SIGTERM)
        assert await running.ended() == 0


async def test_a_disabled_feed_is_polled_by_nobody(house, desk, web):
    house.feed("wire", web.on("/wire", reply(200, rss(QUIET))))
    house.feed("off", web.on("/off", reply(200, rss(QUIET))), enabled=False)
    async with house.daemon() as daemon:
        done = await daemon.run_once(every=True)
        with pytest.raises(FetchError, match="feed off is disabled"):
            await daemon.poll_one("off", dry_run=False)
    assert done.polled == 1
    assert {request.target for request in web.requests} == {"/wire"}


async def test_a_second_daemon_is_refused_in_a_sentence(house, desk):
    house.store.claim()
    async with service(house) as running:
        assert await running.ended() == 1
    first, line = running.logged.splitlines()
    assert f"config {house.folder}, database {house.database}" in first
    assert line.startswith(f"monitor: another daemon (process {os.getpid()}) is running on {house.database}")
    assert "--state" in line


async def test_it_runs_without_a_service_manager_and_its_log_can_be_read_by_programs(house, desk, web):
    house.feed("wire", web.on("/wire", reply(404)))
    async with service(house, "--log-format", "json", NOTIFY_SOCKET="") as running:
        await running.until_logged("404")
        running.signal(signal.SIGTERM)
        assert await running.ended() == 0
    lines = [json.loads(line) for line in running.logged.splitlines()]
    [warning] = [line for line in lines if line["level"] == "WARNING"]
    assert f"feed wire: 127.0.0.1:{web.port} answered 404" in warning["message"]
    assert datetime.fromisoformat(warning["time"]).tzinfo


async def test_under_journald_every_line_has_its_priority_and_no_time_of_its_own(house, desk, web):
    house.feed("wire", web.on("/wire", reply(404)))
    async with service(house, JOURNAL_STREAM="8:1") as running:
        await running.until_logged("404")
        running.signal(signal.SIGTERM)
        assert await running.ended() == 0
    lines = running.logged.splitlines()
    assert all(line[:3] in {"<6>", "<4>"} for line in lines)
    assert any(line.startswith("<4>feed wire: ") for line in lines)
