"""`monitor rules diff`, as typed."""

import json
import shutil

import pytest
from house import House
from past import past
from samples.news import HOUR, MINUTE

from monitor.cli import exit_code
from monitor.cli.context import now
from monitor.model import Label, Mark
from monitor.store import labels

TITLES = [
    ("Dockers walk out in Riga", "en"),
    ("Hafenarbeiter im Streik", "de"),
    ("Gardeners open their greenhouses", "en"),
    ("Докери страйкують у порту", "uk"),
]
DRAFT = '[[rule]]\nid = "docks"\nquery = "hafenarbeiter OR докер*"\n'


@pytest.fixture
def house(tmp_path):
    house = House(tmp_path)
    house.feed("wire", "https://wire.example/feed")
    house.channel("desk", type="console")
    house.rule("docks", "dockers")
    house.rule("gardens", "greenhouses")
    house.write()
    at = now()
    past(
        house.store,
        [
            {"title": title, "language": language, "published_at": at - age - 10 * MINUTE}
            | {"first_seen_at": at - age}
            for age, (title, language) in zip((4 * HOUR, 3 * HOUR, 2 * HOUR, HOUR), TITLES, strict=True)
        ],
    )
    house.close()
    (tmp_path / "draft.toml").write_text(DRAFT)
    return house


@pytest.fixture
def monitor(house, capsys, monkeypatch):
    def run(*arguments, expect=0):
        monkeypatch.setenv("COLUMNS", "80")
        options = ["--config", str(house.folder), "--state", str(house.state)]
        assert exit_code([*options, "rules", "diff", *map(str, arguments)]) == expect
        return capsys.readouterr()

    return run


def test_a_draft_is_compared_with_the_rule_of_its_id(house, monitor, tmp_path):
    out = monitor(tmp_path / "draft.toml").out.splitlines()
    assert out[:2] == [
        "docks: 2 gained, 1 lost, 0 unchanged",
        "messages: 1 (1.0 a day) before, 2 (2.0 a day) after",
    ]
    assert [line.strip() for line in out if line.startswith("    ")] == [
        "by докер*", "by hafenarbeiter", "no longer by dockers",
    ]  # fmt: skip
    assert max(map(len, out)) <= 80


def test_its_document_has_the_same(house, monitor, tmp_path):
    [found] = json.loads(monitor(tmp_path / "draft.toml", "--json").out)
    assert ([one["id"] for one in found["gained"]], [one["id"] for one in found["lost"]]) == ([4, 2], [1])
    assert found["lost"][0]["why"] == "no longer by dockers"
    assert (found["before"]["told"], found["after"]["told"], found["unchanged"]) == (1, 2, 0)
    assert found["after"]["recall"] is None


def test_with_labels_it_says_precision_and_recall(house, monitor, tmp_path):
    with house.store.writing() as connection:
        said = {1: Mark.WRONG, 2: Mark.MISSED}
        labels.save(
            connection,
            [
                Label(entry_id=number, rule_id="docks", mark=mark, labelled_at=now())
                for number, mark in said.items()
            ],
        )
    house.close()
    out = monitor(tmp_path / "draft.toml").out
    assert "labelled: precision 0.00 before, 1.00 after; recall 0.00, 1.00" in out


def test_of_a_whole_config_new_and_gone_rules_count(house, monitor, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(house.folder, other)
    assert monitor(other).err == "no rule differs\n"
    (other / "rules/rules.toml").write_text(
        DRAFT.replace('"docks"', '"quays"') + '[[rule]]\nid="docks"\nquery="dockers"'
    )
    found = json.loads(monitor(other, "--json").out)
    assert {one["rule"]: (one["before"] is None, one["after"] is None) for one in found} == {
        "gardens": (False, True),
        "quays": (True, False),
    }
    out = monitor(other).out
    assert "quays (new): 2 gained, 0 lost, 0 unchanged" in out
    assert "gardens (gone): 0 gained, 1 lost, 0 unchanged" in out
    assert [one["rule"] for one in json.loads(monitor(other, "--rule", "quays", "--json").out)] == ["quays"]


def test_a_setting_that_changes_nothing_but_the_telling_is_a_difference(house, monitor, tmp_path):
    (tmp_path / "draft.toml").write_text('[[rule]]\nid = "docks"\nquery = "dockers"\nmax_age = "1m"\n')
    out = monitor(tmp_path / "draft.toml").out
    assert "docks: 0 gained, 0 lost, 1 unchanged" in out
    assert "messages: 1 (1.0 a day) before, 0 (0.0 a day) after" in out


def test_so_many_entries_are_shown(house, monitor, tmp_path):
    out = monitor(tmp_path / "draft.toml", "--limit", "1").out
    assert "+ 1 more; --limit 0 shows all" in out
    assert "more" not in monitor(tmp_path / "draft.toml", "--limit", "0").out


WRONG = {
    "nothing there": (["{folder}/none.toml"], 2, "it cannot be read"),
    "a mistake": (["{folder}/wrong.toml"], 2, "wrong.toml:3:"),
    "a folder without rules": (["{folder}/bare"], 1, "there are no rules in"),
    "no such rule": (["{folder}/draft.toml", "--rule", "nope"], 1, 'there is no rule "nope"'),
    "a folder with a mistake": (["{folder}/broken"], 2, "wrong.toml:3:"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_wrong_is_said_with_its_place_and_cure(house, monitor, tmp_path, kind):
    wrong = '[[rule]]\nid = "docks"\nquery = "a AND (b"\n'
    (tmp_path / "wrong.toml").write_text(wrong)
    (tmp_path / "bare").mkdir()
    (tmp_path / "broken/rules").mkdir(parents=True)
    (tmp_path / "broken/rules/wrong.toml").write_text(wrong)
    arguments, code, said = WRONG[kind]
    assert said in monitor(*(one.format(folder=tmp_path) for one in arguments), expect=code).err


def test_without_a_history_that_is_said(house, monitor, tmp_path):
    for file in house.state.glob("monitor.db*"):
        file.unlink()
    assert "nothing is stored" in monitor(tmp_path / "draft.toml").err
