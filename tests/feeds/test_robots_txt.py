"""robots.txt by RFC 9309: which group is ours, and which of its lines counts."""

import pytest

from monitor import __version__
from monitor.feeds.fetch import user_agent
from monitor.feeds.robots import MAX_BYTES, TOKEN, allows, text_of

SITE = "https://paper.example"


def allowed(robots_txt, path="/news/1.html"):
    return allows(robots_txt, SITE + path)


def test_our_token_is_how_our_user_agent_begins():
    assert user_agent(__version__, "").startswith(f"{TOKEN}/")


@pytest.mark.parametrize(
    ("robots_txt", "may"),
    [
        ("", True),
        ("<html>No such page</html>", True),
        ("User-agent: *\nDisallow: /", False),
        ("User-agent: *\nDisallow:", True),
        ("User-agent: other\nDisallow: /", True),
        ("USER-AGENT: News-Monitor\ndisallow: /", False),
        ("User-agent: news-monitor\nAllow: /\n\nUser-agent: *\nDisallow: /", True),
        ("User-agent: *\nAllow: /\n\nUser-agent: news-monitor\nDisallow: /news", False),
        ("User-agent: other\nUser-agent: news-monitor\nDisallow: /", False),
        ("User-agent: news-monitor\nDisallow: /a\n\nUser-agent: news-monitor\nDisallow: /news", False),
        ("\ufeffUser-agent: *\r\nDisallow: /\r\n", False),
        ("User-agent: * # all\nDisallow: /news # this", False),
        ("Disallow: /", True),
        ("User-agent: *\nCrawl-delay: 5\nSitemap: /s.xml\nDisallow: /news", False),
    ],
)
def test_the_group_that_names_us_counts_else_that_of_everybody(robots_txt, may):
    assert allowed(text_of(robots_txt.encode())) is may


@pytest.mark.parametrize(
    ("lines", "path", "may"),
    [
        # §2.2.2: "The match that has the most octets MUST be used"; "If an Allow rule and a Disallow rule are
        # equivalent, then the Allow rule SHOULD be used."
        ("Disallow: /news\nAllow: /news/free", "/news/free/1", True),
        ("Allow: /news\nDisallow: /news/paid", "/news/paid/1", False),
        ("Disallow: /news\nAllow: /news", "/news/1", True),
        ("Allow: /p\nDisallow: /", "/page", True),
        # §2.2.3: "$" the end, "*" "0 or more instances of any character".
        ("Disallow: /*.html$", "/a/b.html", False),
        ("Disallow: /*.html$", "/a/b.html?x=1", True),
        ("Disallow: *print*", "/a/print/1", False),
        ("Disallow: /a*c", "/abbc", False),
        ("Disallow: /a*c", "/abb", True),
        # §2.2.2: the path is compared percent-encoded, and by its case.
        ("Disallow: /ä", "/%C3%A4/1", False),
        ("Disallow: /News", "/news/1", True),
        ("Disallow: /*?", "/a?b=1", False),
        ("Disallow: /", "/robots.txt", True),
    ],
)
def test_the_longest_line_counts(lines, path, may):
    assert allowed(f"User-agent: *\n{lines}", path) is may


def test_what_stands_beyond_500_kib_is_not_read():
    filler = b"# " + b"x" * 1021 + b"\n"
    within = filler * 499 + b"User-agent: *\nDisallow: /\n"
    beyond = filler * 500 + b"User-agent: *\nDisallow: /\n"
    assert MAX_BYTES == 500 * 1024
    assert not allowed(text_of(within))
    assert allowed(text_of(beyond))


def test_bytes_that_are_no_text_are_read_all_the_same():
    assert not allowed(
        text_of(b"\xff\x00User-agent: x\nUser-agent: *\n\xfe\xfe\nDisallow: /\xff\nDisallow: /\n")
    )
