import pytest
import tomlkit
from config_folder import PUBLIC_FEEDS, Folder
from hypothesis import given
from hypothesis import strategies as st

from monitor.config.addresses import normal_url
from monitor.config.feed_ids import MAX_LENGTH, feed_id
from monitor.config.values import is_an_id

HOSTS = st.sampled_from(["example.org", "www.example.org", "a-b.example", "localhost", "[::1]", "пример.рф"])
PATHS = st.lists(
    st.sampled_from(["", "feed", "rss_all", "a-b", "É", "%C3%89", "x.xml", "~rss", ".."]), max_size=4
)
URLS = st.builds(
    lambda scheme, host, port, path, query: f"{scheme}://{host}{port}/{'/'.join(path)}{query}",
    st.sampled_from(["http", "https"]),
    HOSTS,
    st.sampled_from(["", ":8080"]),
    PATHS,
    st.sampled_from(["", "?", "?a=1", "?a=2"]),
)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("https://www.lemonde.fr/rss/une.xml", "www.lemonde.fr_rss_une.xml"),
        ("https://example.org", "example.org"),
        ("https://example.org/", "example.org"),
        ("https://example.org/feed", "example.org_feed"),
        ("https://example.org/feed/", "example.org_feed_"),
        ("http://example.org/feed", "example.org_feed__4f0a2f31"),
        ("feeds/wire.xml", "file_feeds_wire.xml"),
    ],
)
def test_the_id_spells_the_address(written, expected):
    assert feed_id(written).partition("__")[0] == expected.partition("__")[0]
    assert ("__" in feed_id(written)) == ("__" in expected)


@given(st.lists(URLS, min_size=1, unique=True))
def test_two_addresses_have_one_id_only_where_they_are_one_address(urls):
    assert len({feed_id(url) for url in urls}) == len({normal_url(url) for url in urls})


@given(st.text() | URLS)
def test_every_address_has_an_id_that_is_one(written):
    assert is_an_id(feed_id(written))
    assert len(feed_id(written)) <= MAX_LENGTH


def test_real_addresses_have_ids_of_their_own_most_of_them_without_a_hash():
    ids = [feed_id(url) for url in PUBLIC_FEEDS]
    assert len(set(ids)) == len({normal_url(url) for url in PUBLIC_FEEDS})
    assert sum("__" in each for each in ids) < len(ids) / 5


@pytest.mark.parametrize(
    "written",
    [
        "https://example.org/feed?key=canary",
        "https://me:canary@example.org/feed",
        "https://me:canary@[broken/feed",
        "ftp://me:canary@example.org/",
    ],
)
def test_an_id_tells_neither_credentials_nor_the_query(written):
    assert "canary" not in feed_id(written)


@given(st.lists(URLS, unique_by=normal_url, min_size=2, max_size=6), st.data())
def test_adding_a_feed_anywhere_changes_no_other_feeds_id(tmp_path_factory, urls, data):
    new = data.draw(st.sampled_from(urls))
    path = tmp_path_factory.mktemp("config")
    before = ids(path, [url for url in urls if url != new])
    after = ids(path, urls)
    assert {url: after[url] for url in before} == before


def ids(path, urls):
    feeds = tomlkit.dumps({"feed": [{"url": url} for url in urls]})
    (path / "feeds.toml").write_text(feeds, encoding="utf-8")
    return {feed.url: feed.id for feed in Folder(path).load().config.feeds.values()}
