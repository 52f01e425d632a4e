"""Lists of feeds that other programs keep become ours, with a word about whatever is left out."""

import pytest

from monitor.config.feed_ids import readable_id
from monitor.config.feed_lists import read_list
from monitor.errors import ConfigError

OPML = '<opml version="2.0"><body><outline text="Ledger" xmlUrl="https://ledger.example/feed"/></body></opml>'
NEWSBOAT = """\
# my feeds
https://ledger.example/feed "~The Harbour Ledger" news "north sea"
http://wire.example/rss.xml
"query:Unread:unread = \\"yes\\""
exec:~/bin/makefeed.sh
filter:~/bin/filter:https://x.example/feed

https://hidden.example/feed "!quiet" tech
"""
RSS2EMAIL = """\
[DEFAULT]
from = me@example.org
to = me@example.org
user-agent = rss2email/100% __VERSION__

[feed.ledger]
url = https://ledger.example/feed
to = you@example.org

[feed.gone]
url = https://gone.example/feed
active = False

[feed.no-address]
to = you@example.org
"""
GOOGLE_ALERTS = """\
https://www.google.com/alerts/feeds/01234567890123456789/9876543210987654321
https://www.google.de/alerts/feeds/01234567890123456789/1234567890123456789
"""


def listed(tmp_path, text):
    path = tmp_path / "list"
    path.write_text(text, encoding="utf-8")
    outlines, problems = read_list(path)
    return [(one.url, one.title, sorted(one.tags), one.place.line) for one in outlines], [
        (one.place.line, one.message) for one in problems
    ]


def test_opml_is_read_whatever_the_file_is_called(tmp_path):
    assert [one[:2] for one in listed(tmp_path, OPML)[0]] == [("https://ledger.example/feed", "Ledger")]


def test_newsboats_titles_and_tags_come_along(tmp_path):
    feeds, problems = listed(tmp_path, NEWSBOAT)
    assert feeds == [
        ("https://ledger.example/feed", "The Harbour Ledger", ["news", "north sea"], 2),
        ("http://wire.example/rss.xml", "", [], 3),
        ("https://hidden.example/feed", "", ["tech"], 8),
    ]
    assert problems == [
        (line, f"left out: newsboat makes this feed itself ({kind}:)")
        for line, kind in ((4, "query"), (5, "exec"), (6, "filter"))
    ]


def test_rss2emails_feeds_come_along_but_for_those_that_are_off(tmp_path):
    assert listed(tmp_path, RSS2EMAIL) == ([("https://ledger.example/feed", "ledger", [], 6)], [])


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        (GOOGLE_ALERTS, GOOGLE_ALERTS.splitlines()),
        (
            "\ufeffhttps://a.example/feed\r\nhttps://b.example/feed\r\n",
            ["https://a.example/feed", "https://b.example/feed"],
        ),
        ("  https://a.example/feed  \n\n\n", ["https://a.example/feed"]),
        ("https://a.example/feed\nhttps://a.example/feed\n", ["https://a.example/feed"]),
        ("a.example/feed\n", ["https://a.example/feed"]),
        ("feed://a.example/feed\n", ["https://a.example/feed"]),
        ('https://a.example/feed "a tag that nothing closes\n', ["https://a.example/feed"]),
        ("https://a.example/feed?x=1#part\n", ["https://a.example/feed?x=1#part"]),
    ],
)
def test_an_address_a_line_is_a_list(tmp_path, text, urls):
    assert [one[0] for one in listed(tmp_path, text)[0]] == urls


def test_a_line_that_is_no_address_is_named_and_keeps_out_no_other(tmp_path):
    feeds, problems = listed(tmp_path, "https://a.example/feed\nlater\nftp://b.example/feed\n")
    assert [one[0] for one in feeds] == ["https://a.example/feed"]
    assert [line for line, _ in problems] == [2, 3]


@pytest.mark.parametrize(
    "text",
    ["", "\n\n", "# only a remark\n", "Dear Sir,\nplease find attached\n", "\x00\x01\x02", "[feed.x]\nurl\n"],
)
def test_a_file_without_any_feed_is_refused_in_one_line(tmp_path, text):
    with pytest.raises(ConfigError) as raised:
        listed(tmp_path, text)
    [problem] = raised.value.problems
    assert "no feed in it" in problem.message
    assert "newsboat" in problem.cure


@pytest.mark.parametrize(
    ("title", "url", "taken", "id_"),
    [
        ("The Harbour Ledger", "https://ledger.example/feed", (), "the-harbour-ledger"),
        (
            "The Harbour Ledger",
            "https://ledger.example/feed",
            ("the-harbour-ledger",),
            "the-harbour-ledger-2",
        ),
        ("Ledger's World", "https://x.example/", (), "ledgers-world"),
        ("Вісник Подолу", "https://x.example/", (), "visnyk-podolu"),
        ("みなと日報", "https://x.example/", (), "minatorabao"),
        ("", "https://www.ledger.example:8443/feed?key=secret", (), "ledger-example"),
        ("…", "https://ledger.example/", ("ledger-example", "ledger-example-2"), "ledger-example-3"),
        ("?", "", (), "feed"),
        (
            "All the news of the harbour, of the town and of the sea",
            "",
            (),
            "all-the-news-of-the-harbour-of-the-town",
        ),
        ("x" * 99, "", (), "x" * 40),
    ],
)
def test_ids_can_be_typed(title, url, taken, id_):
    made = readable_id(title, url, taken=taken)
    assert made == id_ or not title.isascii()
    assert made.isascii()
    assert made not in taken
