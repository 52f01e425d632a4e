import stat
import tomllib
from xml.sax.saxutils import quoteattr

import pytest
from config_folder import Folder
from hypothesis import given
from hypothesis import strategies as st

from monitor.config.edit import NewFeed, add_feeds, import_feeds, remove_feed, write_whole
from monitor.config.opml import Outline, read_opml
from monitor.errors import ConfigError, Place, Severity

WRITTEN = """\
# Feeds of the desk.
opml = []   # none yet

# ── France ──

# The paper of record.
[[feed]]
url = "https://example.org/a"  # front page
tags = ["fr"]

# An agency: mind
# the embargo.
[[feed]]
id = "agency"
url = "https://example.org/b"
  [feed.headers]
  X-Key = "k"   # ours
# about b

# ── Germany ──

[[feed]]
url = "https://example.org/c"
# the end
"""


@pytest.fixture
def feeds(folder):
    return folder.write("feeds.toml", WRITTEN)


def test_an_added_feed_stands_at_the_end_and_all_else_is_as_it_was(folder, feeds):
    add_feeds(
        folder.path,
        [NewFeed(url="https://example.org/d", id="d", title="D “x”", tags=("de", "eu"), interval="5m")],
    )
    text = feeds.read_text()
    assert text.startswith(WRITTEN)
    assert text.removeprefix(WRITTEN) == (
        '\n[[feed]]\nurl = "https://example.org/d"\nid = "d"\ntitle = "D “x”"\n'
        'tags = ["de", "eu"]\ninterval = "5m"\n'
    )
    feed = folder.load().config.feeds["d"]
    assert (feed.title, feed.tags) == ("D “x”", {"de", "eu"})


def test_a_first_feed_makes_the_file(folder):
    add_feeds(folder.path, [NewFeed(url="https://example.org/a"), NewFeed(url="https://example.org/b")])
    assert list(folder.load().config.feeds) == ["example.org_a", "example.org_b"]


def test_a_removed_feed_takes_its_own_comment_along_and_leaves_every_other(folder, feeds):
    remove_feed(folder.path, "agency")
    expected = WRITTEN.replace(WRITTEN[WRITTEN.index("# An agency") : WRITTEN.index("# about b")], "")
    assert feeds.read_text() == expected
    remove_feed(folder.path, "example.org_a")
    remove_feed(folder.path, "example.org_c")
    assert feeds.read_text() == (
        "# Feeds of the desk.\nopml = []   # none yet\n\n"
        "# ── France ──\n\n# about b\n\n# ── Germany ──\n\n# the end\n"
    )


def test_the_comment_that_begins_the_file_stays(folder):
    file = folder.write("feeds.toml", '# Ours.\n[[feed]]\nurl = "https://example.org/a"\n')
    remove_feed(folder.path, "example.org_a")
    assert file.read_text() == "# Ours.\n"


def test_the_last_feed_leaves_an_empty_file(folder):
    file = folder.write("feeds.toml", '[[feed]]\nurl = "https://example.org/a"')
    remove_feed(folder.path, "example.org_a")
    assert file.read_text() == ""


URLS = st.integers(0, 30).map(lambda number: f"https://example.org/{number}")
COMMENTS = st.sampled_from(["", "# a comment\n", "\n", "# one\n# two\n\n", "\n\n# three\n"])


@given(st.lists(st.tuples(COMMENTS, URLS, COMMENTS), unique_by=lambda each: each[1], min_size=1), st.data())
def test_removing_is_the_inverse_of_adding_for_every_other_feed(tmp_path_factory, parts, data):
    folder = tmp_path_factory.mktemp("config")
    file = folder / "feeds.toml"
    file.write_text("\n".join(f'{before}[[feed]]\nurl = "{url}"\n{after}' for before, url, after in parts))
    urls = [url for _, url, _ in parts]
    gone = data.draw(st.sampled_from(urls))
    remove_feed(folder, f"example.org_{gone.rpartition('/')[2]}")
    rest = [url for url in urls if url != gone]
    assert [feed["url"] for feed in tomllib.loads(file.read_text()).get("feed", [])] == rest
    add_feeds(folder, [NewFeed(url=gone)])
    assert [feed["url"] for feed in tomllib.loads(file.read_text())["feed"]] == [*rest, gone]


