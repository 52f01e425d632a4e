"""An entry that changes is matched again, and what it said before is kept and shown."""

import json
import sys

import pytest
from house import House, item, posted, rss
from loguru import logger
from servers.web import WebServer, reply

from monitor.cli import exit_code
from monitor.core.stories.changes import KEPT, KEPT_A_DAY
from monitor.store import changes

TEXT = "Thirty-five countries backed a package of security guarantees on Tuesday."


async def rounds(
    house: House, web: WebServer, *texts: str, minutes: float = 20, title: str = "Talks"
) -> None:
    bodies = [rss(item(title, text, guid="1")) for text in texts]
    house.feed("wire", web.on("/wire", *(reply(200, body) for body in bodies)))
    house.rule("paris", "declaration")
    async with house.daemon() as daemon:
        for _ in bodies:
            await daemon.run_once(every=True)
            house.clock.step(minutes=minutes)


def kept(house: House) -> list[tuple[str, str]]:
    with house.reading() as connection:
        return [(edit.removed, edit.added) for one in changes.of_entry(connection, 1) for edit in one.edits]


@pytest.fixture
def monitor(house, capsys):
    """The command line, in this process: what it printed."""

    def run(*arguments: str) -> str:
        code = exit_code(["--config", str(house.folder), "--state", str(house.state), *arguments])
        out, err = capsys.readouterr()
        assert code == 0, out + err
        return out

    yield run
    # Commands set up the log for their own standard error, which is gone after the test.
    logger.remove()
    logger.add(lambda line: sys.stderr.write(line))  # noqa: PLW0108 - the one of that time


async def test_each_change_is_kept_with_what_it_took_out_and_put_in(house, desk, web):
    await rounds(house, web, TEXT, TEXT.replace("backed", "signed"), TEXT.replace("Tuesday", "Wednesday"))
    assert kept(house) == [("backed", "signed"), ("signed", "backed"), ("Tuesday.", "Wednesday.")]
    assert len(house.entries()) == 1


async def test_a_change_alerts_only_if_the_entry_starts_to_match(house, desk, web):
    await rounds(
        house, web, TEXT, f"{TEXT} Read on.", f"{TEXT} The declaration is out.", f"{TEXT} Declaration!"
    )
    assert len(posted(web)) == 1
    assert len(kept(house)) == 3


async def test_what_only_ticks_is_no_change(house, desk, web):
    await rounds(house, web, *(f"{TEXT} Updated 2{hour}:00. {hour} comments" for hour in range(4)))
    assert kept(house) == []
    assert house.entries()[0].summary.endswith("Updated 20:00. 0 comments")


async def test_a_rotating_advertisement_fills_neither_the_day_nor_the_table(house, desk, web):
    """Of one entry a few changes a day are kept, and the newest in all; its text is the present one all the same."""
    ads = [f"{TEXT} Buy {word}!" for word in ("shoes", "cars", "wine")] * 6
    await rounds(house, web, *ads)
    assert len(kept(house)) == KEPT_A_DAY
    assert house.entries()[0].summary.endswith("Buy wine!")


async def test_of_all_changes_the_newest_are_kept(house, desk, web):
    await rounds(house, web, *(f"{TEXT} Day {number}." for number in range(KEPT + 4)), minutes=24 * 60)
    assert kept(house) == [(f"{number}.", f"{number + 1}.") for number in range(3, KEPT + 3)]


async def test_an_entry_is_shown_with_what_its_feed_changed(house, desk, web, monitor):
    await rounds(house, web, TEXT, TEXT.replace("backed a", "signed a large"))
    shown = monitor("entries", "show", "1")
    [line] = [line for line in shown.splitlines() if line.startswith("changed ")]
    assert line.split("  ", 1)[0] == "changed 2026-01-06 20:20"
    assert "summary: Thirty-five countries [-backed a-] {+signed a large+} package of security" in line
    [change] = json.loads(monitor("entries", "show", "1", "--json"))["changes"]
    assert change["at"] == "2026-01-06T19:20:00Z"
    assert change["edits"] == [
        {
            "field": "summary",
            "before": "Thirty-five countries",
            "removed": "backed a",
            "added": "signed a large",
            "after": "package of security guarantees",
        }
    ]
