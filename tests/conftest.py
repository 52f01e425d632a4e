"""The monitor in a folder (`house.py`) and a server on loopback for the tests of the whole."""

import os
import signal

import pytest
from databases import KINDS, Databases, SqliteFiles
from house import House
from hypothesis import HealthCheck, settings
from servers.postgresql import new_server, remove
from servers.web import reply, web_server

# A busy machine fails no test: how long an example takes is no law of ours.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


def pytest_xdist_auto_num_workers(config):
    """Four on two cores for the whole suite, since tests wait for servers and processes that they start.

    None for a room or a test that is named: they take seconds to start.
    """
    return (os.cpu_count() or 1) * 2 if config.args_source is pytest.Config.ArgsSource.TESTPATHS else 0


def pytest_addoption(parser):
    kinds = "both: each test that has one on both, but for those that are marked `either`"
    parser.addoption("--database", choices=[*KINDS, "both"], default="both", help=kinds)


def pytest_configure(config):
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # of what a shell begins in the background
        signal.signal(signal.SIGINT, signal.default_int_handler)  # else nothing that tests start hears Ctrl-C
    config.addinivalue_line("markers", "sqlite(reason): about a database in a file")
    config.addinivalue_line("markers", "postgresql(reason): about a database on a server")
    config.addinivalue_line(
        "markers", "either(reason): one database is enough, unless `--database` names one"
    )


def pytest_generate_tests(metafunc):
    if "database_kind" in metafunc.fixturenames:
        named = [kind for kind in KINDS if metafunc.definition.get_closest_marker(kind)]
        is_either = metafunc.definition.get_closest_marker("either")
        chosen = metafunc.config.getoption("--database")
        metafunc.parametrize(
            "database_kind", named or (KINDS[:1] if is_either and chosen == "both" else KINDS)
        )


def pytest_collection_modifyitems(config, items):
    """Where one database is named, what runs on the other is not among the tests."""
    chosen = config.getoption("--database")
    if chosen == "both":
        return
    kinds = [
        item.callspec.params.get("database_kind") if hasattr(item, "callspec") else None for item in items
    ]
    left = [item for item, kind in zip(items, kinds, strict=True) if kind not in {None, chosen}]
    items[:] = [item for item, kind in zip(items, kinds, strict=True) if kind in {None, chosen}]
    config.hook.pytest_deselected(items=left)


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
