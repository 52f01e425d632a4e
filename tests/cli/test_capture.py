"""A false alarm or a miss becomes a test of its rule, with one command."""

import pytest
from house import item, rss
from servers.web import reply

from monitor.cli import exit_code

LONG = "Ships wait in the roads. " * 30


@pytest.fixture
async def house(house, web):
    house.settings["alerting"]["default"] = ["console"]
    house.rule(
        "docks", "dockers AND (strike* OR walk* OR streik* OR grève)", must_match=["Dockers on strike"]
    )
    items = [
        item("Dockers walk out at Tilmouth", "More soon.", guid="headline"),
        item("Night shifts at Tilmouth", "The dockers walk out, says their union.", guid="summary"),
        item("Longshoremen down tools", "Nobody works.", guid="missed"),
        item("Les dockers en grève", "Neuf cents dockers.", guid="fr"),
        item("Dockers &lt;b&gt;walk&lt;/b&gt; &amp; talk", "A strike.", guid="markup"),
    ]
    house.feed("wire", web.on("/wire", reply(200, rss(*items))))
    async with house.daemon() as daemon:
        await daemon.run_once()
    return house


def run(house, *arguments):
    return exit_code(["--config", str(house.folder), "--state", str(house.state), *arguments])


def id_of(house, guid):
    return str(next(one.id for one in house.entries() if one.guid == guid))


def rule_of(house):
    return house.read().config.rules["docks"]


CAPTURED = {
    "a false alarm by its headline": ("headline", "wrong", "must_not_match", "", "matches it yet"),
    "a false alarm by its text": (
        "summary",
        "wrong",
        "must_not_match",
        "says their union.",
        "matches it yet",
    ),
    "what it missed": ("missed", "missed", "must_match", "", "does not match it yet"),
    "what it found": ("headline", "right", "must_match", "", ""),
    "in French": ("fr", "right", "must_match", "", ""),
    "what looks like markup": ("markup", "wrong", "must_not_match", "", "matches it yet"),
}


@pytest.mark.parametrize(("guid", "said", "kind", "text", "warning"), CAPTURED.values(), ids=CAPTURED)
async def test_what_was_labelled_is_captured(house, capsys, guid, said, kind, text, warning):
    entry_id = id_of(house, guid)
    assert run(house, "rules", "label", entry_id, "docks", said) == 0
    assert run(house, "rules", "capture", entry_id, "docks") == 0
    example = getattr(rule_of(house), kind)[-1]
    assert text in example.summary
    assert bool(text) == bool(example.summary)
    assert warning in capsys.readouterr().err
    assert (run(house, "check") == 1) == bool(warning)
    before = (house.folder / "rules" / "rules.toml").read_text()
    assert run(house, "rules", "capture", entry_id, "docks") == 0
    assert "has it already" in capsys.readouterr().out
    assert (house.folder / "rules" / "rules.toml").read_text() == before


async def test_what_has_no_label_needs_a_word(house, capsys):
    entry_id = id_of(house, "headline")
    assert run(house, "rules", "capture", entry_id, "docks") == 1
    assert "say --match or --not, or label it first" in capsys.readouterr().err
    assert run(house, "rules", "capture", entry_id, "docks", "--not") == 0
    assert [one.title for one in rule_of(house).must_not_match] == ["Dockers walk out at Tilmouth"]
    assert run(house, "rules", "capture", entry_id, "docks", "--match") == 0
    assert [one.title for one in rule_of(house).must_match][-1] == "Dockers walk out at Tilmouth"


async def test_where_the_file_cannot_be_written_the_text_is_printed(house, capsys):
    """A name so long that no file can be made beside it, whoever asks."""
    rules = house.folder / "rules" / "rules.toml"
    rules.rename(rules.with_name(f"{'r' * 245}.toml"))
    assert run(house, "rules", "capture", id_of(house, "headline"), "docks", "--not") == 2
    out, err = capsys.readouterr()
    assert 'must_not_match = [\n  "Dockers walk out at Tilmouth",\n]' in out
    assert "paste this into the rule" in err
    assert "it cannot be written" in err
