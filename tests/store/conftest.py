import pytest

from monitor.store import Store


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'monitor.db'}"


@pytest.fixture
def store(url):
    store = Store(url)
    yield store
    store.close()
