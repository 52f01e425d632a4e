"""`rules misses`, `label`, `suggest --write`, `score`: a round of tuning as a person types it."""

import json

import pytest
from house import item, rss
from servers.web import reply

from monitor.cli import exit_code

HEADLINES = {
    "strike": ("en", "Strike shuts the port of Tilmouth", True),
    "walkout": ("en", "Longshoremen walk out at Tilmouth terminal", True),
    "pier": ("en", "Longshoremen vote on more stoppages at Harrow", True),
    "greve": ("fr", "Grève des dockers au terminal de Valmarine, le port paralysé", True),
    "streik": ("de", "Hafenarbeiter im Ausstand: Terminal in Grauhafen steht still", True),
    "weather": ("en", "Sunny spells in the north, rain in the south", False),
    "teachers": ("en", "Teachers end their strike after a week", False),
    "wine": ("en", "Port wine sales rise at last", False),
}


def run(house, *arguments):
    return exit_code(["--config", str(house.folder), "--state", str(house.state), *arguments])


@pytest.fixture
async def ids(house, web):
    house.settings["alerting"]["default"] = ["console"]
    house.rule("docks", "(strike OR walkout) AND (port OR dock)", title="Strikes in ports")
    for language in sorted({language for language, _, _ in HEADLINES.values()}):
        items = [
            item(title, "", guid=name, link=f"https://{language}.example/{name}")
            for name, (spoken, title, _) in HEADLINES.items()
            if spoken == language
        ]
        body = rss(*items).replace(b"<channel>", f"<channel><language>{language}</language>".encode())
        house.feed(f"wire-{language}", web.on(f"/{language}", reply(200, body)))
    async with house.daemon() as daemon:
        await daemon.run_once()
    return {one.guid: one.id for one in house.entries()}


def asked(house, capsys, *arguments):
    capsys.readouterr()
    assert run(house, *arguments, "--json") == 0
    return json.loads(capsys.readouterr().out)


async def test_a_round_of_tuning(house, ids, capsys):
    lines = asked(house, capsys, "rules", "misses", "docks")
    assert ids["strike"] not in {line["entry"] for line in lines}, "what the rule matches is no miss"
    assert len(lines) == len(HEADLINES) - 1
    assert next(line for line in lines if line["entry"] == ids["walkout"])["lacks"]
    for name, (_, _, right) in HEADLINES.items():
        if name != "strike":
            assert run(house, "rules", "label", str(ids[name]), "docks", "missed" if right else "wrong") == 0
    assert asked(house, capsys, "rules", "misses", "docks") == []
    [path] = (house.folder / "rules").glob("*.toml")
    before = path.read_text()
    proposal = asked(house, capsys, "rules", "suggest", "docks")
    assert (proposal["right"], proposal["wrong"], proposal["written"]) == ([0, 4], [0, 0], False)
    assert path.read_text() == before
    assert run(house, "rules", "suggest", "docks") == 0
    said = capsys.readouterr()
    assert "+query = " in said.out
    assert "nothing is written" in said.err
    assert asked(house, capsys, "rules", "suggest", "docks", "--write")["written"]
    assert asked(house, capsys, "rules", "score", "docks")["all"] == {
        "recall": 1.0, "precision": 1.0, "found": 4, "right": 4, "false": 0, "labelled": 7,
    }  # fmt: skip
    assert asked(house, capsys, "rules", "suggest", "docks", "--write")["diff"] == "", (
        "it has all it can have"
    )
    old = house.folder.parent / "old.toml"
    old.write_text(before)
    figures = asked(house, capsys, "rules", "score", "docks", "--against", str(old))
    assert figures["against"]["all"]["recall"] == 0.0
    assert run(house, "rules", "score", "docks", "--against", str(old)) == 0
    assert "recall there" in capsys.readouterr().out
    file = house.folder.parent / "labels.jsonl"
    capsys.readouterr()
    assert run(house, "rules", "labels", "export") == 0
    file.write_text(capsys.readouterr().out, encoding="utf-8")
    assert asked(house, capsys, "rules", "score", "docks", str(file))["all"]["recall"] == 1.0


REFUSED = {
    "no such rule": (("misses", "docs"), 1, 'there is no rule "docs"'),
    "no label": (("score", "docks"), 1, "rules misses docks"),
    "no such file": (("score", "docks", "nowhere.jsonl"), 1, "cannot read nowhere.jsonl"),
    "no such config": (("score", "docks", "--against", "nowhere.toml"), 1, "nothing was labelled"),
}


@pytest.mark.parametrize(("arguments", "code", "error"), REFUSED.values(), ids=REFUSED)
async def test_what_cannot_be_answered_is_said_with_the_cure(house, ids, capsys, arguments, code, error):
    assert run(house, "rules", *arguments) == code
    assert error in capsys.readouterr().err


async def test_where_nothing_is_labelled_or_stored_that_is_said(house, ids, capsys):
    assert run(house, "rules", "suggest", "docks") == 0
    assert "nothing was labelled for docks yet" in capsys.readouterr().out


async def test_an_empty_history_is_said_with_the_cure(house, capsys):
    house.settings["alerting"]["default"] = ["console"]
    house.rule("docks", "strike AND port")
    house.feed("wire", "http://127.0.0.1:1/")
    house.write()
    assert run(house, "rules", "misses", "docks") == 1
    assert "run --once --all" in capsys.readouterr().err
