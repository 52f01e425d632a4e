"""A publisher scores the monitor over two days with restarts, reloads and edits: full marks (`politeness.md`)."""

import asyncio
from datetime import timedelta
from email.utils import format_datetime

import pytest
from house import item, rss
from servers.publisher import HTML, Mark, Publisher, faults, table
from servers.web import reply, web_server

from monitor.errors import FetchError

pytestmark = pytest.mark.either("about what a publisher sees")

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
STEP = 30 * MINUTE
DAYS = 2
ODD_ETAG = 'W/"a,b;\\x\xe9"'
ODD_DATE = "yesterday, at tea-time"
SKIPPED = (1, 2, 3, 4, 22)


def body(number=0, *, extra=""):
    return rss(item(f"Report {number}"), item("Always there")).replace(
        b"<item>", extra.encode() + b"<item>", 1
    )


def steady(_number, **headers):
    """The same body for ever; 304 to whoever says that it is known."""

    async def answer(request, writer):
        known = request.header("If-None-Match") == ODD_ETAG
        whole = reply(304, **headers) if known else reply(200, body(), ETag=ODD_ETAG, **headers)
        await whole(request, writer)

    return answer


def rotating(number):
    return reply(200, body(number), **({"ETag": f'"{number}"'} if number % 3 else {}))


def sometimes_broken(number):
    if number == 0:
        return reply(200, body(), ETag='"good"', Last_Modified=ODD_DATE)
    return (HTML, reply(200, b"", ETag='"empty"'), reply(500, ETag='"down"'))[number % 3]


def gone(_number):
    return reply(410)


def locked(_number):
    return reply(401, WWW_Authenticate="Basic")


def limited(number):
    return reply(429, Retry_After="10800") if number == 2 else steady(number)


def limited_at_first(number):
    return steady(number) if number else reply(429, Retry_After="7200")


@pytest.fixture
async def other_web():
    async with web_server() as server:
        yield server


@pytest.fixture
def publisher(house, web, other_web):
    publisher = Publisher(now=house.clock)
    skip = "".join(f"<hour>{hour}</hour>" for hour in SKIPPED)

    def dated(number):
        until = format_datetime(house.clock() + 3 * HOUR, usegmt=True)
        return reply(200, body(), Expires=until) if number else reply(503, Retry_After=until)

    def moved(number, status):
        return reply(status, Location=f"/{status}/moved?n={number // 1000}")

    feeds = {
        "/steady": lambda number: steady(number, Set_Cookie="reader=42; Path=/"),
        "/rotating": rotating,
        "/broken": sometimes_broken,
        "/fresh": lambda number: steady(number, Cache_Control="max-age=7200"),
        "/aged": lambda number: steady(number, Cache_Control="max-age=14400", Age="7200"),
        "/dated": dated,
        "/ttl": lambda number: reply(200, body(number, extra="<ttl>50</ttl>")),
        "/skip": lambda number: reply(200, body(number, extra=f"<skipHours>{skip}</skipHours>")),
        "/gone": gone,
        "/locked": locked,
        "/missing": lambda _number: reply(404),
        "/301": lambda number: moved(number, 301),
        "/302": lambda number: moved(number, 302),
    }
    for path, answer in feeds.items():
        house.feed(path[1:], publisher.on(web, path, answer))
    for status in (301, 302):
        publisher.on(web, f"/{status}/moved?n=0", steady)
    house.feed("limited", publisher.on(other_web, "/limited", limited))
    house.feed("beside", publisher.on(other_web, "/beside", steady), interval="15m")
    house.settings["alerting"]["default"] = ["console"]
    house.settings["polling"] |= {
        "interval": "30m",
        "min_interval": "10m",
        "contact": "mailto:desk@example.org",
    }
    return publisher


async def live(house):
    """Two days: a new process every half a day, a reload in each, an edit of every kind."""
    began = house.clock()
    edits = iter(
        [
            lambda: house.feeds["ttl"].update(tags=["edited"]),
            lambda: house.settings["polling"].update(interval="40m"),
            lambda: house.feeds.update(renamed=house.feeds.pop("fresh")),
            lambda: house.rule("any", "report"),
        ]
    )
    while house.clock() < began + DAYS * DAY:
        async with house.daemon() as daemon:
            ends = house.clock() + DAY / 2
            while house.clock() < ends:
                await daemon.run_once()
                house.clock.step(minutes=STEP / MINUTE)
                if ends - house.clock() == DAY / 4:
                    next(edits)()
                    await daemon.reload("a test")


