"""What was broken in a feed and read all the same reaches `feeds show`, `feeds list`, and once the operator."""

import json

import pytest
from house import item, rss
from servers.web import reply

from monitor.cli import exit_code
from monitor.core.polling import warnings
from monitor.model import AlertKind, ParsedFeed

WHOLE = rss(item("Truce signed"), item("Étranger"))
BROKEN = {
    "a byte that is no text": (WHOLE.replace("É".encode(), b"\xff"), "damaged"),
    "a control character": (WHOLE.replace(b"Truce", b"Tr\x08uce"), "characters that are no text"),
    "cut off": (WHOLE[: WHOLE.rindex(b"</item>") - 3], "cut off"),
    "ill-formed": (WHOLE.replace(b"<item>", b"<item><b>", 1), ""),
    "objects that are none": (
        b'{"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1", "title": "Truce"}, 7]}',
        "no objects",
    ),
}


@pytest.fixture
def cli(house, capsys):
    """What a command prints as JSON."""

    def cli(*arguments):
        exit_code(["--config", str(house.folder), "--state", str(house.state), *arguments, "--json"])
        return json.loads(capsys.readouterr().out)

    return cli


def notes(house):
    return [alert.text for alert in house.alerts() if alert.kind is AlertKind.NOTE]


@pytest.mark.parametrize("kind", BROKEN)
async def test_what_was_broken_is_shown_and_told_once(house, web, cli, kind):
    document, words = BROKEN[kind]
    house.settings["alerting"] |= {"default": ["console"], "operator": ["console"]}
    house.feed("wire", web.on("/wire", reply(200, document)), interval="15m")
    house.rule("truce", "truce")
    async with house.daemon() as daemon:
        for _ in range(3):
            await daemon.run_once(every=True)
            house.clock.step(hours=2)
    shown, [listed] = cli("feeds", "show", "wire"), cli("feeds", "list")
    assert shown["warnings"] == listed["warnings"] != []
    assert words in shown["warnings"][0]
    [note] = notes(house)
    assert note.startswith("Feed wire: ")
    assert words in note


async def test_a_new_kind_is_told_too_and_a_mended_feed_has_no_warning(house, web):
    house.settings["alerting"] |= {"default": ["console"], "operator": ["console"]}
    kinds = ["a control character", "cut off", "a control character"]
    documents = [*(BROKEN[kind][0] for kind in kinds), WHOLE]
    house.feed("wire", web.on("/wire", *(reply(200, one) for one in documents)), interval="15m")
    async with house.daemon() as daemon:
        for _ in documents:
            await daemon.run_once(every=True)
            house.clock.step(hours=2)
    assert len(notes(house)) == 2
    assert house.feed_state("wire").warnings == ()


async def test_many_broken_feeds_are_one_note(house, web):
    house.settings["alerting"] |= {"default": ["console"], "operator": ["console"]}
    for number in range(30):
        house.feed(f"f{number:02}", web.on(f"/{number}", reply(200, BROKEN["a control character"][0])))
    async with house.daemon() as daemon:
        await daemon.run_once()
        house.clock.step(hours=2)
        await daemon.run_once()
    [note] = notes(house)
    assert note.startswith("30 feeds are broken")
    assert note.endswith("… and 10 more: `monitor feeds list`")


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("more than 5000 entries: 12 left out", "more than 5000 entries: 900 left out", True),
        ("not in the encoding that it names (utf-8)", "not in the encoding that it names (big5)", True),
        ("not well-formed: line 3", "not well-formed: line 42, column 7", True),
        ("it is cut off", "not well-formed", False),
    ],
)
def test_the_same_flaw_says_the_same_whatever_its_numbers(one, other, alike):
    assert (warnings.kinds([one]) == warnings.kinds([other])) == alike
    assert warnings.untold([one], warnings.kinds([one])) == ()


def test_a_feed_that_is_broken_everywhere_says_so_in_ten_lines():
    many = ParsedFeed(warnings=tuple(f"flaw {number} {'x' * 900}" for number in range(99)))
    assert len(warnings.of(many)) == warnings.MOST
    assert max(map(len, warnings.of(many))) == warnings.LONGEST
