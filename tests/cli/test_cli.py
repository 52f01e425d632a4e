"""Every command on a real folder and database: one JSON document, or plain text in a pipe; 0, 1 or 2."""

import asyncio
import contextlib
import errno
import json
import os
import pty
import shutil
import subprocess
import sys
import termios
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
import tomlkit
import typer
from house import Clock, House, item, rss
from loguru import logger
from sqlalchemy import update

from monitor.cli import EVERYWHERE, exit_code, hoisted
from monitor.cli.app import app
from monitor.model import DeliveryState
from monitor.store import daemon, feeds
from monitor.store.outbox import DELIVERY as ROW

NOW = datetime.now(UTC)
"""By the real clock: `--since` and `status` go by it."""
RECENT = "since a quarter of an hour after the first poll"
TEXT = "Thirty-five countries signed the declaration at the palace on Tuesday evening."

ENTRY = {
    "id", "feed", "guid", "url", "title", "language", "published_at", "first_seen_at", "copy_of", "story", "rules",
}  # fmt: skip
STORY = {"id", "title", "first_seen_at", "last_seen_at", "entries", "feeds", "languages", "rules", "pace"}
ALERT = {"id", "rules", "story", "entry", "kind", "state", "reason", "created_at", "deliveries"}
DELIVERY = {"channel", "recipient", "state", "attempts", "sent_at", "last_error"}
FEED = {
    "id",
    "url",
    "title",
    "tags",
    "state",
    "last_poll_at",
    "next_poll_at",
    "failures",
    "last_error",
    "polls",
}
RULE = {
    "id",
    "title",
    "priority",
    "languages",
    "feeds",
    "alert",
    "query",
    "exclude",
    "matches",
    "pace",
    "place",
}
CHANNEL = {"id", "type", "recipients", "default", "operator", "rules"}
STATUS = {
    "running", "pid", "version", "started_at", "beat_at", "stopped_at", "feeds", "failing", "stopped", "polls",
    "overdue", "outbox", "errors",
}  # fmt: skip


@pytest.fixture(scope="module")
def stocked(tmp_path_factory):
    """A house that was polled twice: a story was told, another was there before, and one feed is broken."""
    house = House(tmp_path_factory.mktemp("house"), clock=Clock(NOW - timedelta(hours=1)))
    wire = house.root / "wire.xml"
    quiet = item("[Weather] for the\x9b week", "Rain in the west.", published=NOW - timedelta(hours=9))
    wire.write_bytes(rss(quiet))
    (house.root / "page.html").write_text("<!doctype html><html><body>Subscribe!</body></html>")
    house.settings["alerting"]["default"] = ["console"]
    tests = {"must_match": ["The declaration was signed"], "must_not_match": ["Weather for the week"]}
    house.rule("paris", "declaration", title="The declaration", **tests)
    house.feed("wire", wire.as_uri(), tags=["world"])
    house.feed("page", (house.root / "page.html").as_uri())

    async def polled() -> None:
        async with house.daemon() as daemon:
            await daemon.run_once()
            signed = item(
                "Declaration signed",
                TEXT,
                link="https://wire.example/1",
                published=NOW - timedelta(minutes=50),
            )
            wire.write_bytes(rss(signed, quiet))
            house.clock.step(minutes=30)
            await daemon.run_once()

    asyncio.run(polled())
    house.close()
    return house


@pytest.fixture
def house(stocked, tmp_path):
    """A copy, to do with as one likes."""
    shutil.copytree(stocked.root, tmp_path, dirs_exist_ok=True)
    house = House(tmp_path, clock=Clock(NOW))
    yield house
    house.close()


NOT_RUNNING = 1
"""How `monitor status` ends where no daemon runs."""


