"""Workers take up what is published within seconds; who cannot says so, and asks no host until it agrees."""

import json

import pytest
from crew import until
from house import posted

from monitor.cli import exit_code
from monitor.store import workers

pytestmark = pytest.mark.postgresql("about what several machines share")


@pytest.fixture
def house(house, desk):
    house.rule("paris", "declaration")
    return house


@pytest.fixture
def cluster(house, capsys):
    """`monitor cluster …`: its exit code, and what it printed."""

    def typed(*words):
        options = ["--config", str(house.folder), "--state", str(house.state)]
        return exit_code([*options, "cluster", *map(str, words)]), capsys.readouterr().out

    return typed


def copied(house, name, *, rule="truce", more=""):
    """The house's config with another rule, in a folder of its own."""
    folder = house.root / name
    (folder / "rules").mkdir(parents=True)
    main = (house.folder / "monitor.toml").read_text().replace(house.channels["desk"]["url"], "${DESK}")
    (folder / "monitor.toml").write_text(main + more)
    (folder / "feeds.toml").write_text((house.folder / "feeds.toml").read_text())
    (folder / "rules" / "rules.toml").write_text(f'[[rule]]\nid = "{rule}"\nquery = "{rule}"\n')
    return folder


def versions(house):
    """By the worker's name, the version that it runs on."""
    with house.reading() as connection:
        return {one.name: one.config_version for one in workers.listed(connection)}


def agreed(house):
    """The version that two workers run on; empty: they do not agree."""
    running = list(versions(house).values())
    return running[0] if len(running) == 2 and running[0] == running[1] else ""


@pytest.fixture
async def crew(house, wires, crew, monkeypatch):
    """It has one wire."""
    [crew.wire] = await wires(1)
    house.feed("wire", crew.wire.server.url("/feed", host="127.0.1.1"))
    monkeypatch.setenv("DESK", house.channels["desk"]["url"])
    house.write()
    return crew


async def test_all_take_up_what_is_published_within_seconds(house, web, crew, cluster):
    for name in "ab":
        crew.start(name)
    before = await until(lambda: agreed(house))
    await until(lambda: crew.wire.server.requests)
    assert cluster("publish", copied(house, "next"))[0] == 0
    await until(lambda: agreed(house) not in {"", before}, why=lambda: crew.log("a") + crew.log("b"))
    crew.wire.publish("A truce holds in the north", "The guns fell silent at noon.")
    await until(lambda: posted(web), why=lambda: crew.log("a") + crew.log("b"))
    code, said = cluster("status", "--json")
    assert code == 0
    assert {one["version"] for one in json.loads(said)["workers"]} == set(versions(house).values())


async def test_who_cannot_take_it_up_says_so_and_asks_nobody(house, crew, cluster, monkeypatch):
    crew.start("a")
    await until(lambda: crew.wire.server.requests, why=lambda: crew.log("a"))
    monkeypatch.setenv("HERE_ALONE", "0123456789-0123456789")
    more = '[web]\ntoken = "${HERE_ALONE}"\n'
    assert cluster("publish", copied(house, "next", more=more))[0] == 0
    await until(lambda: "it polls nothing until it agrees" in crew.log("a"), why=lambda: crew.log("a"))
    await until(lambda: "HERE_ALONE is not set" in crew.log("a"), why=lambda: crew.log("a"))
    asked = len(crew.wire.server.requests)
    crew.start("b")  # its environment has what the other's lacks
    await until(lambda: len(crew.wire.server.requests) > asked, why=lambda: crew.log("b"))
    code, said = cluster("status", "--json")
    assert code == 1
    [ailment] = json.loads(said)["ailments"]
    assert ailment.startswith("a on ")
    with house.reading() as connection:
        names = {one.id: one.name for one in workers.listed(connection)}
        assert {names[holder] for holder in workers.held(connection, workers.HOST).values()} <= {"b"}
    assert cluster("publish", "--withdraw")[0] == 0
    await until(lambda: "as all do: it polls" in crew.log("a"), why=lambda: crew.log("a"))


async def test_of_files_that_differ_those_of_most_workers_count(house, crew, cluster):
    other = copied(house, "other")
    for name in "ab":
        crew.start(name)
    await until(lambda: len([one for one in versions(house).values() if one]) == 2)
    crew.start("c", "cluster", "worker", "--name", "c", "--config", str(other))
    await until(lambda: "most workers run on" in crew.log("c"), why=lambda: crew.log("c"))
    assert [
        one["name"] for one in json.loads(cluster("status", "--json")[1])["workers"] if not one["agrees"]
    ] == ["c"]
