"""`monitor demo` as a user runs it: a process, a pipe, no config and no network."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from monitor.cli.demo.corpus import outlets
from monitor.cli.demo.formats import FORMATS
from monitor.cli.demo.replay import BEGIN, moments
from monitor.feeds.parse import parse

MONITOR = Path(sys.executable).with_name("monitor")
OUTLETS = outlets()
ENTRIES = [entry for outlet in OUTLETS for entry in outlet.entries]


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "MONITOR_CONFIG": "/nowhere",
        "TMPDIR": str(home),
    }
    ran = subprocess.run(
        [MONITOR, "demo"], capture_output=True, text=True, timeout=90, env=environ, cwd=home, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr == ""
    assert not list(home.iterdir()), "it leaves nothing behind"
    return ran.stdout


def figure(shown: str, name: str) -> str:
    found = re.search(rf"^{re.escape(name)}\s+(\S.*)$", shown, re.MULTILINE)
    assert found, f"no line {name}"
    return found[1]


def test_the_summary_counts_all_that_was_printed(shown):
    assert figure(shown, "entries") == str(len(ENTRIES))
    assert figure(shown, "feeds") == str(len(OUTLETS))
    assert figure(shown, "languages").startswith(f"{len({outlet.language for outlet in OUTLETS})} (")


def test_a_story_is_told_once(shown):
    told, alerts = int(figure(shown, "stories told")), int(figure(shown, "alerts"))
    assert told == alerts >= 1
    messages = alerts + int(figure(shown, "updates"))
    assert shown.count("\nRule: ") == messages, "every message was shown as its reader gets it"
    assert shown.count("\nNew: ") == messages - alerts, "an update begins with what is new"
    assert len(re.findall(r"^  1 alert, ", shown, re.MULTILINE)) == told


def test_most_reports_come_without_an_alert_of_their_own(shown):
    copies, joined = int(figure(shown, "copies suppressed")), int(figure(shown, "reports joined"))
    labelled = [entry for entry in ENTRIES if entry.copy]
    assert copies + joined >= len(labelled) - 1, "a copy that its house edited may say something new"
    assert copies > 0
    matching = sum(bool(entry.story) for entry in ENTRIES if entry.at > BEGIN)
    assert copies + joined < matching


def test_no_look_alike_is_told(shown):
    look_alikes = [entry for entry in ENTRIES if entry.looks_like]
    assert figure(shown, "look-alikes silent") == f"{len(look_alikes)} of {len(look_alikes)}"


def test_what_was_there_before_the_first_poll_is_not_told(shown):
    for entry in ENTRIES:
        if entry.at <= BEGIN:
            assert entry.title not in shown


def test_nothing_in_a_pipe_steers_a_terminal(shown):
    assert "\x1b" not in shown
    assert "\r" not in shown


def test_ctrl_c_ends_it_at_once_and_leaves_nothing_behind(tmp_path):
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "TMPDIR": str(tmp_path),
        "PYTHONUNBUFFERED": "1",
    }
    running = subprocess.Popen(
        [MONITOR, "demo"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environ,
        cwd=tmp_path,
    )
    with running:
        assert running.stdout is not None
        for line in running.stdout:
            if line.startswith("baseline"):
                break
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=60)
    assert said == "stopped\n"
    assert running.returncode == 130
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("outlet", OUTLETS, ids=lambda outlet: outlet.id)
def test_every_format_says_all_of_an_entry(outlet):
    form = FORMATS[outlet.format]
    feed = parse(
        form.write(outlet, outlet.entries),
        content_type=form.content_type,
        url=outlet.home,
        now=outlet.entries[-1].at,
    )
    assert feed.title == outlet.title
    assert feed.language == outlet.language
    got = [(entry.url, entry.title, entry.summary, entry.published_at) for entry in feed.entries]
    assert got == [(entry.url, entry.title, entry.summary, entry.at) for entry in outlet.entries]
    assert feed.warnings == ()


def test_every_entry_is_seen_within_a_poll():
    for entry in ENTRIES:
        seen = min(at for at in moments(OUTLETS) if at >= entry.at)
        assert entry.at <= BEGIN or (seen - entry.at).total_seconds() < 360


def test_what_it_made_is_kept_where_it_is_asked_to(tmp_path):
    """A config and a database to try rules on; a folder that holds something is left alone."""
    folder = tmp_path / "demo"
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}

    def ran(*arguments):
        command = [MONITOR, *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=90, env=environ, check=False)

    first = ran("demo", "--keep", str(folder))
    assert (first.returncode, first.stderr) == (0, "")
    listed = ran("--config", str(folder), "--state", str(folder), "entries", "list", "--json")
    assert listed.stdout.count('"title"') == len(ENTRIES)
    before = sorted(folder.iterdir())
    again = ran("demo", "--keep", str(folder))
    assert (again.returncode, sorted(folder.iterdir())) == (1, before)
    assert "holds something: name a folder that is empty" in again.stderr