class Monitor:
    """The command line, in this process."""

    def __init__(self, house, capsys):
        self.where = ["--config", str(house.folder), "--state", str(house.state)]
        self._capsys = capsys

    def __call__(self, *arguments, expect=0):
        """What it printed to standard output."""
        return self.both(*arguments, expect=expect)[0]

    def both(self, *arguments, expect=0):
        """What it printed to standard output and to standard error."""
        code = exit_code([*self.where, *arguments])
        out, err = self._capsys.readouterr()
        assert code == expect, out + err
        return out, err

    def json(self, *arguments, expect=0):
        """The one document on standard output."""
        return json.loads(self(*arguments, "--json", expect=expect))


@pytest.fixture
def monitor(house, capsys):
    yield Monitor(house, capsys)
    # Commands set up the log for their own standard error, which is gone after the test.
    logger.remove()
    logger.add(lambda line: sys.stderr.write(line))  # noqa: PLW0108 - the one of that time


# ── one JSON document ──


def named(value: tuple[str, ...] | set[str]) -> str:
    """A command as it is typed. A set's keys in one order: each worker of the tests has its own."""
    return " ".join(sorted(value) if isinstance(value, set) else value)


@pytest.mark.parametrize(
    ("command", "keys"),
    [
        (("entries", "list"), ENTRY),
        (("stories", "list"), STORY),
        (("alerts", "list"), ALERT),
        (("feeds", "list"), FEED),
        (("rules", "list"), RULE),
        (("channels", "list"), CHANNEL),
    ],
    ids=named,
)  # fmt: skip
def test_a_listing_is_an_array_of_documents_with_the_promised_keys(monitor, command, keys):
    listed = monitor.json(*command)
    assert listed
    for one in listed:
        assert keys <= one.keys()


@pytest.mark.parametrize(
    ("command", "keys"),
    [
        (("entries", "show", "2"), ENTRY | {"summary", "content", "decisions", "story_reason"}),
        (("stories", "show", "1"), STORY | {"timeline", "merged"}),
        (("alerts", "show", "1"), ALERT),
        (("feeds", "show", "wire"), FEED),
        (("rules", "explain", "paris", "2"), {"rule", "entry", "matches", "verdict", "reason"}),
        (("status",), STATUS),
    ],
    ids=named,
)
def test_one_thing_is_a_document_with_the_promised_keys(monitor, command, keys):
    expect = NOT_RUNNING if command == ("status",) else 0
    assert keys <= monitor.json(*command, expect=expect).keys()


def test_the_values_of_an_entry_are_plain(monitor):
    newest, oldest = monitor.json("entries", "list")
    assert (newest["id"], newest["feed"], newest["title"]) == (2, "wire", "Declaration signed")
    assert newest["url"] == "https://wire.example/1"
    assert (newest["rules"], newest["copy_of"], newest["language"]) == (["paris"], None, "en")
    assert newest["first_seen_at"].endswith("Z")
    assert oldest["rules"] == []
    assert [newest["story"], oldest["story"]] == [1, None]


def test_every_decision_is_shown_with_its_reason(monitor):
    [decision] = monitor.json("entries", "show", "2")["decisions"]
    assert (decision["rule"], decision["verdict"], decision["alert"]) == ("paris", "alerted", 1)
    assert decision["reason"] == "first match of this rule in story 1"
    assert ["title", 0, 11] in decision["spans"]


def test_an_alert_is_shown_with_its_deliveries(monitor):
    [alert] = monitor.json("alerts", "list")
    assert (alert["kind"], alert["state"], alert["rules"], alert["entry"]) == ("new", "sent", ["paris"], 2)
    [delivery] = alert["deliveries"]
    assert delivery.keys() >= DELIVERY
    assert (delivery["channel"], delivery["state"], delivery["attempts"]) == ("console", "sent", 1)


