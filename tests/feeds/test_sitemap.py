"""News sitemaps: what they say, what is not news in them, and what is made to hurt."""

import time
from datetime import UTC, datetime

import pytest

from monitor.errors import ParseError, ParseReason
from monitor.feeds import values
from monitor.feeds.parse import MAX_ENTRIES, parse

NOW = datetime(2026, 2, 1, tzinfo=UTC)
URL = "https://paper.example/sitemap-news.xml"


def read(body, *, seen=b""):
    return parse(
        body if isinstance(body, bytes) else body.encode(), content_type="", url=URL, now=NOW, seen=seen
    )


def sitemap(*pages, head="", root="urlset"):
    return (
        f'<?xml version="1.0"?>{head}<{root} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
        'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9" '
        f'xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">{"".join(pages)}</{root}>'
    )


def page(
    title="Truce", *, loc="https://paper.example/1", date="2026-01-06T21:15:00+01:00", more="", after=""
):
    return (
        f"<url><loc>{loc}</loc><news:news><news:publication><news:name>The Paper</news:name>"
        f"<news:language>fr</news:language></news:publication><news:publication_date>{date}</news:publication_date>"
        f"<news:title>{title}</news:title>{more}</news:news>{after}</url>"
    )


def refusal(body):
    with pytest.raises(ParseError) as caught:
        read(body)
    return caught.value


def test_a_page_of_news_is_read_whole():
    keywords = "<news:keywords>war, peace , war</news:keywords>"
    image = "<image:image><image:loc>https://paper.example/1.jpg</image:loc></image:image>"
    feed = read(
        sitemap(page("Macron &amp; Starmer", more=keywords, after=image + "<lastmod>2026-01-07</lastmod>"))
    )
    [entry] = feed.entries
    assert (feed.title, feed.language, feed.warnings, feed.cut_off) == ("The Paper", "fr", (), False)
    assert (entry.title, entry.url, entry.guid) == ("Macron & Starmer", "https://paper.example/1", None)
    assert (entry.language, entry.categories) == ("fr", ("war", "peace"))
    assert entry.published_at == datetime(2026, 1, 6, 20, 15, tzinfo=UTC)
    assert entry.updated_at == datetime(2026, 1, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("2026-01-06", datetime(2026, 1, 6, tzinfo=UTC)),
        ("2026-01-06T20:06Z", datetime(2026, 1, 6, 20, 6, tzinfo=UTC)),
        ("2026-01-06T20:06:00.5+00:00", datetime(2026, 1, 6, 20, 6, tzinfo=UTC)),
        ("yesterday", None),
        ("", None),
        ("9999-12-31", None),
    ],
)
def test_dates_of_every_w3c_form_are_read(date, expected):
    assert read(sitemap(page(date=date))).entries[0].published_at == expected


def test_pages_that_are_no_news_are_passed_over():
    feed = read(sitemap("<url><loc>https://paper.example/imprint</loc></url>", page("a"), page("b")))
    assert [entry.title for entry in feed.entries] == ["a", "b"]


def test_known_pages_are_only_counted():
    before = read(sitemap(page("a"), page("b")))
    after = read(sitemap(page("c"), page("a"), page("b")), seen=before.entry_hashes)
    assert ([entry.title for entry in after.entries], after.unchanged) == (["c"], 2)
    assert set(before.entry_hashes) <= set(after.entry_hashes)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (sitemap("<url><loc>https://paper.example/imprint</loc></url>"), "without news"),
        (
            sitemap("<sitemap><loc>https://paper.example/1</loc></sitemap>", root="sitemapindex"),
            "list of sitemaps",
        ),
        (sitemap(page())[:-30], "cut off"),
    ],
)
def test_what_holds_no_news_is_said_to(body, said):
    error = refusal(body)
    assert said in str(error)
    assert error.reason is ParseReason.NOT_A_FEED


def test_one_in_which_nothing_stands_is_a_success():
    """Of a paper that published nothing for two days."""
    assert (read(sitemap()).entries, read(sitemap()).warnings) == ((), ())


def test_wherever_it_is_cut_off_its_whole_pages_are_read():
    whole = sitemap(page("a"), page("b"))
    entries = read(whole).entries
    for end in range(whole.index("</url>"), len(whole) - len("</urlset>")):
        try:
            feed = read(whole[:end])
        except ParseError as error:
            assert "cut off" in str(error)  # noqa: PT017 - one of two outcomes
        else:
            assert feed.cut_off
            assert feed.entries == entries[: len(feed.entries)]


def test_entities_are_not_expanded_and_files_not_read(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("canary")
    levels = "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    head = f'<!DOCTYPE urlset [<!ENTITY a "lol">{levels}<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
    feed = read(sitemap(page("safe"), page("a &x; b"), page("c &j; d"), head=head))
    assert feed.entries[0].title == "safe"
    assert "canary" not in repr(feed)
    assert all(len(entry.title) < 100 for entry in feed.entries)


@pytest.mark.parametrize(
    "body",
    [
        sitemap(page() * 200_000),
        sitemap("<url>" * 200_000),
        sitemap(page("x" * 20_000_000)),
        "<urlset>" + "<a>" * 1_000_000,
    ],
)
def test_what_is_made_to_hurt_is_read_or_refused_in_seconds(body):
    began = time.process_time()
    try:
        feed = read(body)
    except ParseError as error:
        assert error.reason is ParseReason.NOT_A_FEED  # noqa: PT017 - one of two outcomes
    else:
        assert len(feed.entries) <= MAX_ENTRIES
        assert all(len(entry.title) <= values.MAX_TITLE for entry in feed.entries)
    assert time.process_time() - began < 15
