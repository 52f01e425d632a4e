"""The monitor is killed at every point of a pass that tells a story: nothing is lost, and it repeats once at most.

`mortal.py` is the process that dies. The points are its database's commits, by number, and insertions, by table; and
the moments in which a feed's server or an alert's receiver has its request.
"""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from house import Clock, House, item, requests_to, rss
from reading import HTML, page, queue, story
from servers.web import reply, web_server

from monitor.model import DeliveryState, PageState, Verdict

HERE = Path(__file__).parents[1]
LIMIT_S = 60.0
"""For one child; usually it takes one or two seconds."""
COMMITS = (
    "hosts that want to be left alone are asked for",
    "the feeds are listed",
    "the poll is stored",
    "the pace of rules and feeds is looked at",
    "group_wait is closed",
    "the delivery is leased",
    "the delivery is marked as sent",
    "nothing more is to be leased",
)
"""What each transaction of the child's pass does, in their order."""
SENT = COMMITS.index("the delivery is marked as sent") + 1
TABLES = (
    "entry",
    "feed_document",
    "rule_that_ran",
    "story",
    "alert",
    "alert_rule",
    "told",
    '"match"',
    "coverage",
    "thread",
    "counter",
    "word",
    "delivery",
)
AT_COMMITS = [
    f"{when} commit {number}" for number in range(1, len(COMMITS) + 1) for when in ("before", "after")
]
AT_INSERTS = [f"at insert into {table}" for table in TABLES]
NOWHERE = "nowhere"
MEMORY = shutil.ignore_patterns("*.newest-poll")
"""Left behind where a house is copied: it would know that it is a copy (`test_restored.py`)."""

QUIET = item("Weather for the week", "Rain in the west, sun in the east.")
SIGNED = item("Declaration signed in Paris", "Thirty-five countries signed it on Tuesday evening.")


@pytest.fixture(scope="module")
def before(tmp_path_factory):
    """A house whose feed was polled once while nothing was in it: every test kills a copy of it."""
    house = House(tmp_path_factory.mktemp("before"))
    house.rule("paris", "declaration")

    async def polled() -> None:
        async with web_server() as web:
            house.feed("wire", web.on("/wire", reply(200, rss(QUIET))))
            house.channel("desk", type="webhook", url=web.on("/hook", reply(200)))
            async with house.daemon() as daemon:
                await daemon.run_once()

    asyncio.run(polled())
    house.close()
    return house