def test_a_feed_says_what_is_wrong_with_it(monitor):
    page = next(one for one in monitor.json("feeds", "list") if one["id"] == "page")
    assert page["state"].startswith("failing (")
    assert "a web page, not a feed" in page["last_error"]
    assert page["last_error"] in monitor("feeds", "show", "page")
    assert monitor.json("status", expect=NOT_RUNNING)["errors"] == [
        {"feed": "page", "error": page["last_error"]}
    ]


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        (("--rule", "paris"), [2]),
        (("--rule", "nobody"), []),
        (("--story", "1"), [2]),
        (("--feed", "wire"), [2, 1]),
        (("--since", RECENT), [2]),
        (("--since", "9h"), [2, 1]),
        (("--feed", "wire", "--since", RECENT), [2]),
    ],
)
def test_entries_are_listed_by_rule_story_feed_and_time(monitor, filters, ids):
    """The entries are as old as these tests: since `NOW` minutes went by."""
    since = f"{int((datetime.now(UTC) - NOW + timedelta(minutes=45)).total_seconds())}s"
    filters = [since if one is RECENT else one for one in filters]
    assert [one["id"] for one in monitor.json("entries", "list", *filters)] == ids


def test_an_empty_listing_is_an_empty_array(monitor):
    assert monitor("entries", "list", "--feed", "nobody", "--json") == "[]\n"


# ── people and pipes ──


@pytest.mark.parametrize("command", ["entries", "stories", "alerts", "feeds", "rules", "channels"])
def test_a_listing_in_a_pipe_is_plain_lines_under_a_heading(monitor, command):
    heading, *rows = monitor(command, "list").splitlines()
    assert rows
    assert all(row.count("\t") == heading.count("\t") > 0 for row in rows)


@pytest.mark.parametrize(
    "command",
    [("entries", "list"), ("entries", "show", "1"), ("stories", "list"), ("stories", "show", "1"), ("feeds", "list"),
     ("alerts", "show", "1"), ("status",)],
    ids=" ".join,
)  # fmt: skip
def test_nothing_that_a_feed_says_can_steer_a_terminal(monitor, command):
    out = monitor(*command, expect=NOT_RUNNING if command == ("status",) else 0)
    assert all(char.isprintable() or char in "\n\t" for char in out)


def test_brackets_in_a_title_are_no_markup(monitor):
    assert "[Weather] for the" in monitor("entries", "list")


def test_what_the_output_cannot_hold_is_written_out_in_its_stead(house):
    command = [sys.executable, "-m", "monitor", "--config", house.folder, "--state", house.state]
    done = subprocess.run(
        [*command, "feeds", "add", "https://news.example/Пари́ж", "--anyway"],
        env=os.environ | {"PYTHONIOENCODING": "ascii"}, capture_output=True, check=True, timeout=60,
    )  # fmt: skip
    assert b"https://news.example/\\u041f" in done.stdout


def test_nothing_to_list_is_said_beside_the_listing(monitor):
    out, err = monitor.both("entries", "list", "--feed", "nobody")
    assert out == ""
    assert err == 'no entries, and no feed "nobody"; `monitor feeds list` shows those there are\n'
    assert monitor.both("entries", "list", "--feed", "page") == ("", "no entries\n")
    assert 'no rule "nothing" in force' in monitor.both("entries", "list", "--rule", "nothing")[1]


@pytest.mark.parametrize(("columns", "table"), [(100, True), (30, False)])
def test_a_narrow_terminal_gets_one_fact_a_line_instead_of_a_table(house, columns, table):
    """Folded into columns of three letters each, nobody could read it."""
    lines = on_a_terminal(house, "alerts", "list", columns=columns)
    assert ("created" in lines[0]) is table
    assert (f"{'why':<8}  first match of this rule in story 1" in lines) is not table