@given(
    st.text(st.characters(exclude_categories=("Cs",)) | st.sampled_from("${}A")),
    st.lists(st.from_regex(r"\w{1,5}", fullmatch=True), max_size=3),
)
def test_whatever_a_title_says_is_read_again_as_text(tmp_path_factory, title, tags):
    folder = Folder(tmp_path_factory.mktemp("config"))
    add_feeds(folder.path, [NewFeed(url="https://example.org/a", title=title, tags=tuple(tags))])
    feed = folder.load().config.feeds["example.org_a"]
    assert feed.title == title
    assert feed.tags == {tag.casefold() for tag in tags}


def test_a_strangers_title_is_not_filled_in(folder):
    folder.environ["HOME"] = "canary"
    add_feeds(folder.path, [NewFeed(url="https://example.org/a", title="${HOME} $${HOME}")])
    assert folder.load().config.feeds["example.org_a"].title == "${HOME} $${HOME}"


OUTSIDE = [
    "https://example.org/${SMTP_PASSWORD}",
    "https://example.org/?token=${SMTP_PASSWORD}&page=${HOME}",
    "https://example.org/$${SMTP_PASSWORD}",
    "https://example.org/$$$${SMTP_PASSWORD}",
    "https://${SMTP_PASSWORD}.example.org/feed",
    "https://user:${SMTP_PASSWORD}@example.org/feed",
    "https://example.org/${SMTP_PASSWORD",
    "https://example.org/$%7BSMTP_PASSWORD%7D",
    "https://example.org/feed#${SMTP_PASSWORD}",
]


@pytest.mark.parametrize("url", OUTSIDE)
def test_an_address_that_a_page_chose_is_not_filled_in(folder, url):
    """The next poll would send the secret to whoever wrote the page."""
    folder.environ["SMTP_PASSWORD"] = folder.environ["HOME"] = "canary"
    try:
        add_feeds(folder.path, [NewFeed(url=url, id="a")])
    except ConfigError:
        return
    feed = folder.load().config.feeds["a"]
    assert "canary" not in f"{feed.url} {feed.user} {feed.password and feed.password.get_secret_value()}"
    assert "canary" not in repr(folder.load().config.secrets)


@given(st.text(st.sampled_from("${}A"), max_size=12))
def test_whatever_an_address_says_is_read_again_as_it_was(tmp_path_factory, text):
    folder = Folder(tmp_path_factory.mktemp("config"))
    folder.environ["A"] = "canary"
    add_feeds(folder.path, [NewFeed(url=f"https://example.org/{text}", id="a")])
    assert folder.load().config.feeds["a"].url == f"https://example.org/{text}"


def test_what_the_user_typed_is_a_reference(folder):
    folder.environ["TOKEN"] = "canary"
    add_feeds(folder.path, [NewFeed(url="https://example.org/?token=${TOKEN}", id="a", typed=True)])
    assert folder.load().config.feeds["a"].url == "https://example.org/?token=canary"


@pytest.mark.parametrize(
    ("new", "said"),
    [
        (NewFeed(url="https://example.org/a"), "there already"),
        (NewFeed(url="HTTPS://EXAMPLE.org:443/a"), "there already"),
        (NewFeed(url="https://example.org/z", id="agency"), "there already"),
        (NewFeed(url=""), "missing"),
        (NewFeed(url="www.example.org/z"), "https://www.example.org/z"),
        (NewFeed(url="https://example.org/z", id="a b"), "no id"),
        (NewFeed(url="https://example.org/z", interval="5"), "no length of time"),
        (NewFeed(url="https://example.org/z", tags=("a b",)), "no id"),
    ],
)
def test_a_feed_that_cannot_be_is_refused_and_the_file_is_as_before(folder, feeds, new, said):
    with pytest.raises(ConfigError, match=said):
        add_feeds(folder.path, [NewFeed(url="https://example.org/good"), new])
    assert feeds.read_text() == WRITTEN


def test_the_same_feed_twice_in_one_go_is_refused(folder):
    with pytest.raises(ConfigError, match="already"):
        add_feeds(folder.path, [NewFeed(url="https://example.org/a")] * 2)


def test_a_feed_that_is_not_there_is_not_removed(folder, feeds):
    with pytest.raises(ConfigError, match=r'no .*id "x"'):
        remove_feed(folder.path, "x")
    feeds.write_text(WRITTEN.replace("opml = []", 'opml = ["a.opml"]'))
    with pytest.raises(ConfigError, match="OPML"):
        remove_feed(folder.path, "x")


