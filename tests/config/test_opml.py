import gzip
import tomllib
from pathlib import Path
from time import process_time
from xml.sax.saxutils import quoteattr

import pytest
from config_folder import PUBLIC_FEEDS
from hypothesis import given
from hypothesis import strategies as st

from monitor.config.addresses import normal_url
from monitor.config.feed_ids import feed_id
from monitor.config.opml import MAX_DEPTH, as_tag, read_opml, write_opml
from monitor.errors import ConfigError, Severity
from monitor.model import Feed

CASES = tomllib.loads(
    (Path(__file__).parents[1] / "data" / "publishers" / "opml.toml").read_text(encoding="utf-8")
)["case"]


@pytest.fixture
def opml(tmp_path):
    """Reads a document given as text or bytes."""

    def read(document):
        path = tmp_path / "list.opml"
        path.write_bytes(document if isinstance(document, bytes) else document.encode())
        return read_opml(path)

    return read


def body(*outlines):
    return f'<?xml version="1.0"?>\n<opml version="2.0"><body>{"".join(outlines)}</body></opml>'


def outline(url, **attributes):
    return (
        f"<outline xmlUrl={quoteattr(url)} {' '.join(f'{k}={quoteattr(v)}' for k, v in attributes.items())}/>"
    )


# XML 1.0 §2.2: neither control characters nor U+FFFE and U+FFFF may stand in a document
XML_TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"))
TAGS = st.frozensets(XML_TEXT.map(as_tag).filter(bool), max_size=4)
FEEDS = st.lists(
    st.builds(
        lambda url, id_, title, tags: Feed(id=id_ or feed_id(url), url=url, title=title, tags=tags),
        st.from_regex(r"https?://[a-z]{1,8}\.example/[a-z0-9/&=?'\"<>%~._-]{0,20}", fullmatch=True),
        st.sampled_from(["", "desk", "wire-2"]),
        XML_TEXT.map(lambda text: " ".join(text.split())),
        TAGS,
    ),
    unique_by=(lambda feed: feed.url, lambda feed: feed.id),
    max_size=5,
)


@given(FEEDS)
def test_what_is_written_is_read_again(tmp_path_factory, feeds):
    path = tmp_path_factory.mktemp("opml") / "list.opml"
    path.write_text(write_opml(feeds, secrets=frozenset()), encoding="utf-8")
    outlines, problems = read_opml(path)
    assert not problems
    assert {(each.url, each.id or feed_id(each.url), each.tags) for each in outlines} == {
        (feed.url, feed.id, feed.tags) for feed in feeds
    }
    titles = {each.url: each.title for each in outlines}
    assert all(titles[feed.url] == feed.title for feed in feeds if feed.title)


def test_two_thousand_real_feeds_are_written_and_read_in_a_second(tmp_path):
    feeds = [
        Feed(id=feed_id(url), url=url, tags=frozenset({as_tag(topic)})) for url, topic in PUBLIC_FEEDS.items()
    ]
    began = process_time()
    (tmp_path / "list.opml").write_text(write_opml(feeds, secrets=frozenset()), encoding="utf-8")
    outlines, problems = read_opml(tmp_path / "list.opml")
    assert process_time() - began < 1
    assert len(outlines) == len({normal_url(url) for url in PUBLIC_FEEDS}) > 1900
    assert not problems


def test_folders_around_a_feed_and_its_categories_are_its_tags(opml):
    outlines, _ = opml(
        body(
            '<outline text="World News"><outline title="Europe / EU" text="no">',
            outline("https://a.example/", category="/Politics/Élysée,wire"),
            "</outline></outline>",
            outline("https://b.example/"),
        )
    )
    assert [each.tags for each in outlines] == [
        {"world-news", "europe-eu", "politics", "élysée", "wire"},
        set(),
    ]


def test_a_feed_in_two_folders_is_one_feed_with_two_tags(opml):
    outlines, problems = opml(
        body(
            '<outline text="A">',
            outline("https://a.example/feed", title="First"),
            '</outline><outline text="B">',
            outline("HTTPS://A.example:443/feed", title="Second"),
            "</outline>",
        )
    )
    [feed] = outlines
    assert (feed.title, feed.tags, problems) == ("First", {"a", "b"}, ())


def test_attributes_are_known_in_any_case(opml):
    outlines, _ = opml('<OPML><body><Outline TEXT="T" xmlURL="https://a.example/"/></body></OPML>')
    assert [(each.title, each.url) for each in outlines] == [("T", "https://a.example/")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "windows-1251", "iso-8859-5"])