def on_a_terminal(house, *arguments, columns):
    """What the command prints on a terminal of so many columns, line by line."""
    ours, its = pty.openpty()
    termios.tcsetwinsize(its, (24, columns))
    command = [sys.executable, "-m", "monitor", "--config", str(house.folder), "--state", str(house.state)]
    environment = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES"}}
    environment |= {"NO_COLOR": "1", "TERM": "xterm"}
    with subprocess.Popen([*command, *arguments], stdout=its, stderr=its, env=environment) as running:
        os.close(its)
        printed = b""
        with contextlib.suppress(OSError):  # EIO: how Linux says that the other end is closed
            while chunk := os.read(ours, 65536):
                printed += chunk
        assert running.wait(timeout=60) == 0
    os.close(ours)
    return [line.rstrip() for line in printed.decode().splitlines()]


# ── exit codes ──


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (("entries", "show", "99"), "there is no entry 99; `monitor entries list` shows those there are"),
        (("stories", "show", "99"), "there is no story 99; `monitor stories list`"),
        (("alerts", "show", "99"), "there is no alert 99; `monitor alerts list`"),
        (("alerts", "retry", "1"), "alert 1 has nothing to retry"),
        (("alerts", "retry", "99"), "there is no alert 99; `monitor alerts list`"),
        (("alerts", "drop", "1"), "alert 1 has nothing to drop"),
        (("feeds", "show", "nobody"), 'there is no feed "nobody"; `monitor feeds list`'),
        (("feeds", "poll", "nobody"), 'there is no feed "nobody"'),
        (("feeds", "poll", "page"), "feed page: a web page, not a feed"),
        (("channels", "test", "nobody"), 'there is no channel "nobody"; `monitor channels list`'),
        (("rules", "explain", "nobody", "1"), 'there is no rule "nobody"; `monitor rules list`'),
        (("rules", "explain", "paris", "99"), "there is no entry 99"),
        (("rules", "test", "paris", "/nowhere/at/all"), "cannot read /nowhere/at/all"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_is_not_there_is_one_sentence_with_a_cure_and_a_one(monitor, command, says):
    out, err = monitor.both(*command, expect=1)
    assert out == ""
    assert says in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    "arguments",
    [
        ("entries", "show", "two"),
        ("entries", "list", "--since", "yesterday"),
        ("entries", "list", "--nonsense"),
        ("nonsense",),
        ("run", "--all"),
        ("--log-format", "xml", "status"),
    ],
    ids=" ".join,
)
def test_wrong_arguments_are_a_two(monitor, arguments):
    _, err = monitor.both(*arguments, expect=2)
    assert "Error" in err


def test_an_output_that_cannot_be_written_is_one_sentence_and_a_one(house, capsys):
    def full(_text):
        raise OSError(errno.ENOSPC, "No space left on device")

    out = SimpleNamespace(isatty=lambda: False, write=full, flush=lambda: None, encoding="utf-8")
    with contextlib.redirect_stdout(out):
        code = exit_code(["--config", str(house.folder), "--state", str(house.state), "entries", "list"])
    assert code == 1
    assert capsys.readouterr().err == (
        "monitor: the output cannot be read or written: No space left on device\n"
    )


def test_a_wrong_config_is_a_two_with_its_place(monitor, house):
    feeds = house.folder / "feeds.toml"
    feeds.write_text(feeds.read_text().replace("url =", "ulr =", 1))
    for command in (("run", "--once"), ("feeds", "poll", "wire"), ("rules", "explain", "paris", "1")):
        out, err = monitor.both(*command, expect=2)
        assert out == ""
        assert f"{feeds}:3:1: error: unknown key" in err


def test_a_config_folder_that_is_not_there_is_a_two(house, capsys):
    assert exit_code(["--config", str(house.root / "nowhere"), "status"]) == 2
    assert "there is no such folder" in capsys.readouterr().err


def test_a_state_folder_that_cannot_be_made_is_a_one(house, capsys):
    (house.root / "taken").write_text("a file")
    assert (
        exit_code(
            ["--config", str(house.folder), "--state", str(house.root / "taken" / "x"), "run", "--once"]
        )
        == 1
    )
    assert "--state" in capsys.readouterr().err


# ── check ──


