"""`monitor cluster status`: who works, on which config, how far behind; 1 where somebody should look."""

import json
from datetime import timedelta

import pytest

from monitor.cli import exit_code
from monitor.cli.app import names_server
from monitor.store import feeds, published, workers
from monitor.store.sql import put
from monitor.store.tables import HostPauseRow
from monitor.store.workers import Worker

pytestmark = pytest.mark.postgresql("about what several machines share")


@pytest.fixture
def status(house, capsys):
    """Its exit code and document, or what it prints to people."""
    house.settings["alerting"]["default"] = ["console"]
    house.write()

    def typed(*words):
        options = ["--config", str(house.folder), "--state", str(house.state)]
        code = exit_code([*options, "cluster", "status", *words])
        said = capsys.readouterr().out
        return code, json.loads(said) if "--json" in words else said

    return typed


def works(house, name, *, version="v1", seen=timedelta(0), started=timedelta(hours=1), doing=""):
    """A worker lives, which was seen so long ago."""
    with house.store.writing() as connection:
        now = workers.clock(connection)
        worker = Worker(
            id=f"id-{name}", name=name, host=f"{name}.example", pid=7, started_at=now - started,
            seen_at=now - seen, config_version=version, doing=doing,
        )  # fmt: skip
        workers.enter(connection, worker)


def test_where_nobody_works_it_says_so(status):
    code, document = status("--json")
    assert code == 1
    assert document["workers"] == []
    assert document["ailments"] == ["nobody works"]
    assert "nobody works" in status()[1]


def test_each_worker_is_shown_with_what_it_holds(house, status):
    works(house, "a", doing="3 polls")
    works(house, "b")
    with house.store.writing() as connection:
        workers.claim(connection, "id-a", workers.HOST, "wire.example")
        workers.claim(connection, "id-a", workers.HOST, "other.example")
        workers.claim(connection, "id-b", workers.JOB, "prune")
    code, document = status("--json")
    assert code == 0
    assert [(one["name"], one["hosts"], one["jobs"], one["doing"]) for one in document["workers"]] == [
        ("a", 2, [], "3 polls"),
        ("b", 0, ["prune"], ""),
    ]
    assert document["version"] == "v1"
    assert "a.example" in status()[1]


@pytest.mark.parametrize(
    ("versions", "published_one", "others"),
    [
        (("v1", "v1", "v2"), None, ["c"]),
        (("v1", "v2", "v2"), None, ["a"]),
        (("v1", "v1", "v1"), "v9", ["a", "b", "c"]),
        (("v9", "v1", "v9"), "v9", ["b"]),
        (("v1", "v1", ""), None, ["c"]),
    ],
)
def test_who_runs_on_another_config_is_named(versions, published_one, others, house, status):
    if published_one:
        with house.store.writing() as connection:
            published.publish(connection, {}, version=published_one, by="somebody")
    for name, version in zip("abc", versions, strict=True):
        works(house, name, version=version)
    code, document = status("--json")
    assert [one["name"] for one in document["workers"] if not one["agrees"]] == others
    wrong = [one for one in others if versions["abc".index(one)]]  # who has none yet is starting
    assert code == bool(wrong)
    assert len(document["ailments"]) == len(wrong)
    assert all("polls nothing" in one for one in document["ailments"])


@pytest.mark.parametrize(("seen", "code"), [(timedelta(seconds=5), 0), (timedelta(minutes=2), 1)])
def test_who_was_not_seen_for_long_is_named(seen, code, house, status):
    works(house, "a")
    works(house, "b", seen=seen)
    found, document = status("--json")
    assert found == code
    assert [one["name"] for one in document["workers"] if one["is_silent"]] == ["b"] * code


def test_the_oldest_host_that_waits_is_named_unless_it_asked_for_peace(house, status):
    works(house, "a")
    with house.store.writing() as connection:
        now = workers.clock(connection)
        late = {"x": 3, "y": 9, "z": 30, "later": -9}
        feeds.register(connection, {name: f"https://{name}.example/feed" for name in late}, now)
        for name, minutes in late.items():
            due = {"next_poll_at": now - timedelta(minutes=minutes), "host": f"{name}.example"}
            connection.execute(feeds.FEED.update().where(feeds.FEED.c.feed_id == name).values(due))
        put(connection, HostPauseRow, [{"host": "z.example", "until_at": now + timedelta(hours=1)}])
    _, document = status("--json")
    assert (document["overdue"]["host"], document["overdue"]["feed"]) == ("y.example", "y")
    assert 540 <= document["overdue"]["seconds"] < 600
    assert document["waiting"] == {"feeds": 2, "hosts": 2}
    assert "y.example" in status()[1]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('[database]\nurl = "postgresql://db.example/news"\n', True),
        ('[database]\nurl = "${NEWS_DB}"\n', True),
        ('[database]\nurl = "sqlite:///news.db"\n', False),
        ("[polling]\n", False),
        ("[database\n", False),
        ("[database]\nurl = 7\n", False),
        ("database = 7\n", False),
    ],
)
def test_the_commands_are_listed_where_the_database_is_on_a_server(
    text, shown, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("NEWS_DB", "postgresql://db.example/news")
    monkeypatch.setenv("MONITOR_CONFIG", str(tmp_path))
    (tmp_path / "monitor.toml").write_text(text)
    assert names_server(tmp_path) == shown
    assert exit_code(["--help"]) == 0
    assert ("\n  cluster " in capsys.readouterr().out) == shown
    assert exit_code(["cluster", "--help"]) == 0
    assert "publish" in capsys.readouterr().out


@pytest.mark.sqlite("a file is not shared")
def test_on_a_file_it_says_how_to_share_one(tmp_path, monkeypatch, capsys):
    (tmp_path / "monitor.toml").write_text("")
    options = ["--config", str(tmp_path), "--state", str(tmp_path / "state")]
    assert exit_code([*options, "cluster", "status"]) == 1
    assert "monitor db move" in capsys.readouterr().err
