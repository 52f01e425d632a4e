"""What the log says, and what never gets into it."""

import io
import json
import logging
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from loguru import logger

from monitor import log


@pytest.fixture
def logged(monkeypatch):
    """Sets the log up and returns what it writes to; afterwards it is as before."""
    monkeypatch.delenv("JOURNAL_STREAM", raising=False)
    before = logging.getLogger().handlers[:], logging.getLogger().level

    def logged(**keys):
        stream = io.StringIO()
        log.set_up(**{"level": "INFO", "log_format": "text", "secrets": (), "stream": stream, **keys})
        return stream

    yield logged
    logging.getLogger().handlers, level = before
    logging.getLogger().setLevel(level)
    logger.remove()
    logger.add(lambda line: sys.stderr.write(line))  # noqa: PLW0108 - the one of that time


def test_for_people_a_line_has_its_time_and_level(logged):
    stream = logged()
    logger.info("feed {}: {} new", "wire", 3)
    logger.debug("not asked for")
    [line] = stream.getvalue().splitlines()
    assert line[4] == "-"
    assert line.endswith("INFO     feed wire: 3 new")


def test_for_journald_every_line_of_an_exception_has_its_priority(logged, monkeypatch):
    monkeypatch.setenv("JOURNAL_STREAM", "8:1")
    stream = logged()
    fail(1)
    lines = stream.getvalue().splitlines()
    assert len(lines) > 3
    assert all(line.startswith("<3>") for line in lines)


STEERING = "\x1b[2J \x9b31m \x07 safe\rsorry \x7f \u202egnp.exe\u202c \u2028 \U000e0041 \ud800"


@pytest.mark.parametrize("log_format", ["text", "json"])
@pytest.mark.parametrize("journal", [True, False])
def test_nothing_that_is_logged_steers_a_terminal(logged, monkeypatch, log_format, journal):
    """Neither a message nor an exception, which may quote what a stranger sent."""
    if journal:
        monkeypatch.setenv("JOURNAL_STREAM", "8:1")
    stream = logged(log_format=log_format)
    try:
        int(STEERING)
    except ValueError:
        logger.bind(feed=STEERING).exception("title {}", STEERING)
    printed = stream.getvalue()
    assert printed.count("gnp.exe") >= 3
    assert all(char.isprintable() or char == "\n" for char in printed)


def test_for_programs_a_line_is_a_document(logged):
    stream = logged(log_format="json")
    logger.bind(feed="wire").warning("two\nlines")
    fail(1)
    warning, error = map(json.loads, stream.getvalue().splitlines())
    assert (warning["level"], warning["message"], warning["feed"]) == ("WARNING", "two\nlines", "wire")
    assert "ZeroDivisionError" in error["exception"]


def fail(hidden):
    try:
        _ = hidden / 0
    except ZeroDivisionError:
        logger.exception("the monitor's own error")


def test_an_exception_shows_no_values_of_variables(logged):
    stream = logged()
    fail(31415926)
    assert "ZeroDivisionError" in stream.getvalue()
    assert "31415926" not in stream.getvalue()


def test_a_hostile_title_is_one_line_without_escapes(logged):
    stream = logged()
    logger.bind(title="a\u202eb").info("feed said: {}", "x\ny\x1b[31m\u2028z\x00")
    [line] = stream.getvalue().splitlines()
    assert line.isprintable()
    assert line.endswith(r"x\ny\x1b[31m\u2028z\x00 title=a\u202eb")


def test_other_libraries_are_heard_from_warning_on(logged):
    stream = logged()
    logging.getLogger("httpx").info("GET https://feed.example/?token=x")
    logging.getLogger("httpx").warning("odd: %s", "answer")
    assert stream.getvalue().endswith("WARNING  httpx: odd: answer\n")
    assert "GET" not in stream.getvalue()


def test_a_secret_is_hidden_wherever_it_turns_up(logged):
    stream = logged(secrets={"hunter2", "hunter2-and-more", "abc"})
    logger.error("refused hunter2-and-more, then hunter2, then abc")
    assert stream.getvalue().endswith("refused ***, then ***, then abc\n")


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("https://ann:pass@feed.example/x", "https://***@feed.example/x"),
        ("https://feed.example/?api_key=abc&page=2", "https://feed.example/?api_key=***&page=2"),
        ("https://feed.example/?page=2&TOKEN=abc", "https://feed.example/?page=2&TOKEN=***"),
        ("https://feed.example:8080/a:b@c", "https://feed.example:8080/a:b@c"),
        ("the key=word stays", "the key=word stays"),
    ],
)
def test_credentials_in_addresses_are_hidden(said, shown):
    assert log.redactor(())(said) == shown


secrets = st.text(
    st.characters(codec="utf-8", exclude_characters="*"), min_size=log.SHORTEST_SECRET, max_size=12
)


@given(st.sets(secrets, min_size=1, max_size=4), st.lists(st.text(max_size=5), max_size=4), st.randoms())
def test_no_secret_is_left_in_any_line(hidden, words, random):
    parts = [*hidden, *words]
    random.shuffle(parts)
    line = log.redactor(hidden)("".join(parts))
    assert not [secret for secret in hidden if secret in line]
