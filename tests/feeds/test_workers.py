"""Worker processes: what happens to one document is that feed's alone."""

import asyncio
import os
import pickle
import sys
from datetime import UTC, datetime

import misreaders
import psutil
import pytest
from pydantic import SecretStr

from monitor.core.rules import compile_rules
from monitor.core.stories.identity import keys_of
from monitor.errors import ParseError, ParseReason
from monitor.feeds.workers import Parsers, RuleTexts, body_hash
from monitor.model import Feed, Response, Rule

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
    async with parsers(cpu_s=0.3) as pool:
        assert await reason(pool, b"hang") is ParseReason.TIMEOUT
        assert (await pool.parse(response(b"next"))).title == "next"


@pytest.mark.parametrize("end", [b"die", b"crash"])
async def test_a_death_is_that_documents_alone(end):
    async with parsers() as pool:
        assert await reason(pool, end) is ParseReason.CRASHED
        assert (await pool.parse(response(b"next"))).title == "next"


async def test_a_worker_that_leaves_without_a_word_is_noticed():
    async with parsers(hung_s=3) as pool:
        assert await reason(pool, b"exit") in {ParseReason.TIMEOUT, ParseReason.CRASHED}
        assert (await pool.parse(response(b"next"))).title == "next"


async def test_others_go_on_beside_a_hang():
    async with parsers(workers=2, cpu_s=30) as pool:
        hanging = asyncio.create_task(pool.parse(response(b"hang")))
        async with asyncio.timeout(60):
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
    async with Parsers(now=lambda: NOW, workers=1, cpu_s=2.0) as pool:
        page = response(b"<html>" + b"<p>" * 2_000_000, content_type="text/html")
        work = (
            pool.article(page) if kind == "page" else pool.allows(agents + rules, "https://paper.example/1")
        )
        with pytest.raises(ParseError) as caught:
            await work
        assert caught.value.reason in {ParseReason.TIMEOUT, ParseReason.CRASHED}
        assert await pool.allows("", "https://paper.example/1")


async def test_no_worker_is_there_before_a_document_is():
    before = len(psutil.Process().children(recursive=True))
    async with parsers() as pool:
        assert len(psutil.Process().children(recursive=True)) == before
        assert await pool.parse(response(PARIS))
        assert len(psutil.Process().children(recursive=True)) > before


# ── rules ──

FEED = Feed(id="wire", url="https://feeds.example/", headers={"Authorization": SecretStr("canary-secret")})
PARIS = b'<rss version="2.0"><channel><item><title>Paris declaration</title></item></channel></rss>'


def texts(*queries):
    rules = tuple(Rule(id=query, query=query) for query in queries)
    return RuleTexts(rules, {}, compile_rules(rules, {})[0].key)


def matched(read):
    return [[match.rule_id for match in entry.matches] for entry in read.entries]


async def test_entries_are_matched_where_they_are_read():
    async with Parsers(now=lambda: NOW, workers=1, rules=texts("paris", "london")) as pool:
        read = await pool.read(response(PARIS), feed=FEED)
    [entry] = read.entries
    assert matched(read) == [["paris"]]
    assert (entry.entry, entry.keys, entry.words.title) == (
        read.feed.entries[0],
        keys_of(entry.entry),
        "paris declaration",
    )
    assert read.rules_key == texts("paris", "london").key


async def test_what_is_read_after_the_rules_changed_is_matched_by_the_new_ones():
    async with Parsers(now=lambda: NOW, workers=1, rules=texts("paris")) as pool:
        await pool.parse(response(PARIS))  # there is a worker
        under_way = asyncio.create_task(pool.read(response(PARIS), feed=FEED))
        await asyncio.sleep(0)
        pool.use(texts("london", "declaration"))
        assert matched(await pool.read(response(PARIS), feed=FEED)) == [["declaration"]]
        assert matched(await under_way) == [["paris"]]


async def test_a_worker_is_shown_no_secret_of_the_feed():
    async with parsers() as pool:
        work = pool._reading(response(b"x"), b"", FEED)
    assert b"canary-secret" not in pickle.dumps(work)


def test_rules_have_one_key_in_every_process_and_another_where_they_mean_something_else():
    assert texts("paris", "london").key == texts("paris", "london").key
    assert len({texts(*some).key for some in (["paris"], ["london"], ["paris", "london"], [])}) == 4