@pytest.mark.parametrize(
    "text",
    [
        'feed = [{ url = "https://example.org/a" }, { url = "https://example.org/b" }]\n',
        'feed = [{ url = "https://example.org/a" },\n{ url = "https://example.org/b" }]\n',
        '[[feed]]\nurl = "https://example.org/a"\n[other]\n[feed.x]\n',
    ],
)
def test_what_cannot_be_edited_safely_is_left_to_hands(folder, text):
    file = folder.write("feeds.toml", text)
    with pytest.raises(ConfigError, match="by hand"):
        remove_feed(folder.path, "example.org_a")
    assert file.read_text() == text


def test_a_broken_file_is_not_edited(folder):
    file = folder.write("feeds.toml", "[[feed]\n")
    with pytest.raises(ConfigError, match="TOML"):
        add_feeds(folder.path, [NewFeed(url="https://example.org/a")])
    assert file.read_text() == "[[feed]\n"


def test_a_file_keeps_its_line_ends(folder, feeds):
    feeds.write_bytes(WRITTEN.replace("\n", "\r\n").encode())
    add_feeds(folder.path, [NewFeed(url="https://example.org/d")])
    assert feeds.read_bytes().replace(b"\r\n", b"").count(b"\n") == 0
    assert feeds.read_bytes().count(b"\r\n") == WRITTEN.count("\n") + 3


def test_a_file_keeps_its_mode_and_a_link_its_target(tmp_path):
    target = tmp_path / "real.toml"
    target.write_text("old")
    target.chmod(0o640)
    link = tmp_path / "link.toml"
    link.symlink_to(target)
    write_whole(link, b"new")
    assert link.is_symlink()
    assert (target.read_text(), stat.S_IMODE(target.stat().st_mode)) == ("new", 0o640)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.toml", "real.toml"]


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    full = tmp_path / "folder.toml"
    full.mkdir()
    (full / "inside").touch()
    with pytest.raises(OSError, match=r"folder\.toml"):
        write_whole(full, b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["folder.toml"]


def test_two_thousand_feeds_are_added_at_once(folder):
    add_feeds(folder.path, [NewFeed(url=f"https://example.org/{number}") for number in range(2000)])
    remove_feed(folder.path, "example.org_1000")
    assert len(tomllib.loads((folder.path / "feeds.toml").read_text())["feed"]) == 1999


def test_a_file_that_cannot_be_written_is_a_config_error(folder):
    (folder.path / "feeds.toml").symlink_to(folder.path / "nowhere" / "feeds.toml")
    with pytest.raises(ConfigError, match="cannot be written"):
        add_feeds(folder.path, [NewFeed(url="https://example.org/a")])


def outline(number, **keys):
    url = keys.pop("url", f"https://example.org/{number}")
    return Outline(url=url, place=Place("list.opml", number), **keys)


def test_of_a_list_each_feed_is_taken_that_can_be(folder, feeds):
    """An id that is taken, there or in the list, or an address that is listed, keeps out no other feed."""
    imported = import_feeds(
        folder.path,
        [
            outline(1, id="agency", title="One ${HOME}"),
            outline(2, id="mine"),
            outline(3, id="mine"),
            outline(4, url="HTTPS://EXAMPLE.org:443/a"),
            outline(5, url="https://elsewhere.example/5"),
            outline(6, url="ftp://a.example/"),
            outline(7, id="example.org_8"),
            outline(8, tags=frozenset({"élysée", "world-news"})),  # whose id the seventh has taken
        ],
        known={"https://elsewhere.example/5"},
    )
    assert (imported.added, imported.there) == (4, 2)
    assert [problem.place.line for problem in imported.problems] == [1, 3, 6, 8]
    assert {problem.severity for problem in imported.problems} == {Severity.WARNING}
    found = folder.load().config.feeds
    assert {"example.org_1", "mine", "example.org_3", "example.org_8"} <= found.keys()
    assert found["example.org_1"].title == "One ${HOME}"


@given(
    st.binary(max_size=400), st.text(max_size=20), st.text(max_size=20), st.text("a${}.:/&<-é ", max_size=12)
)
def test_no_list_makes_the_import_fail(tmp_path_factory, junk, id_, title, path):
    folder = Folder(tmp_path_factory.mktemp("config"))
    file = folder.path / "list.opml"
    attributes = {"text": title, "monitor:id": id_, "xmlUrl": f"https://example.org/{path}"}
    inside = " ".join(f"{name}={quoteattr(value)}" for name, value in attributes.items())
    file.write_bytes(f"<opml><body><outline {inside}/>".encode(errors="replace") + junk + b"</body></opml>")
    outlines, _ = read_opml(file)
    if import_feeds(folder.path, outlines, known=()).added:
        folder.load()