def test_a_good_config_is_nothing_and_a_zero(monitor, house):
    out, err = monitor.both("check")
    assert (out, err) == ("", f"{house.folder}: 2 feeds, 1 rule, 1 channel; 0 errors, 0 warnings\n")
    assert monitor.json("check") == []


def test_a_broken_rule_is_a_two_and_its_problem_a_document(monitor, house):
    (house.folder / "rules" / "more.toml").write_text('[[rule]]\nid = "bad"\nquery = "(truce"\n')
    [problem] = [one for one in monitor.json("check", expect=2) if one["severity"] == "error"]
    assert problem.keys() == {"file", "line", "column", "severity", "message", "cure", "rule"}
    assert (problem["line"], problem["rule"]) == (3, "bad")


def test_a_rules_own_test_that_fails_is_a_one(monitor, house):
    (house.folder / "rules" / "more.toml").write_text(
        '[[rule]]\nid = "truce"\nquery = "truce"\nmust_match = ["Peace at last"]\n'
    )
    assert "Peace at last" in monitor("check", expect=1)


def test_check_quotes_what_steers_a_terminal_without_its_power(house, monitor):
    """A line that is quoted may be of a list or of rules that came from others."""
    rules = house.folder / "rules" / "theirs.toml"
    rules.write_text('[[rule]]\nid = "theirs"\nquery = "(peace OR \u202eecaep \u009b31m"\n', encoding="utf-8")
    said = "".join(monitor.both("check", expect=2))
    assert "ecaep" in said
    assert all(char.isprintable() or char == "\n" for char in said)


# ── what changes something ──


def test_one_pass_polls_what_is_due_and_is_a_zero_although_a_feed_fails(monitor):
    _, err = monitor.both("run", "--once", "--all")
    assert err.rstrip().endswith("2 feeds polled, 1 failed; 0 new entries, 0 match; 0 alerts")


def test_a_feed_is_added_exported_and_removed(monitor):
    url = "https://news.example/feed"
    assert url in monitor("feeds", "add", url, "--id", "news", "--tag", "world", "--anyway")
    assert [one["tags"] for one in monitor.json("feeds", "list") if one["id"] == "news"] == [["world"]]
    assert f'xmlUrl="{url}"' in monitor("feeds", "export")
    assert "news removed" in monitor("feeds", "remove", "news")
    assert "news" not in {one["id"] for one in monitor.json("feeds", "list")}


def test_one_pass_says_last_which_rules_did_not_run(monitor, house):
    (house.folder / "rules" / "broken.toml").write_text('[[rule]]\nid = "broken"\nquery = "(x"\n')
    _, err = monitor.both("run", "--once", "--all")
    assert err.rstrip().endswith("rule broken has a mistake: `monitor check` shows it and its cure")


def test_what_was_exported_can_be_imported_once(monitor, house):
    url = "https://news.example/feed"
    monitor("feeds", "add", url, "--id", "news", "--anyway")
    opml = house.root / "feeds.opml"
    opml.write_text(monitor("feeds", "export"))
    monitor("feeds", "remove", "news")
    assert "1 feed added, 0 there already" in monitor("feeds", "import", str(opml))
    assert "0 feeds added, 1 there already" in monitor("feeds", "import", str(opml))
    assert url in {one["url"] for one in monitor.json("feeds", "list")}


def test_a_feed_is_tried_without_storing_anything(monitor, house):
    (house.root / "news.xml").write_bytes(rss(item("Chess champion wins", published=NOW)))
    monitor("feeds", "add", (house.root / "news.xml").as_uri(), "--id", "news")
    assert "Chess champion wins" in monitor("feeds", "poll", "news", "--dry-run")
    assert len(monitor.json("entries", "list")) == 2
    assert "Chess champion wins" in monitor("feeds", "poll", "news")
    assert len(monitor.json("entries", "list")) == 3


