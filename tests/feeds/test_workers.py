"""Worker processes: what happens to one document is that feed's alone."""

import asyncio
import os
import sys
from datetime import UTC, datetime

import misreaders
import pytest

from monitor.errors import ParseError, ParseReason
from monitor.feeds.workers import Parsers, body_hash
from monitor.model import Response

NOW = datetime(2026, 2, 1, tzinfo=UTC)


def parsers(**told):
    return Parsers(now=lambda: NOW, **{"workers": 1, "reader": misreaders.read, **told})


def response(body, **told):
    return Response(url="https://feeds.example/", body=body, **told)


async def reason(pool, body):
    with pytest.raises(ParseError) as caught:
        await pool.parse(response(body))
    return caught.value.reason


async def test_a_real_feed_is_read_in_a_worker():
    body = b'<rss version="2.0"><channel><title>T</title><item><title>a</title></item></channel></rss>'
    async with Parsers(now=lambda: NOW, workers=1) as pool:
        feed = await pool.parse(response(body))
        assert (feed.title, [entry.title for entry in feed.entries]) == ("T", ["a"])
        assert await reason(pool, b"<html>") is ParseReason.HTML


async def test_the_reader_is_told_what_the_response_says():
    async with parsers() as pool:
        feed = await pool.parse(response(b"when", content_type="text/xml"))
    assert (feed.title, feed.language, feed.warnings) == (
        NOW.isoformat(),
        "https://feeds.example/",
        ("text/xml",),
    )


async def test_a_hang_is_that_documents_alone():
    async with parsers(timeout_s=0.3) as pool:
        assert await reason(pool, b"hang") is ParseReason.TIMEOUT
        assert (await pool.parse(response(b"next"))).title == "next"


@pytest.mark.parametrize("end", [b"die", b"crash"])
async def test_a_death_is_that_documents_alone(end):
    async with parsers() as pool:
        assert await reason(pool, end) is ParseReason.CRASHED
        assert (await pool.parse(response(b"next"))).title == "next"


async def test_a_worker_that_leaves_without_a_word_is_noticed():
    async with parsers(timeout_s=0.3) as pool:
        assert await reason(pool, b"exit") in {ParseReason.TIMEOUT, ParseReason.CRASHED}
        assert (await pool.parse(response(b"next"))).title == "next"


async def test_others_go_on_beside_a_hang():
    async with parsers(workers=2, timeout_s=30) as pool:
        hanging = asyncio.create_task(pool.parse(response(b"hang")))
        async with asyncio.timeout(10):
            titles = [(await pool.parse(response(b"%d" % number))).title for number in range(20)]
        assert titles == [str(number) for number in range(20)]
        hanging.cancel()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the address space")
async def test_a_document_that_takes_all_the_memory_is_refused():
    async with parsers() as pool:
        assert await reason(pool, b"fill") is ParseReason.CRASHED
        assert (await pool.parse(response(b"next"))).title == "next"


async def test_a_pool_that_broke_is_replaced():
    async with parsers() as pool:
        await pool.parse(response(b"first"))
        pool._pool.stop()
        assert (await pool.parse(response(b"next"))).title == "next"


async def test_a_parse_error_comes_through_whole():
    async with parsers() as pool:
        with pytest.raises(ParseError, match="no feed") as caught:
            await pool.parse(response(b"refuse"))
    assert caught.value.reason is ParseReason.NOT_A_FEED


async def test_signals_that_are_meant_for_the_daemon_end_no_worker():
    async with parsers() as pool:
        assert (await pool.parse(response(b"listen"))).title == "deaf"


async def test_no_worker_outlives_its_pool():
    async with parsers() as pool:
        worker = int((await pool.parse(response(b"who"))).title)
        assert worker != os.getpid()
        os.kill(worker, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)


def test_equal_bodies_have_equal_hashes_and_others_have_not():
    assert body_hash(b"a") == body_hash(bytes([97])) != body_hash(b"b")
    assert len(body_hash(b"")) == 32


# ── pages and robots.txt ──


async def test_pages_and_robots_txts_are_read_in_a_worker():
    article = "".join(
        f"<p>Delegate {number} signed the declaration at the palace.</p>" for number in range(6)
    )
    async with Parsers(now=lambda: NOW, workers=1) as pool:
        text = await pool.article(
            response(f"<html><body><article>{article}".encode(), content_type="text/html")
        )
        assert text.count("declaration") == 6
        with pytest.raises(ParseError) as caught:
            await pool.article(response(b"%PDF", content_type="application/pdf"))
        assert caught.value.reason is ParseReason.NO_PAGE
        assert not await pool.allows("User-agent: *\nDisallow: /", "https://paper.example/1")
        assert await pool.allows("", "https://paper.example/1")


@pytest.mark.parametrize("kind", ["page", "robots.txt"])
async def test_a_page_or_robots_txt_that_takes_too_long_costs_its_worker_and_nobody_else(kind):
    """Paragraphs that nobody closes; agents by rules."""
    agents = "".join(f"User-agent: a{number}\n" for number in range(15_000))
    rules = "".join(f"Disallow: /{number}\n" for number in range(15_000))
    async with Parsers(now=lambda: NOW, workers=1, timeout_s=2.0) as pool:
        page = response(b"<html>" + b"<p>" * 2_000_000, content_type="text/html")
        work = (
            pool.article(page) if kind == "page" else pool.allows(agents + rules, "https://paper.example/1")
        )
        with pytest.raises(ParseError) as caught:
            await work
        assert caught.value.reason in {ParseReason.TIMEOUT, ParseReason.CRASHED}
        assert await pool.allows("", "https://paper.example/1")
