"""Secrets are put in, and come out nowhere."""

import pickle

import pytest
from config_folder import Folder
from hypothesis import given
from hypothesis import strategies as st

from monitor.config.opml import write_opml
from monitor.errors import ConfigError

CANARY = "canary-7f3a"
REFERENCES = ['"${CANARY}"', '{ file = "canary.txt" }', '{ credential = "canary" }', f'"{CANARY}"']


@pytest.fixture
def folder(folder, tmp_path):
    folder.environ |= {"CANARY": CANARY, "CREDENTIALS_DIRECTORY": str(tmp_path)}
    folder.write("canary.txt", f"{CANARY}\n")
    (tmp_path / "canary").write_text(f"{CANARY}\r\n")
    return folder


@pytest.mark.parametrize("reference", REFERENCES)
def test_a_secret_reaches_the_config_however_it_is_given(folder, reference):
    folder.write(
        "monitor.toml",
        f'[[channel]]\nid = "desk"\ntype = "email"\nhost = "localhost"\npassword = {reference}\n'
        f'[[channel]]\nid = "hook"\ntype = "webhook"\nurl = "https://hooks.example.org"\n'
        f"headers = {{ Authorization = {reference} }}\n",
    )
    folder.write(
        "feeds.toml",
        f'[[feed]]\nurl = "https://example.org/a"\nuser = "me"\npassword = {reference}\n'
        f"headers = {{ X-Key = {reference} }}\n",
    )
    config = folder.load().config
    feed = config.feeds["example.org_a"]
    assert config.channels["desk"].options.password.get_secret_value() == CANARY
    assert config.channels["hook"].options.headers["Authorization"].get_secret_value() == CANARY
    assert feed.password.get_secret_value() == feed.headers["X-Key"].get_secret_value() == CANARY
    assert CANARY in config.secrets


def test_a_variable_stands_inside_a_text_and_two_dollars_are_the_characters(folder):
    folder.write(
        "feeds.toml",
        '[[feed]]\nurl = "https://example.org/${CANARY}"\ntitle = "a $${CANARY} $5 {x}"\n'
        'headers = { Authorization = "Bearer ${CANARY}" }\n',
    )
    config = folder.load().config
    [feed] = config.feeds.values()
    assert feed.url == f"https://example.org/{CANARY}"
    assert feed.title == "a ${CANARY} $5 {x}"
    assert feed.headers["Authorization"].get_secret_value() == f"Bearer {CANARY}"
    assert config.secrets == {CANARY}
    assert CANARY not in feed.id


def test_passwords_in_addresses_are_taken_out_of_them_and_are_secrets(folder):
    folder.write(
        "monitor.toml", f'[database]\nurl = "postgresql+psycopg://me:{CANARY}-db@db.example.org/monitor"\n'
    )
    folder.write(
        "list.opml", f'<opml><body><outline xmlUrl="https://me:{CANARY}-o@example.org/o"/></body></opml>'
    )
    folder.write(
        "feeds.toml",
        f'opml = ["list.opml"]\n[[feed]]\nurl = "https://me:{CANARY}%21@example.org/a"\n'
        f'proxy = "http://me:{CANARY}-p@proxy.example.org:3128"\n',
    )
    config = folder.load().config
    assert {feed.url for feed in config.feeds.values()} == {"https://example.org/a", "https://example.org/o"}
    assert config.feeds["example.org_a"].user == "me"
    assert config.secrets == {f"{CANARY}!", f"{CANARY}-p", f"{CANARY}-o", f"{CANARY}-db"}


def test_headers_that_say_nothing_secret_are_not_hidden(folder):
    folder.write(
        "feeds.toml",
        '[[feed]]\nurl = "https://example.org/a"\nheaders = { Accept = "text/html", X-Key = "k" }\n',
    )
    assert folder.load().config.secrets == {"k"}


def test_no_secret_is_in_the_repr_of_what_is_loaded(folder):
    folder.write(
        "monitor.toml",
        '[database]\nurl = "postgresql+psycopg://me:${CANARY}@db.example.org/monitor"\n'
        '[[channel]]\nid = "hook"\ntype = "webhook"\nurl = "https://${CANARY}.example.org"\n',
    )
    folder.write(
        "feeds.toml",
        '[[feed]]\nurl = "https://example.org/a"\nuser = "me"\npassword = "${CANARY}"\nproxy = "http://${CANARY}"\n'
        'headers = { X-Key = "${CANARY}" }\n',
    )
    folder.write("rules/a.toml", '[[rule]]\nid = "a"\nquery = "truce"\n')
    loaded = folder.load()
    assert CANARY in loaded.config.secrets
    assert CANARY not in repr(loaded)


def test_an_export_leaves_out_credentials_and_feeds_whose_address_holds_a_secret(folder):
    folder.write(
        "feeds.toml",
        '[[feed]]\nurl = "https://example.org/open"\nuser = "me"\npassword = "${CANARY}"\n'
        '[[feed]]\nid = "token--feed"\nurl = "https://example.org/?token=${CANARY}"\n',
    )
    config = folder.load().config
    exported = write_opml(config.feeds.values(), secrets=config.secrets)
    assert CANARY not in exported
    assert "https://example.org/open" in exported
    assert "left out" in exported