def test_a_rule_is_tried_on_a_file(monitor, house):
    out, err = monitor.both("rules", "test", "paris", str(house.root / "wire.xml"))
    assert err == "1 of 2 match\n"
    assert "[Declaration] signed" in out
    matches = [one["matches"] for one in monitor.json("rules", "test", "paris", str(house.root / "wire.xml"))]
    assert matches == [True, False]


def test_a_test_message_goes_out(monitor):
    out = monitor("channels", "test", "console")
    assert 'A test of the channel "console"' in out


def test_a_test_message_goes_to_each_recipient_whatever_happens_to_the_others(monitor, house, capsys):
    path = house.folder / "monitor.toml"
    config = tomlkit.parse(path.read_text()).unwrap()
    config["channel"].append(
        {"id": "chats", "type": "telegram", "server": "http://127.0.0.1:1", "token": "1:x", "to": ["1", "2"]}
    )
    path.write_text(tomlkit.dumps(config))
    assert exit_code([*monitor.where, "channels", "test", "chats"]) == 1
    err = capsys.readouterr().err
    assert "chats <1>: 127.0.0.1: " in err
    assert "chats <2>: 127.0.0.1: " in err


def test_what_was_given_up_is_retried_and_dropped(monitor, house):
    with house.store.writing() as connection:
        connection.execute(update(ROW).values(state=DeliveryState.DEAD))
    assert monitor.json("alerts", "show", "1")["state"] == "dead"
    assert monitor("alerts", "retry", "1") == "alert 1: due again: 1 delivery\n"
    assert monitor.json("alerts", "show", "1")["state"] == "waiting"
    assert monitor("alerts", "drop", "1") == "alert 1: dropped: 1 delivery\n"
    (dropped,) = monitor.json("alerts", "show", "1")["deliveries"]
    assert (dropped["state"], dropped["next_attempt_at"]) == ("dropped", None)


def test_status_says_whether_it_runs(monitor, house):
    said = monitor("status", expect=NOT_RUNNING)
    assert "never ran on this database" in said
    assert said.splitlines()[0].split() == ["config", str(house.folder)]
    assert said.splitlines()[1].split() == ["database", str(house.database)]
    beat = daemon.Beat(pid=7, version="1", started_at=NOW, beat_at=datetime.now(UTC))
    with house.store.writing() as connection:
        daemon.save(connection, beat)
    assert monitor.json("status")["running"] is True
    assert "running since" in monitor("status")
    with house.store.writing() as connection:
        daemon.stopped(connection, NOW)
    assert monitor.json("status", expect=NOT_RUNNING)["running"] is False
    assert "stopped at" in monitor("status", expect=NOT_RUNNING)
    long_ago = daemon.Beat(pid=7, version="1", started_at=NOW, beat_at=NOW - timedelta(minutes=1))
    with house.store.writing() as connection:
        daemon.save(connection, long_ago)
    assert "ended without a word" in monitor("status", expect=NOT_RUNNING)


def test_status_ends_with_1_where_a_feed_has_brought_nothing_but_errors_for_a_day(monitor, house):
    with house.store.writing() as connection:
        daemon.save(connection, daemon.Beat(pid=7, version="1", started_at=NOW, beat_at=datetime.now(UTC)))
        [before, *_] = feeds.states(connection).values()
        well = replace(
            before,
            last_success_at=datetime.now(UTC) - timedelta(hours=23),
            failures=30,
            fence=before.fence + 1,
        )
        feeds.save(connection, before, well)
    assert monitor.json("status")["broken_for_a_day"] == []
    with house.store.writing() as connection:
        broken = replace(well, last_success_at=datetime.now(UTC) - timedelta(hours=24), fence=well.fence + 1)
        feeds.save(connection, well, broken)
    assert monitor.json("status", expect=1)["broken_for_a_day"] == [before.feed_id]


# ── the frame ──


def commands(group=None, path=()):
    """Every command's words."""
    group = group or typer.main.get_command(app)
    yield path
    for name, command in getattr(group, "commands", {}).items():
        yield from commands(command, (*path, name))


