import pytest

from monitor.store import Store


@pytest.fixture
def url(tmp_path, database):
    return database.url(tmp_path)


@pytest.fixture
def store(url):
    store = Store(url)
    yield store
    store.close()
