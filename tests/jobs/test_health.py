"""What a running daemon says of itself: figures for Prometheus, whether it is well, a sign of life every minute."""

import re
import socket
from itertools import cycle
from pathlib import Path

import httpx
import pytest
from house import item, rss
from loguru import logger
from prometheus_client.parser import text_string_to_metric_families
from servers.web import reply

from monitor import metrics
from monitor.jobs.fleet import Alone
from monitor.jobs.health import Heartbeat

ROOT = Path(__file__).parents[2]


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


@pytest.fixture
async def running(house, desk, web):
    """A daemon that polled a good feed and a broken one, and answers on `address`."""
    address = f"127.0.0.1:{free_port()}"
    house.settings["web"] = {"listen": address}
    house.rule("truce", "truce")
    house.feed("wire", web.on("/wire", reply(200, rss(item("Weather")))))
    house.feed("gone", web.on("/gone", reply(500)))
    house.feed("off", web.url("/off"), enabled=False)
    async with house.daemon() as daemon:
        await daemon.run_once()
        await daemon.tick()
        await daemon.beat()
        async with daemon.listening(), httpx.AsyncClient(base_url=f"http://{address}") as client:
            yield daemon, client


async def scraped(client):
    answer = await client.get("/metrics")
    assert answer.status_code == 200, answer.text
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


async def test_the_figures_are_those_of_what_is_stored(running):
    found = await scraped(running[1])
    assert {state: found["monitor_feeds", state] for state in metrics.FEED_STATES} == {
        "ok": 1, "failing": 1, "stopped": 0, "disabled": 1, "new": 0,
    }  # fmt: skip
    assert found["monitor_rules",] == 1
    assert found["monitor_outbox_deliveries", "dead"] == 0
    assert found["monitor_database_bytes",] > 4096
    assert found["process_cpu_seconds_total",] > 0


async def test_a_daemon_that_is_well_says_so(running):
    answer = await running[1].get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok\n")


async def test_one_that_is_behind_says_with_what(running, house):
    daemon, client = running
    house.clock.step(minutes=60)
    await daemon.beat()
    answer = await client.get("/healthz")
    assert answer.status_code == 503
    assert "a feed has been due for" in answer.text


@pytest.mark.parametrize("path", ["/websub/x", "/metrics/x", "/etc/passwd", "/..%2f..%2fetc/passwd"])
async def test_nothing_else_is_there(running, path):
    assert (await running[1].get(path)).status_code == 404


@pytest.mark.parametrize("path", ["/metrics", "/healthz"])
async def test_nothing_can_be_changed_there(running, path):
    assert (await running[1].post(path, content=b"x")).status_code in {403, 405}


async def test_nothing_listens_unless_an_address_is_given(house, desk, web):
    house.rule("truce", "truce")
    house.feed("wire", web.on("/wire", reply(200, rss(item("Weather")))))
    async with house.daemon() as daemon, daemon.listening():
        assert daemon._listens_on == ""


def test_the_alert_rules_ask_for_figures_that_there_are():
    text = (ROOT / "systemd" / "prometheus-rules.yml").read_text()
    asked = set(re.findall(r"\bmonitor_\w+", text))
    assert len(asked) >= 5
    there = {sample.name for family in metrics.REGISTRY.collect() for sample in family.samples}
    there |= set(metrics.REGISTRY._names_to_collectors)
    assert asked <= there


@pytest.fixture
def logged():
    """The lines of the log from here on."""
    lines = []
    sink = logger.add(lambda line: lines.append(str(line)), level="WARNING")
    yield lines
    logger.remove(sink)


@pytest.fixture
async def client():
    async with httpx.AsyncClient() as client:
        yield client


async def test_a_sign_of_life_is_given_while_all_is_well(web, client):
    url, well = web.on("/ping", reply(200)), [True]
    heart = Heartbeat(client, url=lambda: url, is_well=lambda: well[0])
    await heart.beat()
    well[0] = False
    await heart.beat()
    assert [request.target for request in web.requests] == ["/ping"]


@pytest.mark.parametrize("answer", [reply(500), reply(404)])
async def test_a_listener_that_refuses_is_said_once_and_harms_nobody(web, client, answer, logged):
    heart = Heartbeat(client, url=lambda: web.url("/ping"), is_well=lambda: True)
    web.on("/ping", answer)
    for _ in range(3):
        await heart.beat()
    assert len([line for line in logged if "ping_url" in line]) == 1


async def test_a_listener_that_is_not_there_harms_nobody(client, logged):
    heart = Heartbeat(client, url=lambda: f"http://127.0.0.1:{free_port()}/", is_well=lambda: True)
    await heart.beat()
    assert any("ping_url" in line for line in logged)


async def test_nobody_is_told_where_no_address_is_given(client):
    await Heartbeat(client, url=lambda: "", is_well=lambda: True).beat()


class Turning(Alone):
    """Does what is done once, and then not, and then again, each time that it is asked."""

    def __init__(self, store):
        super().__init__(store)
        self._turns = cycle([False, True])

    @property
    def keeps(self):
        return next(self._turns)


async def test_who_comes_to_keep_while_it_gives_a_sign_of_life_gives_the_next_one(house, desk):
    async with house.daemon(fleet=Turning(house.store)) as daemon:
        for _ in range(4):
            await daemon.vitals.beat()
            assert not daemon.complaints.last
