"""What shells and `man` know of the commands is made from the commands."""

import os
import subprocess
import sys

import pytest

from monitor.cli.app import COMMANDS

ROFF = {"TH", "SH", "SS", "PP", "TP", "B"}


def monitor(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "monitor", *arguments],
        env={**os.environ, **environment}, capture_output=True, text=True, timeout=60, check=True,
    ).stdout  # fmt: skip


def test_the_manual_page_has_every_command_and_is_roff():
    page = monitor("man")
    lines = page.splitlines()
    assert lines[0].startswith(".TH MONITOR 1")
    assert page.isascii()
    assert {line[1:].split()[0] for line in lines if line.startswith(".")} <= ROFF
    shown = page.replace(r"\-", "-")
    assert [name for name in COMMANDS if f".SS monitor {name}" not in shown] == []
    assert r"\fB--limit" in shown


@pytest.mark.parametrize(
    ("typed", "at", "offered"),
    [
        ("monitor sta", 1, "status"),
        ("monitor feeds im", 2, "import"),
        ("monitor alerts list --li", 3, "--limit"),
    ],
)
def test_a_shell_completes_commands_and_options(typed, at, offered):
    shown = monitor(_MONITOR_COMPLETE="complete_bash", COMP_WORDS=typed, COMP_CWORD=str(at))
    assert offered in shown.split()
