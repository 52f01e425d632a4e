"""Several workers on one database: each host is one worker's at a time, and each story is told once."""

import signal

import pytest
from crew import until
from house import posted

pytestmark = pytest.mark.postgresql("workers share a server")


STORIES = (
    ("Treaty on fishing quotas signed in Reykjavik", "Iceland and Norway share the cod of the Barents Sea."),
    ("Canada leaves the treaty on open skies", "Ottawa gave no reason; overflights end in autumn."),
    (
        "Le traité sur les forages du Mékong est ratifié",
        "Treaty: le Laos et le Cambodge fixent un débit minimal.",
    ),
    ("Parliament rejects extradition treaty with Chile", "Deputies of both sides spoke of unfair trials."),
    ("Vertrag über Atommüll: treaty of Gorleben revived", "Das Endlager soll nun doch im Salz entstehen."),
    ("Moon treaty: Japan proposes a mining tax", "A tenth of the yield would go to a common fund."),
)


async def test_workers_share_the_hosts_and_tell_each_story_once(house, desk, crew, wires):
    hosts = await wires(6)
    house.rule("treaty", "treaty")
    for number, wire in enumerate(hosts):
        for feed in range(2):
            house.feed(f"wire-{number}-{feed}", wire.server.url(f"/{feed}"))
    house.write()
    for name in "abc":
        crew.start(name)
    await until(lambda: all(len(wire.server.requests) >= 4 for wire in hosts), why=lambda: crew.log("a"))
    for wire, story in zip(hosts, STORIES, strict=True):
        wire.publish(*story)
    told = await until(lambda: len(posted(desk)) >= 6 and posted(desk), why=lambda: crew.log("a"))
    assert sorted(one["data"]["story"]["title"] for one in told) == sorted(title for title, _ in STORIES)
    assert {wire.server.most_busy for wire in hosts} == {1}


async def test_a_hangup_while_a_worker_starts_ends_nothing_and_is_heard_when_it_runs(
    house, desk, crew, wires
):
    [wire] = await wires(1)
    house.feed("wire", wire.server.url("/"))
    house.write()
    crew.start("a")
    await until(lambda: "config " in crew.log("a"), why=lambda: crew.log("a"))
    crew.send("a", signal.SIGHUP)
    heard = "config reloaded (SIGHUP, while it started)"
    await until(lambda: heard in crew.log("a") or crew.workers["a"].poll() is not None)
    crew.send("a", signal.SIGTERM)
    assert crew.ends("a") == 0, crew.log("a")
    assert heard in crew.log("a")
