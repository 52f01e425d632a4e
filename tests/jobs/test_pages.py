"""Pages of entries: which are asked for, and what their text changes: matched, told once."""

import asyncio
from datetime import timedelta

import pytest
from house import posted, requests_to, rss
from reading import HTML, QUIET, asked, feed, has, page, queue, reading, rounds, story, verdicts
from servers.web import reply

from monitor.core.pages.wish import unwanted
from monitor.model import PageState, Verdict
from monitor.store import stories


@pytest.fixture
def paris(house, web):
    house.channel("desk", type="console")
    house.rule("paris", "declaration", fulltext="always")
    return house


# ── through the whole monitor ──


async def test_a_rule_that_only_the_page_satisfies_is_told(house, desk):
    house.rule("paris", "declaration", fulltext="always")
    feed(house, desk, rss(story(has(desk, "/story")), QUIET))
    async with house.daemon() as daemon:
        await daemon.run_once()
        house.clock.step(minutes=20)
        done = await daemon.run_once()
    [message] = posted(desk)
    [report] = message["data"]["reports"]
    assert report["title"] == "Ministers meet in Paris"
    assert (done.pages, done.alerts) == (1, 1)
    assert asked(desk) == ["/robots.txt", "/story"]


async def test_no_alert_waits_for_a_page_and_nothing_is_told_twice(house, desk):
    house.rule("paris", "ministers", fulltext="always")
    read = asyncio.Event()
    told_first = []

    async def slow(request, writer):
        told_first.extend(posted(desk))
        await reply(200, page(), Content_Type=HTML)(request, writer)
        read.set()

    feed(house, desk, rss(story(has(desk, "/story", slow)), QUIET))
    async with house.daemon() as daemon:
        for _ in range(3):
            await daemon.run_once()
            house.clock.step(minutes=20)
    assert read.is_set()
    assert len(told_first) == 1
    assert posted(desk) == told_first
    assert verdicts(house) == [Verdict.ALERTED]


# ── what is asked for ──


async def test_a_page_is_read_once_and_its_text_belongs_to_the_entry(paris, web):
    feed(paris, web, rss(story(has(web, "/story")), QUIET))
    await rounds(paris, 4)
    [entry] = [one for one in paris.entries() if one.url]
    assert "signed the declaration" in entry.content
    assert "Home" not in entry.content
    assert entry.page_at == paris.clock() - timedelta(minutes=60)
    assert verdicts(paris) == [Verdict.ALERTED]
    assert asked(web) == ["/robots.txt", "/story"]
    [read] = queue(paris)
    assert (read.state, read.attempts, read.wanted) == (PageState.READ, 1, "rule paris wants every page")


async def test_near_asks_only_for_what_comes_near(paris, web):
    paris.rule("paris", "ministers AND declaration", fulltext="near")
    near, far = has(web, "/near"), has(web, "/far")
    feed(paris, web, rss(story(near), story(far, "Cod prices fall"), QUIET))
    await rounds(paris)
    assert asked(web) == ["/robots.txt", "/near"]
    assert verdicts(paris) == [Verdict.ALERTED]


@pytest.mark.parametrize(
    ("entry", "keys", "why"),
    [
        ({"link": None}, {}, "no address on the web"),
        ({}, {"fulltext": "never"}, 'feed wire says fulltext = "never"'),
        ({"text": "A whole report. " * 100}, {}, "its feed carries the whole text"),
        ({"days": 8}, {}, "published, before the first poll"),
    ],
    ids=["no address", "a feed that says never", "a feed with the whole text", "before the first poll"],
)
async def test_no_page_is_asked_for_where_there_is_nothing_to_gain(paris, web, entry, keys, why):
    entry = dict(entry)  # the table's own serves the next database too
    link = entry.pop("link", has(web, "/story"))
    published = paris.clock() - timedelta(days=entry.pop("days", 0))
    body = rss(story(link, published=published, **entry), QUIET).replace(
        b"<description>A whole",
        b'<content:encoded xmlns:content="http://purl.org/rss/1.0/modules/content/">A whole',
    )
    body = body.replace(b"report. </description>", b"report. </content:encoded>")
    feed(paris, web, body, **keys)
    await rounds(paris)
    assert len(paris.entries()) == 2
    assert not asked(web)
    assert not queue(paris)
    loaded = paris.read()
    told = [unwanted(one, feed=loaded.config.feeds["wire"], rules=loaded.rules) for one in paris.entries()]
    assert any(why in one for one in told)


async def test_what_was_in_the_feed_before_the_first_poll_is_not_read(paris, web):
    paris.feed("wire", web.on("/wire", reply(200, rss(story(has(web, "/story"))))))
    await rounds(paris)
    assert not asked(web)


