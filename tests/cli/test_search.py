"""`monitor entries search`: the language of the rules, typed, on what is stored."""

import json

import pytest
from house import House, item, rss
from servers.web import reply

from monitor.cli import exit_code

HEADLINES = {
    "en": "Dockers walk out at Tilmouth",
    "de": "Hafenarbeiter streiken",
    "ru": "Порты закрываются до понедельника",
    "ja": "港湾労働者がストライキ",
    "ar": "عمال الميناء يضربون عن العمل",
}
TEXT = "The union says so. A strike of dockers closes the port. Nobody knows for how long."


def search(house, *arguments):
    return exit_code(
        ["--config", str(house.folder), "--state", str(house.state), "entries", "search", *arguments]
    )


@pytest.fixture
async def stocked(house, web):
    house.settings["alerting"]["default"] = ["console"]
    house.rule("docks", "@harbour")
    (house.folder / "rules").mkdir(parents=True)
    lists = '[lists]\nharbour = ["dockers", "порт*"]\n'
    (house.folder / "rules/lists.toml").write_text(lists, encoding="utf-8")
    items = [item(title, TEXT if code == "en" else "", guid=code) for code, title in HEADLINES.items()]
    house.feed("wire", web.on("/wire", reply(200, rss(*items))))
    async with house.daemon() as daemon:
        await daemon.run_once()
    return {one.guid: one.id for one in house.entries()}


@pytest.mark.parametrize(
    ("query", "title", "where"),
    [
        ("dockers NEAR/3 strike", HEADLINES["en"], "A [strike] of [dockers] closes the port."),
        ("title:dockers", "[Dockers] walk out at Tilmouth", "-"),
        ('"walk out" AND port', "Dockers [walk out] at Tilmouth", "A strike of dockers closes the [port]."),
        ("streik*", "Hafenarbeiter [streiken]", "-"),
        ("порт*", "[Порты] закрываются до понедельника", "-"),
        ("ストライキ", "港湾労働者が[ストライキ]", "-"),
        ("الميناء", "عمال [الميناء] يضربون عن العمل", "-"),
        ("/clo.es/", HEADLINES["en"], "A strike of dockers [closes] the port."),
        (
            "@harbour AND union",
            "[Dockers] walk out at Tilmouth",
            "The [union] says so. A strike of [dockers] closes the port.",
        ),
        ("url:tilmouth OR tilmouth", "Dockers walk out at [Tilmouth]", "-"),
    ],
)
async def test_what_is_found_is_shown_with_what_was_found_marked(house, stocked, capsys, query, title, where):
    assert search(house, query) == 0
    printed = capsys.readouterr()
    headings, line = printed.out.splitlines()
    cells = dict(zip(headings.split("\t"), line.split("\t"), strict=True))
    assert (cells["title"], cells["where"]) == (title, where)
    assert "1 entry found" in printed.err


async def test_the_newest_come_first_and_a_limit_says_that_there_are_more(house, stocked, capsys):
    assert search(house, "/./", "--limit", "2") == 0
    printed = capsys.readouterr()
    newest = sorted(stocked.values(), reverse=True)
    assert [int(line.partition("\t")[0]) for line in printed.out.splitlines()[1:]] == newest[:2]
    assert "the first 2 of about 5; --limit 0 shows all" in printed.err


async def test_a_program_gets_one_document_with_the_places(house, stocked, capsys):
    assert search(house, "dockers", "--json") == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["id"], found["feed"], found["rules"]) == (stocked["en"], "wire", ["docks"])
    assert ["title", 0, 7] in found["spans"]


MISTAKES = {
    "paris AND (": "the query:1:12: error: the query ends where a word should be\n    paris AND (\n               ^",
    "dockers\nAND ((port)": "the query:2:",
    "@docks": "there is no list @docks",
    "NOT paris": "it would hold for almost every entry",
    "dockers NEAR/x port": "the query:1:",
}


@pytest.mark.parametrize("query", MISTAKES)
async def test_a_mistake_is_shown_with_its_place(house, stocked, capsys, query):
    assert search(house, query) == 2
    assert MISTAKES[query] in capsys.readouterr().err


async def test_nothing_found_an_unknown_feed_and_an_empty_history_are_said(house, stocked, capsys, tmp_path):
    assert search(house, "nowhere") == 0
    assert "0 entries found" in capsys.readouterr().err
    assert search(house, "paris", "--feed", "wires") == 1
    assert 'there is no feed "wires"; `monitor feeds list` shows those there are' in capsys.readouterr().err
    empty = House(tmp_path / "empty")
    empty.settings["alerting"]["default"] = ["console"]
    empty.rule("docks", "dockers")
    empty.load()
    assert search(empty, "dockers") == 0
    assert "nothing is stored yet; `monitor run --once` polls the feeds" in capsys.readouterr().err
    assert not empty.database.exists(), "asking makes no database"
