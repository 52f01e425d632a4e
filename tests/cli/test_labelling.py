"""What people say of entries, from the command line to a file, and from a file into another database."""

import json
from datetime import datetime, timedelta

import pytest
from house import House, item, rss
from servers.web import reply

from monitor.cli import exit_code
from monitor.model import Label, Mark
from monitor.store import labels, retention
from monitor.tuning.labels import LabelError, LabelledText, read, written

HEADLINES = {
    "en": "Dockers walk out at Tilmouth",
    "ru": "Порты закрываются до понедельника",
    "ja": "港湾労働者がストライキ",
    "ar": "عمال الميناء يضربون عن العمل",
}


def run(house, *arguments):
    return exit_code(["--config", str(house.folder), "--state", str(house.state), *arguments])


async def stocked(house, web):
    house.settings["alerting"]["default"] = ["console"]
    house.rule("docks", "dockers OR strike")
    house.rule("fines", "fine*")
    items = [
        item(title, f"A text, {code}.", guid=code, link=f"https://wire.example/{code}")
        for code, title in HEADLINES.items()
    ]
    house.feed("wire", web.on("/wire", reply(200, rss(*items))))
    async with house.daemon() as daemon:
        await daemon.run_once()
    return {one.guid: one.id for one in house.entries()}


def said(house, **wanted):
    with house.reading() as connection:
        return {
            (one.entry_id, one.rule_id): (one.mark, one.said_by)
            for one in labels.listed(connection, **wanted)
        }


@pytest.fixture
async def ids(house, web):
    return await stocked(house, web)


async def test_what_is_said_replaces_what_was_said_and_is_taken_back(house, ids, capsys):
    en, ru = ids["en"], ids["ru"]
    assert run(house, "rules", "label", str(en), "docks", "right") == 0
    assert run(house, "rules", "label", str(ru), "docks", "missed") == 0
    assert run(house, "rules", "label", str(en), "docks", "wrong") == 0
    assert "docks: wrong (it was right): Dockers walk out" in capsys.readouterr().out
    assert said(house) == {(en, "docks"): (Mark.WRONG, "command"), (ru, "docks"): (Mark.MISSED, "command")}
    assert run(house, "rules", "label", str(en), "docks", "--undo") == 0
    assert said(house) == {(ru, "docks"): (Mark.MISSED, "command")}
    assert run(house, "rules", "label", str(en), "docks", "--undo") == 1
    capsys.readouterr()
    assert run(house, "rules", "labels", "list", "--json") == 0
    [document] = json.loads(capsys.readouterr().out)
    assert (document["entry"], document["label"], document["title"]) == (ru, "missed", HEADLINES["ru"])


WRONGLY_SAID = {
    "no such entry": (("99999", "docks", "right"), 1, "there is no entry 99999; `monitor entries list`"),
    "no such rule": (("1", "docs", "right"), 1, 'there is no rule "docs"; `monitor rules list`'),
    "no such word": (("1", "docks", "good"), 2, "'good' is not one of 'right', 'wrong', 'missed'"),
    "nothing said": (("1", "docks"), 2, "say right, wrong or missed; or --undo alone"),
    "both": (("1", "docks", "right", "--undo"), 2, "say right, wrong or missed; or --undo alone"),
}


@pytest.mark.parametrize(("arguments", "code", "error"), WRONGLY_SAID.values(), ids=WRONGLY_SAID)
async def test_what_cannot_be_said_is_refused_with_the_cure(house, ids, capsys, arguments, code, error):
    assert run(house, "rules", "label", *arguments) == code
    assert error in " ".join(capsys.readouterr().err.replace("│", " ").split())
    assert said(house) == {}


DOUBTFUL = {
    "found, though": ("en", "missed", 'what it found rightly is "right"'),
    "not found, though": ("ru", "right", 'what it should have found is "missed"'),
}


@pytest.mark.parametrize(("guid", "mark", "doubt"), DOUBTFUL.values(), ids=DOUBTFUL)
async def test_what_goes_ill_with_the_rule_is_kept_and_said(house, ids, capsys, guid, mark, doubt):
    assert run(house, "rules", "label", str(ids[guid]), "docks", mark) == 0
    assert doubt in capsys.readouterr().err
    assert said(house) == {(ids[guid], "docks"): (Mark(mark), "command")}


def test_asking_where_there_is_no_database_makes_none(house, capsys):
    house.settings["alerting"]["default"] = ["console"]
    house.rule("docks", "dockers")
    house.write()
    assert run(house, "rules", "label", "1", "docks", "right") == 1
    assert run(house, "rules", "labels", "list") == 0
    assert run(house, "rules", "labels", "export") == 0
    assert not house.state.exists() or not list(house.state.glob("monitor.db*"))