@dataclass
class Mortals:
    """The process that children are forked from."""

    process: subprocess.Popen
    pid: int = 0
    """Of the child that runs."""

    async def run(self, house: House, point: str, *, hasty: bool = False) -> dict:
        task = {"root": str(house.root), "at": house.clock.at.isoformat(), "point": point, "hasty": hasty}
        self.process.stdin.write(json.dumps(task).encode() + b"\n")
        self.process.stdin.flush()
        self.pid = json.loads(await self._line())
        return json.loads(await self._line())

    async def _line(self) -> bytes:
        return await asyncio.wait_for(asyncio.to_thread(self.process.stdout.readline), LIMIT_S)

    async def kill(self, _request=None, _writer=None) -> None:
        """An answer of a server's: the end of whoever asks."""
        os.kill(self.pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def mortals():
    with subprocess.Popen(
        # Not as a script: every parser process would import that again.
        [sys.executable, "-c", "import mortal; mortal.main()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE), *sys.path])},
    ) as process:
        yield Mortals(process)


@pytest.fixture
def house(before, web, tmp_path):
    """A copy of the house, whose feed has news now."""
    shutil.copytree(before.root, tmp_path, dirs_exist_ok=True, ignore=MEMORY)
    house = House(tmp_path, rules=before.rules)
    house.clock.step(minutes=20)
    house.feed("wire", web.on("/wire", reply(200, rss(SIGNED, QUIET))))
    house.channel("desk", type="webhook", url=web.on("/hook", reply(200)))
    house.write()
    yield house
    house.close()


async def restarted(house: House) -> None:
    """A new daemon on what the dead one left: at once, when its lease has run out, and once more."""
    async with house.daemon() as daemon:
        for _ in range(3):
            await daemon.run_once()
            house.clock.step(minutes=20)


def told(web) -> list[str]:
    """The ids of the messages that arrived."""
    return [request.header("webhook-id") for request in requests_to(web, "/hook")]


def assert_told_once(house, web, *, repeats):
    """One alert, sent, whose id alone arrived, at most `repeats` times more than once."""
    assert [entry.title for entry in house.entries()] == [
        "Weather for the week", "Declaration signed in Paris",
    ]  # fmt: skip
    assert [decision.verdict for decision in house.decisions()] == [Verdict.ALERTED]
    assert len(house.stories()) == 1
    [delivery] = house.deliveries()
    assert delivery.state is DeliveryState.SENT
    assert set(told(web)) == {delivery.id}
    assert len(told(web)) <= 1 + repeats


async def test_the_points_are_all_there_are(house, web, mortals):
    """A further commit or table is a further point to die at: add it."""
    ended = await mortals.run(house, NOWHERE)
    assert ended["status"] == 0
    assert set(ended["points"]) == {*AT_COMMITS, *AT_INSERTS}
    assert_told_once(house, web, repeats=0)


# One transaction inserts into all its tables: two of them stand for the rest.
@pytest.mark.parametrize("point", [*AT_COMMITS, AT_INSERTS[0], AT_INSERTS[-1]])
async def test_killed_at_a_point_of_its_database_it_loses_nothing_and_repeats_at_most_once(
    house, web, mortals, point
):
    ended = await mortals.run(house, point)
    assert ended["status"] == -signal.SIGKILL
    assert ended["points"][-1] == point
    await restarted(house)
    # Only where the receiver has the message and "sent" is not stored yet, it comes again.
    assert_told_once(house, web, repeats=point == f"before commit {SENT}")


async def test_killed_while_a_feed_answers_it_asks_again(house, web, mortals):
    web.on("/wire", mortals.kill, reply(200, rss(SIGNED, QUIET)))
    ended = await mortals.run(house, NOWHERE)
    assert ended["status"] == -signal.SIGKILL
    await restarted(house)
    assert_told_once(house, web, repeats=0)


async def test_killed_while_the_receiver_has_the_message_it_repeats_it_with_the_same_id(house, web, mortals):
    web.on("/hook", mortals.kill, reply(200))
    ended = await mortals.run(house, NOWHERE)
    assert ended["status"] == -signal.SIGKILL
    await restarted(house)
    assert_told_once(house, web, repeats=1)
    assert len(told(web)) == 2


async def test_an_outbox_that_is_marked_before_it_is_sent_would_be_found_out(house, web, mortals):
    """This harness can fail: the same kill, once it is marked, loses the alert of a hasty deliverer."""
    ended = await mortals.run(house, f"after commit {SENT}", hasty=True)
    assert ended["status"] == -signal.SIGKILL
    await restarted(house)
    with pytest.raises(AssertionError):
        assert_told_once(house, web, repeats=1)
    assert told(web) == []


# ── a page ──

TEXT_STORED = 8
"""The commit of the child's pass that stores a page's text, with all that follows from it."""


@pytest.fixture
def teaser(house, web):
    """The feed has no more than a teaser: its page alone says what the rule looks for."""
    house.rules = {}
    house.rule("paris", "declaration", fulltext="always")
    link = web.on("/story", reply(200, page(), Content_Type=HTML))
    house.feed("wire", web.on("/wire", reply(200, rss(story(link), QUIET))))
    house.write()
    return house


def assert_read_and_told_once(house, web):
    [read] = queue(house)
    assert read.state is PageState.READ
    [entry] = [one for one in house.entries() if one.id == read.entry_id]
    assert "signed the declaration" in entry.content
    assert [decision.verdict for decision in house.decisions()] == [Verdict.ALERTED]
    [delivery] = house.deliveries()
    assert delivery.state is DeliveryState.SENT
    assert told(web) == [delivery.id]


async def test_killed_while_a_page_answers_it_asks_for_the_page_again(teaser, web, mortals):
    web.on("/story", mortals.kill, reply(200, page(), Content_Type=HTML))
    ended = await mortals.run(teaser, NOWHERE)
    assert ended["status"] == -signal.SIGKILL
    assert not teaser.decisions()
    await restarted(teaser)
    assert_read_and_told_once(teaser, web)
    assert len(requests_to(web, "/story")) == 2


@pytest.mark.parametrize("when", ["before", "after"])
async def test_killed_as_the_text_of_a_page_is_stored_it_loses_nothing_and_repeats_nothing(
    teaser, web, mortals, when
):
    ended = await mortals.run(teaser, f"{when} commit {TEXT_STORED}")
    assert ended["status"] == -signal.SIGKILL
    assert "at insert into alert" in ended["points"], "another commit stores the text now"
    assert f"after commit {TEXT_STORED}" not in ended["points"][:-1]
    assert told(web) == []
    assert len(teaser.decisions()) == (when == "after")
    await restarted(teaser)
    assert_read_and_told_once(teaser, web)
    assert len(requests_to(web, "/story")) == (2 if when == "before" else 1)


# ── the end of a wait ──


@pytest.fixture
async def night(house, web):
    """The story came in the quiet hours, which are over now."""
    house.settings["alerting"]["quiet_hours"] = {"from": "20:00", "to": "07:00"}
    async with house.daemon() as daemon:
        await daemon.run_once()
    assert [one.state for one in house.deliveries()] == [DeliveryState.HELD]
    house.clock.step(hours=12)
    return house


def assert_summed_up_once(house, web, *, repeats):
    """One summary, sent, that stands for the alert that was held."""
    held, summary = house.deliveries()
    assert (held.state, held.summary_id) == (DeliveryState.SUMMARISED, summary.alert_id)
    assert summary.state is DeliveryState.SENT
    assert set(told(web)) == {summary.id}
    assert len(told(web)) <= 1 + repeats


async def test_killed_at_any_point_of_a_release_the_monitor_sums_up_once(night, web, mortals, tmp_path):
    copy = House(tmp_path / "copy", clock=night.clock)
    shutil.copytree(night.root / "config", copy.root / "config")
    shutil.copytree(night.root / "state", copy.root / "state", ignore=MEMORY)
    ended = await mortals.run(copy, NOWHERE)
    copy.close()
    web.requests.clear()
    release = ended["points"].index("at insert into alert")
    points = [point for point in ended["points"][release:] if point.startswith(("before", "after"))]
    assert len(points) >= 6, "the release, the lease, the mark of what was sent"
    for number, point in enumerate(points):
        root = tmp_path / str(number)
        for folder in ("config", "state"):
            shutil.copytree(night.root / folder, root / folder, ignore=MEMORY)
        house = House(root, clock=Clock(night.clock.at), feeds=night.feeds, rules=night.rules)
        house.channels, house.settings = night.channels, night.settings
        ended = await mortals.run(house, point)
        assert ended["status"] == -signal.SIGKILL
        await restarted(house)
        assert_summed_up_once(house, web, repeats=1)
        house.close()
        web.requests.clear()
