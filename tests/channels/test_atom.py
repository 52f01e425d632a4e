"""The feed of alerts, as a feed reader and a restart find it."""

import asyncio
import sys

import feedparser
import pytest
from channels.atom_rig import ids
from pydantic import ValidationError
from samples.messages import ARABIC, CHINESE, CYRILLIC, HOSTILE_TITLES, LATIN, message, titled

from monitor.channels import open_channel
from monitor.channels.atom import AtomOptions
from monitor.errors import ChannelError
from monitor.model import Channel


def atom(surroundings, **options):
    return open_channel(
        Channel(id="desk", type="atom", options=AtomOptions.model_validate(options)), surroundings
    )


def numbered(number, *sources):
    return message(*(sources or [LATIN]), id=f"{number:032x}")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "desk.atom"


async def test_a_feed_reader_reads_the_alerts_newest_first(surroundings, path):
    channel = atom(surroundings, title="Desk & more")
    for number, source in enumerate((LATIN, CYRILLIC, ARABIC, CHINESE)):
        await channel.send(numbered(number, source), recipient="")
    read = feedparser.parse(path.read_bytes())
    assert not read.bozo
    assert read.feed.title == "Desk & more"
    assert [entry.title for entry in read.entries] == [
        source["title"] for source in (CHINESE, ARABIC, CYRILLIC, LATIN)
    ]
    assert read.entries[3].link == LATIN["url"]
    assert read.entries[3].id == f"urn:uuid:{'0' * 8}-0000-0000-0000-{'0' * 12}"
    assert "Tageblatt" in read.entries[3].content[0].value
    assert {tag.term for tag in read.entries[3].tags} == {"paris"}


async def test_a_restart_goes_on_where_it_stopped_and_a_repeat_is_one_entry(surroundings, path):
    await atom(surroundings).send(numbered(1), recipient="")
    await atom(surroundings).send(numbered(2), recipient="")
    await atom(surroundings).send(numbered(1), recipient="")
    assert [int(one, 16) for one in ids(path)] == [1, 2]


async def test_the_feed_keeps_as_many_as_it_should(surroundings, path):
    channel = atom(surroundings, entries=3)
    for number in range(5):
        await channel.send(numbered(number), recipient="")
    assert [int(one, 16) for one in ids(path)] == [4, 3, 2]
    assert [one.name for one in path.parent.glob("*.atom*")] == ["desk.atom"], "no half-written file is left"


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"<feed",
        b"\x00\xff",
        b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><feed xmlns="http://www.w3.org/2005/Atom">&b;',
    ],
)
async def test_a_broken_file_is_put_aside_and_keeps_no_news_back(surroundings, path, broken):
    path.write_bytes(broken)
    await atom(surroundings).send(numbered(1), recipient="")
    assert [int(one, 16) for one in ids(path)] == [1]
    assert path.with_name("desk.atom.broken").read_bytes() == broken


async def test_entities_of_a_strangers_file_are_not_read(surroundings, path):
    entry = "<entry><id>x</id><title>&b;</title></entry>"
    path.write_text(
        f'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>'
        f'<feed xmlns="http://www.w3.org/2005/Atom">{entry}</feed>'
    )
    await atom(surroundings).send(numbered(1), recipient="")
    assert "root:" not in path.read_text()


@pytest.mark.parametrize("title", HOSTILE_TITLES.values(), ids=HOSTILE_TITLES)
async def test_a_hostile_title_breaks_no_feed(surroundings, path, title):
    await atom(surroundings).send(titled(title), recipient="")
    read = feedparser.parse(path.read_bytes())
    assert not read.bozo
    assert len(read.entries) == 1
    assert "<script" not in read.entries[0].content[0].value


async def test_two_that_write_at_once_lose_nothing(surroundings, path):
    channel = atom(surroundings)
    await asyncio.gather(*(channel.send(numbered(number), recipient="") for number in range(8)))
    await channel.close()
    assert sorted(int(one, 16) for one in ids(path)) == list(range(8))


@pytest.mark.parametrize("path", ["feeds/", "..", "a\0b"])
def test_a_path_that_is_no_file_is_refused(path):
    with pytest.raises(ValidationError, match="name of a file"):
        AtomOptions.model_validate({"path": path})


@pytest.mark.skipif(sys.platform != "linux", reason="/sys refuses root, too")
async def test_where_it_may_not_write_the_error_says_what_opens_the_folder(surroundings):
    options = AtomOptions(path="/sys/alerts.atom")
    channel = open_channel(Channel(id="desk", type="atom", options=options), surroundings)
    with pytest.raises(ChannelError, match=r"alerts\.atom cannot be written: .+ReadWritePaths="):
        await channel.send(message(LATIN), recipient="")
