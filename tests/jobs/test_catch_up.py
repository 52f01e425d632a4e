"""What scrolled past between two polls is read from the feed's older pages (RFC 5005), politely and bounded."""

import json
from datetime import timedelta

import pytest
from house import SUMMIT, item, rss
from servers.canary import canary
from servers.web import reply

from monitor.core.polling.missed import PAGES
from monitor.model import Verdict


def report(number, *, minutes=None, published=True):
    """The number-th report, published so many minutes after the summit: its number, where it is not said."""
    at = SUMMIT + timedelta(minutes=number if minutes is None else minutes)
    return item(f"Report {number}", f"What happened at {number}.", published=at if published else None)


def page(*items, older=None, relation="next"):
    """A page of an RSS feed, the newest entry first."""
    link = f'<a:link xmlns:a="http://www.w3.org/2005/Atom" rel="{relation}" href="{older}"/>' if older else ""
    return reply(200, rss(*items).replace(b"<link>", link.encode() + b"<link>", 1))


FIRST = (report(2, minutes=-2), report(1, minutes=-3))


@pytest.fixture
def wire(house, web):
    """A feed that was polled once at the summit, with reports 1 and 2 in it, and outruns us from then on."""
    house.settings["alerting"]["default"] = ["console"]
    house.feed("wire", web.url("/wire"))
    house.rule("reports", "report")

    async def wire(*second, first=FIRST):
        """The titles that are stored after the second poll, an hour later, which is answered so."""
        web.on("/wire", page(*first, older="/wire/2"), *second)
        async with house.daemon() as daemon:
            await daemon.run_once(every=True)
            house.clock.step(hours=1)
            await daemon.run_once(every=True)
        return sorted(entry.title for entry in house.entries())

    return wire


def titles(*numbers):
    return sorted(f"Report {number}" for number in numbers)


def asked(web):
    return [request.target for request in web.requests]


async def test_what_scrolled_past_is_read_from_older_pages_down_to_what_is_known(house, web, wire):
    web.on("/wire/2", page(report(6), report(5), older="/wire/3"))
    web.on(
        "/wire/3", page(report(4), report(3), report(2, minutes=-2), report(0, minutes=-4), older="/wire/4")
    )
    stored = await wire(page(report(8), report(7), older="/wire/2"))
    assert stored == titles(*range(1, 9))
    assert asked(web) == ["/wire", "/wire", "/wire/2", "/wire/3"]
    state = house.feed_state("wire")
    assert (state.gaps.count, state.gaps.recovered) == (1, 4)
    told = [one for one in house.decisions() if one.verdict is not Verdict.BASELINE]
    assert len(told) == 6


async def test_the_missed_entries_are_taken_in_the_order_of_time(house, web, wire):
    web.on("/wire/2", page(report(4), report(3), report(2, minutes=-2)))
    await wire(page(report(6), report(5), older="/wire/2"))
    late = [entry.title for entry in house.entries() if not entry.baseline]
    assert late == [f"Report {number}" for number in (3, 4, 5, 6)]


async def test_an_archive_is_preferred_to_a_page(web, wire):
    web.on("/archive", page(report(3), report(2, minutes=-2)))
    both = rss(report(4)).replace(
        b"<link>",
        b'<a:link xmlns:a="http://www.w3.org/2005/Atom" rel="next" href="/wire/2"/>'
        b'<a:link xmlns:a="http://www.w3.org/2005/Atom" rel="prev-archive" href="/archive"/><link>',
        1,
    )
    assert await wire(reply(200, both)) == titles(1, 2, 3, 4)
    assert asked(web) == ["/wire", "/wire", "/archive"]