def marks(publisher, web, other_web):
    every = [one.request for some in publisher.seen.values() for one in some]
    sent, gaps, seen = publisher.sent, publisher.gaps, publisher.seen
    held = [one.at for path in ("/limited", "/beside") for one in seen[path]]
    pause = seen["/limited"][2].at
    yield Mark(
        1,
        "conditional once there is a validator",
        faults("If-None-Match", map(bool, sent("/steady", "If-None-Match")[1:])),
    )
    yield Mark(
        1, "unconditional at first", faults("no If-None-Match", [sent("/steady", "If-None-Match")[0] is None])
    )
    yield Mark(
        2,
        "validators as they came",
        faults(ODD_ETAG, (tag == ODD_ETAG for tag in sent("/steady", "If-None-Match")[1:])),
    )
    newest = [f'"{n - 1}"' if (n - 1) % 3 else None for n in range(1, len(seen["/rotating"]))]
    yield Mark(
        3,
        "the newest validators, or none",
        faults(
            "newest", (a == b for a, b in zip(sent("/rotating", "If-None-Match")[1:], newest, strict=True))
        ),
    )
    yield Mark(
        4,
        "nothing learned from broken bodies",
        faults("good", (tag == '"good"' for tag in sent("/broken", "If-None-Match")[1:])),
    )
    yield Mark(
        4,
        "both validators",
        faults(ODD_DATE, (date == ODD_DATE for date in sent("/broken", "If-Modified-Since")[1:])),
    )
    paced = [gap >= 10 * MINUTE for path in seen for gap in gaps(path)]
    yield Mark(6, "never below the least interval, restarts or not", faults("10 min", paced))
    yield Mark(6, "ttl", faults("50 min", (gap >= 50 * MINUTE for gap in gaps("/ttl"))))
    yield Mark(8, "max-age", faults("2 h", (gap >= 2 * HOUR for gap in gaps("/fresh"))))
    yield Mark(
        8, "max-age less Age", faults("2 h to 3 h", (2 * HOUR <= gap <= 3 * HOUR for gap in gaps("/aged")))
    )
    yield Mark(8, "Expires", faults("3 h", (gap >= 3 * HOUR for gap in gaps("/dated")[1:])))
    yield Mark(9, "Retry-After as a date, on 503", faults("3 h", [gaps("/dated")[0] >= 3 * HOUR]))
    yield Mark(
        9, "a 429 holds its whole host", faults("3 h", (not pause < at < pause + 3 * HOUR for at in held))
    )
    yield Mark(
        10,
        "404: ever more rarely",
        faults("later", [a < b for a, b in zip(gaps("/missing")[:4], gaps("/missing")[1:5], strict=True)]),
    )
    yield Mark(10, "401 once", faults("once", [len(seen["/locked"]) == 1]))
    yield Mark(
        10, "410 twice, a day apart", faults("a day", [len(seen["/gone"]) == 2 and gaps("/gone")[0] >= DAY])
    )
    yield Mark(
        11,
        "redirects followed, not yet adopted",
        faults(
            "each once",
            [len(seen[f"/{status}"]) == len(seen[f"/{status}/moved?n=0"]) > 10 for status in (301, 302)],
        ),
    )
    yield Mark(
        12,
        "GET, no cookies, no Referer",
        faults(
            "junk",
            (one.method == "GET" and not (one.header("Cookie") or one.header("Referer")) for one in every),
        ),
    )
    yield Mark(
        12,
        "nothing but the feeds",
        faults("no icon, no robots.txt", [len(every) == len(web.requests) + len(other_web.requests)]),
    )
    yield Mark(
        13,
        "says who it is",
        faults(
            "User-Agent",
            (
                (one.header("User-Agent") or "").startswith("news-monitor/")
                and "desk@example.org" in (one.header("User-Agent") or "")
                for one in every
            ),
        ),
    )
    yield Mark(
        14,
        "gzip and deflate",
        faults("Accept-Encoding", (one.header("Accept-Encoding") == "gzip, deflate" for one in every)),
    )
    yield Mark(16, "one request at a time", faults("one", [web.most_busy == 1, other_web.most_busy == 1]))
    yield Mark(17, "skipHours", faults("outside", (one.at.hour not in SKIPPED for one in seen["/skip"])))


