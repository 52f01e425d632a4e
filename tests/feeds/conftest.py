"""A scripted server, and fetchers that are in a hurry."""

from contextlib import asynccontextmanager
from datetime import UTC, datetime

import httpx
import pytest
from servers.web import web_server

from monitor.feeds.fetch import Fetcher, Limits
from monitor.model import FetchRequest

NOW = datetime(2026, 1, 10, 12, 0, tzinfo=UTC)


@pytest.fixture
async def server():
    async with web_server() as server:
        yield server


@pytest.fixture(scope="session")
def usual_trust():
    """Made once: it takes 30 ms."""
    return httpx.create_ssl_context()


@pytest.fixture
def fetching(usual_trust):
    """Makes a fetcher without pauses between requests; its limits are arguments."""

    @asynccontextmanager
    async def fetching(*, ssl_context=None, hosts=None, resolver=None, **limits):
        limits = Limits(**{"host_pause_s": 0.0, **limits})
        async with Fetcher(
            user_agent="news-monitor/test",
            now=lambda: NOW,
            limits=limits,
            ssl_context=ssl_context or usual_trust,
            hosts=hosts,
            resolver=resolver,
        ) as fetcher:
            yield fetcher

    return fetching


@pytest.fixture
async def fetcher(fetching):
    async with fetching() as fetcher:
        yield fetcher


@pytest.fixture
def asking():
    """Makes a request for a feed that may be on loopback."""

    def asking(url, **told):
        return FetchRequest(url=url, **{"allow_private": True, **told})

    return asking
