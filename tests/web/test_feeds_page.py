"""The list of feeds: what is wrong first, sorted as asked, filtered, and how late news come."""

import re

import pytest
from house import SUMMIT, item, rss
from servers.web import reply

FEEDS = ("atlas", "beacon", "courier", "dawn")


@pytest.fixture
def press(house, web):
    """Four feeds: one well and slow, one broken, one quick with much news, one that is not polled."""
    late = [item(f"Late {n}", guid=f"late{n}", published=SUMMIT) for n in range(2)]
    house.feed(
        "atlas", web.on("/atlas", reply(200, rss(title="Zenith")), reply(200, rss(*late, title="Zenith")))
    )
    house.feed("beacon", web.on("/beacon", reply(500)))
    quick = [item(f"Quick {n}", guid=f"quick{n}", published=None) for n in range(5)]
    answers = (reply(200, rss(title="Ümlaut")), reply(200, rss(*quick, title="Ümlaut")))
    house.feed("courier", web.on("/courier", *answers), tags=["harbour"])
    house.feed("dawn", web.on("/dawn", reply(200, rss(title="Dawn"))), enabled=False)
    house.feed("wire", web.on("/wire", reply(200, rss(title="The wire"))))
    return house


async def order_of(page, path):
    text = (await page.get(path)).text
    return [one for one in re.findall(r'class="strong headline" href="/feeds/([^"]+)"', text) if one in FEEDS]


@pytest.mark.parametrize(
    ("asked", "order"),
    [
        ("", ["beacon", "dawn", "courier", "atlas"]),
        ("?by=name", ["beacon", "dawn", "courier", "atlas"]),
        ("?by=poll", ["beacon", "courier", "atlas", "dawn"]),
        ("?by=delay", ["atlas", "beacon", "dawn", "courier"]),
        ("?by=entries", ["courier", "atlas", "beacon", "dawn"]),
        ("?by=nothing%20such", ["beacon", "dawn", "courier", "atlas"]),
        ("?failing=1", ["beacon"]),
        ("?q=harbour", ["courier"]),
        ("?q=ZENITH", ["atlas"]),
        ("?q=%3Cscript%3E", []),
        ("?q=wn&by=entries", ["dawn"]),
    ],
)
async def test_the_list_is_sorted_and_filtered(press, site, asked, order):
    async with site() as page:
        assert await order_of(page, f"/feeds{asked}") == order


async def test_the_list_says_how_late_news_come(press, site):
    async with site() as page:
        rows = re.sub(r"<[^>]+>", " ", (await page.get("/feeds?q=zenith")).text)
        assert "20 min" in rows


async def test_what_the_reader_chose_stays_chosen(press, site):
    async with site() as page:
        text = (await page.get("/feeds?q=a%22b&by=delay&failing=1")).text
        assert '<option value="delay" selected>' in text
        assert "No such feed" in text
