import io
import ssl
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import trustme

from monitor import channels

NOW = datetime(2026, 1, 6, 19, 25, tzinfo=UTC)


@pytest.fixture(scope="session")
def authority():
    return trustme.CA()


@pytest.fixture(scope="session")
def trusted(authority):
    """The server side of connections that the channels trust."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    return context


@pytest.fixture(scope="session")
def untrusted():
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture
def screen():
    return io.StringIO()


@pytest.fixture
async def surroundings(authority, screen, tmp_path, monkeypatch):
    """The real ones, which trust the tests' authority as a user would make them trust a company's."""
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    async with channels.surroundings(
        user_agent="news-monitor/test", clock=lambda: NOW, stream=screen, state=tmp_path
    ) as made:
        yield made


@pytest.fixture
def replace_stream(surroundings):
    return lambda stream: replace(surroundings, stream=stream)
