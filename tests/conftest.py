"""The monitor in a folder (`house.py`) and a server on loopback for the tests of the whole."""

import os

import pytest
from house import House
from servers.web import reply, web_server


def pytest_xdist_auto_num_workers(config):
    """One a core for the whole suite; none for a room or a test that is named: they take seconds to start."""
    return os.cpu_count() if config.args_source is pytest.Config.ArgsSource.TESTPATHS else 0


@pytest.fixture
async def web():
    async with web_server() as server:
        yield server


@pytest.fixture
def house(tmp_path):
    house = House(tmp_path)
    yield house
    house.close()


@pytest.fixture
def desk(house, web):
    """The house's default channel: a webhook that takes everything."""
    house.channel("desk", type="webhook", url=web.on("/hook", reply(200)))
    return web