async def test_labels_written_in_one_database_are_read_in_another(house, ids, web, tmp_path, capsys):
    for guid, mark in {"en": "right", "ru": "missed", "ja": "wrong", "ar": "missed"}.items():
        run(house, "rules", "label", str(ids[guid]), "docks", mark)
    capsys.readouterr()
    assert run(house, "rules", "labels", "export", "--rule", "docks") == 0
    text = capsys.readouterr().out
    file = tmp_path / "labels.jsonl"
    file.write_text(text)
    other = House(tmp_path / "other")
    try:
        other.feed("before", web.on("/before", reply(200, rss(item("Another", "It shifts all numbers.")))))
        there = await stocked(other, web)
        assert there["en"] != ids["en"]
        assert run(other, "rules", "labels", "import", str(file)) == 0
        assert said(other) == {
            (there[guid], "docks"): (Mark(mark), "import")
            for guid, mark in {"en": "right", "ru": "missed", "ja": "wrong", "ar": "missed"}.items()
        }
        capsys.readouterr()
        assert run(other, "rules", "labels", "import", str(file)) == 0
        assert "0 labels read" in capsys.readouterr().out
        assert run(other, "rules", "labels", "export") == 0
        assert sorted(capsys.readouterr().out.splitlines()) == sorted(text.splitlines())
    finally:
        other.close()


async def test_lines_without_an_entry_here_or_without_a_rule_are_said(house, ids, tmp_path, capsys):
    file = tmp_path / "labels.jsonl"
    lines = [
        {"label": True, "title": HEADLINES["en"], "url": "https://wire.example/en"},
        {"label": False, "title": "Nobody stored this", "text": "…"},
        {"label": "not a copy", "title": HEADLINES["en"]},
    ]
    file.write_text("\n\n".join(json.dumps(one) for one in lines))
    assert run(house, "rules", "labels", "import", str(file)) == 2
    assert run(house, "rules", "labels", "import", str(file), "--rule", "docks") == 0
    assert said(house) == {(ids["en"], "docks"): (Mark.RIGHT, "import")}
    err = capsys.readouterr().err
    assert "of 1 line the entry is not stored here" in err
    assert "1 line about copies and stories left out" in err


async def test_the_newest_word_counts_wherever_it_was_said(house, ids, tmp_path):
    en, at = ids["en"], datetime.fromisoformat("2026-01-06T12:00:00Z")
    with house.store.writing() as connection:
        label = Label(entry_id=en, rule_id="docks", mark=Mark.RIGHT, labelled_at=at)
        labels.save(connection, [label])
    for hours, mark in ((-1, Mark.RIGHT), (1, Mark.WRONG)):
        text = LabelledText(
            rule_id="docks",
            mark=Mark.WRONG,
            title=HEADLINES["en"],
            feed_id="wire",
            guid="en",
            labelled_at=at + timedelta(hours=hours),
        )
        file = tmp_path / "labels.jsonl"
        file.write_text("\n".join(written([text])))
        assert run(house, "rules", "labels", "import", str(file)) == 0
        assert said(house)[en, "docks"][0] is mark


async def test_a_labelled_entry_is_never_let_go(house, ids, web):
    run(house, "rules", "label", str(ids["ru"]), "docks", "missed")
    house.clock.step(days=400)
    web.on("/wire", reply(200, rss(*(item(f"Weather {one}", "Rain.", guid=f"w{one}") for one in range(60)))))
    async with house.daemon() as daemon:
        await daemon.run_once(every=True)
    house.clock.step(days=5)
    house.close()
    house.settings["retention"] = {"age": "30d"}
    limits = house.load().config.retention
    retention.prune(house.store, limits, now=house.clock.at)
    assert {one.guid for one in house.entries()} & HEADLINES.keys() == {"ru"}


BROKEN = {
    "no JSON": ("{", "no JSON"),
    "no object": ("[1]", 'no object: write {"label"'),
    "deeply nested": ("[" * 100_000, "no JSON"),
    "no label": ('{"title": "a"}', '"label" is null: it is one of right, wrong, missed'),
    "another word": ('{"label": "good", "title": "a"}', '"label" is "good": it is one of right'),
    "a list": ('{"label": [], "title": "a"}', '"label" is []: it is one of right'),
    "no text": ('{"label": "right"}', "neither a title nor a text"),
    "a number for a title": ('{"label": "right", "title": 7}', '"title" is no text'),
    "no date": ('{"label": "right", "title": "a", "published_at": "soon"}', '"published_at" is soon'),
    "a date before all": (
        '{"label": "right", "title": "a", "labelled_at": "0001-01-01T00:00:00+14:00"}',
        '"labelled_at" is 0001',
    ),
}


@pytest.mark.parametrize(("line", "error"), BROKEN.values(), ids=BROKEN)
def test_a_broken_line_is_refused_with_its_place(line, error):
    good = json.dumps({"label": "right", "title": "a"})
    with pytest.raises(LabelError, match=r"labels\.jsonl:2: ") as raised:
        read([good, line], file="labels.jsonl")
    assert error in str(raised.value)


def test_what_is_written_is_read_again():
    texts = [
        LabelledText(
            mark=mark,
            rule_id="docks",
            title=title,
            content="One.\nTwo. \u2028 Three\0",
            language=code,
            published_at=datetime.fromisoformat("2026-01-06T12:00:00Z"),
        )
        for mark, (code, title) in zip(Mark, [*HEADLINES.items(), *HEADLINES.items()], strict=False)
    ]
    [*lines] = written(texts)
    again = read(lines, file="x")
    assert [one.content for one in again] == ["One.\nTwo. \u2028 Three"] * len(texts)
    assert list(written(again)) == [one.replace("\\u0000", "") for one in lines]
