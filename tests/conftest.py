"""The monitor in a folder (`house.py`) and a server on loopback for the tests of the whole."""

import os

import pytest
from databases import KINDS, Databases, SqliteFiles
from house import House
from servers.postgresql import new_server, remove
from servers.web import reply, web_server


def pytest_xdist_auto_num_workers(config):
    """One a core for the whole suite; none for a room or a test that is named: they take seconds to start."""
    return os.cpu_count() if config.args_source is pytest.Config.ArgsSource.TESTPATHS else 0


def pytest_addoption(parser):
    kinds = "both: each test that has one on both, but for those that are marked `either`"
    parser.addoption("--database", choices=[*KINDS, "both"], default="both", help=kinds)


def pytest_configure(config):
    config.addinivalue_line("markers", "sqlite(reason): about a database in a file")
    config.addinivalue_line("markers", "postgresql(reason): about a database on a server")
    config.addinivalue_line(
        "markers", "either(reason): one database is enough, unless `--database` names one"
    )


def pytest_generate_tests(metafunc):
    if "database_kind" not in metafunc.fixturenames:
        return
    chosen = metafunc.config.getoption("--database")
    is_either = metafunc.definition.get_closest_marker("either")
    kinds = (chosen,) if chosen != "both" else KINDS[:1] if is_either else KINDS
    named = [kind for kind in KINDS if metafunc.definition.get_closest_marker(kind)]
    metafunc.parametrize("database_kind", [kind for kind in kinds if not named or kind in named])


@pytest.fixture(scope="session")
def postgresql():
    """A server of this process of tests. Raises FileNotFoundError, with the cure, where none is installed."""
    server = new_server()
    yield server
    remove(server)


@pytest.fixture
def database(database_kind, request):
    """Where this test's databases lie."""
    server = request.getfixturevalue("postgresql") if database_kind == "postgresql" else None
    found = Databases(server) if server else SqliteFiles()
    yield found
    found.close()


@pytest.fixture
async def web():
    async with web_server() as server:
        yield server


@pytest.fixture
def house(tmp_path, database):
    house = House(tmp_path, databases=database)
    yield house
    house.close()


@pytest.fixture
def desk(house, web):
    """The house's default channel: a webhook that takes everything."""
    house.channel("desk", type="webhook", url=web.on("/hook", reply(200)))
    return web