async def test_a_publisher_gives_full_marks(house, web, other_web, publisher):
    await live(house)
    scored = list(marks(publisher, web, other_web))
    print(table(scored))
    assert not [mark for mark in scored if mark.faults], table(scored)


async def test_nobody_asks_a_held_host_neither_after_a_restart_nor_with_all_nor_by_hand(house, web):
    house.settings["alerting"]["default"] = ["console"]
    publisher = Publisher(now=house.clock)
    house.feed("limited", publisher.on(web, "/limited", limited_at_first))
    house.feed("beside", publisher.on(web, "/beside", steady))
    async with house.daemon() as daemon:
        await daemon.poll_one("limited", dry_run=False)
    house.clock.step(minutes=119)
    async with house.daemon() as daemon:
        await daemon.run_once(every=True)
        with pytest.raises(FetchError, match=r"asked for a pause until .* 21:00 UTC"):
            await daemon.poll_one("limited", dry_run=False)
    assert (len(publisher.seen["/limited"]), len(publisher.seen["/beside"])) == (1, 0)
    house.clock.step(minutes=1)
    async with house.daemon() as daemon:
        await daemon.run_once(every=True)
    assert (len(publisher.seen["/limited"]), len(publisher.seen["/beside"])) == (2, 1)


async def test_a_host_that_another_process_found_held_is_not_asked_by_the_daemon(house, web):
    """`monitor feeds poll` beside the daemon got the 429: what it stored holds for both."""
    house.settings["alerting"]["default"] = ["console"]
    publisher = Publisher(now=house.clock)
    house.feed("limited", publisher.on(web, "/limited", limited_at_first))
    house.feed("beside", publisher.on(web, "/beside", steady))
    async with house.daemon() as service, house.daemon() as by_hand:
        await by_hand.poll_one("limited", dry_run=False)
        await service.scheduler.begin()
        await asyncio.gather(*service.scheduler._polls.values())
        assert (len(publisher.seen["/limited"]), len(publisher.seen["/beside"])) == (1, 0)
        assert house.feed_state("beside").next_poll_reason == "its host asked for a pause"


async def test_a_poll_that_ends_while_it_is_asked_what_is_due_is_not_begun_again(house, web):
    """What is due was read before the poll was stored: a second one would be made from a state that holds no more."""
    house.settings["alerting"]["default"] = ["console"]
    publisher = Publisher(now=house.clock)
    house.feed("wire", publisher.on(web, "/wire", steady))
    async with house.daemon() as service:
        await service.scheduler.begin()
        [poll] = service.scheduler._polls.values()
        read = house.store.read

        async def slow_read(*asked, **more):
            found = await read(*asked, **more)
            if asked[0] == service.scheduler._fleet._due:  # the poll reads, too
                await poll
            return found

        house.store.read = slow_read
        await service.scheduler.begin()
        await asyncio.gather(*service.scheduler._polls.values())
    assert len(publisher.seen["/wire"]) == 1


async def test_what_scrolled_past_between_two_polls_is_noticed(house, web):
    house.settings["alerting"]["default"] = ["console"]
    bodies = [rss(*(item(f"Report {number}") for number in some)) for some in ((1, 2), (2, 3), (4, 5))]
    house.feed("wire", web.on("/wire", *(reply(200, one) for one in bodies)))
    gaps = []
    async with house.daemon() as daemon:
        for _ in bodies:
            await daemon.run_once(every=True)
            gaps.append(house.feed_state("wire").gaps.count)
            house.clock.step(minutes=20)
    assert gaps == [0, 0, 1]
    assert house.feed_state("wire").next_poll_reason == "entries were missed"


async def test_a_feed_that_moved_for_good_is_asked_at_its_new_address(house, web):
    house.settings["alerting"]["default"] = ["console"]
    house.feed("wire", web.on("/old", reply(301, Location="/new")))
    web.on("/new", reply(200, body(), ETag='"1"'))
    async with house.daemon() as daemon:
        for _ in range(12):
            await daemon.run_once(every=True)
            house.clock.step(hours=8)
    assert [request.target for request in web.requests] == ["/old", "/new"] * 10 + ["/new"] * 2
    assert house.feed_state("wire").redirect.adopted_url == web.url("/new")
    assert house.feeds["wire"]["url"] == web.url("/old")
