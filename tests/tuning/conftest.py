import pytest

from monitor.store import Store


@pytest.fixture
def store(tmp_path, database):
    store = Store(database.url(tmp_path))
    yield store
    store.close()
