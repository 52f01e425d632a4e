from datetime import time, timedelta
from time import process_time

import pytest
from config_folder import CHANNEL_TYPES
from hypothesis import given
from hypothesis import strategies as st

from monitor.config import load
from monitor.config.files import MAX_BYTES
from monitor.config.settings import system_zone
from monitor.core.rules import RuleProblem
from monitor.errors import ConfigError, Severity
from monitor.model import Alerting, Logging, Polling, QuietHours, Web


def warnings(loaded):
    return [problem.message for problem in loaded.problems]


def test_an_empty_config_is_all_defaults_and_warns_that_it_does_nothing(folder):
    loaded = folder.load()
    config = loaded.config
    assert config.polling == Polling()
    assert config.alerting == Alerting(zone="Europe/Paris")
    assert config.web == Web()
    assert config.logging == Logging()
    assert config.database_url.get_secret_value() == f"sqlite:///{folder.path}/state/monitor.db"
    assert list(config.channels) == ["console"]
    assert (config.feeds, config.rules, config.secrets) == ({}, {}, frozenset())
    assert warnings(loaded) == ["there are no feeds", "there are no rules: nothing is ever alerted"]


def test_every_setting_reaches_the_config(folder):
    folder.write(
        "monitor.toml",
        """
        [polling]
        interval = "1h"
        min_interval = "1s"
        contact = "mailto:desk@example.org"
        concurrency = 7
        allow_private = true
        [alerting]
        default = ["desk"]
        operator = ["console"]
        zone = "Europe/Kyiv"
        max_age = "2d"
        group_wait = "0s"
        update_interval = "90s"
        catch_up = "3h"
        max_per_hour = 5
        quiet_hours = { from = "22:00", to = "07:30" }
        [[channel]]
        id = "desk"
        type = "email"
        host = "localhost"
        to = ["a@example.org", "b@example.org"]
        [web]
        listen = "[::1]:80"
        public_url = "https://monitor.example.org"
        callback_url = "https://hooks.example.org"
        [logging]
        level = "debug"
        """,
    )
    config = folder.load().config
    assert config.polling == Polling(
        interval=timedelta(hours=1),
        min_interval=timedelta(seconds=1),
        contact="mailto:desk@example.org",
        concurrency=7,
        allow_private=True,
    )
    assert config.alerting == Alerting(
        default=("desk",),
        operator=("console",),
        zone="Europe/Kyiv",
        max_age=timedelta(days=2),
        group_wait=timedelta(0),
        update_interval=timedelta(seconds=90),
        catch_up=timedelta(hours=3),
        max_per_hour=5,
        quiet_hours=QuietHours(start=time(22), end=time(7, 30), zone="Europe/Kyiv"),
    )
    assert config.web == Web(
        listen="[::1]:80",
        public_url="https://monitor.example.org",
        callback_url="https://hooks.example.org",
    )
    assert config.logging == Logging(level="DEBUG")
    assert config.channels["desk"].recipients == ("a@example.org", "b@example.org")
    assert set(config.channels) == {"desk", "console"}


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("sqlite:///monitor.db", "sqlite:///{state}/monitor.db"),
        ("sqlite:///sub/monitor.db", "sqlite:///{state}/sub/monitor.db"),
        ("sqlite:////srv/monitor.db", "sqlite:////srv/monitor.db"),
        ("postgresql+psycopg://db/monitor", "postgresql+psycopg://db/monitor"),
        ("postgresql://db/monitor?sslmode=require", "postgresql://db/monitor?sslmode=require"),
        ("postgres:///monitor", "postgres:///monitor"),
    ],
)
def test_a_relative_database_lies_in_the_state_folder(folder, url, expected):
    folder.write("monitor.toml", f'[database]\nurl = "{url}"\n')
    found = folder.load().config.database_url.get_secret_value()
    assert found == expected.format(state=folder.path / "state")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "monitor.db",
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "mysql://db",
        "postgresql+asyncpg://db",
    ],
)
def test_other_databases_are_refused(folder, url):
    folder.write("monitor.toml", f'[database]\nurl = "{url}"\n')
    with pytest.raises(ConfigError, match=r"(?i)database|PostgreSQL"):
        folder.load()