# Each is broken in its own way: TOML, shape, meaning. None may show what the secret's key holds.
BROKEN = [
    '[[channel]]\nid = "x"\ntype = "email"\n{key} = "{secret}',
    '[[channel]]\nid = "x"\ntype = "email"\n{key} = """\n{secret}\n',
    '[[channel]]\nid = "x"\ntype = "email"\n{key} = {secret}\n',
    '[[channel]]\nid = "x"\ntype = "emial"\n{key} = "{secret}"\n',
    'channel = [{{ id = "x", type = "emial", {key} = "{secret}" }}]\n',
    'channel = [{{ {key} = "{secret}", id = "x y", type = "email" }}]\n',
    '[channel]\nid = "x"\ntype = "email"\n{key} = "{secret}"\n',
    'channel = "{secret}"\n',
    '[[channel]]\nid = "x"\ntype = "email"\n{key} = ["{secret}"]\n',
    '[[channel]]\nid = "x"\ntype = "email"\nhost = 3\n[channel.{key}]\na.b = "{secret}"\n',
    '[database]\nurl = "mysql://me:{secret}@db/{key}"\n',
    '[database]\n{key} = "{secret}"\n',
    '[{key}]\nx = "{secret}"\n',
    '[polling]\ncontact = "https://me:{secret}@example.org\n',
    '[polling]\nproxy = {{ {key} = "{secret}" }}\n',
]


@pytest.mark.parametrize("broken", BROKEN)
@pytest.mark.parametrize("key", ["password", "pasword", "api_key", "url", "x"])
def test_no_problem_shows_a_literal_secret_however_its_table_is_broken(folder, broken, key):
    folder.write("monitor.toml", broken.format(key=key, secret=CANARY))
    with pytest.raises(ConfigError) as refused:
        folder.load()
    assert CANARY not in f"{refused.value} {refused.value!r} {refused.value.problems!r}"
    assert CANARY.encode() not in pickle.dumps(refused.value.problems)


@pytest.mark.parametrize(
    "broken",
    [
        '[[feed]]\nurl = "https://me:{secret}@exam ple.org/a"\n',
        '[[feed]]\nurl = "ftp://me:{secret}@example.org/"\n',
        '[[feed]]\nurl = "https://me:{secret}@[example.org/"\n',
        '[[feed]]\nurl = "https://a.example/"\nheaders = {{ "a b" = "{secret}" }}\n',
        '[[feed]]\nurl = "https://a.example/"\nheaders = "{secret}"\n',
        '[[feed]]\nurl = "https://a.example/"\nheaders.x = "{secret}\\n"\n',
        '[[feed]]\nurl = "https://a.example/"\nheader = {{ Authorization = "{secret}" }}\n',
        '[[feed]]\nurl = "https://a.example/"\nproxy = "socks5://me:{secret}@proxy"\n',
        '[[feed]]\nurl = "https://a.example/"\npassword = "{secret}"\n',
        '[[feed]]\nurl = "https://a.example/"\nuser = "me"\npassword = "{secret}" x\n',
        'feed = [{{ url = "https://a.example/", password = "{secret}", interval = 3 }}]\n',
        '[feed]\nurl = "https://a.example/"\npassword = "{secret}"\n',
    ],
)
def test_no_problem_shows_a_literal_secret_of_a_feed(folder, broken):
    folder.write("feeds.toml", broken.format(secret=CANARY))
    with pytest.raises(ConfigError) as refused:
        folder.load()
    assert CANARY not in f"{refused.value} {refused.value.problems!r}"


KEYS = ["interval", "min_interval", "contact", "zone", "default", "level", "listen", "public_url", "max_age"]


@given(
    st.sampled_from(["polling", "alerting", "web", "logging", "database"]), st.sampled_from([*KEYS, "url"])
)
def test_no_problem_shows_what_a_variable_held(tmp_path_factory, table, key):
    folder = Folder(tmp_path_factory.mktemp("config"))
    folder.environ["CANARY"] = CANARY
    folder.write("monitor.toml", f'[{table}]\n{key} = "${{CANARY}}"\n')
    with pytest.raises(ConfigError) as refused:
        folder.load()
    assert CANARY not in f"{refused.value} {refused.value.problems!r}"


def test_a_line_inside_a_secret_of_several_lines_is_not_shown(folder):
    folder.write(
        "monitor.toml",
        f'[[channel]]\nid = "x"\ntype = "email"\nhost = "h"\npassword = """\n{CANARY} """\n[alerting]\n'
        f'default = ["y"]\n[[channel]]\nid = "z"\ntype = "email"\npassword = """\n{CANARY}""" \nhost = 3\n',
    )
    with pytest.raises(ConfigError) as refused:
        folder.load()
    assert {problem.place.line for problem in refused.value.problems if problem.source_line} == {8, 14}
    assert CANARY not in str(refused.value)


def test_a_passwords_place_is_told_and_not_what_follows_it_on_its_line(folder):
    folder.write(
        "monitor.toml",
        f'channel = [{{ id = "x", type = "email", host = "h", password = """\n{CANARY}""", port = 99999 }}]\n',
    )
    with pytest.raises(ConfigError) as refused:
        folder.load()
    [problem] = [problem for problem in refused.value.problems if "port" in problem.message]
    assert (problem.place.line, problem.source_line) == (2, "")


def test_a_secrets_file_is_bounded_text(folder):
    (folder.path / "binary").write_bytes(b"\xff\xfe")
    (folder.path / "large").write_bytes(b"x" * 100_000)
    for name, reason in [
        ("binary", "UTF-8"),
        ("large", "larger"),
        (".", "directory"),
        ("a\\u0000b", "null"),
    ]:
        folder.write("feeds.toml", f'[[feed]]\nurl = {{ file = "{name}" }}\n')
        with pytest.raises(ConfigError, match=f"(?i){reason}"):
            folder.load()


@pytest.mark.parametrize("name", ["../canary.txt", "/etc/passwd", "..", "."])
def test_a_credential_is_no_path(folder, name):
    folder.write("feeds.toml", f'[[feed]]\nurl = {{ credential = "{name}" }}\n')
    with pytest.raises(ConfigError, match="no path"):
        folder.load()
