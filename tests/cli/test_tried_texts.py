"""A rule is tried on anything that holds text, and explained on it, as it is or as a draft has it."""

import asyncio
import json

import pytest
from house import item, rss
from servers.web import reply

from monitor.cli import exit_code

FEED = rss(item("Dockers walk out at Tilmouth", "More soon."), item("Weather for the week", "Rain."))
PAGE = (
    "<!doctype html><html><head><title>Quay</title></head><body><nav>Home</nav><article><h1>Night shifts</h1>"
    + "<p>The dockers walk out on Monday, their union says; ships wait in the roads of Tilmouth.</p>" * 6
    + "</article></body></html>"
)
DRAFT = '[[rule]]\nid = "docks"\nquery = "longshoremen OR @workers"\n\n[lists]\nworkers = ["weather"]\n'


@pytest.fixture
def house(house, web):
    house.settings["alerting"]["default"] = ["console"]
    house.rule("docks", "dockers NEAR/3 walk*")
    folder = house.root / "texts"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.txt").write_text("Dockers walk out\nMore soon.")
    (folder / "deep" / "b.html").write_text("<p>Longshoremen <b>down</b> tools</p>")
    (folder / "deep" / "c.xml").write_bytes(FEED)
    (folder / ".hidden").write_text("Dockers walk out")
    (house.root / "empty").mkdir()
    (house.root / "draft.toml").write_text(DRAFT)
    house.feed("wire", web.on("/wire", reply(200, FEED)))
    web.on("/page", reply(200, PAGE.encode(), **{"Content-Type": "text/html"}))
    house.write()
    return house


def run(house, *arguments):
    return exit_code(["--config", str(house.folder), "--state", str(house.state), *arguments])


def filled(argument, house, web):
    return argument.format(root=house.root, web=web.url(""))


TRIED = {
    "a text file": ("{root}/texts/a.txt", [True]),
    "HTML": ("{root}/texts/deep/b.html", [False]),
    "a feed in a file": ("{root}/texts/deep/c.xml", [True, False]),
    "a folder, whatever is in it": ("{root}/texts", [True, False, True, False]),
    "a feed by its id": ("wire", [True, False]),
    "a feed at an address": ("{web}/wire", [True, False]),
    "a web page": ("{web}/page", [True]),
}


@pytest.mark.parametrize(("source", "matches"), TRIED.values(), ids=TRIED)
async def test_a_rule_is_tried_and_explained_on(house, web, capsys, source, matches):
    source = filled(source, house, web)
    assert await in_thread(house, "rules", "test", "docks", source, "--json") == 0
    assert [one["matches"] for one in json.loads(capsys.readouterr().out)] == matches
    assert await in_thread(house, "rules", "explain", "docks", source, "--json") == 0
    assert [one["matches"] for one in json.loads(capsys.readouterr().out)] == matches


async def in_thread(house, *arguments):
    """The server answers in this thread meanwhile."""

    return await asyncio.to_thread(run, house, *arguments)


EXPLAINED = {
    "a headline": ("Dockers walk out at Tilmouth", "docks matches", "dockers NEAR/3 walk*"),
    "a headline that lacks a word": ("Dockers at Tilmouth down tools", "docks does not match", "walk*"),
    "in Cyrillic": ("Докеры Тильмута", "docks does not match", "dockers"),
    "one word": ("dockers", "docks does not match", "walk*"),
}


@pytest.mark.parametrize(("text", "sign", "said"), EXPLAINED.values(), ids=EXPLAINED)
def test_what_is_typed_is_explained(house, capsys, text, sign, said):
    assert run(house, "rules", "explain", "docks", text) == 0
    out = capsys.readouterr().out
    assert f"the text: {text}" in out
    assert sign in out
    assert said in out


def test_a_draft_is_tried_instead_of_the_rule_and_nothing_is_written(house, capsys):
    draft = str(house.root / "draft.toml")
    texts = str(house.root / "texts")
    before = {path: path.read_bytes() for path in house.folder.rglob("*") if path.is_file()}
    assert run(house, "rules", "test", "docks", texts, "--file", draft, "--json") == 0
    assert [one["matches"] for one in json.loads(capsys.readouterr().out)] == [False, True, False, True]
    assert run(house, "rules", "explain", "docks", "Longshoremen rest", "--file", draft, "--json") == 0
    [explained] = json.loads(capsys.readouterr().out)
    assert explained["matches"]
    assert {path: path.read_bytes() for path in house.folder.rglob("*") if path.is_file()} == before


DRAFTS = {
    "no TOML": ("[[rule", ":1:"),
    "no such rule": (
        '[[rule]]\nid = "a"\nquery = "x"\n[[rule]]\nid = "b"\nquery = "x"\n',
        'no rule "docks" in it',
    ),
    "a wrong query": ('[[rule]]\nid = "docks"\nquery = "a NEAR/x b"\n', ":3:"),
    "an unknown key": ('[[rule]]\nid = "docks"\nqueri = "a"\n', "queri"),
    "an unknown list": ('[[rule]]\nid = "docks"\nquery = "@nowhere"\n', "nowhere"),
    "empty": ("", "there is no rule in it"),
}


@pytest.mark.parametrize(("text", "error"), DRAFTS.values(), ids=DRAFTS)
def test_a_draft_that_is_wrong_is_a_two_with_its_place(house, capsys, text, error):
    draft = house.root / "wrong.toml"
    draft.write_text(text)
    assert run(house, "rules", "explain", "docks", "Dockers", "--file", str(draft)) == 2
    err = capsys.readouterr().err
    assert str(draft) in err
    assert error in err


UNREADABLE = {
    "a file that is not there": ("{root}/nowhere.txt", "cannot read"),
    "an empty folder": ("{root}/empty", "there is no file in"),
    "an address that nobody answers": ("http://127.0.0.1:9/", "http://127.0.0.1:9/: no connection"),
    "a name with a null": ("a/\0b", "cannot read"),
}


@pytest.mark.parametrize(("source", "error"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read_keeps_out_no_other(house, web, capsys, source, error):
    good = str(house.root / "texts" / "a.txt")
    assert run(house, "rules", "test", "docks", filled(source, house, web), good, "--json") == 1
    out, err = capsys.readouterr()
    assert error in err
    assert [one["source"] for one in json.loads(out)] == [good]
