"""`entries show` and `stories show` say what an entry was compared with, what was taken out, and what decided."""

import json

import pytest
from house import item, rss
from servers.web import reply
from strikes import STRIKE, strike

from monitor.cli import exit_code

FOOTER = "Subscribe to the Wire for more stories like this one."


def run(house, *arguments):
    assert exit_code(["--config", str(house.folder), "--state", str(house.state), *arguments]) == 0


@pytest.fixture
async def house(house, web):
    """A told story, another outlet's copy of it, and a footer under everything that the wire has."""
    house.settings["alerting"] |= {"default": ["console"], "group_wait": "0s"}
    house.rule("docks", "dockers")
    weather = [
        item(f"{word} weather", f"{word} all week. {FOOTER}", guid=word) for word in ("Rainy", "Sunny", "Icy")
    ]
    feeds = {"wire": weather, "other": [item("Sports", "None.")]}
    for feed, items in feeds.items():
        house.feed(feed, web.on(f"/{feed}", reply(200, rss(*items))))
    title, text = STRIKE["en"]
    async with house.daemon() as daemon:
        await daemon.run_once()
        house.clock.step(minutes=20)
        own = item(title, f"{text} {FOOTER}", guid="own", published=house.clock.at)
        web.on("/wire", reply(200, rss(*weather, own)))
        await daemon.run_once(every=True)
        house.clock.step(minutes=20)
        web.on("/other", reply(200, rss(*feeds["other"], strike("en", published=house.clock.at))))
        await daemon.run_once(every=True)
    return house


def id_of(house, guid):
    return next(one.id for one in house.entries() if one.guid == guid)


async def test_what_decided_is_shown(house, capsys):
    first, second = id_of(house, "own"), id_of(house, "en")
    run(house, "entries", "show", str(second))
    out = " ".join(capsys.readouterr().out.split())
    assert "told? docks told already, score -" in out
    assert f"nearest: entry {first}" in out
    assert "in common" in out
    assert "this story? it is, score +" in out
    run(house, "entries", "show", str(first))
    out = " ".join(capsys.readouterr().out.split())
    assert f"taken out “{FOOTER}”: it recurs in the feed" in out
    assert "this story?" not in out


async def test_programs_are_given_all_signals(house, capsys):
    first, second = id_of(house, "own"), id_of(house, "en")
    run(house, "entries", "show", str(second), "--json")
    found = json.loads(capsys.readouterr().out)["comparison"]
    judged = found["told"]["docks"]
    assert judged["beside"] == [first]
    assert judged["bias"] + sum(one["counts"] for one in judged["signals"]) == pytest.approx(judged["score"])
    run(house, "entries", "show", str(id_of(house, "Rainy")), "--json")
    assert json.loads(capsys.readouterr().out)["comparison"] is None


async def test_a_story_says_it_of_each_of_its_entries(house, capsys):
    first, second = id_of(house, "own"), id_of(house, "en")
    run(house, "stories", "show", "1")
    out = " ".join(capsys.readouterr().out.split())
    assert f"taken out: “{FOOTER}”: it recurs in the feed" in out
    assert "this story?: it is, score +" in out
    assert "told? docks: told already, score -" in out
    assert f"nearest: entry {first}" in out
    run(house, "stories", "show", "1", "--json")
    of_story = {one["id"]: one["comparison"] for one in json.loads(capsys.readouterr().out)["timeline"]}
    for entry_id in (first, second):
        run(house, "entries", "show", str(entry_id), "--json")
        assert of_story[entry_id] == json.loads(capsys.readouterr().out)["comparison"]
