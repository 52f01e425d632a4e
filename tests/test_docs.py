"""The README, as its reader will take it: every command, every example, every link."""

import os
import shlex
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from pages import MONITOR, blocks, dead_links, exists, named_commands

from monitor.channels import options_models
from monitor.config import load
from monitor.core.rules import check_examples

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")

INSTALLS = (
    "python3 -m venv .venv && .venv/bin/pip install . && .venv/bin/monitor run",
    "python3 -m venv .venv && .venv/bin/pip install -e '.[dev]' && .venv/bin/pytest",
)

COMMANDS = [line for block in blocks(README, "sh") for line in block.splitlines() if line not in INSTALLS]
RULE, MAIL = blocks(README, "toml")


@pytest.fixture
def folder(tmp_path):
    """The shipped config with the README's rule in it."""
    config = tmp_path / "config"
    shutil.copytree(ROOT / "config", config)
    (config / "rules/harbour.toml").write_text(RULE, encoding="utf-8")
    return config


def loaded(folder: Path, environ: dict[str, str]):
    return load(folder, state=folder.parent, environ=environ, channel_types=options_models())


def test_the_two_commands_stand_there_word_for_word():
    for command in INSTALLS:
        assert f"```sh\n{command}\n```" in README


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_runs(folder, command):
    program, *arguments = shlex.split(command)
    assert program == ".venv/bin/monitor"
    environ = {"PATH": os.environ["PATH"], "HOME": str(folder.parent), "MONITOR_CONFIG": str(folder)}
    ran = subprocess.run(
        [MONITOR, *arguments], env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    runs_no_daemon = arguments == ["status"]
    assert ran.returncode == (1 if runs_no_daemon else 0), ran.stderr


@pytest.mark.parametrize("command", named_commands(README), ids=" ".join)
def test_every_command_that_is_named_exists(command):
    assert exists(command)


def test_the_first_rule_loads_beside_the_shipped_config_and_passes_its_own_tests(folder):
    config = loaded(folder, {})
    assert "harbour-strikes" in config.config.rules
    assert config.problems == ()
    assert check_examples(config.rules) == ()


def test_the_channel_for_mail_loads(folder):
    (folder / "monitor.toml").write_text(MAIL, encoding="utf-8")
    config = loaded(folder, {"SMTP_PASSWORD": "hunter2hunter2"}).config
    assert config.alerting.default == ("desk",)
    assert config.channels["desk"].recipients == tuple(tomllib.loads(MAIL)["channel"][0]["to"])


def test_every_link_leads_somewhere():
    assert dead_links(README, ROOT) == []


def test_the_picture_shows_what_the_demo_says():
    picture = (ROOT / ".github/demo.svg").read_text(encoding="utf-8")
    for word in ("baseline", "copy", "joined", "silent", "suppressed", "look-alikes"):
        assert word in picture
