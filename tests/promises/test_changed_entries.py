"""An entry that changes is matched again, and what it said before is kept and shown."""

import json
import sys
from datetime import timedelta

import pytest
from house import SUMMIT, House, item, posted, rss
from loguru import logger
from servers.web import WebServer, reply

from monitor.cli import exit_code
from monitor.core.stories.changes import KEPT, KEPT_A_DAY
from monitor.store import changes, tombstones

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


async def test_what_a_rule_found_is_marked_where_it_stands_in_the_new_text(house, desk, web):
    texts = ("The declaration is out.", "Late on Tuesday the declaration came out.", "Nothing came out.")
    marked = []
    for count in range(1, 4):
        await rounds(house, web, *texts[:count])
        [entry], [decision] = house.entries(), house.decisions()
        marked.append([entry.summary[span.start : span.end] for span in decision.match.spans])
    assert marked == [["declaration"], ["declaration"], []]


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


async def test_a_pruned_entry_that_comes_back_is_neither_stored_nor_told(house, desk, web):
    signed, quiet = item("The declaration is signed", TEXT), item("Weather for the week", "Rain in the west.")
    bodies = [rss(quiet), rss(signed, quiet), rss(quiet), rss(signed, quiet)]
    house.feed("wire", web.on("/wire", *(reply(200, body) for body in bodies)))
    house.rule("paris", "declaration")
    async with house.daemon() as daemon:
        for number in range(4):
            await daemon.run_once(every=True)
            house.clock.step(minutes=20)
            if number == 2:
                with house.store.writing() as connection:
                    assert tombstones.bury(connection, [2], now=house.clock()) == 1
    assert [entry.title for entry in house.entries()] == ["Weather for the week"]
    assert len(posted(web)) == 1


async def test_a_feed_whose_guids_prove_bad_is_demoted_for_good(house, desk, web, monitor):
    """Its address stays, its guid is made anew with every edit, and so is its date."""
    bodies = [
        rss(
            item(
                "Talks go on in Paris",
                f"{TEXT} Edit {number}.",
                guid=f"talks#{number}",
                link="https://x.example/t",
            )
        )
        for number in range(4)
    ]
    later = rss(
        item("Talks go on in the palace in Paris", "All is rewritten.", guid="talks#9", link="https://x.example/t",
             published=SUMMIT + timedelta(hours=1))
    )  # fmt: skip
    house.feed("wire", web.on("/wire", *(reply(200, body) for body in (*bodies, later))))
    async with house.daemon() as daemon:
        for _ in range(5):
            await daemon.run_once(every=True)
            house.clock.step(minutes=20)
    assert len(house.entries()) == 1
    assert "guids  " in (shown := monitor("feeds", "show", "wire"))
    assert "not relied on: entries come back with others" in shown
    told = json.loads(monitor("feeds", "show", "wire", "--json"))["guids_unreliable"]
    assert told == "entries come back with others"