@given(st.integers(0, 3650 * 86400))
def test_a_length_of_time_is_read_in_every_unit(tmp_path_factory, seconds):
    for unit, length in [("s", 1), ("m", 60), ("h", 3600), ("d", 86400)]:
        found = load_alerting(tmp_path_factory, f'group_wait = "{seconds // length}{unit}"')
        assert found.group_wait == timedelta(seconds=seconds // length * length)


def load_alerting(tmp_path_factory, line):
    path = tmp_path_factory.mktemp("config")
    (path / "monitor.toml").write_text(f"[alerting]\n{line}\n")
    return load(path, state=path, environ={}, channel_types=CHANNEL_TYPES).config.alerting


@pytest.mark.parametrize(
    "length",
    [
        '""',
        '"5"',
        "5",
        "5.5",
        '"-5s"',
        '"5S"',
        '" 5s"',
        '"5s "',
        '"1h30m"',
        '"٥s"',
        '"1e3s"',
        '"9999999999d"',
    ],
)
def test_nothing_else_is_a_length_of_time(folder, length):
    folder.write("monitor.toml", f"[alerting]\ngroup_wait = {length}\n")
    with pytest.raises(ConfigError, match=r"no length of time|no unit"):
        folder.load()


@pytest.mark.parametrize(
    ("environ", "zone"),
    [({"TZ": "Asia/Tokyo"}, "Asia/Tokyo"), ({"TZ": ":Europe/Kyiv"}, "Europe/Kyiv"), ({"TZ": "CET-1"}, "UTC")],
)
def test_the_zone_is_the_systems_by_default(environ, zone):
    assert system_zone(environ) == zone


def test_a_feeds_keys_reach_it(folder):
    folder.write(
        "feeds.toml",
        """
        [[feed]]
        url = "https://Example.org/rss"
        id = "wire"
        title = "The Wire"
        tags = ["FR", "europe"]
        interval = "5m"
        fulltext = "near"
        user = "me"
        allow_private = true
        enabled = false
        """,
    )
    feed = folder.load().config.feeds["wire"]
    assert (feed.url, feed.title, feed.tags) == ("https://example.org/rss", "The Wire", {"fr", "europe"})
    assert (feed.interval, feed.fulltext, feed.user) == (timedelta(minutes=5), "near", "me")
    assert (feed.allow_private, feed.enabled) == (True, False)


def test_a_file_is_a_feed_by_a_path_from_the_config_on(folder):
    file = folder.write("wire one.xml", "<rss/>")
    folder.write("feeds.toml", '[[feed]]\nurl = "wire one.xml"\nid = "a"\n')
    assert folder.load().config.feeds["a"].url == file.as_uri()


@pytest.mark.parametrize("url", ["file:wire.xml", "wire.xml", "file:{}/wire.xml", "file://{}/wire%2Exml"])
def test_a_file_may_be_written_in_several_ways(folder, url):
    file = folder.write("wire.xml", "<rss/>")
    folder.write("feeds.toml", f'[[feed]]\nid = "a"\nurl = "{url.format(folder.path)}"\n')
    loaded = folder.load()
    assert loaded.config.feeds["a"].url == file.as_uri()
    assert not [message for message in warnings(loaded) if "no file" in message]


def test_feeds_of_opml_files_join_those_of_feeds_toml(folder):
    folder.write(
        "a.opml",
        '<opml><body><outline text="Wires"><outline text="Other" xmlUrl="https://example.org/wire"/>'
        '<outline text="New" xmlUrl="https://example.org/new"/></outline></body></opml>',
    )
    folder.write(
        "feeds.toml",
        'opml = ["a.opml"]\n[[feed]]\nurl = "https://example.org/wire"\nid = "wire"\ntags = ["fr"]\n',
    )
    loaded = folder.load()
    assert {feed.id: feed.tags for feed in loaded.config.feeds.values()} == {
        "wire": {"fr", "wires"},
        "example.org_new": {"wires"},
    }
    [twice] = [problem for problem in loaded.problems if "same feed" in problem.message]
    assert twice.severity is Severity.WARNING
    assert twice.place.file.endswith("a.opml")
    assert "feeds.toml:3:7" in twice.message


def test_an_id_in_an_opml_file_gives_way_to_one_in_feeds_toml(folder):
    folder.write(
        "a.opml",
        '<opml xmlns:monitor="urn:x"><body>'
        '<outline monitor:id="wire" xmlUrl="https://example.org/a"/>'
        '<outline monitor:id="mine" xmlUrl="https://example.org/b"/>'
        '<outline monitor:id="no id" xmlUrl="https://example.org/c"/></body></opml>',
    )
    folder.write("feeds.toml", 'opml = ["a.opml"]\n[[feed]]\nurl = "https://example.org/wire"\nid = "wire"\n')
    assert list(folder.load().config.feeds) == ["wire", "example.org_a", "mine", "example.org_c"]


def test_rules_reach_the_config_compiled(folder):
    folder.write(
        "rules/a.toml",
        """
        [lists]
        leaders = ["Macron", "Zelensk*"]
        [[rule]]
        id = "full"
        title = "T"
        query = "truce"
        exclude = "film"
        languages = ["fr"]
        feeds = ["tag:EUROPE"]
        max_age = "3d"
        priority = "high"
        alert = ["console"]
        fulltext = "always"
        group = "rule"
        recipients = ["a@example.org"]
        must_match = ["x", { title = "t", summary = "s", content = "c", lang = "fr" }]
        must_not_match = ["y"]
          [rule.score]
          threshold = 3
          title_factor = 2
          [rule.score.terms]
          "a" = 2
          "@leaders" = -1.5
        [[rule]]
        id = "off"
        query = "x"
        enabled = false
        """,
    )
    folder.write("feeds.toml", '[[feed]]\nurl = "https://example.org/a"\ntags = ["Europe"]\n')
    loaded = folder.load()
    [rule] = loaded.config.rules.values()
    assert (rule.id, rule.title, rule.query, rule.exclude) == ("full", "T", "truce", "film")
    assert (rule.languages, rule.feeds, rule.max_age) == ({"fr"}, ("tag:europe",), timedelta(days=3))
    assert (rule.priority, rule.alert, rule.fulltext, rule.group) == ("high", ("console",), "always", "rule")
    assert rule.recipients == ("a@example.org",)
    assert (rule.score.threshold, rule.score.title_factor) == (3, 2)
    assert rule.score.terms == (("a", 2), ("@leaders", -1.5))
    assert [(each.title, each.language, each.place.line) for each in rule.must_match] == [
        ("x", None, 17),
        ("t", "fr", 17),
    ]
    assert loaded.config.lists == {"leaders": ("Macron", "Zelensk*")}
    assert rule.place.line == 4


def test_a_failed_test_of_a_rule_is_told_on_examination_with_its_place(folder):
    folder.write(
        "rules/a.toml", '[[rule]]\nid = "a"\nquery = "truce"\nmust_match = [\n  "Truce",\n  "Peace"\n]\n'
    )
    loaded = folder.load()
    assert not [problem for problem in loaded.problems if problem.rule]
    [failed] = [problem for problem in loaded.examined() if problem.test]
    assert (failed.place.line, failed.place.column, failed.rule) == (6, 4, "a")
    assert "a" in loaded.config.rules


def test_what_the_compiler_says_of_a_lists_term_stands_at_that_term(folder):
    folder.write("rules/a.toml", '[lists]\nl = ["a", "b\\u00e9c"]\n')
    found = RuleProblem(rule_id=None, part="list", key="l", item=1, offset=2, message="m")
    assert (folder.load().located(found).place.line, folder.load().located(found).place.column) == (2, 19)


def test_what_the_compiler_says_of_a_scores_term_stands_in_its_key(folder):
    folder.write(
        "rules/a.toml", '[[rule]]\nid = "a"\nscore = { threshold = 1, terms = { truce = 1, "a \\"b" = 1 } }\n'
    )
    loaded = folder.load()
    for term, offset, column in [("truce", 2, 38), ('a "b', 3, 52)]:
        found = RuleProblem(rule_id="a", part="score", key=term, offset=offset, message="m")
        assert loaded.located(found).place.column == column


def test_what_an_editor_keeps_beside_an_open_rule_file_is_not_read(folder):
    folder.write("rules/.#a.toml", "no TOML")
    assert not folder.load().config.rules


def test_a_folder_that_is_no_config_is_refused(tmp_path):
    for path, said in [(tmp_path / "none", "no such folder"), (tmp_path, r"holds no monitor\.toml")]:
        with pytest.raises(ConfigError, match=said):
            load(path, state=tmp_path, environ={}, channel_types=CHANNEL_TYPES)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = " + "[" * 5000, "nested too deep"),
        ("x = " + "[" * 5000 + "]" * 5000, "nested too deep"),
        ("x = " + "9" * 5000, "number is too long"),
        ('x = "a\0b"', "control character"),
        ("x = 1979-02-30", "no such date"),
        ("a = {b = 1", "does not end"),
        ("a = {b = 1}\na.c = 2", "stands twice|closed"),
        ("é = 1", "no key begins|neither"),
        ('a = "\\u12"', "escape"),
        ('a = """x', "does not end"),
        ("=", "no key begins|neither"),
    ],
)
def test_what_is_no_toml_is_a_problem_of_its_file(folder, text, said):
    file = folder.write("rules/a.toml", text)
    with pytest.raises(ConfigError, match=said) as refused:
        folder.load()
    assert {
        problem.place.file for problem in refused.value.problems if problem.severity is Severity.ERROR
    } == {str(file)}


