"""What is printed steers no terminal and turns nothing around, wherever a stranger's text stands in it."""

import json

import pytest

from monitor.cli import output
from monitor.cli.context import warn

STEERING = {
    "an escape sequence": "\x1b[2J\x1b]0;owned\x07",
    "C1 controls": "\x9b31m\x85",
    "a bell and backspaces": "\x07\x08\x08",
    "a carriage return": "safe\rsorry",
    "delete": "\x7f",
    "overrides": "\u202egnp.exe\u202c",
    "isolates": "\u2066x\u2069",
    "marks of direction": "\u200f\u061c",
    "line and paragraph separators": "a\u2028b\u2029c",
    "tags": "\U000e0041\U000e007f",
    "annotations": "\ufff9\ufffa\ufffb",
    "half a surrogate pair": "\ud800",
}


def as_document(text):
    output.as_json([{"title": text, text: 1}])


def as_table(text):
    output.as_table([{"title": text}], [("title", lambda one: one["title"])], empty="none")


def as_facts(text):
    output.as_facts([("title", text)])


@pytest.mark.parametrize("say", [as_document, as_table, as_facts, warn])
@pytest.mark.parametrize("text", STEERING.values(), ids=STEERING)
def test_what_is_printed_steers_no_terminal(say, text, capsys):
    say(f"Truce {text} signed")
    printed = "".join(capsys.readouterr())
    assert "Truce" in printed
    assert all(char.isprintable() or char in "\n\t" for char in printed)


@pytest.mark.parametrize("text", STEERING.values(), ids=STEERING)
def test_a_document_means_the_very_text(text, capsys):
    as_document(text)
    [document] = json.loads(capsys.readouterr().out)
    assert document == {"title": text, text: 1}


def test_letters_of_every_writing_stay_as_they_are(capsys):
    text = "Перемир'я — 停戦 — هدنة — शांति — Ötztal 🕊"
    for say in (as_document, as_table, as_facts, warn):
        say(text)
        assert text in "".join(capsys.readouterr())
