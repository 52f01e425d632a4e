"""A config is published whole or not at all, without its secrets; each worker reads it in place of its own files."""

import json
import tomllib

import pytest

from monitor.cli import exit_code
from monitor.config.contents import Contents, lay_out, read_contents
from monitor.errors import ConfigError, StorageError
from monitor.jobs.published import FOLDER, ConfigSource
from monitor.store import published

pytestmark = pytest.mark.postgresql("about what several machines share")


@pytest.fixture
def house(house):
    house.settings["alerting"]["default"] = ["console"]
    house.feed("wire", "https://wire.example/feed")
    house.rule("paris", "declaration")
    house.write()
    return house


@pytest.fixture
def source(house):
    return ConfigSource(
        house.store,
        house.folder,
        state=house.state,
        environ={"TOKEN": "bowl-of-cherries-0123", "DESK": "https://desk.example"},
    )


@pytest.fixture
def cluster(house, capsys):
    """`monitor cluster …`: its exit code, what it printed, what it said."""

    def typed(*words):
        options = ["--config", str(house.folder), "--state", str(house.state)]
        code = exit_code([*options, "cluster", *map(str, words)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return typed


def other(house, *rules, name="next", feeds="", more=""):
    """A config folder with these rules."""
    folder = house.root / name
    (folder / "rules").mkdir(parents=True, exist_ok=True)
    (folder / "monitor.toml").write_text(f"[polling]\nallow_private = true\n{more}")
    (folder / "feeds.toml").write_text(feeds or '[[feed]]\nid = "wire"\nurl = "https://wire.example/feed"\n')
    text = "".join(f'[[rule]]\nid = "{rule}"\nquery = "{rule}"\n' for rule in rules)
    (folder / "rules" / "all.toml").write_text(text)
    return folder


def files_in_force(house):
    with house.reading() as connection:
        newest = published.in_force(connection)
        return published.files(connection, newest.number) if newest else None


def test_what_is_published_is_read_in_place_of_the_files_beside_it(house, source, cluster):
    assert list(source.read().config.rules) == ["paris"]
    code, said, _ = cluster("publish", other(house, "truce", "strike"))
    assert code == 0
    loaded = source.read()
    assert list(loaded.config.rules) == ["truce", "strike"]
    assert loaded.version in said
    assert loaded.config.database_url.get_secret_value() == house.url


def test_the_version_is_made_of_the_files_wherever_they_lie(house, source, cluster):
    own = source.read().version
    assert cluster("publish", house.folder)[0] == 0
    assert source.read().version == own
    (house.folder / "rules" / "rules.toml").write_text('[[rule]]\nid = "paris"\nquery = "accord"\n')
    assert source.read().version == own, "what is published counts"
    assert cluster("publish", "--withdraw")[0] == 0
    assert source.read().version != own


SECRETS = {
    "a webhook's secret": '[[channel]]\nid = "desk"\ntype = "webhook"\nurl = "https://d.example"\nsecret = "{}"\n',
    "a header": '[[channel]]\nid = "a"\ntype = "webhook"\nurl = "https://d.example"\nheaders = {{ X-Key = "{}" }}\n',
    "the page's token": '[web]\ntoken = "{}"\n',
    "the database's password": '[database]\nurl = "postgresql://monitor:{}@db.example/news"\n',
}


@pytest.mark.parametrize("more", SECRETS.values(), ids=SECRETS)
def test_a_secret_that_stands_in_a_file_is_refused_with_its_place(more, house, cluster):
    folder = other(house, "truce", more=more.format("bowl-of-cherries-it-is"))
    code, _, said = cluster("publish", folder)
    assert code == 2
    assert f"{folder / 'monitor.toml'}:" in said
    assert "${NAME}" in said
    assert "cherries" not in said
    assert files_in_force(house) is None


ADDRESSES = {
    "a password": "https://me:bowl-of-cherries@wire.example/feed",
    "an encoded one": "https://me:bowl%20of%20cherries@wire.example/feed",
    "a token": "https://wire.example/feed?token=bowlofcherries",
}


@pytest.mark.parametrize("url", ADDRESSES.values(), ids=ADDRESSES)
@pytest.mark.parametrize("kind", ["toml", "opml"])
def test_so_is_one_in_the_address_of_a_feed(url, kind, house, cluster):
    feeds = f'[[feed]]\nid = "wire"\nurl = "{url}"\n' if kind == "toml" else 'opml = ["list.opml"]\n'
    folder = other(house, "truce", feeds=feeds)
    outline = f'<opml version="2.0"><body><outline type="rss" text="Wire" xmlUrl="{url}"/></body></opml>'
    (folder / "list.opml").write_text(outline)
    code, _, said = cluster("publish", folder)
    assert code == 2
    assert "cherries" not in said
    assert files_in_force(house) is None


def test_a_reference_stays_one_and_each_machine_fills_it_in(house, source, cluster, monkeypatch):
    monkeypatch.setenv("TOKEN", "only-the-publisher-0123456789")
    monkeypatch.setenv("DESK", "https://publisher.example")
    (house.folder / "key").write_text("of this machine")
    more = (
        '[web]\ntoken = "${TOKEN}"\n[[channel]]\nid = "desk"\ntype = "webhook"\nurl = "${DESK}"\n'
        'secret = { file = "key" }\n'
    )
    folder = other(house, "truce", more=more)
    (folder / "key").write_text("of another")
    assert cluster("publish", folder)[::2] == (0, "")
    stored = json.dumps(dict(files_in_force(house)))
    assert "only-the-publisher" not in stored
    assert "of another" not in stored
    config = source.read().config
    assert config.web.token.get_secret_value() == "bowl-of-cherries-0123"
    assert "of this machine" in config.secrets


def test_what_a_machine_lacks_is_said_and_the_config_is_not_taken(house, source, cluster, monkeypatch):
    monkeypatch.setenv("HERE_ALONE", "x" * 20)
    assert cluster("publish", other(house, "truce", more='[web]\ntoken = "${HERE_ALONE}"\n'))[0] == 0
    with pytest.raises(ConfigError, match="HERE_ALONE is not set"):
        source.read()


BROKEN = {
    "a rule that is none": ("rules/all.toml", '[[rule]]\nid = "a"\nquery = "(unclosed"\n'),
    "no TOML": ("feeds.toml", "[[feed\n"),
    "no UTF-8": ("rules/all.toml", b"\xff\xfe"),
    "a list that lies elsewhere": ("feeds.toml", 'opml = ["../elsewhere.opml"]\n'),
    "a list that is not there": ("feeds.toml", 'opml = ["nowhere.opml"]\n'),
    "an unknown channel": ("monitor.toml", '[alerting]\ndefault = ["nobody"]\n'),
}


@pytest.mark.parametrize(("name", "text"), BROKEN.values(), ids=BROKEN)
def test_a_config_with_a_mistake_is_not_published(name, text, house, cluster):
    (house.root / "elsewhere.opml").write_text(
        '<opml version="2.0"><body><outline type="rss" text="a" xmlUrl="https://a.example"/></body></opml>'
    )
    folder = other(house, "truce")
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    code, _, said = cluster("publish", folder)
    assert code == 2
    assert str(folder) in said
    assert files_in_force(house) is None


def test_those_before_are_kept_listed_and_can_be_had_again(house, source, cluster):
    versions = []
    for number in range(published.KEPT + 3):
        cluster("publish", other(house, f"rule{number}"))
        versions.append(source.read().version)
    code, listed, _ = cluster("publish", "--list", "--json")
    every = json.loads(listed)
    assert code == 0
    assert [one["version"] for one in every] == versions[: -published.KEPT - 1 : -1]
    assert all(one["by"] and one["at"] for one in every)
    assert cluster("publish", "--back")[0] == 0
    assert source.read().version == versions[-2]
    assert cluster("publish", "--back-to", versions[-5])[0] == 0
    assert list(source.read().config.rules) == [f"rule{published.KEPT - 2}"]
    code, _, said = cluster("publish", "--back-to", versions[0])
    assert code == 1
    assert "--list" in said


def test_the_same_again_is_no_new_version(house, cluster):
    for _ in range(2):
        assert cluster("publish", other(house, "truce"))[0] == 0
    assert len(json.loads(cluster("publish", "--list", "--json")[1])) == 1


def test_what_is_laid_out_is_exactly_what_was_published_and_private(house, source, cluster):
    folder = other(house, "truce")
    (folder / "templates").mkdir()
    (folder / "templates" / "message.txt").write_text("News: {{ view.heading }}\n")
    assert cluster("publish", folder)[::2] == (0, "")
    source.read()
    laid_out = house.state / FOLDER
    assert (laid_out / "templates" / "message.txt").exists()
    assert laid_out.stat().st_mode & 0o077 == 0
    cluster("publish", other(house, "strike", name="third"))
    source.read()
    assert not (laid_out / "templates" / "message.txt").exists()


def test_what_the_page_changes_on_one_machine_is_published_to_all(house, source, cluster):
    cluster("publish", other(house, "truce"))
    source.read()
    changed = house.state / FOLDER / "rules" / "all.toml"
    changed.write_text(changed.read_text() + '[[rule]]\nid = "strike"\nquery = "strike"\n')
    assert list(source.read().config.rules) == ["truce", "strike"]
    assert [one["id"] for one in tomllib.loads(files_in_force(house)["rules/all.toml"])["rule"]] == [
        "truce",
        "strike",
    ]
    elsewhere = ConfigSource(house.store, house.folder, state=house.root / "state-2", environ={})
    assert list(elsewhere.read().config.rules) == ["truce", "strike"]


def test_of_two_changes_at_once_the_first_counts(house, source, cluster):
    cluster("publish", other(house, "truce"))
    source.read()
    changed = house.state / FOLDER / "rules" / "all.toml"
    changed.write_text('[[rule]]\nid = "late"\nquery = "late"\n')
    cluster("publish", other(house, "first", name="third"))
    assert list(source.read().config.rules) == ["first"]
    assert list(source.read().config.rules) == ["first"]


def test_what_was_laid_out_by_half_is_nobodys_change(house, source, cluster):
    """The machine lost its power meanwhile."""
    cluster("publish", other(house, "truce", "strike"))
    source.read()
    (house.state / "published.version").unlink()
    (house.state / FOLDER / "rules" / "all.toml").write_text('[[rule]]\nid = "tru')
    assert list(source.read().config.rules) == ["truce", "strike"]


@pytest.mark.parametrize("name", ["../outside.toml", "/etc/outside.toml", "rules/../../outside.toml", ""])
def test_a_path_out_of_the_folder_is_refused_whoever_wrote_it(name, tmp_path):
    with pytest.raises(ValueError, match="no path within"):
        lay_out(Contents({name: "x"}), tmp_path / "published")
    assert not (tmp_path / "outside.toml").exists()


@pytest.mark.parametrize("written", ["no JSON", "[]", '{"monitor.toml": 7}'])
def test_what_cannot_be_read_of_the_database_is_said(written, house, source, cluster):
    cluster("publish", other(house, "truce"))
    with house.store.writing() as connection:
        connection.execute(published.PUBLISHED.update().values(files=written))
    with pytest.raises(StorageError, match="publish it again"):
        source.read()


@pytest.mark.parametrize("words", [(), ("--list", "--back"), ("--back", "--withdraw")])
def test_one_thing_at_a_time(words, cluster):
    assert cluster("publish", *words)[0] == 2


def test_line_ends_and_a_mark_of_byte_order_make_no_version(house):
    folder = other(house, "truce")
    before = read_contents(folder).version
    path = folder / "rules" / "all.toml"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert read_contents(folder).version == before