@pytest.mark.parametrize("words", list(commands()), ids=lambda words: " ".join(words) or "monitor")
def test_every_command_says_what_it_does(words, capsys):
    assert exit_code([*words, "--help"]) == 0
    usage, _, rest = capsys.readouterr().out.partition("\n\n")
    assert usage.startswith(f"Usage: {' '.join(['monitor', *words])}")
    assert rest.strip()
    assert "...\n" not in rest  # nothing is cut off


def test_the_options_of_all_commands_stand_before_or_after(house, capsys):
    where = ["--config", str(house.folder), f"--state={house.state}"]
    printed = []
    for arguments in ([*where, "rules", "list", "--json"], ["rules", "list", "--json", *where]):
        assert exit_code(arguments) == 0
        printed.append(capsys.readouterr().out)
    assert printed[0] == printed[1]


@pytest.mark.parametrize("option", EVERYWHERE)
def test_what_stands_after_two_dashes_is_left_alone(option):
    assert hoisted(["run", "--", option, "x"]) == ["run", "--", option, "x"]
    assert hoisted(["run", option]) == [option, "run"]
    assert hoisted(["a", option, "x", "b"]) == [option, "x", "a", "b"]
    assert hoisted(["a", f"{option}=x", "b"]) == [f"{option}=x", "a", "b"]


def test_the_version_is_printed(capsys):
    assert exit_code(["--version"]) == 0
    assert capsys.readouterr().out.startswith("news-monitor ")


# ── secrets ──


def test_no_secret_of_the_config_is_in_anything_that_is_printed(monitor, house, capsys):
    """Canaries in every place that may hold a secret, and every command that shows anything, also what fails."""
    canaries = {
        name: f"canary-{name}-0123" for name in ("header", "password", "webhook", "query", "url", "token")
    }
    (house.folder / "feeds.toml").write_text(
        (house.folder / "feeds.toml").read_text()
        + f"""
[[feed]]
id = "held"
url = "http://127.0.0.1:1/held"
headers = {{ Authorization = "Bearer {canaries["header"]}" }}
user = "ann"
password = "{canaries["password"]}"
[[feed]]
id = "query"
url = "http://127.0.0.1:1/feed?token={canaries["query"]}"
[[feed]]
id = "inside"
url = "http://ann:{canaries["url"]}@127.0.0.1:1/inside"
"""
    )
    settings = house.folder / "monitor.toml"
    settings.write_text(
        settings.read_text().replace("channel = []", "")
        + f"""
[[channel]]
id = "hook"
type = "webhook"
url = "http://127.0.0.1:1/{canaries["token"]}"
secret = "{canaries["webhook"]}"
"""
    )
    printed = {}
    for words in [
        ("run", "--once", "--all", "--log-level", "DEBUG"), ("run", "--once", "--all", "--log-format", "json"),
        ("feeds", "list"), ("feeds", "list", "--json"), ("feeds", "show", "held"), ("feeds", "show", "query"),
        ("feeds", "show", "inside", "--json"), ("feeds", "export"), ("feeds", "poll", "inside"),
        ("channels", "list", "--json"), ("channels", "test", "hook"), ("check",), ("check", "--json"),
        ("status",), ("status", "--json"), ("alerts", "list", "--json"), ("rules", "list", "--json"),
    ]:  # fmt: skip
        exit_code([*monitor.where, *words])
        out, err = capsys.readouterr()
        printed[words] = out + err
    assert all(one in printed["feeds", "list"] for one in ("held", "query", "inside"))
    assert "127.0.0.1" in printed["channels", "test", "hook"]
    assert "/feed?token=***" in printed["feeds", "show", "query"]
    assert "left out, its address holds a secret" in printed["feeds", "export"]
    leaks = {
        (words, name)
        for words, text in printed.items()
        for name, canary in canaries.items()
        if canary in text
    }
    assert leaks == set()
