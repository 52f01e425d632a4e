"""A worker that dies, or stands still and wakes: others do its work, and nothing that it began comes twice."""

import asyncio
import signal
from contextlib import closing
from datetime import UTC, datetime

import pytest
from crew import until
from house import HURRY, posted

from monitor.cluster.hosts import PATIENCE_S
from monitor.cluster.life import Life
from monitor.cluster.members import Members
from monitor.config.watch import Watch
from monitor.daemon import Daemon
from monitor.errors import FetchReason, GivenUp
from monitor.jobs.deliver import Deliverer
from monitor.store import Store, workers

pytestmark = pytest.mark.postgresql("workers share a server")

TREATY = (
    "Treaty on fishing quotas signed in Reykjavik",
    "Iceland and Norway share the cod of the Barents Sea.",
)
LATER = ("Canada leaves the treaty on open skies", "Ottawa gave no reason; overflights end in autumn.")


def titles(server):
    return sorted(one["data"]["story"]["title"] for one in posted(server))


def holder_of(store, host):
    """The name of the worker that asks the host now."""
    with store.reading() as connection:
        names = {one.id: one.name for one in workers.listed(connection)}
        return names.get(workers.held(connection, workers.HOST).get(host, ""))


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
async def test_what_a_worker_had_begun_another_ends_and_it_counts_once(house, desk, crew, wires, how):
    """It is struck while its host answers; what stood still for longer than it may wakes and begins anew."""
    hosts = await wires(3)
    house.rule("treaty", "treaty")
    for number, wire in enumerate(hosts):
        house.feed(f"wire-{number}", wire.server.url())
    house.write()
    for name in "ab":
        crew.start(name)
    await until(lambda: all(len(wire.server.requests) >= 3 for wire in hosts), why=lambda: crew.log("a"))
    struck = []

    async def strike(_request):
        if not struck:
            struck.append(holder_of(house.store, hosts[0].server.host))
            crew.send(struck[0], how)
            hosts[0].publish(*TREATY)

    hosts[0].before = strike
    await until(lambda: titles(desk), why=lambda: crew.log("a") + crew.log("b"))
    crew.send(struck[0], signal.SIGCONT)
    if how == signal.SIGSTOP:
        await until(lambda: "it begins anew" in crew.log(struck[0]), why=lambda: crew.log(struck[0]))
        await until(
            lambda: crew.log(struck[0]).rpartition("it begins anew")[2].count("running:"),
            why=lambda: crew.log(struck[0]),
        )
    for wire in hosts[1:]:
        wire.publish(*LATER)
    await until(lambda: len(titles(desk)) == 2, why=lambda: crew.log("a") + crew.log("b"))
    assert titles(desk) == sorted([TREATY[0], LATER[0]])
    assert [entry.title for entry in house.entries()].count(TREATY[0]) == 1


async def test_a_worker_that_is_asked_to_end_hands_over_at_once(house, desk, crew, wires):
    hosts = await wires(4)
    for number, wire in enumerate(hosts):
        house.feed(f"wire-{number}", wire.server.url())
    house.rule("treaty", "treaty")
    house.write()
    for name in "ab":
        crew.start(name)
    await until(lambda: all(len(wire.server.requests) >= 3 for wire in hosts), why=lambda: crew.log("a"))
    crew.send("a", signal.SIGTERM)
    assert crew.ends("a") == 0
    with house.store.reading() as connection:
        assert [one.name for one in workers.listed(connection)] == ["b"]
    for wire in hosts:
        wire.publish(*TREATY)
    await until(lambda: titles(desk) == [TREATY[0]], within=workers.SILENT.total_seconds() / 2)


class Freezing(Deliverer):
    """Stands still between what it has leased and what it sends, as a stopped process does."""

    frozen = None

    async def _usable(self, composed):
        usable = await super()._usable(composed)
        if self.frozen is not None:
            self.frozen, frozen = None, self.frozen
            await frozen()
        return usable


async def test_what_stood_still_before_it_sent_sends_nothing_that_another_sent(house, desk, wires):
    [wire] = await wires(1)
    house.rule("treaty", "treaty")
    house.feed("wire", wire.server.url())
    house.settings["polling"] = {"allow_private": True, "interval": "1s", "min_interval": "1s"}
    house.settings["alerting"]["group_wait"] = "0s"
    loaded = house.load()

    def made(store, name):
        life = Life(store, name=name, describe=lambda: ("", ""))
        life.enter()
        daemon = Daemon(
            loaded=loaded, store=store, reload=house.read, watch=Watch(list), now=life.now, limits=HURRY
        )
        daemon.fleet = Members(store, life, agrees=lambda: True)
        return life, daemon

    with closing(Store(house.url)) as one, closing(Store(house.url)) as other:
        life, first = made(one, "a")
        _, second = made(other, "b")
        async with first, second:
            first.deliverer.__class__ = Freezing

            async def given_up():
                with other.writing() as connection:
                    workers.leave(connection, [life.id])
                while not await second.deliverer.deliver():
                    pass
                assert titles(desk) == [TREATY[0]]

            await first.run_once()
            wire.publish(*TREATY)
            first.deliverer.frozen = given_up
            with pytest.raises(GivenUp):
                await first.run_once(every=True)
            assert first.deliverer.frozen is None
            await second.deliverer.deliver()
    assert titles(desk) == [TREATY[0]]
    assert [one.state for one in house.deliveries()] == ["sent"]


@pytest.fixture
async def limits(request, house):
    """Of two workers; the parameter: how long they wait for a host that the other asks."""
    patience_s = getattr(request, "param", PATIENCE_S)
    with closing(Store(house.url)) as one, closing(Store(house.url)) as other:
        made = []
        for store, name in ((one, "a"), (other, "b")):
            life = Life(store, name=name, describe=lambda: ("", ""))
            life.enter()
            members = Members(store, life, agrees=lambda: True, patience_s=patience_s)
            made.append(members.limits(pause_s=0.0, now=life.now))
        yield made


async def test_a_host_that_another_worker_asks_is_waited_for_whatever_it_is_wanted_for(limits):
    """A page, robots.txt, a hub, where a feed sends on to."""
    first, second = limits
    began = []

    async def ask(own, name):
        async with own.turn("wire.example:8080"):
            began.append(name)

    async with first.turn("wire.example"):
        asking = asyncio.create_task(ask(second, "b"))
        await ask(first, "a")  # in its own turn, and of no other worker's
        assert began == ["a"]
    await first._fleet_hosts.due(datetime.now(UTC), most=0)
    await asking
    assert began == ["a", "b"]


@pytest.mark.parametrize("limits", [0.5], indirect=True)
async def test_two_that_wait_for_each_other_end_with_a_word(limits):
    first, second = limits

    async def both(own, name, other):
        async with own.turn(name):
            await arrived.wait()
            async with own.turn(other):
                pass

    arrived = asyncio.Barrier(2)
    outcomes = await asyncio.gather(
        both(first, "a.example", "b.example"), both(second, "b.example", "a.example"), return_exceptions=True
    )
    faults = [one for one in outcomes if one is not None]
    assert [one.reason for one in faults] in ([FetchReason.HELD], [FetchReason.HELD] * 2)
    assert "is asked by another worker" in str(faults[0])