async def test_a_page_is_asked_for_with_nothing_that_is_the_feeds(paris, web):
    feed(
        paris, web, rss(story(has(web, "/story")), QUIET),
        headers={"X-Key": "hunter2-hunter2"}, user="me", password="hunter2-hunter2",
    )  # fmt: skip
    await rounds(paris)
    for request in (one for path in ("/robots.txt", "/story") for one in requests_to(web, path)):
        names = {name.lower() for name, _ in request.headers}
        assert names.isdisjoint({"x-key", "authorization", "cookie", "referer"})
        assert (request.header("User-Agent") or "").startswith("news-monitor/")
        assert "text/html" in (request.header("Accept") or "")


# ── what a text changes ──


async def test_the_text_survives_a_feed_that_changes_its_teaser(paris, web):
    link = has(web, "/story")
    feed(paris, web, rss(story(link, guid="1")), rss(story(link, text="At noon, in Paris.", guid="1")))
    await rounds(paris, 3)
    [entry] = [one for one in paris.entries() if one.url]
    assert entry.summary == "At noon, in Paris."
    assert "signed the declaration" in entry.content
    assert entry.page_at is not None
    assert asked(web) == ["/robots.txt", "/story"]
    assert verdicts(paris) == [Verdict.ALERTED]


async def test_a_page_that_says_no_more_than_the_feed_changes_nothing(paris, web):
    cookies = "<p>Please accept our cookies.</p>"
    feed(
        paris, web,
        rss(story(has(web, "/story", reply(200, page(cookies), Content_Type=HTML)), text="They met. " * 20)),
    )  # fmt: skip
    await rounds(paris)
    [entry] = [one for one in paris.entries() if one.url]
    assert (entry.content, entry.page_at) == ("", None)
    [read] = queue(paris)
    assert read.state is PageState.READ
    assert "no more than its feed gave" in read.outcome


async def test_marks_move_with_the_text(paris, web):
    """What was decided stays; what is marked is marked where it stands now."""
    paris.rule("paris", "palace", fulltext="always")
    body = rss(story(has(web, "/story")), QUIET).replace(
        b"<description>At noon.</description>",
        b'<c:encoded xmlns:c="http://purl.org/rss/1.0/modules/content/">At the palace.</c:encoded>',
    )
    feed(paris, web, body)
    await rounds(paris)
    [decision] = paris.decisions()
    [entry] = [one for one in paris.entries() if one.url]
    words = {entry.content[span.start : span.end] for span in decision.match.spans}
    assert words == {"palace"}
    assert len(decision.match.spans) == 7


async def test_an_entry_joins_the_story_that_its_text_tells(paris, web):
    """The agency's text makes it a copy: it is not told a second time under a teaser of its own."""
    agency = " ".join(
        f"Sentence {n}: delegates of country {n} signed the declaration on harbour {n}." for n in range(12)
    )
    paragraphs = "".join(f"<p>{one}.</p>" for one in agency.split(". "))
    link = has(web, "/story", reply(200, page(paragraphs), Content_Type=HTML))
    feed(paris, web, rss(story(None, "Delegates sign in Lisbon", agency)))
    feed(paris, web, rss(QUIET), rss(story(link, "Read this tonight", "Here.")), feed_id="other")
    await rounds(paris, 3)
    first, second = [one for one in paris.entries() if one.title != "Weather for the week"]
    assert (second.copy_of, second.story_id) == (first.id, first.story_id)
    assert verdicts(paris) == [Verdict.ALERTED, Verdict.COPY]
    assert len(paris.alerts()) == 1
    assert {one.story.id for one in paris.stories()} == {one.story_id for one in paris.entries()} - {None}


async def test_a_told_story_that_its_text_shows_to_be_another_is_merged_with_that(paris, web):
    agency = " ".join(
        f"Sentence {n}: delegates of Lisbon and Porto signed the declaration on harbour {n}."
        for n in range(12)
    )
    paragraphs = "".join(f"<p>{one}.</p>" for one in agency.split(". "))
    link = has(web, "/story", reply(200, page(paragraphs), Content_Type=HTML))
    feed(paris, web, rss(story(None, "Delegates of Lisbon and Porto sign", agency)))
    feed(paris, web, rss(QUIET), rss(story(link, "A declaration tonight", "Here.")), feed_id="other")
    async with reading(paris) as monitor:
        for _ in range(2):
            await monitor.round()
            paris.clock.step(minutes=20)
        await monitor.poll()
        assert verdicts(paris) == [Verdict.ALERTED, Verdict.ALERTED]
        await monitor.reader.read_due()
    first, second = [one for one in paris.entries() if one.title != "Weather for the week"]
    assert second.story_id == first.story_id
    assert second.page_at is not None
    assert len(paris.alerts()) == 2
    assert {one.story_id for one in paris.alerts()} == {first.story_id}
    assert {one.story.id for one in paris.stories()} == {one.story_id for one in paris.entries()} - {None}
    with paris.reading() as connection:
        [(merge, title)] = stories.merged(connection, first.story_id)
    assert (merge.entry_id, title) == (second.id, "A declaration tonight")
