"""The server goes away under workers and comes back: they wait, say so, go on, and take nobody for dead."""

import signal

import pytest
from crew import Crew, crew_of, until
from databases import Databases
from house import House, posted
from servers.postgresql import new_server, remove
from servers.web import reply

pytestmark = pytest.mark.postgresql("about the server itself")

BEFORE = (
    "Treaty on fishing quotas signed in Reykjavik",
    "Iceland and Norway share the cod of the Barents Sea.",
)
AFTER = ("Canada leaves the treaty on open skies", "Ottawa gave no reason; overflights end in autumn.")


@pytest.fixture
def server():
    """This test's alone, to be stopped."""
    server = new_server()
    yield server
    remove(server)


@pytest.fixture
def house(tmp_path, server, web):
    house = House(tmp_path, databases=Databases(server))
    house.settings["polling"] = {"allow_private": True, "interval": "1s", "min_interval": "1s"}
    house.settings["alerting"]["group_wait"] = "0s"
    house.channel("desk", type="webhook", url=web.on("/hook", reply(200)))
    house.rule("treaty", "treaty")
    yield house
    house.close()


@pytest.fixture
def crew(house):
    with crew_of(house) as crew:
        yield crew


def stop_and_start(server, how):
    server.stop(how=how)
    server.start()


def cut(server, _how):
    with server.connect("postgres") as session:
        session.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'news-monitor%'"
        )


def titles(web):
    return sorted(one["data"]["story"]["title"] for one in posted(web))


def logs(crew: Crew):
    return "\n".join(crew.log(name) for name in crew.workers)


@pytest.mark.parametrize(
    ("befalls", "how"),
    [(stop_and_start, signal.SIGINT), (stop_and_start, signal.SIGQUIT), (cut, None)],
    ids=["restart", "crash", "cut connections"],
)
async def test_workers_go_on_when_their_server_is_back(house, server, crew, wires, web, befalls, how):
    hosts = await wires(3)
    for number, wire in enumerate(hosts):
        house.feed(f"wire-{number}", wire.server.url())
    house.write()
    for name in "ab":
        crew.start(name)
    await until(lambda: all(len(wire.server.requests) >= 3 for wire in hosts), why=lambda: logs(crew))
    hosts[0].publish(*BEFORE)
    befalls(server, how)
    hosts[1].publish(*AFTER)
    await until(lambda: len(titles(web)) >= 2, why=lambda: logs(crew))
    asked = [len(wire.server.requests) for wire in hosts]
    await until(
        lambda: all(len(wire.server.requests) > before for wire, before in zip(hosts, asked, strict=True))
    )
    assert titles(web) == sorted([BEFORE[0], AFTER[0]])
    assert "others do its work" not in logs(crew)
    assert "was not seen since" not in logs(crew)
    assert all(process.poll() is None for process in crew.workers.values())
    assert {wire.server.most_busy for wire in hosts} == {1}