@given(st.text(max_size=60) | st.binary(max_size=60))
def test_no_file_makes_the_loader_raise_anything_but_a_config_error(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("config")
    (path / "rules").mkdir()
    for name in ("monitor.toml", "feeds.toml", "rules/a.toml"):
        (path / name).write_bytes(content if isinstance(content, bytes) else content.encode(errors="replace"))
    try:
        load(path, state=path, environ={}, channel_types=CHANNEL_TYPES)
    except ConfigError as error:
        assert error.problems  # noqa: PT017 - that nothing else is raised is what is tested


def test_a_file_is_read_up_to_a_limit(folder):
    with (folder.path / "feeds.toml").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(ConfigError, match="larger than"):
        folder.load()


def test_thousands_of_feeds_with_a_warning_and_a_secret_each_are_loaded_in_seconds(folder):
    feed = '[[feed]]\nurl = "https://example.org/{}"\ntags = ["a"]\ninterval = "1s"\nheaders = {{ X-Key = "k" }}\n'
    folder.write("feeds.toml", "".join(map(feed.format, range(5000))))
    began = process_time()
    loaded = folder.load()
    assert process_time() - began < 10
    assert len(loaded.config.feeds) == 5000
    assert len(loaded.problems) == 5001  # polled less often than asked, each; and no rules
