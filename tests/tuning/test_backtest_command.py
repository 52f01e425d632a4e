"""`monitor rules backtest`, as typed."""

import json

import pytest
from house import House
from past import past
from samples.news import HOUR

from monitor.cli import exit_code
from monitor.cli.context import now

LINES = [
    ("Truce signed in Geneva", 30 * HOUR, "wire", "en"),
    ("وقف إطلاق النار في جنيف truce", 29 * HOUR, "akhbar", "ar"),
    ("Harbour dockers vote", 2 * HOUR, "quay", "en"),
]


@pytest.fixture
def house(tmp_path):
    house = House(tmp_path)
    house.feed("wire", "https://wire.example/feed")
    house.channel("desk", type="console")
    house.rule("truce", "truce")
    house.write()
    return house


@pytest.fixture
def stocked(house):
    at = now()
    past(
        house.store,
        [
            {"title": title, "feed_id": feed, "language": language, "published_at": at - age}
            | {"fetched_at": at - age, "first_seen_at": at - age}
            for title, age, feed, language in LINES
        ],
    )
    house.close()
    return house


@pytest.fixture
def monitor(house, capsys, monkeypatch):
    def run(*arguments, expect=0):
        monkeypatch.setenv("COLUMNS", "80")
        options = ["--config", str(house.folder), "--state", str(house.state)]
        assert exit_code([*options, "rules", "backtest", *arguments]) == expect
        return capsys.readouterr()

    return run


def test_it_says_what_would_have_been_told_in_eighty_columns(stocked, monitor):
    out = monitor("truce").out.splitlines()
    assert out[:2] == [
        "truce finds 2 of the 3 entries stored in 1 day;",
        "you would have received 2 messages, 1.7 a day",
    ]
    assert any("by outlet    akhbar 1, wire 1" in line for line in out)
    assert any(line.endswith("Truce signed in Geneva") for line in out)
    assert max(map(len, out)) <= 80


def test_the_messages_texts_are_shown_on_request(stocked, monitor):
    assert "    Rule: truce" in monitor("truce", "--texts").out.splitlines()


def test_its_document_has_everything(stocked, monitor):
    found = json.loads(monitor("truce", "--json", "--texts").out)
    assert (found["rules"], found["stored"], found["found"], found["told"]) == (["truce"], 3, 2, 2)
    assert found["languages"] == {"ar": 1, "en": 1}
    assert sum(day["found"] for day in found["days"]) == 2
    assert [one["headline"] for one in found["messages"]] == [LINES[0][0], LINES[1][0]]
    assert all("truce" in one["text"] for one in found["messages"])
    assert [one["decisions"][0]["verdict"] for one in found["entries"]] == ["alerted", "alerted"]
    assert "text" not in json.loads(monitor("truce", "--json").out)["messages"][0]


def test_a_query_can_be_typed_for_no_rule_or_in_the_place_of_one(stocked, monitor):
    assert json.loads(monitor("--query", "dockers", "--json").out)["rules"] == ["query"]
    found = json.loads(monitor("truce", "--query", "dockers", "--json").out)
    assert (found["rules"], [one["feed"] for one in found["entries"]]) == (["truce"], ["quay"])


DRAFT = """
[lists]
work = ["dockers", "harbour"]

[[rule]]
id = "truce"
query = "@work"
"""


def test_a_draft_is_tried_with_its_own_lists(stocked, monitor, tmp_path):
    (tmp_path / "draft.toml").write_text(DRAFT)
    found = json.loads(monitor("--file", str(tmp_path / "draft.toml"), "--json").out)
    assert [one["feed"] for one in found["entries"]] == ["quay"]


def test_some_time_can_be_asked_for(stocked, monitor):
    assert json.loads(monitor("truce", "--since", "1d", "--json").out)["found"] == 0


WRONG = {
    "no such rule": (["nope"], 1, 'there is no rule "nope"'),
    "nothing to try": ([], 2, "name a RULE"),
    "a query with a mistake": (["--query", "paris AND (x"], 2, "the query:1:11: error: this bracket is never closed"),
    "no such draft": (["--file", "{folder}/none.toml"], 2, "none.toml: error: it cannot be read: No such file"),
    "a draft without a rule": (["--file", "{folder}/empty.toml"], 2, "there is no rule in it"),
    "a draft that is no TOML": (["--file", "{folder}/broken.toml"], 2, "broken.toml:1:"),
    "a draft with a mistake": (["--file", "{folder}/wrong.toml"], 2, "wrong.toml:3:16: error: this bracket is never"),
    "a draft with an unknown channel": (["--file", "{folder}/channel.toml"], 2, "channel.toml:4:10"),
    "a draft of several": (["--file", "{folder}/two.toml"], 2, "name one of its rules: a, b"),
    "a draft of others": (["c", "--file", "{folder}/two.toml"], 2, 'there is no rule "c" in it'),
}  # fmt: skip
FILES = {
    "empty.toml": "",
    "broken.toml": "rule =",
    "wrong.toml": '[[rule]]\nid = "a"\nquery = "x AND (y"\n',
    "channel.toml": '[[rule]]\nid = "a"\nquery = "x"\nalert = ["nowhere"]\n',
    "two.toml": '[[rule]]\nid = "a"\nquery = "x"\n[[rule]]\nid = "b"\nquery = "y"\n',
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_wrong_is_said_with_its_place_and_cure(house, monitor, tmp_path, kind):
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    arguments, code, said = WRONG[kind]
    assert said in monitor(*(one.format(folder=tmp_path) for one in arguments), expect=code).err


def test_an_empty_history_is_said_and_no_database_is_made(house, monitor):
    assert "nothing is stored yet" in monitor("truce").err
    assert not house.database.exists()


def test_of_a_time_in_which_nothing_came_that_is_said(stocked, monitor):
    assert "nothing is stored in that time" in monitor("truce", "--since", "1m").err