async def test_json_feeds_say_next_url(house, web, wire):
    def document(*numbers, **more):
        items = [
            {"id": f"Report {number}", "title": f"Report {number}", "content_text": f"What happened at {number}.",
             "date_published": (SUMMIT + timedelta(minutes=number)).isoformat()}
            for number in numbers
        ]  # fmt: skip
        feed = {"version": "https://jsonfeed.org/version/1.1", "title": "Wire", "items": items, **more}
        return reply(200, json.dumps(feed).encode())

    web.on("/wire/2", document(3, 2, 1))
    first = (report(2), report(1))
    assert await wire(document(4, next_url="/wire/2"), first=first) == titles(1, 2, 3, 4)
    assert asked(web)[2:] == ["/wire/2"]


async def test_a_first_poll_follows_nothing(web, wire):
    """The first of the two polls has an older page as well, and so has a feed that was empty till now."""
    assert await wire(page(report(1), older="/wire/2"), first=()) == titles(1)
    assert asked(web) == ["/wire", "/wire"]


async def test_where_anything_is_known_nothing_was_missed(web, wire):
    assert await wire(page(report(3), report(2, minutes=-2), older="/wire/2")) == titles(1, 2, 3)
    assert asked(web) == ["/wire", "/wire"]


async def test_a_few_pages_are_read_and_no_more(house, web, wire):
    for number in range(2, PAGES + 5):
        web.on(f"/wire/{number}", page(report(60 - number), older=f"/wire/{number + 1}"))
    await wire(page(report(59), older="/wire/2"))
    assert asked(web) == ["/wire", "/wire", *(f"/wire/{number}" for number in range(2, PAGES + 2))]
    assert house.feed_state("wire").gaps.recovered == PAGES


@pytest.mark.parametrize("older", ["/wire", "/wire/2", "javascript:alert(1)", "http://[", "", "ftp://x/"])
async def test_pages_that_lead_in_a_circle_or_nowhere_end(web, wire, older):
    web.on("/wire/2", page(report(3), older=older))
    assert await wire(page(report(4), older="/wire/2")) == titles(1, 2, 3, 4)
    assert asked(web) == ["/wire", "/wire", "/wire/2"]


@pytest.mark.parametrize(
    "answer",
    [
        reply(404),
        reply(429, Retry_After="3600"),
        reply(200, b"<!doctype html><title>x</title>"),
        reply(200, b""),
    ],
)
async def test_an_older_page_that_cannot_be_read_costs_itself_alone(house, web, wire, answer):
    web.on("/wire/2", answer)
    assert await wire(page(report(4), older="/wire/2")) == titles(1, 2, 4)
    state = house.feed_state("wire")
    assert (state.gaps.count, state.gaps.recovered, state.failures) == (1, 0, 0)


async def test_entries_of_before_the_last_look_and_undated_ones_stay_in_the_archive(web, wire):
    """Archives go back for years; and an entry that does not say when it is from may be as old."""
    older = page(report(3), report(5, published=False), report(6, minutes=-90), older="/wire/3")
    web.on("/wire/2", older)
    assert await wire(page(report(4), older="/wire/2")) == titles(1, 2, 3, 4)
    assert asked(web)[2:] == ["/wire/2"]


async def test_a_feed_whose_every_guid_changed_was_not_outrun(house, web, wire):
    """Its older pages would come as new entries too."""
    olds = [report(number, minutes=number - 60) for number in range(12)]
    again = [one.replace('isPermaLink="false">', 'isPermaLink="false">new-') for one in olds]
    await wire(page(*again, older="/wire/2"), first=olds)
    assert asked(web) == ["/wire", "/wire"]
    assert house.feed_state("wire").gaps.recovered == 0


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.2", "[::1]", "2130706433", "169.254.169.254", "127.0.0.1"]
)
async def test_no_page_leads_to_another_host_or_port(web, wire, host):
    """Not even to one that may be asked, as another port of this machine might."""
    async with canary(body=b"<rss/>") as bird:
        bird.friends.add(web.port)
        await wire(page(report(4), older=f"http://{host}:{bird.port}/"))
        assert not bird.caught
        assert not bird.tried
