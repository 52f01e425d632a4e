"""Pages of entries, through a whole monitor: asked for politely, read once, matched, told once."""

from datetime import timedelta

import pytest
from house import House, item, posted, rss
from servers.web import WebServer, reply

from monitor.model import Verdict
from monitor.store import pages

BODY = "".join(
    f"<p>Paragraph {number}: the ministers met at the palace, and spoke of fish, of harbours and of trains.</p>"
    for number in range(8)
)
SIGNED = "<p>Thirty-five countries signed the declaration at the palace on Tuesday evening.</p>"
QUIET = item("Weather for the week", "Rain in the west, sun in the east.")


def page(*paragraphs: str) -> bytes:
    text = "".join(paragraphs) or BODY + SIGNED
    head = "<!doctype html><html><head><title>T</title></head>"
    return f"{head}<body><nav>Home</nav><article>{text}</article></body></html>".encode()


@pytest.fixture
def paris(house, desk):
    house.rule("paris", "declaration", fulltext="always")
    return house


def link(web: WebServer, path: str = "/story", *answers) -> str:
    return web.on(path, *(answers or (reply(200, page(), Content_Type="text/html; charset=utf-8"),)))


def story(web: WebServer, title: str = "Ministers meet in Paris", path: str = "/story", **keys) -> str:
    return item(title, "They met at noon.", link=web.url(path), **keys)


async def rounds(house: House, web: WebServer, *bodies: bytes, minutes: float = 20, **keys) -> None:
    house.feed("wire", web.on("/wire", *(reply(200, body) for body in bodies)), **keys)
    async with house.daemon() as daemon:
        for _ in bodies:
            await daemon.run_once()
            house.clock.step(minutes=minutes)


def queue(house: House) -> dict[int, pages.Page]:
    with house.reading() as connection:
        return pages.of_entries(connection, [entry.id for entry in house.entries()])


def paths(web: WebServer) -> list[str]:
    return [request.target for request in web.requests if request.target not in {"/wire", "/hook"}]


async def test_a_rule_that_only_the_page_satisfies_is_told(paris, web):
    link(web)
    await rounds(paris, web, rss(QUIET), rss(story(web), QUIET))
    [message] = posted(web)
    assert message["data"]["reports"][0]["title"] == "Ministers meet in Paris"
    [entry] = [one for one in paris.entries() if one.url]
    assert "signed the declaration" in entry.content
    assert entry.page_at == paris.clock() - timedelta(minutes=20)
    assert [decision.verdict for decision in paris.decisions()] == [Verdict.ALERTED]
    assert paths(web) == ["/robots.txt", "/story"]
