"""What a person reads at a terminal."""

import asyncio
import io
import os
import re
import threading
from dataclasses import replace

import pytest
from channels.console_rig import Pipe
from hypothesis import given
from hypothesis import strategies as st
from samples.messages import ARABIC, CHINESE, HOSTILE_TITLES, LATIN, message, titled

from monitor.channels import open_channel
from monitor.channels.console import ConsoleOptions
from monitor.channels.painted import painted
from monitor.core.alerts.render import text, view
from monitor.errors import ChannelError, ChannelReason
from monitor.model import AlertKind, Channel


class Terminal(io.StringIO):
    """Whatever is written is shown in colours."""

    encoding = "utf-8"

    def isatty(self):
        return True


CONSOLE = Channel(id="console", type="console", options=ConsoleOptions(timeout=60))
HURRIED = replace(CONSOLE, options=ConsoleOptions(timeout=0.3))


async def test_a_pipe_gets_plain_text(surroundings, screen):
    await open_channel(CONSOLE, surroundings).send(message(LATIN), recipient="")
    assert screen.getvalue() == text(message(LATIN)) + "\n"


async def test_a_terminal_shows_the_matching_words_in_colour(replace_stream, monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    terminal = Terminal()
    await open_channel(CONSOLE, replace_stream(terminal)).send(message(LATIN), recipient="")
    shown = terminal.getvalue()
    assert re.search(r"\x1b\[[0-9;]*43m" + "Koalition der Willigen" + r"\x1b\[0m", shown)
    assert LATIN["title"] in shown


async def test_no_color_is_respected(replace_stream, monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("NO_COLOR", "1")
    terminal = Terminal()
    await open_channel(CONSOLE, replace_stream(terminal)).send(message(LATIN), recipient="")
    assert "43m" not in terminal.getvalue()


@pytest.mark.parametrize("title", HOSTILE_TITLES.values(), ids=HOSTILE_TITLES)
def test_a_title_cannot_steer_the_terminal(title):
    assert_harmless(painted(view(titled(title))).plain)


@given(st.text())
def test_no_title_can(title):
    assert_harmless(painted(view(titled(title))).plain)


def assert_harmless(shown):
    assert not re.search(
        "[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066\u2067\ud800-\udfff]", shown
    )
    assert shown.count("\u2068") == shown.count("\u2069")


@pytest.mark.parametrize("shown", [lambda it: painted(view(it)).plain, text], ids=["colours", "plain"])
def test_colours_and_plain_text_tell_the_same(shown):
    many = message(LATIN, ARABIC, CHINESE, story_url="https://monitor.example/stories/88")
    words = shown(many).replace("[", "").replace("]", "")
    for source in (LATIN, ARABIC, CHINESE):
        assert source["title"] in words
        assert source["outlet"] in words
        assert source["url"] in words
    for fact in (
        "Tue 6 Jan 2026, 20:22 CET (seen 20:24)",
        "Paris Declaration",
        "3 outlets in 3 languages (de, ar, zh)",
        "https://monitor.example/stories/88",
        "马克龙、斯塔默和泽连斯基另签署意向声明。",
    ):
        assert fact in words


@pytest.mark.parametrize(
    ("shown", "words"),
    [
        (message(LATIN, kind=AlertKind.UPDATE, first_in_thread=False), "More on a story"),
        (
            message(kind=AlertKind.NOTE, story=None, rules=(), text="Feed x: 404.\nLook."),
            "Feed x: 404.\nLook.",
        ),
        (message(kind=AlertKind.TEST, story=None, rules=()), "A test:"),
        (message(*[LATIN] * 60), "… and 39 more."),
        (message(LATIN | {"url": None, "marks": ()}), "● Paris Declaration"),
    ],
    ids=["update", "note", "test", "flood", "bare"],
)
def test_every_kind_of_message_has_its_colours(shown, words):
    assert words in painted(view(shown)).plain


async def test_a_stream_that_knows_only_ascii_gets_the_rest_replaced(replace_stream):
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    await open_channel(CONSOLE, replace_stream(stream)).send(message(CHINESE), recipient="")
    assert b"???" in raw.getvalue()
    assert b"asia.ribao.example" in raw.getvalue()


async def test_what_was_held_back_comes_once_and_nothing_overtakes_it(replace_stream):
    pipe = Pipe()
    try:
        pipe.fill()
        channel = open_channel(HURRIED, replace_stream(pipe.stream))
        with pytest.raises(ChannelError) as held:
            await channel.send(message(LATIN), recipient="")
        with pytest.raises(ChannelError) as behind:
            await channel.send(message(LATIN), recipient="")
        assert held.value.reason is ChannelReason.UNKNOWN
        assert behind.value.reason is ChannelReason.TIMEOUT
        os.set_blocking(pipe.reader.fileno(), True)
        seen = await asyncio.to_thread(read_until, pipe.reader, "Rule: Paris Declaration")
        assert seen.count(LATIN["outlet"]) == 1
    finally:
        pipe.close()


def read_until(reader, words):
    seen = ""
    while words not in seen:
        seen += os.read(reader.fileno(), 65536).decode()
    return seen


async def test_a_terminal_that_takes_nothing_costs_one_thread(replace_stream):
    pipe = Pipe()
    before = threading.active_count()
    try:
        pipe.fill()
        channel = open_channel(HURRIED, replace_stream(pipe.stream))
        for _ in range(3):
            with pytest.raises(ChannelError):
                await channel.send(message(LATIN), recipient="")
        assert threading.active_count() <= before + 1
    finally:
        pipe.close()