def test_every_usual_encoding_is_read(opml, encoding):
    document = body(outline("https://a.example/", title="Новини")).replace(
        'version="1.0"', f'version="1.0" encoding="{encoding.removesuffix("-sig")}"'
    )
    outlines, problems = opml(document.encode(encoding))
    assert [each.title for each in outlines] == ["Новини"]
    assert not problems


@pytest.mark.parametrize(
    ("broken", "url"),
    [
        ('<outline xmlUrl="https://a.example/?a=1&b=2"/>', "https://a.example/?a=1&b=2"),
        ('<outline text="&eacute;&nbsp;&bogus;" xmlUrl="https://a.example/"/>', "https://a.example/"),
        ('<outline text="\x01\x1f" xmlUrl="https://a.example/"/>', "https://a.example/"),
    ],
)
def test_common_mistakes_are_mended_with_a_warning(opml, broken, url):
    outlines, problems = opml("\n  " + body(broken, outline("https://b.example/")))
    assert [each.url for each in outlines] == [url, "https://b.example/"]
    assert [problem.severity for problem in problems] == [Severity.WARNING]


def test_of_a_cut_file_the_feeds_before_the_cut_are_read(opml):
    document = body(outline("https://a.example/"), outline("https://b.example/"))
    outlines, [problem] = opml(document[:-40])
    assert [each.url for each in outlines] == ["https://a.example/"]
    assert problem.severity is Severity.WARNING
    assert "only the 1 feed" in problem.cure


BOMB = '<!DOCTYPE opml [<!ENTITY a "{}">{}]>'.format(
    "a" * 1000, "".join(f'<!ENTITY b{i} "{"&a;" * 1000}">' for i in range(3))
)


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (BOMB + body(outline("https://a.example/")).partition("?>")[2], "entity"),
        ('<!DOCTYPE opml [<!ENTITY x SYSTEM "file:///etc/passwd">]><opml><body/></opml>', "entity"),
        ("<opml>" + "<outline text='x'>" * (MAX_DEPTH + 1), "stand in each other"),
        ("<opml>" + "<x>" * 1_000_000, "stand in each other"),
        ("<rss/>", "no OPML"),
        ("<html><body/></html>", "no OPML"),
        ("", "not well-formed"),
        ("not XML at all", "not well-formed"),
        (b"\xff\xfe\x00", "not well-formed"),
        (b"\x00" * 1_000_000, "not well-formed"),
    ],
)
def test_what_is_no_list_of_feeds_is_one_error(opml, document, said):
    began = process_time()
    outlines, [problem] = opml(document)
    assert process_time() - began < 1
    assert not outlines
    assert problem.severity is Severity.ERROR
    assert said in problem.message


def test_entities_do_not_grow_a_document_that_defines_none_itself(opml):
    outlines, _ = opml("<!DOCTYPE opml>" + body(outline("https://a.example/")).partition("?>")[2])
    assert len(outlines) == 1


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "a.xml", "${HOME}", "https://x.example/${TOKEN}", "ftp://a/", "https://"]
)
def test_a_list_reaches_neither_files_nor_secrets(opml, url):
    outlines, [problem] = opml(body(outline(url, title="T"), outline("https://a.example/")))
    assert [each.url for each in outlines] == ["https://a.example/"]
    assert problem.severity is Severity.WARNING


def test_a_missing_file_is_a_config_error(tmp_path):
    with pytest.raises(ConfigError, match="No such file"):
        read_opml(tmp_path / "none.opml")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_what_a_person_would_read_in_a_list_is_read(opml, case):
    raw = case["document"].encode(case.get("encoding", "utf-8"))
    if case.get("gzip"):
        raw = gzip.compress(raw)
    outlines, problems = opml(bytes.fromhex(case.get("mark", "")) + raw)
    assert [each.url for each in outlines] == case["urls"]
    assert not [problem for problem in problems if problem.severity is Severity.ERROR]
    if "titles" in case:
        assert [each.title for each in outlines] == case["titles"]
    if "tags" in case:
        assert [sorted(each.tags) for each in outlines] == case["tags"]


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode), st.booleans())
def test_no_bytes_make_the_reader_raise(tmp_path_factory, inside, wrapped):
    path = tmp_path_factory.mktemp("opml") / "list.opml"
    path.write_bytes(b"<opml><body>" + inside + b"</body></opml>" if wrapped else inside)
    outlines, _ = read_opml(path)
    assert all(each.url.lower().startswith("http") for each in outlines)
