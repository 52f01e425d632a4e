"""config/README.md's chapter on tuning, as its reader will take it: every command, in order, on the demo's data.

Numbers of entries are those of one run; here each is the entry with the headline that stands beside it on the page.
"""

import json
import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest
from pages import MONITOR, blocks

PAGE = (Path(__file__).parents[2] / "config/README.md").read_text(encoding="utf-8")
CHAPTER = re.split(r"^## ", PAGE.split("## Tuning a rule in a quarter of an hour\n")[1], flags=re.MULTILINE)[
    0
]
RULE, NAIVE, CAREFUL = blocks(CHAPTER, "toml")
LABELS = blocks(CHAPTER, "json")[0]
*CONSOLE, PORTS = blocks(CHAPTER, "console")
COMMANDS = [line[2:] for block in CONSOLE for line in block.splitlines() if line.startswith("$ ")]
TITLES = {
    int(number): title
    for number, title in re.findall(
        r"^(\d+)  (?:\d{4}-\d\d-\d\d \d\d:\d\d  )?(.+)$", "\n".join(CONSOLE), re.MULTILINE
    )
}


class Reader:
    """Types what the page says, in one folder."""

    def __init__(self, folder):
        self.folder = folder
        self.environ = {
            "PATH": f"{MONITOR.parent}:{os.environ['PATH']}",
            "HOME": str(folder),
            "COLUMNS": "200",
        }
        self.numbers = {}

    def types(self, command):
        """Its exit code and what it printed."""
        program, *arguments = shlex.split(command)
        if program == "export":
            self.environ |= dict(one.split("=", 1) for one in arguments)
            return 0, ""
        assert program == "monitor"
        arguments = [self.numbers.get(one, one) for one in arguments]
        ran = subprocess.run(
            [MONITOR, *arguments],
            cwd=self.folder,
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return ran.returncode, ran.stdout + ran.stderr

    def asked(self, *arguments):
        code, out = self.types(shlex.join(["monitor", *arguments, "--json"]))
        assert code == 0, out
        return json.loads(out)

    def look_up(self):
        """The numbers that the entries of the page have here."""
        stored = {one["title"]: str(one["id"]) for one in self.asked("entries", "list")}
        self.numbers = {str(number): stored[title] for number, title in TITLES.items()}


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    """After all of it, with what each command printed and how it ended."""
    reader = Reader(tmp_path_factory.mktemp("reader"))
    (reader.folder / "ports.jsonl").write_text(LABELS, encoding="utf-8")
    reader.printed = []
    for command in COMMANDS:
        reader.printed.append((command, *reader.types(command)))
        if "STATE_DIRECTORY" in command:
            (reader.folder / "demo/rules/mine.toml").write_text(RULE, encoding="utf-8")
            reader.look_up()
    return reader


def test_every_command_does_what_it_is_there_for(reader):
    assert [(command, out) for command, code, out in reader.printed if code] == []


def test_the_lists_show_the_entries_that_the_page_names(reader):
    shown = "\n".join(
        out for command, _, out in reader.printed if " search " in command or " misses " in command
    )
    missing = [title for title in TITLES.values() if title not in re.sub(r"[\[\]]", "", shown)]
    assert len(missing) <= 2, missing  # which of the missed come among the first ten is a matter of ranking


def test_the_rule_is_better_for_it(reader):
    scores = [out for command, _, out in reader.printed if command == "monitor rules score declaration"]
    recalls = [float(re.search(r"^all\s+(\S+)", out, re.MULTILINE)[1]) for out in scores]
    assert recalls[-1] > recalls[0] + 0.3
    code, out = reader.types("monitor check")
    assert code == 0, out


def test_what_was_missed_is_told(reader):
    [alert] = reader.asked("alerts", "list", "--rule", "declaration")
    assert str(alert["entry"]) == reader.numbers["20"]


@pytest.mark.parametrize(
    ("rule", "found", "false"), [(NAIVE, 0, 2), (CAREFUL, 5, 0)], ids=["naive", "careful"]
)
def test_the_longer_example_scores_what_the_page_says(reader, rule, found, false):
    (reader.folder / "demo/rules/ports.toml").write_text(rule, encoding="utf-8")
    [command] = [line[2:] for line in PORTS.splitlines()]
    code, out = reader.types(command)
    assert code == 0, out
    figures = re.search(r"^all\s+\S+\s+(\d+) of (\d+)\s+\S+\s+(\d+)$", out, re.MULTILINE)
    assert figures, out
    assert tuple(map(int, figures.groups())) == (found, 5, false)
