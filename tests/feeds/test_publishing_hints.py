"""What a document says about when to ask again: `politeness.md` 6 and 17."""

import time

import pytest

from monitor.feeds.publishing_hints import publishing_hints
from monitor.model import PublishingHints

ITEM = "<item><title>One</title></item>"


def rss(before="", after="", item=ITEM):
    return f"<rss version='2.0'><channel><title>T</title>{before}{item}{after}</channel></rss>".encode()


@pytest.mark.parametrize("where", ["before", "after"])
@pytest.mark.parametrize(
    ("said", "pace"),
    [
        ("", PublishingHints()),
        ("<ttl>60</ttl>", PublishingHints(ttl_s=3600)),
        ("<ttl> 5 </ttl>", PublishingHints(ttl_s=300)),
        ("<ttl>often</ttl>", PublishingHints()),
        ("<ttl>-1</ttl>", PublishingHints()),
        ("<ttl>999999999</ttl>", PublishingHints(ttl_s=366 * 86_400)),
        ("<sy:updatePeriod>hourly</sy:updatePeriod>", PublishingHints(update_s=3600)),
        (
            "<sy:updatePeriod>\n\thourly\n</sy:updatePeriod><sy:updateFrequency>\n4 </sy:updateFrequency>",
            PublishingHints(update_s=900),
        ),
        ("<syn:updateFrequency>2</syn:updateFrequency>", PublishingHints(update_s=43_200)),
        (
            "<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>0</sy:updateFrequency>",
            PublishingHints(),
        ),
        ("<sy:updatePeriod>never</sy:updatePeriod>", PublishingHints()),
        (
            "<skipHours><hour>0</hour><hour>7</hour><hour>23</hour></skipHours>",
            PublishingHints(skip_hours=(0, 7, 23)),
        ),
        ("<skipHours><hour>24</hour><hour>25</hour></skipHours>", PublishingHints(skip_hours=(0,))),
        (
            f"<skipHours>{''.join(f'<hour>{hour}</hour>' for hour in range(24))}</skipHours>",
            PublishingHints(),
        ),
        (
            f"<skipHours>{''.join(f'<hour>{hour}</hour>' for hour in range(1, 25))}</skipHours>",
            PublishingHints(),
        ),
        ("<skipDays><day>Saturday</day><day>sunday</day></skipDays>", PublishingHints(skip_days=(5, 6))),
        ("<skipDays><day>Caturday</day></skipDays>", PublishingHints()),
        ("<!-- <ttl>60</ttl> -->", PublishingHints()),
    ],
)
def test_a_documents_pace_is_read_before_and_after_its_entries(said, pace, where):
    assert publishing_hints(rss(**{where: said})) == pace


def test_a_feed_without_entries_has_a_pace_too():
    assert publishing_hints(rss("<ttl>60</ttl>", item="")) == PublishingHints(ttl_s=3600)


def test_what_an_entry_says_is_not_the_feeds():
    inside = "<item><title>&lt;ttl></title><description><ttl>60</ttl></description></item>"
    assert publishing_hints(rss(item=inside * 3)) == PublishingHints()


@pytest.mark.parametrize(
    "hostile", [b"<!--" * 200_000, b"<item " * 200_000, b"<ttl>" + b" " * 10**6, b"<" * 10**6]
)
def test_hostile_documents_take_no_time(hostile):
    began = time.process_time()
    publishing_hints(b"<rss><channel>" + hostile)
    assert time.process_time() - began < 1
